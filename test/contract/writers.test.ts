import * as fc from 'fast-check';
import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';
import { judge } from '../../nodes/shared/domain/difference';
import { toInvoiceFacts, type LagoInvoice } from '../../nodes/shared/wire/lago/objects';
import type { Payment } from '../../sandbox/dodo/state';
import type { Invoice } from '../../sandbox/lago/documents';
import { runs } from '../support/runs';
import { world } from '../support/oneWorld';
import { World, type Gate } from '../support/world';
import { listed } from '../unit/domain/listed';

/**
 * Lago replaces all metadata of an invoice at once and knows no versions. Whoever writes it, two at a time, one of them held at any of its
 * requests: nothing that was told may get lost.
 */

type Writer = (gate: Gate) => Promise<IDataObject>;
type Status = 'failed' | 'processing' | 'succeeded';

/** An invoice and who may write it. */
interface Scene {
	invoice: Invoice;
	writers: Record<string, Writer>;
	/** The number of the newest try that a writer records or was recorded before; by its writer's name. */
	savedBy: Record<string, number>;
}

/** What a try became, as Dodo tells of it. */
function toldOf(paymentId: unknown, status: Status): Writer {
	const payment = world.dodo.state.payments.get(String(paymentId));
	const error_code = status === 'failed' ? 'INSUFFICIENT_FUNDS' : null;
	return async (gate) => await world.settle({ ...structuredClone(payment), status, error_code }, { gate });
}

const savedOf =
	(intent: IDataObject): Writer =>
	async (gate) =>
		await world.save(intent, { gate });

async function always(invoice: Invoice): Promise<Record<string, Writer>> {
	const read = await world.read(invoice);
	return {
		'Create Pay Link': async (gate) =>
			await world.onLago(
				'invoice',
				'createPayLink',
				{ invoice: '={{ $json }}', payLinkAddress: 'https://n8n.example/pay' },
				read,
				{ gate },
			),
		'Plan Retry': async (gate) =>
			await world.onLago(
				'invoice',
				'planRetry',
				{ failure: '={{ $json }}', schedule: '1d,3d', timeOfDay: '09:00' },
				{ ...read, outcome: 'mandate_busy', invoiceId: invoice.lago_id },
				{ gate },
			),
	};
}

/** A charge that stays under way at Dodo, whatever is told of it. */
async function charged(invoice: Invoice, mandate: string, tryAgain = false): Promise<IDataObject> {
	Object.assign(world.dodo.state.subscriptions.get(mandate) ?? {}, { status: 'active', dues: null });
	world.dodo.planCharge(mandate, { settleAfterMs: 600_000 });
	const charge = await world.charge(invoice, tryAgain);
	expect(charge.outcome).toBe('charging');
	return charge;
}

/** The mandate was charged for the first time; nothing is recorded yet. */
async function firstTry(): Promise<Scene> {
	const { customer, mandate } = await world.customerWithMandate();
	const invoice = world.issue({ customer: { external_id: customer }, metadata: { po: '4711' } });
	const charge = await charged(invoice, mandate);
	return {
		invoice,
		savedBy: { 'Save 1': 1 },
		writers: {
			...(await always(invoice)),
			'Save 1': savedOf(charge),
			'Failed 1': toldOf(charge.paymentId, 'failed'),
			'Processing 1': toldOf(charge.paymentId, 'processing'),
			'Succeeded 1': toldOf(charge.paymentId, 'succeeded'),
		},
	};
}

/** The first try has failed and is recorded with its next one; the second was made and is not recorded yet. */
async function secondTry(): Promise<Scene> {
	const { customer, mandate } = await world.customerWithMandate();
	const invoice = world.issue({ customer: { external_id: customer }, metadata: { po: '4711' } });
	const first = await charged(invoice, mandate);
	await world.save(first);
	world.dodo.movePayment(String(first.paymentId), 'failed', 'INSUFFICIENT_FUNDS');
	await toldOf(first.paymentId, 'failed')(async (_options, send) => await send());
	expect(world.stateOf(invoice)).toMatch(/^v1;failed;.*n=\d+/);
	const second = await charged(invoice, mandate, true);
	return {
		invoice,
		savedBy: { 'Save 1': 1, 'Save 2': 2 },
		writers: {
			...(await always(invoice)),
			'Save 1': savedOf(first),
			'Save 2': savedOf(second),
			'Failed 1': toldOf(first.paymentId, 'failed'),
			'Failed 2': toldOf(second.paymentId, 'failed'),
			'Processing 2': toldOf(second.paymentId, 'processing'),
			'Succeeded 2': toldOf(second.paymentId, 'succeeded'),
		},
	};
}

