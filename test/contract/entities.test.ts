import { randomUUID } from 'node:crypto';
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { endRun } from '../../nodes/shared/reconciliation/reconciliationRun';
import type { Invoice } from '../../sandbox/lago/documents';
import type { NewInvoice } from '../../sandbox/lago/ledger';
import { PAY_PAGE, World } from '../support/world';
import { callerOf } from './helpers';

// More calls than Dodo takes in a minute.
jest.mock('../../nodes/DodoPayments/transport/rateLimit', () => ({ takeTurn: async () => await Promise.resolve() }));

/** One organisation with two billing entities; each workflow works for one of them, or for all. What belongs to others is ignored, never held. */
let world: World;
beforeAll(async () => {
	world = await World.start();
	const call = callerOf(world.lago.url, world.lago.apiKey);
	for (const code of ['de', 'fr'])
		await call('POST', '/api/v1/billing_entities', { billing_entity: { code, name: `Acme ${code.toUpperCase()}` } });
});
afterAll(async () => {
	await world.stop();
});

/** Only one look of a workflow runs at a time. */
const hasLooked = (execution: string): void => endRun({ getExecutionId: () => execution } as IExecuteFunctions);
/** An event for a workflow that works for these. */
const eventFor = (...billingEntities: string[]): IDataObject => ({ event: 'any', billingEntities });
const issue = (code: string, more: NewInvoice = {}): Invoice =>
	world.issue({ customer: { external_id: `c-${randomUUID()}`, billing_entity_code: code }, ...more });
/** An invoice whose link was paid, and nothing of it is booked yet. */
async function paid(code: string) {
	const invoice = issue(code);
	const intent = await world.link(invoice);
	await world.save(intent);
	return { invoice, payment: world.dodo.payCheckout(String(intent.checkoutSessionId), {}) };
}

describe('what Dodo tells of an invoice', () => {
	const statuses = ['succeeded', 'failed', 'processing', 'cancelled'];

	test.each(statuses)('a payment that is %s: ignored by the other entity, taken by its own', async (status) => {
		const { invoice, payment } = await paid('fr');
		const before = world.bookOf(invoice);
		const told = { ...payment, status };
		const ignored = await world.settle(told, { began: eventFor('de') });
		expect(ignored).toMatchObject({ outcome: 'ignored', invoiceId: invoice.lago_id });
		expect(ignored.message).toBe(
			`Invoice ${invoice.number} was issued by billing entity fr; this workflow works for de.`,
		);
		expect(world.bookOf(invoice)).toEqual(before);
		const taken = await world.settle(told, { began: eventFor('de', 'fr') });
		expect(taken.outcome).not.toBe('ignored');
		expect((await world.settle(told)).outcome).not.toBe('held');
	});

	test('a refund: ignored by the other entity, a credit note by its own', async () => {
		const { invoice, payment } = await paid('fr');
		await world.settle(payment);
		const refund = await world.refund(payment, 2_000);
		expect(await world.mirror(refund, { began: eventFor('de') })).toMatchObject({ outcome: 'ignored' });
		expect(world.notesOf(invoice)).toHaveLength(0);
		expect(await world.mirror(refund, { began: eventFor('fr') })).toMatchObject({ outcome: 'credited' });
		expect(await world.mirror(refund)).toMatchObject({ outcome: 'already_credited' });
	});

	test.each(['dispute_opened', 'dispute_won', 'dispute_lost'])('a %s: the same', async (status) => {
		const { invoice, payment } = await paid('fr');
		await world.settle(payment);
		const dispute = { ...world.dodo.openDispute(payment.payment_id), dispute_status: status };
		const before = world.bookOf(invoice);
		expect(await world.record(dispute, { began: eventFor('de') })).toMatchObject({ outcome: 'ignored' });
		expect(world.bookOf(invoice)).toEqual(before);
		expect(await world.record(dispute, { began: eventFor('fr') })).toMatchObject({
			outcome: status === 'dispute_opened' ? 'dispute_open' : status,
		});
	});

	test('an invoice that Lago does not know is held, whoever asks', async () => {
		const { payment } = await paid('fr');
		const lost = { ...payment, metadata: { ...payment.metadata, lago_invoice_id: randomUUID() } };
		expect(await world.settle(lost, { began: eventFor('de') })).toMatchObject({
			outcome: 'held',
			reason: 'unknown_invoice',
		});
	});
});

