import type { EventEmitter } from 'node:events';
import { Refusal, SimulatedApi, type CallRecord } from '../shared/api';
import { DAY_MS, letDaysPass } from '../shared/timeTravel';
import { controlRoutes } from '../shared/control';
import { Deliveries, type DeliveryKnobs, type DeliveryRecord } from '../shared/deliveries';
import type { Faults } from '../shared/faults';
import type { RateLimit } from '../shared/rateLimit';
import { DodoContext } from './context';
import { Checkouts, type PayOptions } from './ledger/checkouts';
import { Customers } from './ledger/customers';
import { Disputes, type DisputeStatus } from './ledger/disputes';
import { Mandates, type MandateStatus } from './ledger/mandates';
import { Payments } from './ledger/payments';
import { Refunds } from './ledger/refunds';
import { payerPages } from './page';
import { checkoutRoutes } from './routes/checkouts';
import { customerRoutes } from './routes/customers';
import { paymentRoutes } from './routes/payments';
import { productRoutes } from './routes/products';
import { disputeRoutes, refundRoutes } from './routes/refunds';
import { subscriptionRoutes } from './routes/subscriptions';
import { webhookRoutes } from './routes/webhooks';
import {
	DodoState,
	existing,
	type Dispute,
	type Endpoint,
	type Metadata,
	type Payment,
	type PlannedCharge,
	type Refund,
	type Subscription,
} from './state';
import { DODO_RULES, DodoEvents, newEndpoint, rotate, sign } from './webhooks';

export interface DodoSimulatorOptions {
	port?: number;
	apiKey?: string;
	/** May read, gets 403 on every write. */
	readOnlyKey?: string;
	mode?: 'test' | 'live';
	/** Divides the waits between webhook attempts. */
	timeScale?: number;
	/** Dodo documents no status for business refusals. */
	businessErrorStatus?: number;
	/** How long charges and refunds take. */
	chargeDelayMs?: number;
	rateLimit?: RateLimit | null;
}

/** Starts a Dodo Payments account on loopback; see {@link DodoSimulator}. */
export async function startDodoSimulator(options: DodoSimulatorOptions = {}): Promise<DodoSimulator> {
	const simulator = new DodoSimulator(options);
	await simulator.listen(options.port ?? 0);
	return simulator;
}

/** Stateful and strict: refuses what Dodo refuses, has no idempotency where Dodo has none. Every control is also `POST /_sim/<kebab-name>`. */
export class DodoSimulator {
	url = '';
	readonly apiKey: string;
	readonly state = new DodoState();
	private readonly api: SimulatedApi;
	private readonly sender: Deliveries;
	private readonly events: DodoEvents;
	private readonly context: DodoContext;
	private readonly payments: Payments;
	private readonly checkouts: Checkouts;
	private readonly mandates: Mandates;
	private readonly refunds: Refunds;
	private readonly disputes: Disputes;

	constructor({
		apiKey = 'dodo_test_simulator',
		readOnlyKey,
		mode = 'test',
		timeScale = 1,
		businessErrorStatus = 422,
		chargeDelayMs = 50,
		rateLimit = null,
	}: DodoSimulatorOptions) {
		this.apiKey = apiKey;
		this.api = new SimulatedApi({
			rateLimit,
			tooManyRequests: { status: 429, body: { code: 'TOO_MANY_REQUESTS', message: '' } },
			malformedBody: {
				status: 400,
				body: { code: 'INVALID_REQUEST_BODY', message: 'Failed to parse the request body as JSON' },
			},
			unknownRoute: { status: 404, body: { code: 'NOT_FOUND', message: 'The requested resource was not found' } },
			authorize({ method, authorization }) {
				if (authorization === `Bearer ${apiKey}`) return;
				if (readOnlyKey === undefined || authorization !== `Bearer ${readOnlyKey}`)
					throw new Refusal(401, { code: 'UNAUTHORIZED', message: 'You are not authorised to perform this action' });
				if (method !== 'GET') throw new Refusal(403, { code: 'FORBIDDEN', message: 'This API key may not write' });
			},
		});
		this.sender = new Deliveries({ ...DODO_RULES, timeScale }, this.api.activity);
		this.events = new DodoEvents(this.state, this.sender);
		const context = new DodoContext(this.state, this.events, {
			businessErrorStatus,
			chargeDelayMs,
			mode,
			baseUrl: () => this.url,
		});
		const customers = new Customers(context);
		this.context = context;
		this.payments = new Payments(context, customers);
		this.checkouts = new Checkouts(context, this.payments);
		this.mandates = new Mandates(context, customers, this.checkouts, this.payments);
		this.refunds = new Refunds(context);
		this.disputes = new Disputes(context);
		const parts = { context, customers, checkouts: this.checkouts, payments: this.payments };
		productRoutes(this.api, this.state);
		checkoutRoutes(this.api, parts);
		customerRoutes(this.api, this.state, customers);
		paymentRoutes(this.api, parts);
		subscriptionRoutes(this.api, this.state, this.mandates);
		refundRoutes(this.api, this.state, this.refunds);
		disputeRoutes(this.api, this.state);
		webhookRoutes(this.api, this.state);
		payerPages(this.api, this.state, this.checkouts, this.mandates);
		this.offerControls();
	}