/** Paid by a link on a Lago without licence; a dispute over it was lost, and has turned. */
async function paidScene(): Promise<Scene> {
	world.lago.premium = false;
	const invoice = world.issue({ metadata: { po: '4711' } });
	const intent = await world.link(invoice);
	await world.save(intent);
	const payment = world.dodo.payCheckout(String(intent.checkoutSessionId));
	expect(await world.settle(payment)).toMatchObject({ outcome: 'settled' });
	const [refund, dispute] = [
		await world.refund(payment, 3_000),
		world.dodo.openDispute(payment.payment_id, { amount: 2_000 }),
	];
	await world.record(structuredClone(world.dodo.moveDispute(dispute.dispute_id, 'lost')));
	const won = structuredClone(world.dodo.moveDispute(dispute.dispute_id, 'won'));
	return {
		invoice,
		savedBy: {},
		writers: {
			...(await always(invoice)),
			'Dispute Won': async (gate) => await world.record(won, { gate }),
			Refund: async (gate) => await world.mirror(refund, { gate }),
			'Succeeded 1': toldOf(payment.payment_id, 'succeeded'),
			'Save 1': savedOf(intent),
		},
	};
}

const SCENES: Record<string, () => Promise<Scene>> = { firstTry, secondTry, paidScene };
const NAMES: Record<string, string[]> = {
	firstTry: ['Create Pay Link', 'Plan Retry', 'Save 1', 'Failed 1', 'Processing 1', 'Succeeded 1'],
	secondTry: [
		'Create Pay Link',
		'Plan Retry',
		'Save 1',
		'Save 2',
		'Failed 1',
		'Failed 2',
		'Processing 2',
		'Succeeded 2',
	],
	paidScene: ['Create Pay Link', 'Plan Retry', 'Dispute Won', 'Refund', 'Succeeded 1', 'Save 1'],
};

interface Plan {
	scene: string;
	first: string;
	second: string;
	/** At which of its requests the first one is held, and whether before it is sent or before its answer arrives. */
	at: number;
	beforeIt: boolean;
	/** Before which request of both the merchant writes an entry of their own. */
	byHand: number;
}

interface Told {
	outcomes: Record<string, string>;
	/** Whether the entry of the merchant fell between a read and the write that is made of it. Lago has nothing against that. */
	inBetween: boolean;
}

/** Runs both writers, the first one held at its request until the second one has ended or waits for it. */
async function interleave({ invoice, writers }: Scene, { first, second, at, beforeIt, byHand }: Plan): Promise<Told> {
	let [count, active, quietSince, inBetween] = [0, 0, Date.now(), false];
	const reads = new Map<string, number>();
	let writtenAt: number | null = null;
	let release: () => void = () => undefined;
	const held = new Promise<void>((resolve) => (release = resolve));
	let reached: () => void = () => undefined;
	const arrived = new Promise<void>((resolve) => (reached = resolve));
	const gateOf = (name: string): Gate => {
		let own = 0;
		const pause = async (here: boolean): Promise<void> => {
			if (name !== 'A' || own !== at || !here) return;
			reached();
			await held;
		};
		return async ({ method, url }: IHttpRequestOptions, send) => {
			own += 1;
			await pause(beforeIt);
			if (count++ === byHand) {
				world.lago.setMetadata(invoice.lago_id, { mine: 'by hand' });
				writtenAt = count;
			}
			const ofInvoice = url.endsWith(`/invoices/${invoice.lago_id}`);
			if (ofInvoice && method === 'GET') reads.set(name, count);
			if (ofInvoice && method === 'PUT' && writtenAt !== null && writtenAt > (reads.get(name) ?? 0)) inBetween = true;
			active += 1;
			const answer = await send().finally(() => {
				active -= 1;
				quietSince = Date.now();
			});
			await pause(!beforeIt);
			return answer;
		};
	};
	const run = async (name: string, writer: string): Promise<string> =>
		String((await (writers[writer] as Writer)(gateOf(name))).outcome ?? 'saved');
	const a = run('A', first).finally(reached);
	await arrived;
	let done = false;
	const b = run('B', second).finally(() => (done = true));
	quietSince = Date.now();
	while (!done && (active > 0 || Date.now() - quietSince < 12)) await new Promise((resolve) => setTimeout(resolve, 2));
	release();
	const outcomes = { [first]: await a, [`${second} `]: await b };
	if (writtenAt === null) world.lago.setMetadata(invoice.lago_id, { mine: 'by hand' });
	return { outcomes, inBetween };
}

async function isDueOrPlanned(invoice: Invoice): Promise<boolean> {
	return await Promise.resolve(/;n=\d+/.test(world.stateOf(invoice)));
}