describe('what is to be collected', () => {
	test('"Retry payment" does not say whose invoice it is, so whoever is asked looks', async () => {
		const invoice = issue('fr');
		const began = { ...eventFor('de'), event: 'invoice.payment_failure', lagoInvoiceId: invoice.lago_id };
		const skipped = await world.charge(invoice, false, began);
		expect(skipped).toMatchObject({ outcome: 'skipped', reason: 'other_entity' });
		const fields = { source: 'invoice', invoice: '={{ $json }}', taxMode: 'inclusive', productSource: 'automatic' };
		const checkouts = world.dodo.state.checkouts.size;
		const read = await world.read(invoice);
		expect(await world.onDodo('payment', 'createIntent', fields, read, { began })).toMatchObject(skipped);
		expect(world.dodo.state.checkouts.size).toBe(checkouts);
		expect(await world.charge(invoice, false, { ...began, ...eventFor('fr') })).toMatchObject({
			outcome: 'needs_link',
		});
	});

	test('the look hands on what is missing of its own entities only, and says for whom', async () => {
		const [own, other] = [issue('de'), issue('fr')];
		world.lago.passDays(1);
		const fields = { since: '2020-01-01', billingEntities: ['de'] };
		const execution = randomUUID();
		const events = await world.allOnLago('event', 'getMissed', fields, {}, { execution });
		hasLooked(execution);
		const ids = events.map(({ lagoInvoiceId }) => lagoInvoiceId);
		expect(ids).toContain(own.lago_id);
		expect(ids).not.toContain(other.lago_id);
		expect(events[0]?.billingEntities).toEqual(['de']);
	});

	test('the look at Dodo leaves out what others were paid, by lists alone, also in one payment and given back', async () => {
		const customer = { external_id: `c-${randomUUID()}`, billing_entity_code: 'fr' };
		const both = [issue('fr', { customer }), issue('fr', { customer })];
		const { payLink: _link, ...due } = await world.allDue(customer.external_id);
		world.dodo.payCheckout(String((await world.linkAll(due)).checkoutSessionId));
		const returned = await paid('fr');
		await world.refund(returned.payment);
		const [own, other] = [await paid('de'), await paid('fr')];
		world.dodo.passDays(1);
		world.lago.passDays(1);
		const look = async (billingEntities: string[]): Promise<unknown[]> => {
			const how = { execution: randomUUID() };
			await world.allOnLago('event', 'getMissed', { since: '2020-01-01', billingEntities }, {}, how);
			const events = await world.allOnDodo('event', 'getMissed', { since: '' }, {}, how);
			hasLooked(how.execution);
			return events.map(({ data }) => (data as IDataObject | undefined)?.payment_id);
		};
		const [ofDe, ofAll] = [await look(['de']), await look([])];
		expect(ofDe).toEqual(expect.arrayContaining([own.payment.payment_id]));
		for (const one of [other.payment, returned.payment]) {
			expect(ofDe).not.toContain(one.payment_id);
			expect(ofAll).toContain(one.payment_id);
		}
		const shared = [...world.dodo.state.payments.values()].find(({ metadata }) =>
			String(metadata.lago_invoices).includes(String(both[0]?.lago_id)),
		);
		expect([ofDe.includes(shared?.payment_id), ofAll.includes(shared?.payment_id)]).toEqual([false, true]);
	});

	test('Get Many shows those of the chosen entities', async () => {
		const numbers = async (show: string, codes: string[]): Promise<unknown[]> => {
			const filters = codes.length === 0 ? {} : { billing_entity_codes: codes };
			const rows = await world.allOnLago('invoice', 'getAll', { show, returnAll: true, filters });
			return rows.map(({ billing_entity_code }) => billing_entity_code);
		};
		issue('de');
		issue('fr');
		for (const show of ['all', 'payable']) {
			expect(new Set(await numbers(show, ['fr']))).toEqual(new Set(['fr']));
			expect(new Set(await numbers(show, ['fr', 'de']))).toEqual(new Set(['fr', 'de']));
			expect(new Set(await numbers(show, []))).toEqual(new Set(['de', 'fr']));
		}
		await expect(numbers('all', ['nobody'])).rejects.toThrow(/billing_entity_not_found|404/);
	});
});

test('access counts the invoices of the chosen entities only', async () => {
	const customer = `c-${randomUUID()}`;
	world.issue({ customer: { external_id: customer, billing_entity_code: 'de' }, paymentStatus: 'succeeded' });
	world.issue({ customer: { external_id: customer }, billingEntityCode: 'fr', dueInDays: 0 });
	world.lago.passDays(2);
	const stateFor = async (billingEntities: string[]): Promise<unknown> => {
		const policy = { restrictAfterDays: 1, scope: 'customer', billingEntities };
		const access = await world.onLago('access', 'getCustomer', { customer, ...policy });
		return (access.customer as IDataObject).state;
	};
	expect([await stateFor([]), await stateFor(['fr']), await stateFor(['de'])]).toEqual([
		'restricted',
		'restricted',
		'active',
	]);
});

test('a page is the page of its own entities', async () => {
	const intent = await world.link(issue('fr'));
	const saved = await world.save(intent);
	expect(String(saved.payLink)).toContain(PAY_PAGE);
	const link = new URL(String(saved.payLink)).searchParams.get('t');
	const open = async (billingEntities: string[]): Promise<IDataObject> =>
		await world.onLago(
			'invoice',
			'openPayLink',
			{ link },
			{},
			{
				began: { language: 'en', billingEntities },
				trigger: 'lagoPayPageTrigger',
			},
		);
	expect(await open(['fr'])).toMatchObject({ outcome: 'payable' });
	expect(await open(['de'])).toMatchObject({ outcome: 'unknown', statusCode: 404 });
});
