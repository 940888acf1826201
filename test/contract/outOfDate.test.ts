import type { IDataObject } from 'n8n-workflow';
import type { Invoice } from '../../sandbox/lago/documents';
import { operations as lagoOperations } from '../../nodes/Lago/actions/operations';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { API_KEY, executeContext, itemsOf } from '../support/executeContext';
import { world } from '../support/oneWorld';
import { runs } from '../support/runs';
import type { Gate } from '../support/world';

/** Whatever moves money was read within seconds of doing so: a list is worked through for minutes, and the bank pays meanwhile. */
let ahead = 0;
beforeAll(() => {
	const now = Date.now.bind(Date);
	jest.spyOn(Date, 'now').mockImplementation(() => now() + ahead);
});

const DUE = 10_000;

/** An invoice of which a charge has failed and the next one is due. */
async function dueInvoice(): Promise<Invoice> {
	const { customer, mandate } = await world.customerWithMandate();
	const invoice = world.issue({ customer: { external_id: customer } });
	world.dodo.planCharge(mandate, { code: 'INSUFFICIENT_FUNDS' });
	const first = await world.charge(invoice);
	await world.save(first);
	await world.settle(await world.ended(world.dodo.state.payments, first.paymentId));
	Object.assign(world.dodo.state.subscriptions.get(mandate) ?? {}, { status: 'active', dues: null });
	world.lago.setMetadata(invoice.lago_id, { dodo_state: world.stateOf(invoice).replace(/;n=\d+/, ';n=1700000000') });
	return invoice;
}

/** The node "Get Due Retries". */
async function listDue(): Promise<IDataObject[]> {
	const context = executeContext({
		parameters: { resource: 'invoice', operation: 'getAll', show: 'retryDue', returnAll: true, filters: {} },
		credential: { baseUrl: world.lago.url, webhookHmacKey: 'hmac', apiKey: API_KEY },
		credentialId: world.lago.url,
	});
	return (await itemsOf(context, lagoOperations, LagoClient.of)).map(({ json }) => json);
}

const charge = async (read: IDataObject, gate?: Gate, began?: IDataObject): Promise<IDataObject> =>
	await world.onDodo('mandate', 'charge', { invoice: '={{ $json }}', tryAgain: false }, read, { gate, began });
const chargesOf = ({ lago_id }: Invoice) =>
	[...world.dodo.state.payments.values()].filter(
		({ metadata, status }) => metadata.lago_invoice_id === lago_id && status !== 'failed',
	);

const INVOICES = runs(80, 200);
test(`${INVOICES} due invoices, a second each, one in three paid by bank meanwhile: those are left alone, all others are charged once`, async () => {
	const invoices: Invoice[] = [];
	for (let one = 0; one < INVOICES; one++) invoices.push(await dueInvoice());
	const byId = new Map(invoices.map((invoice) => [invoice.lago_id, invoice]));
	const paidAt = new Map<string, number>();
	let runs = 0;
	for (let due = await listDue(); due.length > 0; due = await listDue()) {
		expect(++runs).toBeLessThan(20);
		for (const [index, read] of due.entries()) {
			const invoice = byId.get(String(read.lago_id)) as Invoice;
			const out = await charge(read);
			if (out.outcome === 'skipped') expect(out).toMatchObject({ reason: 'out_of_date', nextStep: expect.any(String) });
			else await world.save(out);
			if (out.outcome === 'charging') ahead += 1_000;
			const later = byId.get(String(due[index + 40]?.lago_id));
			if (out.outcome !== 'charging' || later === undefined || index % 3 > 0) continue;
			world.lago.payManually(later.lago_id, DUE, `bank ${later.number}`);
			paidAt.set(later.lago_id, Date.now());
			expect(chargesOf(invoice)).toHaveLength(1);
		}
		ahead += 3_600_000;
	}
	expect(paidAt.size).toBeGreaterThan(INVOICES / 10);
	for (const invoice of invoices)
		expect([invoice.number, chargesOf(invoice).length]).toEqual([invoice.number, paidAt.has(invoice.lago_id) ? 0 : 1]);
}, 240_000);

describe('what was read too long ago moves no money', () => {
	test.each([
		['by schedule it is skipped, and stays due', undefined],
		['for an event it fails, so that the event comes again', { event: 'invoice.created' }],
	])('%s', async (_case, began) => {
		const invoice = await dueInvoice();
		const read = await world.read(invoice);
		ahead += 31_000;
		const told = charge(read, undefined, began);
		if (began === undefined) expect(await told).toMatchObject({ outcome: 'skipped', reason: 'out_of_date' });
		else await expect(told).rejects.toThrow('No money was moved');
		expect(chargesOf(invoice)).toHaveLength(0);
		expect(await charge(await world.read(invoice))).toMatchObject({ outcome: 'charging' });
	});

	test('also when it became so while Dodo kept us waiting', async () => {
		const invoice = await dueInvoice();
		const slow: Gate = async (_options, send) => {
			const answer = await send();
			ahead += 31_000;
			return answer;
		};
		expect(await charge(await world.read(invoice), slow)).toMatchObject({ outcome: 'skipped', reason: 'out_of_date' });
		expect(chargesOf(invoice)).toHaveLength(0);
	});

	test('nor for a credit note, nor for a surplus of an old list', async () => {
		const invoice = world.issue();
		const intent = await world.link(invoice);
		await world.save(intent);
		const payment = world.dodo.payCheckout(String(intent.checkoutSessionId));
		await world.settle(payment);
		const item = { fee_id: String(invoice.fees[0]?.lago_id), amount_cents: 3_000 };
		const note = world.lago.createCreditNoteInUi(invoice.lago_id, { items: [item], refund_amount_cents: 3_000 });
		const read = await world.onLago('creditNote', 'get', { creditNote: note.lago_id });
		const refund = async (input: IDataObject, source: string): Promise<IDataObject> =>
			await world.onDodo('refund', 'create', { source, [source]: '={{ $json }}' }, input);
		ahead += 31_000;
		expect(await refund(read, 'creditNote')).toMatchObject({ outcome: 'skipped', reason: 'out_of_date' });
		const surplus = { outcome: 'overpaid', paymentId: payment.payment_id, readAt: Date.now() - 31_000 };
		expect(await refund(surplus, 'overpayment')).toMatchObject({ outcome: 'skipped', reason: 'out_of_date' });
		expect([...world.dodo.state.refunds.values()]).toEqual([]);
		const now = await world.onLago('creditNote', 'get', { creditNote: note.lago_id });
		expect(await refund(now, 'creditNote')).toMatchObject({ outcome: 'refunding' });
	});

	test('a list that takes long to read is read anew where it is charged', async () => {
		const invoices: Invoice[] = [];
		for (let one = 0; one < 25; one++) invoices.push(await dueInvoice());
		const list = LagoClient.prototype.list;
		const slow = jest.spyOn(LagoClient.prototype, 'list').mockImplementation(async function (
			this: LagoClient,
			...asked
		) {
			const listed = await list.apply(this, asked as never);
			ahead += 60_000;
			return listed as never;
		});
		const due = await listDue();
		slow.mockRestore();
		expect(due.length).toBe(20);
		// What the tests before have charged is paid by now, or not yet.
		const own = due.find(({ lago_id }) => invoices.some((invoice) => invoice.lago_id === lago_id));
		const { outcome, reason } = await charge(own as IDataObject);
		expect({ outcome, reason }).toEqual({ outcome: 'charging', reason: undefined });
	});
});
