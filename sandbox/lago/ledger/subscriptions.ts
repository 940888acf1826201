import { randomUUID } from 'node:crypto';
import { invalid, notFound } from '../refusals';
import type { OnTermination } from './automaticNotes';
import type { Plan } from '../catalogue';
import type { Customer } from '../documents';
import { dateOf, now, wholeSecond, type LagoState, type Subscription } from '../state';
import { customerView } from '../views/customers';
import { subscriptionWithPlan } from '../views/subscriptions';
import type { LagoEvents } from '../webhooks';

interface EndHooks {
	note(ended: Subscription, kind: OnTermination, isUpgrade: boolean): void;
	bill(ended: Subscription): void;
}

/** Plans and subscriptions, as far as invoices need them. */
export class Subscriptions {
	private hooks: EndHooks | undefined;

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
		trial_period = null,
		taxes = [],
		charges = [],
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
			trial_period,
			taxes,
			charges,
			created_at: now(),
		};
		this.state.plans.set(code, plan);
		return plan;
	}

	get(externalId: string | undefined): Subscription {
		return this.state.subscriptions.get(externalId ?? '') ?? notFound('subscription');
	}

	/** The row of an external id that is in one of these states, the newest. */
	row(externalId: string | undefined, statuses: readonly string[]): Subscription {
		const rows = [...this.state.subscriptions.values()].filter(
			({ external_id, status }) => external_id === externalId && statuses.includes(status),
		);
		return rows.at(-1) ?? notFound('subscription');
	}

	/** Active at once, also when it was ordered for a moment in the past; pending when for one to come. `quietly`: nobody is told. */
	create(
		externalId: string,
		customer: Customer,
		plan: Plan,
		{ at, billingTime = 'calendar', quietly = false }: { at?: string; billingTime?: string; quietly?: boolean } = {},
	): Subscription {
		const moment = new Date().toISOString();
		const isLater = at !== undefined && Date.parse(at) > Date.now();
		const subscription: Subscription = {
			lago_id: randomUUID(),
			external_id: externalId,
			customer,
			plan,
			status: isLater ? 'pending' : 'active',
			billing_time: billingTime,
			subscription_at: wholeSecond(at ?? moment),
			started_at: isLater ? null : (at ?? moment),
			created_at: wholeSecond(moment),
			terminated_at: null,
			ending_at: null,
			previous_plan_code: null,
			next_plan_code: null,
			on_termination_credit_note: null,
			on_termination_invoice: 'generate',
		};
		this.store(subscription);
		if (!quietly && !isLater) this.announce('subscription.started', subscription);
		return subscription;
	}

	/** Another plan under the same external id: at once when it costs at least as much, else at the end of the period. */
	changePlan(current: Subscription, plan: Plan): Subscription {
		const { external_id, customer, subscription_at } = current;
		current.next_plan_code = plan.code;
		const isUpgrade = plan.amount_cents >= current.plan.amount_cents;
		if (isUpgrade) this.terminate(external_id, { isUpgrade });
		const next = this.create(external_id, customer, plan, { quietly: true });
		Object.assign(next, { subscription_at, previous_plan_code: current.plan.code });
		if (isUpgrade) this.announce('subscription.started', next);
		else {
			Object.assign(next, { status: 'pending', started_at: null });
			this.store(current);
		}
		return next;
	}

	/** What the hourly job does when the time of a pending subscription has come. */
	start(externalId: string): Subscription {
		const pending = this.row(externalId, ['pending']);
		const current = this.state.subscriptions.get(externalId);
		if (current !== pending && current?.status === 'active') this.terminate(externalId);
		Object.assign(pending, { status: 'active', started_at: new Date().toISOString() });
		this.store(pending);
		this.announce('subscription.started', pending);
		return pending;
	}

	/** Whether something is billed in the second in which it starts: not after a trial, in arrears, or for days that are over. */
	isBilledAtStart({ plan, status, subscription_at, previous_plan_code, customer }: Subscription): boolean {
		const startsToday =
			dateOf(customer, 0, Date.parse(subscription_at)) >= dateOf(customer) || previous_plan_code !== null;
		return status === 'active' && plan.pay_in_advance && !plan.trial_period && startsToday;
	}

	/** The subscription that a customer is billed for. */
	known(customer: Customer): Subscription | undefined {
		return [...this.state.subscriptions.values()].find((one) => one.customer === customer);
	}

	/** Made where a customer that is billed has none. */
	make(customer: Customer, currency: string): Subscription {
		const code = `pro_${currency.toLowerCase()}`;
		const plan =
			this.state.plans.get(code) ??
			this.createPlan({ code, name: 'Pro', amount_cents: 4900, amount_currency: currency });
		return this.create(`sub_${customer.external_id}`, customer, plan, { quietly: true });
	}

	/** Who makes what the end of a subscription costs or gives back. */
	onEnd(hooks: EndHooks): void {
		this.hooks = hooks;
	}

	/** Ends a subscription (`lago-api:services/subscriptions/terminate_service.rb`): days that were paid for come back, what was used is billed. */
	terminate(
		externalId: string | undefined,
		{ note, invoice, isUpgrade = false }: { note?: OnTermination; invoice?: string; isUpgrade?: boolean } = {},
	): Subscription {
		const subscription = this.get(externalId);
		if (subscription.status !== 'active') return notFound('subscription');
		const wanted = note ?? subscription.on_termination_credit_note ?? 'credit';
		const isAdvance = subscription.plan.pay_in_advance;
		const isChanged = isAdvance && subscription.on_termination_credit_note !== wanted;
		Object.assign(subscription, {
			status: 'terminated',
			terminated_at: now(),
			on_termination_credit_note: isAdvance ? wanted : subscription.on_termination_credit_note,
			on_termination_invoice: invoice ?? subscription.on_termination_invoice,
		});
		if (isAdvance) this.hooks?.note(subscription, wanted, isUpgrade);
		this.announce('subscription.terminated', subscription);
		if (isChanged) this.announce('subscription.updated', subscription);
		if (!isUpgrade && subscription.on_termination_invoice === 'generate') this.hooks?.bill(subscription);
		return subscription;
	}

	/** Something about a subscription was written. */
	announceUpdate(externalId: string): void {
		this.announce('subscription.updated', this.get(externalId));
	}

	/** What the hourly job does where the planned last day has come (`lago-api:clock/terminate_ended_subscriptions_job.rb`). */
	endWhatIsOver(): void {
		for (const { external_id, status, ending_at, customer } of this.state.subscriptions.values())
			if (status === 'active' && ending_at !== null && ending_at.slice(0, 10) <= dateOf(customer))
				this.terminate(external_id);
	}

	private announce(event: string, subscription: Subscription): void {
		this.events.announce(event, 'subscription', () => ({
			...subscriptionWithPlan(subscription, event === 'subscription.terminated' ? 'told ended' : 'told'),
			customer: customerView(subscription.customer, 'told'),
		}));
	}

	/** Under its external id from now on; the row that was there stays. */
	private store(subscription: Subscription): void {
		const { subscriptions } = this.state;
		const before = subscriptions.get(subscription.external_id);
		subscriptions.delete(subscription.lago_id);
		subscriptions.delete(subscription.external_id);
		if (before !== undefined && before !== subscription) subscriptions.set(before.lago_id, before);
		subscriptions.set(subscription.external_id, subscription);
	}
}
