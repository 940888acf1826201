import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { API_KEY } from '../../support/executeContext';
import { strictNock } from '../../support/nock';
import { ID, lagoInvoice, metadata } from './lagoInvoice';
import { charge, charges, customer, dodo, hasMandate, hasPayments, invoiceOf, listed, refused } from './onMandate';

strictNock();

describe('what comes out', () => {
	test('charging: the due amount once, with what finds it again', async () => {
		hasMandate();
		hasPayments();
		let sent: IDataObject = {};
		charges(200, (body) => ((sent = body), { payment_id: 'pay_1' }));
		expect(await charge(invoiceOf(), { organizationId: 'org' })).toMatchObject({
			outcome: 'charging',
			paymentId: 'pay_1',
			amount: 7_380,
			currency: 'EUR',
			attempt: 1,
			subscriptionId: 'sub_1',
			invoiceId: ID,
			invoiceNumber: 'ACM-7',
			saveToInvoice: { paymentReference: 'pay_1', state: 'v1;charging;a=1;m=7380;e=t' },
		});
		expect(sent).toEqual({
			product_price: 7_380,
			product_currency: 'EUR',
			product_description: 'Invoice ACM-7',
			metadata: { lago_invoice_id: ID, lago_invoice_number: 'ACM-7', attempt: '1', lago_organization_id: 'org' },
			customer_balance_config: { allow_customer_credits_purchase: false, allow_customer_credits_usage: false },
		});
	});

	test('what is left of a partly paid invoice, not its total; tax on top is remembered', async () => {
		hasMandate({ tax_inclusive: false });
		hasPayments();
		charges(200, ({ product_price }) => ({ payment_id: `pay_${String(product_price)}` }));
		expect(await charge(invoiceOf({}, { total_due_amount_cents: 2_380 }))).toMatchObject({
			paymentId: 'pay_2380',
			saveToInvoice: { state: 'v1;charging;a=1;m=2380;t=1;e=t' },
		});
	});

	test('existing: a charge of this try that runs; one of another invoice does not count', async () => {
		for (const status of [null, 'processing']) {
			hasMandate();
			hasPayments(
				listed('pay_1', status),
				listed('pay_x', 'succeeded', 1, { metadata: { lago_invoice_id: randomUUID(), attempt: '1' } }),
			);
			expect(await charge(invoiceOf())).toMatchObject({ outcome: 'existing', paymentId: 'pay_1' });
		}
	});

	test('what the customer paid or is paying by link since the invoice was read stands in the way; what was declined there does not', async () => {
		const byLink = (status: string): IDataObject => listed('pay_link', status, 1, { subscription_id: null });
		hasMandate();
		hasPayments(byLink('succeeded'));
		expect(await charge(invoiceOf())).toMatchObject({ outcome: 'held', reason: 'paid_at_dodo' });
		hasMandate();
		hasPayments(byLink('processing'));
		expect(await charge(invoiceOf())).toMatchObject({ outcome: 'existing', paymentId: 'pay_link' });
		hasMandate();
		hasPayments(byLink('failed'));
		charges(200, { payment_id: 'pay_1' });
		expect(await charge(invoiceOf())).toMatchObject({ outcome: 'charging', paymentId: 'pay_1' });
	});

	test('held paid_at_dodo: a success that Lago does not know yet', async () => {
		hasMandate();
		hasPayments(listed('pay_1', 'succeeded'));
		expect(await charge(invoiceOf())).toMatchObject({ outcome: 'held', reason: 'paid_at_dodo' });
	});

	test.each<[string, IDataObject]>([
		['not_finalized', { status: 'draft' }],
		['already_paid', { payment_status: 'succeeded' }],
		['nothing_due', { total_due_amount_cents: 0, total_paid_amount_cents: 0 }],
		['self_billed', { self_billed: true }],
		['native_provider', { customer: { ...customer, billing_configuration: { payment_provider: 'stripe' } } }],
	])('skipped %s: Dodo is not asked', async (reason, change) => {
		expect(await charge(invoiceOf({}, change))).toMatchObject({ outcome: 'skipped', reason });
	});

	test('held metadata_full: a charge that could not be recorded is not made', async () => {
		expect(await charge(invoiceOf({ a: '1', b: '2', c: '3', d: '4' }))).toMatchObject({
			outcome: 'held',
			reason: 'metadata_full',
		});
	});

	test('needs_link no_mandate, with the invoice for the node that makes the link', async () => {
		expect(await charge(lagoInvoice())).toMatchObject({
			outcome: 'needs_link',
			reason: 'no_mandate',
			invoice: { lago_id: ID },
		});
	});

	test.each<[string, IDataObject]>([
		['mandate_on_hold', { status: 'on_hold' }],
		['mandate_inactive', { status: 'cancelled' }],
		['mandate_inactive', { status: 'a_word_of_tomorrow' }],
		['mandate_expired', { status: 'expired' }],
		['mandate_currency', { currency: 'USD' }],
		['mandate_refused', { on_demand: false }],
		['mandate_refused', { cancel_at_next_billing_date: true }],
	])('needs_link %s by what Dodo shows: %j', async (reason, change) => {
		hasMandate(change);
		expect(await charge(invoiceOf())).toMatchObject({ outcome: 'needs_link', reason, nextStep: expect.any(String) });
	});

	test('needs_link mandate_refused: a mandate that Dodo does not know; an id cannot leave its place in the path', async () => {
		dodo().get('/subscriptions/..%2Frefunds').reply(404, refused('NOT_FOUND'));
		const stranger = { ...customer, metadata: metadata({ dodo_subscription_id: '../refunds' }) };
		expect(await charge(invoiceOf({}, { customer: stranger }))).toMatchObject({
			outcome: 'needs_link',
			reason: 'mandate_refused',
		});
	});

	test.each([
		['mandate_expired', 'SUBSCRIPTION_EXPIRED'],
		['mandate_refused', 'SUBSCRIPTION_NOT_ON_DEMAND'],
		['mandate_refused', 'CHARGE_NOT_ALLOWED_FOR_SCHEDULED_CANCELLATION'],
		['mandate_refused', 'SUBSCRIPTION_PAYMENT_RETRY_LIMIT_EXCEEDED'],
	])('needs_link %s when the charge is refused with %s', async (reason, code) => {
		hasMandate();
		hasPayments();
		charges(422, refused(code));
		expect(await charge(invoiceOf())).toMatchObject({ outcome: 'needs_link', reason });
	});

	test('needs_link mandate_on_hold: the mandate was fine once, and Dodo is asked why it is not any more', async () => {
		hasMandate();
		hasPayments();
		charges(422, refused('SUBSCRIPTION_INACTIVE'));
		hasMandate({ status: 'on_hold' });
		expect(await charge(invoiceOf())).toMatchObject({ outcome: 'needs_link', reason: 'mandate_on_hold' });
	});

	test('mandate_busy: another invoice is being charged', async () => {
		hasMandate();
		hasPayments();
		charges(409, refused('PREVIOUS_PAYMENT_PENDING'));
		hasPayments();
		expect(await charge(invoiceOf())).toMatchObject({
			outcome: 'mandate_busy',
			invoiceId: ID,
			subscriptionId: 'sub_1',
		});
	});

	test('existing: the charge that keeps the mandate busy is our own, made by another worker', async () => {
		hasMandate();
		hasPayments();
		charges(409, refused('PREVIOUS_PAYMENT_PENDING'));
		hasPayments(listed('pay_1', 'processing'));
		expect(await charge(invoiceOf())).toMatchObject({ outcome: 'existing', paymentId: 'pay_1' });
	});

	test('held dodo_refused: a refusal that neither time nor a link mends', async () => {
		hasMandate();
		hasPayments();
		charges(422, refused('TOTAL_PAYMENT_AMOUNT_BELOW_MINIMUM_AMOUNT'));
		expect(await charge(invoiceOf())).toMatchObject({
			outcome: 'held',
			reason: 'dodo_refused',
			nextStep: expect.stringContaining('smallest payment'),
		});
	});

	test('skipped payment_under_way, held paid_at_dodo: the link that is out has been used', async () => {
		for (const [payment_status, expected] of [
			['processing', { outcome: 'skipped', reason: 'payment_under_way' }],
			['succeeded', { outcome: 'held', reason: 'paid_at_dodo' }],
		] as const) {
			hasMandate();
			dodo().get('/checkouts/cks_1').reply(200, { id: 'cks_1', payment_id: 'pay_1', payment_status });
			expect(await charge(invoiceOf({ dodo_payment_id: 'cks_1', dodo_state: 'v1;open;a=1;m=7380' }))).toMatchObject(
				expected,
			);
		}
	});

	test('skipped retry_planned and try_failed: a copy of the event that led to a failed try; Retry Payment makes the next one', async () => {
		for (const [state, reason] of [
			['v1;failed;a=1;n=1999999999;f=1', 'retry_planned'],
			['v1;failed;a=1;f=1;d=EXPIRED_CARD', 'try_failed'],
		] as const) {
			hasMandate();
			expect(await charge(invoiceOf({ dodo_payment_id: 'pay_1', dodo_state: state }))).toMatchObject({
				outcome: 'skipped',
				reason,
			});
		}
		hasMandate();
		hasPayments(listed('pay_1', 'failed'));
		charges(200, { payment_id: 'pay_2' });
		expect(
			await charge(invoiceOf({ dodo_payment_id: 'pay_1', dodo_state: 'v1;failed;a=1;f=1' }), { tryAgain: true }),
		).toMatchObject({ outcome: 'charging', attempt: 2, saveToInvoice: { state: 'v1;charging;a=2;m=7380;f=1;e=t' } });
	});

	test('a failure and a key that is not valid fail the run, and show no key', async () => {
		for (const [status, code] of [
			[500, 'INTERNAL_SERVER_ERROR'],
			[401, 'UNAUTHORIZED'],
			[403, 'FORBIDDEN'],
		] as const) {
			hasMandate();
			dodo().get('/payments').query(true).reply(status, refused(code));
			const shown: unknown = await charge(invoiceOf()).catch((caught: unknown) => caught);
			expect(shown).toMatchObject({ httpCode: String(status) });
			expect(JSON.stringify([shown, (shown as Error).message, (shown as Error).stack])).not.toContain(API_KEY);
		}
	});

	test('a lost answer: found, it is existing; not found, it is not sent again for 10 seconds', async () => {
		const account: string = randomUUID();
		hasMandate();
		hasPayments();
		charges(502, {});
		hasPayments(listed('pay_1', null));
		expect(await charge(invoiceOf(), { account })).toMatchObject({ outcome: 'existing', paymentId: 'pay_1' });

		const other = randomUUID();
		hasMandate();
		hasPayments();
		charges(502, {});
		hasPayments();
		await expect(charge(invoiceOf(), { account: other })).rejects.toMatchObject({ httpCode: '502' });
		hasPayments();
		await expect(charge(invoiceOf(), { account: other })).rejects.toMatchObject({
			message: expect.stringContaining('could move money twice'),
		});
	});
});

