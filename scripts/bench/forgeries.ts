import type { Sync } from '../../test/support/sync';
import { median, ratioOf, rounded, type Row } from './stats';
import { guardedWorkflow } from './workflows';
import { invoiceEvent } from './world';

const ROUNDS = 7;
const ROUND_MS = 2_000;
const AT_ONCE = 10;

/** R7: how many forged requests a second are refused, by our trigger and by n8n's own webhook that wants a header. */
export async function measureForgeries(sync: Sync): Promise<Row[]> {
	const credential = await sync.n8n.addCredential('httpHeaderAuth', { name: 'X-Secret', value: 'right' });
	await (await sync.n8n.importWorkflow(guardedWorkflow(credential))).publish();
	const event = invoiceEvent(sync, sync.lago.issueInvoice({ emit: false }));
	const forged = { ...event.headers, 'X-Lago-Signature': Buffer.alloc(32, 1).toString('base64') };
	const rate = async (path: string, headers: Record<string, string>, expected: number): Promise<number> => {
		const begun = performance.now();
		let refused = 0;
		const one = async (): Promise<void> => {
			while (performance.now() - begun < ROUND_MS) {
				const response = await fetch(sync.n8n.hook(path), { method: 'POST', body: event.body, headers: { 'content-type': 'application/json', ...headers } });
				await response.arrayBuffer();
				if (response.status !== expected) throw new Error(`${path} answered ${response.status} to a forgery`);
				refused++;
			}
		};
		await Promise.all(Array.from({ length: AT_ONCE }, one));
		return refused / ((performance.now() - begun) / 1000);
	};
	const [ours, theirs]: [number[], number[]] = [[], []];
	for (let round = -1; round < ROUNDS; round++) {
		const [a, b] = round % 2 === 0 ? ['ours', 'theirs'] : ['theirs', 'ours'];
		for (const who of [a, b]) {
			const figure = who === 'ours' ? await rate('lago', forged, 401) : await rate('guarded', { 'X-Secret': 'wrong' }, 403);
			if (round >= 0) (who === 'ours' ? ours : theirs).push(figure);
		}
	}
	const ratio = ratioOf(ours, theirs);
	return [{ id: 'R7', what: "forged requests refused a second, ours / n8n's header auth", measured: `${rounded(ratio)}   (${rounded(median(ours), 0)} / ${rounded(median(theirs), 0)})`, goal: '>= 0.9', met: ratio >= 0.9, raw: { ours, theirs } }];
}
