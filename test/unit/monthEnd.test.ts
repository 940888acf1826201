/** A month-end run of Lago: hundreds of invoices at once, sent by ten threads that all its other webhooks share. Real admission, real turns. */
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { sleep, type IWebhookFunctions } from 'n8n-workflow';
import { admit } from '../../nodes/shared/webhook/intake';
import { limitsOf } from '../../nodes/DodoPayments/transport/rateLimit';
import { turns } from '../../nodes/shared/process/turns';
import { VirtualClock } from '../support/virtualClock';

const THREADS = 10;
/** Lago sends again so long after a delivery was refused (measured), then never. */
const AGAIN_MS = [3_600, 22_400];
const EXECUTION_MS = 300;
const OTHERS_MS = 50;
const LOOK_AT_MS = 300_000;
/** As an execution behind our triggers has. */
const TURN_MS = 3_000;
const LIMITS = limitsOf(240);

interface Delivery {
	dueAt: number;
	/** Null for another endpoint of the same Lago. */
	invoice: string | null;
	tries: number;
}

let clock: VirtualClock;
beforeEach(() => (clock = new VirtualClock(1_800_000_000_000)));
afterEach(() => clock.stop());

/** One delivery to our trigger, until it is answered. */
async function deliver(workflow: string, about: string, needsTurn: boolean, onCheckout: () => void): Promise<number> {
	const response = Object.assign(new EventEmitter(), {
		statusCode: 0,
		setHeader: () => undefined,
		status: (code: number) => Object.assign(response, { statusCode: code }),
		json: () => response.emit('finish'),
	});
	const ctx = {
		getMode: () => 'webhook',
		getResponseObject: () => response,
		getWorkflow: () => ({ id: workflow }),
		getWorkflowStaticData: () => ({}),
	};
	if (admit(ctx as unknown as IWebhookFunctions, { id: about, about }, needsTurn) !== null) return response.statusCode;
	const hasTurn = !needsTurn || (await turns.take(workflow, LIMITS, TURN_MS, 'event'));
	if (hasTurn) await sleep(EXECUTION_MS);
	if (hasTurn) onCheckout();
	response.status(hasTurn ? 200 : 500).json();
	return response.statusCode;
}

test.each([300, 1_000])(
	'%i invoices at once: nobody else waits, payments are booked, and all have their one checkout in time',
	async (count) => {
		const workflow = randomUUID();
		turns.noteUse(workflow, workflow);
		const begun = performance.now();
		const at = (): number => performance.now() - begun;
		const checkouts = new Map<string, number>();
		const lost: string[] = [];
		const waits: number[] = [];
		const held: number[] = [];
		const queue: Delivery[] = Array.from({ length: count }, (_, index) => ({
			dueAt: 0,
			invoice: `invoice ${index}`,
			tries: 0,
		}));
		for (let second = 0; second < 120; second++) queue.push({ dueAt: second * 1_000, invoice: null, tries: 0 });
		let open = queue.length;
		const thread = async (): Promise<void> => {
			while (open > 0) {
				const index = queue.findIndex(({ dueAt }) => dueAt <= at());
				const next = index === -1 ? undefined : queue.splice(index, 1)[0];
				if (next === undefined) await sleep(20);
				else await send(next);
			}
		};
		const send = async (next: Delivery): Promise<void> => {
			const from = at();
			if (next.invoice === null) {
				waits.push(from - next.dueAt);
				await sleep(OTHERS_MS);
				open--;
				return;
			}
			const { invoice } = next;
			const status = await deliver(workflow, invoice, true, () =>
				checkouts.set(invoice, (checkouts.get(invoice) ?? 0) + 1),
			);
			held.push(at() - from);
			const again = status < 300 ? undefined : AGAIN_MS[next.tries];
			if (again !== undefined) queue.push({ dueAt: at() + again, invoice, tries: next.tries + 1 });
			else open--;
			if (status >= 300 && again === undefined) lost.push(invoice);
		};
		// A payment comes in the middle of it.
		const payment = sleep(10_000).then(async () => await deliver(workflow, 'payment 1', false, () => undefined));
		await clock.run(Promise.all([payment, ...Array.from({ length: THREADS }, thread)]));
		await expect(payment).resolves.toBe(200);
		expect(waits.sort((one, other) => one - other)[Math.floor(waits.length * 0.95)]).toBeLessThan(3_000);
		expect(Math.max(...held)).toBeLessThan(TURN_MS + 2 * EXECUTION_MS);
		// The look: elastic, oldest first.
		clock.jump(Math.max(0, LOOK_AT_MS - at()));
		const look = async (): Promise<void> => {
			for (const invoice of lost) {
				expect(await turns.take(workflow, LIMITS, 90_000, 'elastic')).toBe(true);
				checkouts.set(invoice, (checkouts.get(invoice) ?? 0) + 1);
				await sleep(100);
			}
		};
		await clock.run(look());
		expect(checkouts.size).toBe(count);
		expect(Math.max(...checkouts.values())).toBe(1);
		expect(at()).toBeLessThan((count / 240) * 1.5 * 60_000 + LOOK_AT_MS);
	},
);
