import { randomUUID } from 'node:crypto';
import { ok, type SimulatedApi } from '../../shared/api';
import type { LagoLedger } from '../ledger';
import type { NewCharge } from '../ledger/metering';
import { invalid, notFound } from '../refusals';
import type { AddOn, Plan } from '../catalogue';
import { now, type LagoState } from '../state';
import { planView } from '../views/subscriptions';
import type { LagoEvents } from '../webhooks';
import { page, root, V1 } from './requests';

/** Plans with what usage costs, and add-ons. */
export function catalogueRoutes(
	api: SimulatedApi,
	state: LagoState,
	events: LagoEvents,
	{ subscriptions, metering }: LagoLedger,
): void {
	api.route('post', `${V1}/plans`, ({ body }) => {
		const {
			tax_codes: codes = [],
			charges: priced = [],
			...input
		} = root(body, 'plan') as Partial<Omit<Plan, 'charges'>> & { tax_codes?: string[]; charges?: NewCharge[] };
		const charges = metering.chargesOf(priced);
		const taxes = codes.map((code) => state.taxes.get(code) ?? notFound('tax'));
		const plan = subscriptions.createPlan({ ...input, taxes, charges });
		events.announce('plan.created', 'plan', () => planView(plan, 'told'));
		return ok({ plan: planView(plan) });
	});
	api.route('get', `${V1}/plans`, (call) =>
		page('plans', [...state.plans.values()].reverse(), call, (plan) => planView(plan)),
	);
	api.route('get', `${V1}/plans/:code`, ({ params }) => ok({ plan: planView(subscriptions.plan(params.code)) }));

	api.route('post', `${V1}/add_ons`, ({ body }) => {
		const {
			code,
			name,
			amount_cents = 0,
			amount_currency = 'EUR',
			description = null,
			invoice_display_name = null,
		} = root(body, 'add_on') as Partial<AddOn>;
		if (!code || !name) return invalid({ [code ? 'name' : 'code']: ['value_is_mandatory'] });
		if (state.addOns.has(code)) invalid({ code: ['value_already_exist'] });
		const addOn: AddOn = {
			lago_id: randomUUID(),
			code,
			name,
			amount_cents,
			amount_currency,
			description,
			invoice_display_name,
			created_at: now(),
		};
		state.addOns.set(code, addOn);
		return ok({ add_on: { ...addOn, taxes: [] } });
	});
	api.route('get', `${V1}/add_ons/:code`, ({ params }) =>
		ok({ add_on: { ...(state.addOns.get(params.code ?? '') ?? notFound('add_on')), taxes: [] } }),
	);
}