	get calls(): CallRecord[] {
		return this.api.calls;
	}

	get deliveries(): DeliveryRecord[] {
		return this.sender.records;
	}

	get faults(): Faults {
		return this.api.faults;
	}

	get knobs(): DeliveryKnobs {
		return this.sender.knobs;
	}

	/** Makes the chances of the sender repeat themselves. */
	seedDeliveries(seed: number): void {
		this.sender.seed(seed);
	}

	/** Emits `call` with a CallRecord and `delivery` with a DeliveryRecord. */
	get activity(): EventEmitter {
		return this.api.activity;
	}

	/** Whole days go by: everything that has happened was so much longer ago. */
	passDays(days: number): void {
		const { checkouts, payments, subscriptions, refunds, disputes } = this.state;
		const moved = new Set<object>();
		for (const objects of [checkouts, payments, subscriptions, refunds, disputes])
			letDaysPass(objects.values(), days, moved);
		for (const checkout of checkouts.values()) checkout.expires_at_ms -= days * DAY_MS;
	}

	async listen(port: number): Promise<void> {
		this.url = await this.api.listen(port);
	}

	/** Resolves when no webhook is being sent or due; redeliveries that wait for later do not count. */
	async idle(): Promise<void> {
		await this.sender.idle();
	}

	/** Forgets logs, faults and redeliveries; the account's objects stay. */
	reset(): void {
		this.api.calls.length = 0;
		this.api.faults.clear();
		this.sender.reset();
	}

	async close(): Promise<void> {
		this.context.close();
		await this.sender.close();
		await this.api.close();
	}

	payCheckout(sessionId: string, options?: PayOptions): Payment {
		return this.checkouts.pay(sessionId, options);
	}

	/** A payment that no session asked for; amount in minor units. */
	payStaticLink(input: { productId: string; amount: number; currency?: string; metadata?: Metadata }): Payment {
		return this.checkouts.payStaticLink(input);
	}

	/** Any payment at all, announced like a real one. */
	createPayment(partial: Partial<Payment>): Payment {
		return this.payments.forge(partial);
	}

	movePayment(paymentId: string, status: string, errorCode?: string): Payment {
		return this.payments.move(paymentId, status, errorCode);
	}

	/** A refund made in the dashboard: it carries no metadata. `amount` in minor units, all that is left when omitted. */
	refundPayment(
		paymentId: string,
		{ amount, reason, fail }: { amount?: number; reason?: string; fail?: boolean } = {},
	): Refund {
		const payment = existing(this.state.payments, paymentId);
		const item = this.payments.lineItems(payment).items[0]?.items_id ?? '';
		return this.refunds.create(payment, {
			items: amount === undefined ? null : [{ item_id: item, amount }],
			reason: reason ?? null,
			metadata: {},
			fail,
		});
	}

	openDispute(paymentId: string, options?: { amount?: number; reason?: string }): Dispute {
		return this.disputes.open(paymentId, options);
	}

