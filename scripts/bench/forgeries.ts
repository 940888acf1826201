import type { Sync } from '../../test/support/sync';
import { median, ratioOf, rounded, type Row } from './stats';
import { guardedWorkflow, triggerAlone } from './workflows';
import { invoiceEvent } from './world';

const ROUNDS = 7;
const ROUND_MS = 2_000;
const AT_ONCE = 10;

/**
 * R7: how many forged requests a second are refused, by our trigger and by n8n's own webhook that wants a header, in workflows of the same
 * size; and by the trigger of the full sync, where n8n goes through all its nodes before anybody may look at a request.
 * @param engine of n8n's expressions, for the table.
 */
export async function measureForgeries(sync: Sync, engine: string): Promise<Row[]> {
	const credential = await sync.n8n.addCredential('httpHeaderAuth', { name: 'X-Secret', value: 'right' });
	await (await sync.n8n.importWorkflow(guardedWorkflow(credential))).publish();
	const event = invoiceEvent(sync, sync.lago.issueInvoice({ emit: false }));
	const forged = { ...event.headers, 'X-Lago-Signature': Buffer.alloc(32, 1).toString('base64') };
	const rate = async (path: string, headers: Record<string, string>, expected: number): Promise<number> => {
		const begun = performance.now();
		let refused = 0;
		const one = async (): Promise<void> => {
			while (performance.now() - begun < ROUND_MS) {
				const response = await fetch(sync.n8n.hook(path), {
					method: 'POST',
					body: event.body,
					headers: { 'content-type': 'application/json', ...headers },
				});
				await response.arrayBuffer();
				if (response.status !== expected) throw new Error(`${path} answered ${response.status} to a forgery`);
				refused++;
			}
		};
		await Promise.all(Array.from({ length: AT_ONCE }, one));
		return refused / ((performance.now() - begun) / 1000);
	};
	await (await sync.n8n.importWorkflow(triggerAlone())).publish();
	const contenders = {
		ours: async () => await rate('alone', forged, 401),
		theirs: async () => await rate('guarded', { 'X-Secret': 'wrong' }, 403),
		fullSync: async () => await rate('lago', forged, 401),
	};
	const names = Object.keys(contenders) as Array<keyof typeof contenders>;
	const rates: Record<keyof typeof contenders, number[]> = { ours: [], theirs: [], fullSync: [] };
	for (let round = -1; round < ROUNDS; round++) {
		const first = (round + names.length) % names.length;
		for (const name of [...names.slice(first), ...names.slice(0, first)]) {
			const figure = await contenders[name]();
			if (round >= 0) rates[name].push(figure);
		}
	}
	const row = (name: 'ours' | 'fullSync', where: string): Row => {
		const ratio = ratioOf(rates[name], rates.theirs);
		return {
			id: 'R7',
			what: `forged requests refused a second, ours ${where} / n8n's header auth${engine}`,
			measured: `${rounded(ratio)}   (${rounded(median(rates[name]), 0)} / ${rounded(median(rates.theirs), 0)})`,
			goal: '>= 0.9',
			met: ratio >= 0.9,
			raw: rates,
		};
	};
	return [row('ours', 'in a workflow of the same size'), row('fullSync', 'in the full sync')];
}
