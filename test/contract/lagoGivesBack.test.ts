import type { IDataObject } from 'n8n-workflow';
import type { Payment } from '../../sandbox/dodo/state';
import type { Invoice } from '../../sandbox/lago/documents';
import type { CallRecord } from '../../sandbox/shared/api';
import type { DodoSimulator, LagoSimulator } from '../../sandbox/simulators';
import { API_KEY } from '../support/executeContext';
import { World } from '../support/world';
import { callerOf, eventually, type Caller } from './helpers';

/** Money that goes back because of what Lago does by itself, or on an invoice that is no longer what it was. */
let world: World;
let dodo: DodoSimulator;
let lago: LagoSimulator;
let call: Caller;

beforeEach(async () => {
	world = await World.start();
	({ dodo, lago } = world);
	call = callerOf(lago.url, API_KEY);
});

afterEach(async () => await world.stop());

async function paidInvoice(): Promise<{ invoice: Invoice; payment: Payment }> {
	const invoice = world.issue({ fees: [{ amountCents: 10_000, taxRate: 20 }] });
	const link = await world.save(await world.link(invoice));
	const payment = dodo.payCheckout(String(link.checkoutSessionId));
	await world.settle(payment);
	return { invoice, payment };
}

/** What the refund lane does when Lago tells of a note. */
async function giveBack(noteId: string): Promise<IDataObject> {
	const note = await world.onLago('creditNote', 'get', { creditNote: noteId });
	const made = await world.onDodo('refund', 'create', { source: 'creditNote', creditNote: '={{ $json }}' }, note);
	await world.onLago('creditNote', 'saveRefund', { refund: '={{ $json }}' }, made);
	return made;
}

/** What it does when Dodo tells of a refund. */
async function mirrored(refundId: string): Promise<IDataObject> {
	await eventually(() => dodo.state.refunds.get(refundId)?.status === 'succeeded');
	const refund = await world.onDodo('refund', 'get', { refundId });
	const paid = await world.onDodo('payment', 'get', { payment: refund.payment_id as string });
	return await world.onLago('creditNote', 'create', { refund, payment: '={{ $json }}', reason: 'other' }, paid);
}

const metadataOf = ({ metadata }: Invoice): Record<string, string> =>
	Object.fromEntries(metadata.map(({ key, value }) => [key, value]));
const notes = () => [...lago.state.creditNotes.values()];
const refunds = () => [...dodo.state.refunds.values()].map(({ amount }) => amount);

test('the note of an invoice that is voided with a refund is one refund, however often it is told', async () => {
	const { invoice } = await paidInvoice();
	const asked = { generate_credit_note: true, refund_amount: 12_000, credit_amount: 0 };
	expect((await call('POST', `/api/v1/invoices/${invoice.lago_id}/void`, asked)).status).toBe(200);
	const [note] = notes();
	expect(await giveBack(note?.lago_id ?? '')).toMatchObject({ outcome: 'refunding', refundAmount: 12_000 });
	await giveBack(note?.lago_id ?? '');
	expect([invoice.status, refunds()]).toEqual(['voided', [12_000]]);
});

test('the days that a subscription was paid for and is not used go back once', async () => {
	const { invoice } = await paidInvoice();
	Object.assign(invoice.subscription?.plan ?? {}, { amount_cents: 10_000, interval: 'weekly' });
	const path = `/api/v1/subscriptions/${invoice.subscription?.external_id}?on_termination_credit_note=refund`;
	expect((await call('DELETE', path)).status).toBe(200);
	const [note] = notes();
	// Six days of seven at 100.00 and 20 % tax: 85.71 and 17.14, each rounded.
	expect(note).toMatchObject({ reason: 'order_cancellation', refund_amount_cents: 10_285, credit_amount_cents: 0 });
	await giveBack(note?.lago_id ?? '');
	await giveBack(note?.lago_id ?? '');
	expect(refunds()).toEqual([10_285]);
});

