import type { z } from 'zod';
import { dodoEventSchema } from '../../nodes/shared/wire/dodo/event';
import * as dodo from '../../nodes/shared/wire/dodo/objects';
import { creditNoteSchema } from '../../nodes/shared/wire/lago/creditNote';
import { lagoEventSchema } from '../../nodes/shared/wire/lago/event';
import * as lago from '../../nodes/shared/wire/lago/objects';

const ID = '1a901a90-1a90-4a90-8a90-1a901a901a90';
const payment = {
	payment_id: 'pay_1',
	status: 'succeeded',
	total_amount: 100,
	tax: 0,
	currency: 'EUR',
	checkout_session_id: 'cks_1',
	subscription_id: null,
	refund_status: null,
	refunds: [],
};
const mandate = {
	subscription_id: 'sub_1',
	status: 'active',
	currency: 'EUR',
	on_demand: true,
	tax_inclusive: true,
	cancel_at_next_billing_date: false,
};
const invoice = {
	lago_id: ID,
	number: 'ACM-1',
	status: 'finalized',
	payment_status: 'pending',
	currency: 'EUR',
	total_amount_cents: 100,
	total_due_amount_cents: 100,
	total_paid_amount_cents: 0,
	self_billed: false,
	metadata: [],
	payment_dispute_lost_at: null,
	invoice_type: 'subscription',
};
const note = {
	lago_id: ID,
	number: 'ACM-1-CN1',
	lago_invoice_id: ID,
	invoice_number: 'ACM-1',
	currency: 'EUR',
	refund_status: 'pending',
	total_amount_cents: 100,
	refund_amount_cents: 100,
	items: [],
	metadata: {},
};

/** What decides, and with it every other field that the schema knows: those decide nothing. */
const SCHEMAS: ReadonlyArray<
	[name: string, schema: z.ZodTypeAny, relied: Record<string, unknown>, others: readonly string[]]
> = [
	[
		'payment',
		dodo.paymentSchema,
		payment,
		[
			'metadata',
			'error_code',
			'payment_link',
			'invoice_url',
			'created_at',
			'updated_at',
			'is_update_payment_method',
			'customer',
			'billing',
		],
	],
	['mandate', dodo.mandateSchema, mandate, ['metadata', 'customer', 'has_payment_method', 'created_at']],
	[
		'refund',
		dodo.refundSchema,
		{ refund_id: 'ref_1', payment_id: 'pay_1', status: 'succeeded', amount: 100, currency: 'EUR', is_partial: false },
		['metadata', 'reason', 'created_at', 'customer'],
	],
	[
		'dispute',
		dodo.disputeSchema,
		{ dispute_id: 'dp_1', payment_id: 'pay_1', dispute_status: 'dispute_lost' },
		['amount', 'currency', 'reason', 'is_resolved_by_rdr', 'customer'],
	],
	['checkout', dodo.checkoutSchema, { session_id: 'cks_1' }, ['checkout_url', 'payment_id']],
	['product', dodo.productSchema, { product_id: 'pdt_1' }, ['name', 'created_at', 'metadata', 'price_detail', 'price']],
	[
		'endpoint of Dodo',
		dodo.webhookSchema,
		{ id: 'ep_1', url: 'https://a.example' },
		['disabled', 'filter_types', 'description', 'metadata'],
	],
	[
		'event of Dodo',
		dodoEventSchema,
		{ type: 'payment.succeeded', timestamp: '2026-11-01T00:00:00Z', data: {} },
		['business_id'],
	],
	[
		'customer',
		lago.customerSchema,
		{ external_id: 'cust_1', billing_configuration: {}, metadata: [] },
		[
			'name',
			'firstname',
			'lastname',
			'legal_name',
			'email',
			'currency',
			'applicable_timezone',
			'country',
			'state',
			'city',
			'zipcode',
			'address_line1',
			'address_line2',
			'tax_identification_number',
			'phone',
		],
	],
	['invoice', lago.invoiceSchema, invoice, ['fees', 'billing_periods', 'applied_taxes']],
	['credit note', creditNoteSchema, note, ['created_at', 'reason', 'description']],
	[
		'endpoint of Lago',
		lago.webhookEndpointSchema,
		{ lago_id: ID, webhook_url: 'https://a.example' },
		['signature_algo', 'event_types', 'name'],
	],
	['event of Lago', lagoEventSchema, { webhook_type: 'invoice.created', object_type: 'invoice' }, ['organization_id']],
];
const ODD = [5, 'x', '', true, null, [], [1], {}, { a: { b: 1 } }, undefined];

describe.each(SCHEMAS)('%s', (_name, schema, relied, others) => {
	test('is read whatever stands in a field by which nothing is decided', () => {
		expect(schema.safeParse(relied).success).toBe(true);
		const unreadable = others.flatMap((name) =>
			ODD.filter((value) => !schema.safeParse({ ...relied, [name]: value }).success).map(
				(value) => `${name}: ${JSON.stringify(value)}`,
			),
		);
		expect(unreadable).toEqual([]);
	});

	test('is not read when what decides is of another kind', () => {
		const readable = Object.keys(relied).filter(
			(name) => schema.safeParse({ ...relied, [name]: () => undefined }).success,
		);
		expect(readable).toEqual([]);
	});
});