/** Nothing that was told is lost. */
async function check(scene: Scene, plan: Plan, { outcomes, inBetween }: Told): Promise<void> {
	const { invoice, savedBy } = scene;
	const names = [plan.first, plan.second];
	const now = world.lago.state.invoices.get(invoice.lago_id) as Invoice;
	const state = world.stateOf(invoice);
	const told = JSON.stringify({ plan, outcomes, state, status: now.payment_status });
	expect([told, world.lago.metadataOf(invoice.lago_id, 'po')]).toEqual([told, '4711']);
	if (!inBetween) expect([told, world.lago.metadataOf(invoice.lago_id, 'mine')]).toEqual([told, 'by hand']);
	const tries = Math.max(0, ...names.map((name) => savedBy[name] ?? 0), plan.scene === 'secondTry' ? 1 : 0);
	const paid = names.some((name) => name.startsWith('Succeeded')) || plan.scene === 'paidScene';
	const failure = names.find((name) => name.startsWith('Failed'));
	if (paid) {
		expect([told, now.payment_status]).toEqual([told, 'succeeded']);
		const calls = world.lago.calls.filter(({ path }) => path.includes(invoice.lago_id) || path.endsWith('/payments'));
		const booked = calls.findIndex(({ method, path }) => method === 'POST' && path.endsWith('/payments'));
		const later = calls.slice(booked + 1).filter(({ method }) => method === 'PUT' && booked >= 0);
		expect([told, JSON.stringify(later.map(({ body }) => body))]).toEqual([
			told,
			expect.not.stringMatching(/;(charging|open|processing|failed);/),
		]);
	}
	if (!paid && failure !== undefined && Number(failure.slice(-1)) >= tries)
		expect([told, state]).toEqual([told, expect.stringMatching(/;n=\d+/)]);
	if (!paid && names.includes('Plan Retry') && tries === 0)
		expect([told, await isDueOrPlanned(invoice)]).toEqual([told, true]);
	if (!paid && (names.includes('Create Pay Link') || names.some((name) => name.startsWith('Save'))))
		expect([told, state]).toEqual([told, expect.stringContaining('l=https://n8n.example/pay?t=')]);
	if (names.includes('Dispute Won')) expect([told, state]).toEqual([told, expect.stringContaining('w=1')]);
	if (names.includes('Refund')) expect([told, state]).toEqual([told, expect.stringContaining('r=3000')]);
}

const plans = fc.constantFrom(...Object.keys(SCENES)).chain((scene) =>
	fc.record<Plan>({
		scene: fc.constant(scene),
		first: fc.constantFrom(...(NAMES[scene] as string[])),
		second: fc.constantFrom(...(NAMES[scene] as string[])),
		at: fc.integer({ min: 1, max: 5 }),
		beforeIt: fc.boolean(),
		byHand: fc.integer({ min: 0, max: 9 }),
	}),
);

async function tryPlan(plan: Plan): Promise<void> {
	world.lago.premium = true;
	world.lago.calls.length = 0;
	const scene = await (SCENES[plan.scene] as () => Promise<Scene>)();
	world.lago.calls.length = 0;
	await check(scene, plan, await interleave(scene, plan));
}

test('two writers of one invoice, one of them held anywhere, lose nothing', async () => {
	await fc.assert(fc.asyncProperty(plans, tryPlan), { numRuns: runs(120, 4_000) });
}, 600_000);

/** What another process sees: its locks and caches are its own. */
function elsewhere(): World {
	let other = World;
	jest.isolateModules(() => ({ World: other } = jest.requireActual<{ World: typeof World }>('../support/world')));
	expect(other).not.toBe(World);
	return other.over(world);
}

test('two processes know nothing of each other: a failure that is overwritten in between is found by the look', async () => {
	world.lago.premium = true;
	const { invoice, writers } = await secondTry();
	const payment = [...world.dodo.state.payments.values()].find(
		({ metadata }) => metadata.lago_invoice_id === invoice.lago_id && metadata.attempt === '2',
	) as Payment;
	let isTold = false;
	await (writers['Save 2'] as Writer)(async ({ method }, send) => {
		if (method === 'PUT' && !isTold) {
			isTold = true;
			await elsewhere().settle({ ...payment, status: 'failed', error_code: 'INSUFFICIENT_FUNDS' });
			expect(world.stateOf(invoice)).toMatch(/^v1;failed;a=2;.*n=\d+/);
		}
		return await send();
	});
	expect(world.stateOf(invoice)).toMatch(/^v1;charging;a=2/);
	const facts = toInvoiceFacts((await world.read(invoice)) as LagoInvoice);
	const atDodo = listed({ id: payment.payment_id, status: 'failed', invoiceId: invoice.lago_id, attempt: 2 });
	expect(judge(atDodo, { unpaid: new Map([[invoice.lago_id, facts]]) })).toBe('missing');
	const healed = await world.settle({ ...payment, status: 'failed', error_code: 'INSUFFICIENT_FUNDS' });
	expect(healed).toMatchObject({ outcome: 'retry_planned' });
	expect(world.stateOf(invoice)).toMatch(/^v1;failed;a=2;.*n=\d+/);
});
