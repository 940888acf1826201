import type { IDataObject } from 'n8n-workflow';

const customer = {
	customer_id: 'cus_sample',
	email: 'test@acme.example',
	metadata: {},
	name: 'Test user',
	phone_number: '+15555550100',
};
const billing = { city: 'New York', country: 'US', state: null, street: null, zipcode: '10001' };
const created_at = '2025-08-04T05:30:31.152232Z';

const payment = (status: string): IDataObject => ({
	payload_type: 'Payment',
	payment_id: 'pay_sample',
	status,
	total_amount: 400,
	tax: null,
	currency: 'USD',
	customer,
	billing,
	metadata: {},
	checkout_session_id: 'cks_sample',
	subscription_id: null,
	error_code: null,
	error_message: '',
	refunds: [],
	disputes: [],
	payment_link: 'https://test.checkout.dodopayments.com/sample',
	payment_method: 'card',
	settlement_amount: 400,
	settlement_currency: 'USD',
	created_at,
	updated_at: null,
});
const refund = (status: string): IDataObject => ({
	payload_type: 'Refund',
	refund_id: 'ref_sample',
	payment_id: 'pay_nobody_knows',
	status,
	amount: 400,
	currency: 'USD',
	is_partial: false,
	reason: null,
	customer,
	metadata: {},
	created_at,
});
const dispute = (dispute_status: string, amount: unknown = '400'): IDataObject => ({
	payload_type: 'Dispute',
	dispute_id: 'dp_sample',
	payment_id: 'pay_nobody_knows',
	amount: amount as string,
	currency: 'USD',
	dispute_stage: 'pre_dispute',
	dispute_status,
	is_resolved_by_rdr: null,
	reason: 'No reason',
	remarks: 'None',
	customer,
	created_at,
});
const subscription = (status: string): IDataObject => ({
	payload_type: 'Subscription',
	subscription_id: 'sub_sample',
	status,
	currency: 'USD',
	customer,
	billing,
	metadata: {},
	on_demand: false,
	tax_inclusive: false,
	cancel_at_next_billing_date: false,
	addons: [],
	meters: [],
	product_id: 'pdt_sample',
	payment_frequency_count: 1,
	payment_frequency_interval: 'Month',
	recurring_pre_tax_amount: 400,
	next_billing_date: '2025-09-04T05:30:31Z',
	created_at,
});
const credit = (transaction_type: string): IDataObject => ({
	payload_type: 'CreditLedgerEntry',
	id: 'cle_sample',
	amount: 100,
	balance_after: 1100,
	balance_before: 1000,
	customer_id: 'cus_sample',
	credit_entitlement_id: 'cent_sample',
	is_credit: true,
	transaction_type,
	created_at,
});