describe('a record of the other mode', () => {
	test.each([
		['a failed try that waits for the next one', 'pay_test', 'v1;failed;a=3;n=1999999999;f=2;e=l'],
		['a charge that was under way', 'pay_test', 'v1;charging;a=1;m=7380;e=l'],
		['a link that is out', 'cks_test', 'v1;open;a=2;m=7380;x=1999999999;e=l'],
		[
			'a link by its address',
			'cks_test',
			'v1;open;a=2;m=7380;x=1999999999;u=https://checkout.dodopayments.com/session/cks_test',
		],
	])('keeps nothing from being collected: %s', async (_what, dodoId, state) => {
		hasMandate();
		dodo()
			.get(dodoId.startsWith('cks_') ? `/checkouts/${dodoId}` : `/payments/${dodoId}`)
			.reply(404, refused('NOT_FOUND'));
		hasPayments();
		charges(200, { payment_id: 'pay_1' });
		expect(await charge(invoiceOf({ dodo_payment_id: dodoId, dodo_state: state }))).toMatchObject({
			outcome: 'charging',
			attempt: 1,
			saveToInvoice: { state: 'v1;charging;a=1;m=7380;e=t' },
		});
	});
});

test('a mandate that Dodo does not know any more is asked for again', async () => {
	const account = randomUUID();
	hasMandate();
	hasPayments();
	charges(404, refused('NOT_FOUND'));
	expect(await charge(invoiceOf(), { account })).toMatchObject({ outcome: 'needs_link', reason: 'mandate_refused' });
	hasMandate({ status: 'expired' });
	expect(await charge(invoiceOf(), { account })).toMatchObject({ outcome: 'needs_link', reason: 'mandate_expired' });
});
