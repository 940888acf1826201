import { startLagoSimulator, type LagoSimulator } from '../../sandbox/simulators';
import { describeWithSpec } from '../support/openapi';
import { callerOf, disagreements, type Answer } from './helpers';

/** Usage in the simulated Lago: told, refused and billed as the real one does (`lago-api:app/models/billable_metric.rb`, `services/events`). */
let lago: LagoSimulator;
let call: (method: string, path: string, body?: unknown) => Promise<Answer>;

beforeAll(async () => {
	lago = await startLagoSimulator();
	const raw = callerOf(lago.url, lago.apiKey);
	call = async (method, path, body) => await raw(method, `/api/v1${path}`, body);
});

afterAll(async () => await lago.close());

const METRIC = { name: 'Calls', code: 'calls', aggregation_type: 'sum_agg', field_name: 'units' };
const details = ({ status, body }: Answer): unknown => (status === 422 ? body.error_details : status);

test('a metric is made once, and says what is wrong with it', async () => {
	const make = async (given: object): Promise<Answer> =>
		await call('POST', '/billable_metrics', { billable_metric: { ...METRIC, ...given } });
	expect((await make({})).body.billable_metric).toMatchObject({ ...METRIC, recurring: false, plans_count: 0 });
	expect(details(await make({}))).toEqual({ code: ['value_already_exist'] });
	expect(details(await make({ code: '', name: '', field_name: null, aggregation_type: 'median' }))).toEqual({
		name: ['value_is_mandatory'],
		field_name: ['value_is_mandatory'],
		aggregation_type: ['value_is_invalid'],
		code: ['value_is_mandatory'],
	});
	expect((await make({ code: 'requests', aggregation_type: 'count_agg', field_name: null })).status).toBe(200);
	expect((await call('GET', '/billable_metrics')).body.billable_metrics).toHaveLength(2);
	expect((await call('GET', '/billable_metrics/calls')).body.billable_metric.code).toBe('calls');
	expect((await call('GET', '/billable_metrics/none')).body.code).toBe('billable_metric_not_found');
});

test('usage of the period is billed at the end, with the tax of the plan and its share of the coupon; each event counts once', async () => {
	const { lago_id } = (await call('GET', '/billable_metrics/calls')).body.billable_metric;
	const charge = { billable_metric_id: lago_id, charge_model: 'standard', properties: { amount: '1.5' } };
	const plan = { name: 'Pro', code: 'pro', interval: 'monthly', amount_cents: 0, amount_currency: 'EUR' };
	const withPlan = async (given: object): Promise<Answer> =>
		await call('POST', '/plans', { plan: { ...plan, pay_in_advance: false, ...given } });
	expect((await withPlan({ charges: [{ ...charge, billable_metric_id: 'none' }] })).body.code).toBe(
		'billable_metrics_not_found',
	);
	await call('POST', '/taxes', { tax: { name: 'VAT', code: 'vat', rate: '20' } });
	expect((await withPlan({ charges: [charge], tax_codes: ['vat'] })).body.plan.charges).toMatchObject([
		{ billable_metric_code: 'calls', charge_model: 'standard', properties: { amount: '1.5' } },
	]);
	await call('POST', '/customers', { customer: { external_id: 'ada', currency: 'EUR' } });
	await call('POST', '/coupons', {
		coupon: { name: 'C', code: 'c', coupon_type: 'percentage', percentage_rate: '10' },
	});
	await call('POST', '/applied_coupons', { applied_coupon: { external_customer_id: 'ada', coupon_code: 'c' } });
	await call('POST', '/subscriptions', {
		subscription: { external_customer_id: 'ada', external_id: 'sub', plan_code: 'pro' },
	});
	const told = async (given: object): Promise<Answer> =>
		await call('POST', '/events', {
			event: { transaction_id: 't1', external_subscription_id: 'sub', code: 'calls', ...given },
		});
	expect((await told({ properties: { units: '20' } })).body.event).toMatchObject({
		code: 'calls',
		transaction_id: 't1',
	});
	expect(details(await told({}))).toEqual({ transaction_id: ['value_already_exist'] });
	expect(details(await told({ transaction_id: 't2', timestamp: 'soon' }))).toEqual({ timestamp: ['invalid_format'] });
	// Of nobody's metric, and of a period that is over.
	await told({ transaction_id: 't3', code: 'other', properties: { units: '5' } });
	await told({ transaction_id: 't4', timestamp: 1_000_000, properties: { units: '5' } });
	expect((await call('GET', '/events/t1')).status).toBe(200);
	expect((await call('GET', '/events/none')).body.code).toBe('event_not_found');
	await call('DELETE', '/subscriptions/sub');
	const [listed] = (await call('GET', '/invoices?external_customer_id=ada')).body.invoices;
	const { invoice } = (await call('GET', `/invoices/${listed.lago_id}`)).body;
	expect(invoice).toMatchObject({ coupons_amount_cents: 300, taxes_amount_cents: 540, total_amount_cents: 3_240 });
	expect(invoice.fees.filter(({ amount_cents: cents }: { amount_cents: number }) => cents > 0)).toMatchObject([
		{ amount_cents: 3_000, units: '20.0', events_count: 1, item: { type: 'charge', code: 'calls' } },
	]);
});

test('without a licence a payment is refused as the real one does it: what is unknown first', async () => {
	lago.premium = false;
	const pay = async (given: object): Promise<unknown> => {
		const { status, body } = await call('POST', '/payments', {
			payment: { amount_cents: 1, reference: 'r', ...given },
		});
		return [status, body.code];
	};
	const { lago_id: invoice_id } = lago.issueInvoice();
	expect(await pay({ invoice_id: '' })).toEqual([422, 'validation_errors']);
	expect(await pay({ invoice_id, amount_cents: 0 })).toEqual([422, 'validation_errors']);
	expect(await pay({ invoice_id: 'none' })).toEqual([404, 'invoice_not_found']);
	expect(await pay({ invoice_id })).toEqual([403, 'feature_unavailable']);
	expect(await pay({ invoice_id, reference: '' })).toEqual([403, 'feature_unavailable']);
});

describeWithSpec('lago', "usage and Lago's description", (spec) => {
	test('every answer is what the description says', () => {
		expect(disagreements(spec, lago.calls)).toEqual([]);
	});
});
