import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import type { Invoice } from '../../sandbox/lago/documents';
import type { DodoSimulator, LagoSimulator } from '../../sandbox/simulators';
import { world } from '../support/oneWorld';
import type { World } from '../support/world';

/** Charges by mandate: never twice for one try, whatever is known of it. */
let dodo: DodoSimulator;
let lago: LagoSimulator;
let customer: string;
let mandate: string;

beforeAll(() => {
	({ dodo, lago } = world);
});

const onDodo = async (operation: string, parameters: IDataObject, input?: IDataObject) =>
	await world.onDodo('mandate', operation, parameters, input);
const onLago: World['onLago'] = async (...given) => await world.onLago(...given);

beforeEach(async () => {
	dodo.reset();
	customer = `c-${randomUUID()}`;
	lago.issueInvoice({ customer: { external_id: customer } });
	const setUp = await onDodo(
		'createSetupLink',
		{ customer: '={{ $json }}', currency: 'EUR', taxMode: 'inclusive' },
		await onLago('customer', 'get', { customer }),
	);
	mandate = dodo.activateMandate(String(setUp.checkoutSessionId)).subscription_id;
	await onLago('customer', 'saveMandate', { mandate: '={{ $json }}' }, await onDodo('get', { mandate }));
});

const issue = (): Invoice => lago.issueInvoice({ customer: { external_id: customer } });
const read = async (invoice: Invoice): Promise<IDataObject> =>
	await onLago('invoice', 'get', { invoice: invoice.lago_id });
const charge = async (invoice: IDataObject, tryAgain = false): Promise<IDataObject> =>
	await onDodo('charge', { invoice: '={{ $json }}', tryAgain }, invoice);
const charges = () => dodo.calls.filter(({ method, path }) => method === 'POST' && path.endsWith('/charge')).length;
const ended = async (paymentId: unknown): Promise<IDataObject> => {
	for (;;) {
		const payment = dodo.state.payments.get(String(paymentId));
		if (payment !== undefined && payment.status !== 'processing')
			return { mode: 'test', event: `payment.${payment.status}`, data: payment as unknown as IDataObject };
		await new Promise((resolve) => setTimeout(resolve, 2));
	}
};

test('a failed try is not repeated by a copy of its event, but by "Retry payment", and then as the next one', async () => {
	dodo.setMandateCard(mandate, 'INSUFFICIENT_FUNDS');
	const invoice = issue();
	const first = await charge(await read(invoice));
	expect(first).toMatchObject({ outcome: 'charging', attempt: 1 });
	await onLago('invoice', 'savePaymentReference', { intent: '={{ $json }}' }, first);
	await onLago('invoice', 'updatePaymentStatus', { payment: '={{ $json }}' }, await ended(first.paymentId));
	expect(await charge(await read(invoice))).toMatchObject({ outcome: 'skipped', reason: 'try_failed' });
	expect(charges()).toBe(1);
	Object.assign(dodo.state.subscriptions.get(mandate) ?? {}, { status: 'active', dues: null });
	expect(await charge(await read(invoice), true)).toMatchObject({ outcome: 'charging', attempt: 2 });
});

test('a try that nobody recorded is found by its number, also after it has failed', async () => {
	dodo.setMandateCard(mandate, 'INSUFFICIENT_FUNDS');
	const invoice = issue();
	const stale = await read(invoice);
	const first = await charge(stale);
	await ended(first.paymentId);
	expect(await charge(stale)).toMatchObject({ outcome: 'existing', paymentId: first.paymentId });
	expect(charges()).toBe(1);
});

test('an invoice whose entries somebody removed can be tried anew, with a number of its own', async () => {
	dodo.setMandateCard(mandate, 'INSUFFICIENT_FUNDS');
	const invoice = issue();
	const first = await charge(await read(invoice));
	await ended(first.paymentId);
	Object.assign(dodo.state.subscriptions.get(mandate) ?? {}, { status: 'active', dues: null });
	expect(await charge(await read(invoice))).toMatchObject({ outcome: 'existing' });
	expect(await charge(await read(invoice), true)).toMatchObject({ outcome: 'charging', attempt: 2 });
	expect(charges()).toBe(2);
});

test('money that Dodo has is never asked for again, even when Lago does not know of it', async () => {
	const invoice = issue();
	const first = await charge(await read(invoice));
	await ended(first.paymentId);
	for (const tryAgain of [false, true])
		expect(await charge(await read(invoice), tryAgain)).toMatchObject({ outcome: 'held', reason: 'paid_at_dodo' });
	expect(charges()).toBe(1);
});

test.each(['500', 'reset'] as const)(
	'an answer that is lost (%s) before its effect is not tried again at once',
	async (kind) => {
		const invoice = await read(issue());
		dodo.faults.add({ method: 'POST', path: /charge/, kind });
		await expect(charge(invoice)).rejects.toThrow(/Dodo Payments/);
		await expect(charge(invoice)).rejects.toThrow(/NOT_CLEAR_YET/);
		expect(dodo.state.payments.size).toBe(
			[...dodo.state.payments.values()].filter(({ metadata }) => metadata.lago_invoice_id !== invoice.lago_id).length,
		);
	},
);

test('at its rate limit Dodo has done nothing, so the next try may follow at once', async () => {
	const invoice = await read(issue());
	dodo.faults.add({ method: 'POST', path: /charge/, kind: '429' });
	await expect(charge(invoice)).rejects.toThrow(/429/);
	expect(await charge(invoice)).toMatchObject({ outcome: 'charging' });
});

test('a refund of which Dodo says no amount is not guessed', async () => {
	const invoice = issue();
	const charged = await charge(await read(invoice));
	await onLago('invoice', 'savePaymentReference', { intent: '={{ $json }}' }, charged);
	const paid = await ended(charged.paymentId);
	await onLago('invoice', 'updatePaymentStatus', { payment: '={{ $json }}' }, paid);
	const refund = {
		event: 'refund.succeeded',
		data: { refund_id: 'ref_1', payment_id: charged.paymentId, status: 'succeeded', amount: null, currency: 'EUR' },
	};
	const mirror = { refund, payment: '={{ $json }}', reason: 'other' };
	expect(await onLago('creditNote', 'create', mirror, paid.data as IDataObject)).toMatchObject({
		outcome: 'held',
		reason: 'unreadable_refund',
	});
	const listed = { ...(paid.data as IDataObject), refunds: [{ refund_id: 'ref_1', status: 'succeeded', amount: 500 }] };
	expect(await onLago('creditNote', 'create', mirror, listed)).toMatchObject({
		outcome: 'credited',
		refundAmount: 500,
	});
});