	moveDispute(disputeId: string, status: DisputeStatus, options?: { rdr?: boolean }): Dispute {
		return this.disputes.move(disputeId, status, options);
	}

	activateMandate(sessionId: string, card?: string): Subscription {
		return this.mandates.activate(sessionId, card);
	}

	setMandateCard(subscriptionId: string, card?: string): Subscription {
		return this.mandates.setCard(subscriptionId, card);
	}

	/** How the next charge of a mandate goes: declined with a code, or a bank debit that takes its time. */
	planCharge(subscriptionId: string, planned: PlannedCharge): Subscription {
		return this.mandates.plan(subscriptionId, planned);
	}

	/** What time, bank or customer does to a mandate. */
	moveMandate(subscriptionId: string, status: MandateStatus): Subscription {
		const subscription = existing(this.state.subscriptions, subscriptionId);
		this.mandates.move(subscription, status);
		return subscription;
	}

	/** The next refund of this payment will fail, also one that was asked for by API. */
	failNextRefund(paymentId: string): void {
		this.refunds.failNext(existing(this.state.payments, paymentId));
	}

	/** An endpoint added in the dashboard. */
	addWebhook({
		url,
		secret,
		filterTypes = null,
	}: {
		url: string;
		secret?: string;
		filterTypes?: string[] | null;
	}): Endpoint {
		const endpoint = newEndpoint(url, { filter_types: filterTypes, ...(secret === undefined ? {} : { secret }) });
		this.state.webhooks.set(endpoint.id, endpoint);
		return endpoint;
	}

	/** A new secret; the old one signs as well for 24 h. */
	rotateSecret(webhookId: string): string {
		return rotate(existing(this.state.webhooks, webhookId));
	}

	webhookSecret(webhookId: string): string {
		return existing(this.state.webhooks, webhookId).secret;
	}

	/** Sends a webhook again as the dashboard does; `deliveryId` is its `webhook-id`. */
	redeliver(deliveryId: string): void {
		this.events.deliver(deliveryId);
	}

	/** Sends any event, known or not, once. */
	sendSample(event: string, data: Record<string, unknown>): void {
		this.events.sample(event, data);
	}

	/** Signs anything as this account would. */
	sign(id: string, timestampS: number, body: string, secret: string): string {
		return sign(id, timestampS, body, secret);
	}

	private offerControls(): void {
		controlRoutes(
			this.api,
			{
				payCheckout: ({ sessionId, ...options }) => this.payCheckout(sessionId, options),
				payStaticLink: (input) => this.payStaticLink(input),
				createPayment: (partial) => this.createPayment(partial),
				movePayment: ({ paymentId, status, errorCode }) => this.movePayment(paymentId, status, errorCode),
				refundPayment: ({ paymentId, ...options }) => this.refundPayment(paymentId, options),
				openDispute: ({ paymentId, ...options }) => this.openDispute(paymentId, options),
				moveDispute: ({ disputeId, status, ...options }) => this.moveDispute(disputeId, status, options),
				activateMandate: ({ sessionId, card }) => this.activateMandate(sessionId, card),
				setMandateCard: ({ subscriptionId, card }) => this.setMandateCard(subscriptionId, card),
				planCharge: ({ subscriptionId, ...planned }) => this.planCharge(subscriptionId, planned),
				moveMandate: ({ subscriptionId, status }) => this.moveMandate(subscriptionId, status),
				failNextRefund: ({ paymentId }) => this.failNextRefund(paymentId),
				addWebhook: (input) => this.addWebhook(input),
				rotateSecret: ({ webhookId }) => ({ secret: this.rotateSecret(webhookId) }),
				webhookSecret: ({ webhookId }) => ({ secret: this.webhookSecret(webhookId) }),
				redeliver: ({ deliveryId }) => this.redeliver(deliveryId),
				sendSample: ({ event, data }) => this.sendSample(event, data),
				sign: ({ id, timestampS, body, secret }) => ({ signature: this.sign(id, timestampS, body, secret) }),
				knobs: (changes) => Object.assign(this.knobs, changes),
			},
			this.state,
		);
	}
}