/** One event of every kind as Dodo's own description shows them: of payments and mandates that no account has. By event, and what is odd about it. */
export const DODO_SAMPLES: ReadonlyArray<readonly [event: string, oddity: string, data: IDataObject]> = [
	...['succeeded', 'failed', 'processing', 'cancelled'].map(
		(status) => [`payment.${status}`, '', payment(status)] as const,
	),
	...['succeeded', 'failed'].map((status) => [`refund.${status}`, '', refund(status)] as const),
	...['opened', 'expired', 'accepted', 'cancelled', 'challenged', 'won', 'lost'].map(
		(status) => [`dispute.${status}`, '', dispute(`dispute_${status}`)] as const,
	),
	...['129.95', '', 'many', {}, null].map(
		(amount) => ['dispute.lost', `an amount of ${JSON.stringify(amount)}`, dispute('dispute_lost', amount)] as const,
	),
	...['active', 'cancelled', 'expired', 'failed', 'on_hold'].map(
		(status) => [`subscription.${status}`, '', subscription(status)] as const,
	),
	...['plan_changed', 'renewed', 'updated'].map(
		(happening) => [`subscription.${happening}`, '', subscription('active')] as const,
	),
	...['added', 'deducted', 'expired', 'manual_adjustment', 'overage_charged', 'rolled_over', 'rollover_forfeited'].map(
		(happening) => [`credit.${happening}`, '', credit(`credit_${happening}`)] as const,
	),
	[
		'credit.balance_low',
		'',
		{
			payload_type: 'CreditBalanceLow',
			customer_id: 'cus_sample',
			available_balance: 15,
			threshold_amount: 20,
			threshold_percent: 20,
			subscription_id: 'sub_sample',
		},
	],
	[
		'license_key.created',
		'',
		{
			payload_type: 'LicenseKey',
			id: 'lic_sample',
			key: 'KEY',
			payment_id: 'pay_nobody_knows',
			subscription_id: null,
			status: 'active',
			customer_id: 'cus_sample',
			created_at,
		},
	],
	[
		'payment.succeeded',
		'fields of other kinds than documented',
		{ ...payment('succeeded'), metadata: [], error_code: 5, invoice_url: {}, updated_at: 17, customer: null },
	],
	[
		'subscription.active',
		'nobody behind it',
		{ ...subscription('active'), on_demand: true, metadata: { lago_customer_external_id: 'nobody' }, customer: null },
	],
	[
		'refund.succeeded',
		'a note that nobody knows',
		{ ...refund('succeeded'), metadata: { lago_credit_note_id: '2b902b90-2b90-4b90-8b90-2b902b902b90' } },
	],
];

const LAGO_ID = '1a901a90-1a90-4a90-8a90-1a901a901a90';
const invoice: IDataObject = {
	lago_id: LAGO_ID,
	number: 'ACM-1',
	status: 'finalized',
	payment_status: 'pending',
	currency: 'EUR',
	total_amount_cents: 100,
	total_due_amount_cents: 100,
	customer: { external_id: 'nobody' },
};
const lagoEvent = (webhook_type: string, object_type: string, data: IDataObject): IDataObject => ({
	webhook_type,
	object_type,
	organization_id: LAGO_ID,
	[object_type]: data,
});

/** Webhooks of Lago about objects that this organisation does not have, as their bodies. */
export const LAGO_SAMPLES: readonly IDataObject[] = [
	...[
		'invoice.created',
		'invoice.one_off_created',
		'invoice.paid_credit_added',
		'invoice.voided',
		'invoice.payment_status_updated',
		'invoice.payment_overdue',
		'invoice.drafted',
		'invoice.payment_dispute_lost',
	].map((type) => lagoEvent(type, 'invoice', invoice)),
	lagoEvent('invoice.payment_failure', 'payment_provider_invoice_payment_error', {
		lago_invoice_id: LAGO_ID,
		lago_customer_id: null,
		external_customer_id: 'nobody',
		provider_error: null,
		error_details: { code: 'customer_must_have_payment_provider' },
	}),
	...['credit_note.created', 'credit_note.generated'].map((type) =>
		lagoEvent(type, 'credit_note', {
			lago_id: LAGO_ID,
			number: 'ACM-1-CN1',
			lago_invoice_id: LAGO_ID,
			refund_status: 'pending',
			refund_amount_cents: 100,
		}),
	),
	...['customer.created', 'customer.updated'].map((type) =>
		lagoEvent(type, 'customer', { lago_id: LAGO_ID, external_id: 'nobody' }),
	),
	...['subscription.started', 'subscription.terminated'].map((type) =>
		lagoEvent(type, 'subscription', {
			lago_id: LAGO_ID,
			external_id: 'sub',
			external_customer_id: 'nobody',
			status: 'active',
		}),
	),
	lagoEvent('wallet_transaction.created', 'wallet_transaction', {
		lago_id: LAGO_ID,
		lago_invoice_id: null,
		status: 'pending',
	}),
	lagoEvent('payment_request.created', 'payment_request', {
		lago_id: LAGO_ID,
		payment_status: 'pending',
		invoices: [],
	}),
	lagoEvent('event.error', 'event_error', { status: 422, error: 'Unprocessable', message: 'x' }),
];