/** Every way in which Lago makes a note that gives money back; the paid invoice is over 120.00. */
const NOTES: Array<[string, number, (invoice: Invoice) => Promise<unknown>]> = [
	['all of a voided invoice', 12_000, async ({ lago_id }) => await voided(lago_id, 12_000, 0)],
	[
		'a part of a voided invoice, another part as credit',
		7_000,
		async ({ lago_id }) => await voided(lago_id, 7_000, 3_000),
	],
	[
		'a part of an invoice that was voided before',
		2_400,
		async ({ lago_id, fees }) => {
			await call('POST', `/api/v1/invoices/${lago_id}/void`);
			const items = [{ fee_id: fees[0]?.lago_id, amount_cents: 2_000 }];
			const credit_note = { invoice_id: lago_id, reason: 'other', refund_amount_cents: 2_400, items };
			return await call('POST', '/api/v1/credit_notes', { credit_note });
		},
	],
	[
		'the days of a subscription that are not used',
		10_285,
		async ({ subscription }) => {
			Object.assign(subscription?.plan ?? {}, { amount_cents: 10_000, interval: 'weekly' });
			return await call(
				'DELETE',
				`/api/v1/subscriptions/${subscription?.external_id}?on_termination_credit_note=refund`,
			);
		},
	],
];
const voided = async (id: string, refund_amount: number, credit_amount: number) =>
	await call('POST', `/api/v1/invoices/${id}/void`, { generate_credit_note: true, refund_amount, credit_amount });

describe.each(NOTES)('%s', (_what, amount, makeNote) => {
	const givingBack = () => notes().filter(({ refund_amount_cents }) => refund_amount_cents > 0);

	test('goes back by one refund, told three times at once and once more, and the note gets its outcome', async () => {
		const { invoice } = await paidInvoice();
		expect(await makeNote(invoice)).toMatchObject({ status: 200 });
		const [note] = givingBack();
		expect(note).toMatchObject({ refund_amount_cents: amount });
		const id = note?.lago_id ?? '';
		await Promise.all([giveBack(id), giveBack(id), giveBack(id)]);
		await giveBack(id);
		expect(refunds()).toEqual([amount]);
		const [refund] = [...dodo.state.refunds.values()];
		await mirrored(refund?.refund_id ?? '');
		expect(givingBack()).toMatchObject([{ refund_status: 'succeeded', lago_id: id }]);
	});

	test('is held, with what to do, where the invoice was paid by bank', async () => {
		const invoice = lago.issueInvoice({ fees: [{ amountCents: 10_000, taxRate: 20 }] });
		lago.payManually(invoice.lago_id, 12_000, 'bank 77');
		await makeNote(invoice);
		expect(await giveBack(givingBack()[0]?.lago_id ?? '')).toMatchObject({
			outcome: 'held',
			reason: 'no_dodo_payment',
			nextStep: expect.stringContaining('Return the money the way it came'),
		});
		expect(refunds()).toEqual([]);
	});
});

test('a refund on a voided invoice is mirrored', async () => {
	const { invoice, payment } = await paidInvoice();
	lago.voidInvoice(invoice.lago_id);
	const { refund_id } = dodo.refundPayment(payment.payment_id, { amount: 2_400 });
	expect(await mirrored(refund_id)).toMatchObject({ outcome: 'credited', refundAmount: 2_400 });
	expect(notes()).toMatchObject([{ refund_amount_cents: 2_400 }]);
});

test('a refund on a paid invoice whose status was put back is held: Lago takes no note before it is right again', async () => {
	const { invoice, payment } = await paidInvoice();
	const path = `/api/v1/invoices/${invoice.lago_id}`;
	await call('PUT', path, { invoice: { payment_status: 'failed' } });
	const { refund_id } = dodo.refundPayment(payment.payment_id, { amount: 2_400 });
	expect(await mirrored(refund_id)).toMatchObject({
		outcome: 'held',
		reason: 'lago_refused',
		nextStep: expect.stringContaining(`Set the payment status of invoice ${invoice.number} to succeeded`),
	});
	expect(notes()).toEqual([]);
	await call('PUT', path, { invoice: { payment_status: 'succeeded' } });
	expect(await mirrored(refund_id)).toMatchObject({ outcome: 'credited', refundAmount: 2_400 });
});

test('what somebody writes on the invoice while a Lago without licence notes its refund stays', async () => {
	const { invoice, payment } = await paidInvoice();
	lago.premium = false;
	const { refund_id } = dodo.refundPayment(payment.payment_id, { amount: 2_400 });
	const write = ({ method, path }: CallRecord): void => {
		if (method !== 'GET' || !path.endsWith(`/invoices/${invoice.lago_id}`)) return;
		lago.activity.off('call', write);
		lago.setMetadata(invoice.lago_id, { ...metadataOf(invoice), po_number: '4711' });
	};
	lago.activity.on('call', write);
	expect(await mirrored(refund_id)).toMatchObject({ outcome: 'needs_premium', refundedInAll: 2_400 });
	expect(metadataOf(invoice)).toMatchObject({
		po_number: '4711',
		dodo_state: expect.stringContaining(';r=2400'),
	});
});
