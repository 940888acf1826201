import { randomUUID } from 'node:crypto';
import { ok, type SimulatedApi } from '../../shared/api';
import type { LagoLedger } from '../ledger';
import { invalid, notFound } from '../refusals';
import type { Coupon, Tax } from '../catalogue';
import type { Customer } from '../documents';
import { now, type LagoState } from '../state';
import { taxView } from '../views/taxes';
import { page, root, V1 } from './requests';

/** Taxes and coupons, as far as invoices need them. */
export function pricingRoutes(api: SimulatedApi, state: LagoState, { customers }: LagoLedger): void {
	api.route('post', `${V1}/taxes`, ({ body }) => {
		const { code, name, rate, description = null } = root(body, 'tax') as Partial<Tax>;
		if (!code || !name) return invalid({ [code ? 'name' : 'code']: ['value_is_mandatory'] });
		if (state.taxes.has(code)) invalid({ code: ['value_already_exist'] });
		const tax: Tax = { lago_id: randomUUID(), name, code, rate: Number(rate), description, created_at: now() };
		state.taxes.set(code, tax);
		return ok({ tax: { ...taxView(tax), applied_to_billing_entities_codes: [] } });
	});
	api.route('get', `${V1}/taxes`, (call) => page('taxes', [...state.taxes.values()].reverse(), call, taxView));

	api.route('post', `${V1}/coupons`, ({ body }) => {
		const coupon = newCoupon(root(body, 'coupon') as Partial<Coupon>);
		if (state.coupons.has(coupon.code)) invalid({ code: ['value_already_exist'] });
		state.coupons.set(coupon.code, coupon);
		return ok({ coupon: couponView(coupon) });
	});
	api.route('post', `${V1}/applied_coupons`, ({ body }) => {
		const { external_customer_id, coupon_code } = root(body, 'applied_coupon');
		const customer = customers.get(typeof external_customer_id === 'string' ? external_customer_id : undefined);
		const coupon = state.coupons.get(String(coupon_code)) ?? notFound('coupon');
		state.appliedCoupons.set(customer.external_id, coupon);
		return ok({ applied_coupon: appliedView(coupon, customer) });
	});
}

function newCoupon({
	code,
	name,
	coupon_type = 'fixed_amount',
	amount_cents = null,
	amount_currency = null,
	percentage_rate = null,
	frequency = 'once',
	reusable = true,
	expiration = 'no_expiration',
}: Partial<Coupon>): Coupon {
	if (!code || !name) return invalid({ [code ? 'name' : 'code']: ['value_is_mandatory'] });
	return {
		lago_id: randomUUID(),
		name,
		code,
		coupon_type,
		amount_cents,
		amount_currency,
		percentage_rate,
		frequency,
		reusable,
		expiration,
		created_at: now(),
	};
}

function appliedView(coupon: Coupon, customer: Customer): Record<string, unknown> {
	return {
		lago_id: randomUUID(),
		lago_coupon_id: coupon.lago_id,
		coupon_code: coupon.code,
		coupon_name: coupon.name,
		coupon_description: null,
		coupon_status: 'active',
		coupon_deleted_at: null,
		lago_customer_id: customer.lago_id,
		external_customer_id: customer.external_id,
		status: 'active',
		amount_cents: coupon.amount_cents,
		amount_cents_remaining: coupon.amount_cents,
		amount_currency: coupon.amount_currency,
		percentage_rate: coupon.percentage_rate,
		frequency: coupon.frequency,
		frequency_duration: null,
		frequency_duration_remaining: null,
		expiration_at: null,
		created_at: now(),
		terminated_at: null,
	};
}

function couponView(coupon: Coupon): Record<string, unknown> {
	return {
		...coupon,
		description: null,
		frequency_duration: null,
		limited_plans: false,
		limited_billable_metrics: false,
		plan_codes: [],
		billable_metric_codes: [],
		expiration_at: null,
		terminated_at: null,
	};
}
