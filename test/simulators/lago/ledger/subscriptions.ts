import { randomUUID } from 'node:crypto';
import { invalid, notFound } from '../refusals';
import { dateOf, now, type Customer, type LagoState, type Plan, type Subscription } from '../state';
import { subscriptionWithPlan } from '../views/subscriptions';
import type { LagoEvents } from '../webhooks';

/** Plans and subscriptions, as far as invoices need them. */
export class Subscriptions {
	constructor(
		private readonly state: LagoState,
		private readonly events: LagoEvents,
	) {}

	plan(code: string | undefined): Plan {
		return this.state.plans.get(code ?? '') ?? notFound('plan');
	}

	createPlan({
		code,
		name,
		interval = 'monthly',
		amount_cents = 0,
		amount_currency = 'EUR',
		pay_in_advance = true,
	}: Partial<Plan>): Plan {
		if (!code) return invalid({ code: ['value_is_mandatory'] });
		if (!name) return invalid({ name: ['value_is_mandatory'] });
		if (this.state.plans.has(code)) invalid({ code: ['value_already_exist'] });
		const plan: Plan = {
			lago_id: randomUUID(),
			code,
			name,
			interval,
			amount_cents,
			amount_currency,
			pay_in_advance,
			created_at: now(),
		};
		this.state.plans.set(code, plan);
		return plan;
	}

	get(externalId: string | undefined): Subscription {
		return this.state.subscriptions.get(externalId ?? '') ?? notFound('subscription');
	}

	/** Active at once. `quietly`: nobody is told. */
	create(externalId: string, customer: Customer, plan: Plan, quietly = false): Subscription {
		const subscription: Subscription = {
			lago_id: randomUUID(),
			external_id: externalId,
			customer,
			plan,
			status: 'active',
			started_at: now(),
			terminated_at: null,
			ending_at: null,
			previous_plan_code: null,
			on_termination_credit_note: null,
			on_termination_invoice: 'generate',
		};
		this.state.subscriptions.set(externalId, subscription);
		if (!quietly) this.events.announce('subscription.started', 'subscription', () => this.eventView(subscription));
		return subscription;
	}

	/** The subscription that a customer is billed for; made where there is none. */
	of(customer: Customer, currency: string): Subscription {
		const known = [...this.state.subscriptions.values()].find((one) => one.customer === customer);
		if (known) return known;
		const code = `pro_${currency.toLowerCase()}`;
		const plan =
			this.state.plans.get(code) ?? this.createPlan({ code, name: 'Pro', amount_cents: 4900, amount_currency: currency });
		return this.create(`sub_${customer.external_id}`, customer, plan, true);
	}

	/** Ends a subscription; the invoice or credit note that Lago would make is not simulated. */
	terminate(externalId: string | undefined): Subscription {
		const subscription = this.get(externalId);
		if (subscription.status !== 'active') return notFound('subscription');
		Object.assign(subscription, { status: 'terminated', terminated_at: now() });
		this.events.announce('subscription.terminated', 'subscription', () => this.eventView(subscription));
		return subscription;
	}

	/** Something about a subscription was written. */
	announceUpdate(externalId: string): void {
		const subscription = this.get(externalId);
		this.events.announce('subscription.updated', 'subscription', () => this.eventView(subscription));
	}

	/** What the hourly job does where the planned last day has come (`lago-api:clock/terminate_ended_subscriptions_job.rb`). */
	endWhatIsOver(): void {
		for (const { external_id, status, ending_at, customer } of this.state.subscriptions.values())
			if (status === 'active' && ending_at !== null && ending_at.slice(0, 10) <= dateOf(customer)) this.terminate(external_id);
	}

	private eventView(subscription: Subscription): Record<string, unknown> {
		return { ...subscriptionWithPlan(subscription), customer: { ...subscription.customer } };
	}
}
