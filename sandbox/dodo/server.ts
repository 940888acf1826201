import { Refusal, type ApiManners } from '../shared/api';
import { DAY_MS } from '../shared/clock';
import { SimulatedService, type ServiceOptions } from '../shared/service';
import { DodoContext } from './context';
import { dodoControls } from './controls';
import { Balance } from './ledger/balance';
import { Checkouts, type PayOptions } from './ledger/checkouts';
import { Customers } from './ledger/customers';
import { Disputes, type DisputeStatus } from './ledger/disputes';
import { Mandates, type MandateStatus } from './ledger/mandates';
import { Payments } from './ledger/payments';
import { Refunds } from './ledger/refunds';
import { payerPages } from './page';
import { balanceRoutes } from './routes/balance';
import { brandRoutes } from './routes/brands';
import { checkoutRoutes } from './routes/checkouts';
import { customerRoutes } from './routes/customers';
import { paymentRoutes } from './routes/payments';
import { productRoutes } from './routes/products';
import { disputeRoutes, refundRoutes } from './routes/refunds';
import { subscriptionRoutes } from './routes/subscriptions';
import { webhookRoutes } from './routes/webhooks';
import type { LedgerEventType, Payout } from './balanceEntries';
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

export interface DodoSimulatorOptions extends ServiceOptions {
	/** May read, gets 403 on every write. */
	readOnlyKey?: string;
	mode?: 'test' | 'live';
	/** Dodo documents no status for business refusals. */
	businessErrorStatus?: number;
	/** How long charges and refunds take. */
	chargeDelayMs?: number;
}

/** Starts a Dodo Payments account on loopback; see {@link DodoSimulator}. */
export async function startDodoSimulator(options: DodoSimulatorOptions = {}): Promise<DodoSimulator> {
	const simulator = new DodoSimulator(options);
	await simulator.listen(options.port ?? 0);
	return simulator;
}

function manners(apiKey: string, readOnlyKey: string | undefined, rateLimit: ApiManners['rateLimit']): ApiManners {
	return {
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
	};
}

/** Stateful and strict: refuses what Dodo refuses, has no idempotency where Dodo has none. */
export class DodoSimulator extends SimulatedService<DodoState> {
	readonly apiKey: string;
	private readonly events: DodoEvents;
	private readonly context: DodoContext;
	private readonly balance: Balance;
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
		super(new DodoState(), manners(apiKey, readOnlyKey, rateLimit), { ...DODO_RULES, timeScale });
		this.apiKey = apiKey;
		this.events = new DodoEvents(this.state, this.sender);
		const context = new DodoContext(this.state, this.events, {
			businessErrorStatus,
			chargeDelayMs,
			mode,
			baseUrl: () => this.url,
		});
		const customers = new Customers(context);
		this.context = context;
		this.balance = new Balance(context);
		this.payments = new Payments(context, customers, this.balance);
		this.checkouts = new Checkouts(context, this.payments);
		this.mandates = new Mandates(context, customers, this.checkouts, this.payments);
		this.refunds = new Refunds(context, this.balance);
		this.disputes = new Disputes(context, this.balance);
		const parts = { context, customers, checkouts: this.checkouts, payments: this.payments };
		brandRoutes(this.api, this.state);
		productRoutes(this.api, this.state);
		checkoutRoutes(this.api, parts);
		customerRoutes(this.api, this.state, customers);
		paymentRoutes(this.api, parts);
		subscriptionRoutes(this.api, this.state, this.mandates);
		refundRoutes(this.api, this.state, this.refunds);
		disputeRoutes(this.api, this.state);
		balanceRoutes(this.api, this.state);
		webhookRoutes(this.api, this.state);
		payerPages(this.api, this.state, this.checkouts, this.mandates);
		this.offerControls(dodoControls(this));
	}

	override async close(): Promise<void> {
		this.context.close();
		await super.close();
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

	/** What is in the wallets goes to the merchant's bank. */
	payOut(options?: { currency?: string }): Payout {
		return this.balance.payOut(options);
	}

	/** The bank has sent a payout back. */
	failPayout(payoutId: string): Payout {
		return this.balance.failPayout(payoutId);
	}

	/** Dodo corrects a wallet by itself; signed minor units of the wallet. */
	adjustBalance(input: { type?: LedgerEventType; amount: number; currency: string }): void {
		this.balance.adjust(input);
	}

	activateMandate(sessionId: string, card?: string): Subscription {
		return this.mandates.activate(sessionId, card);
	}

	setMandateCard(subscriptionId: string, card?: string): Subscription {
		return this.mandates.setCard(subscriptionId, card);
	}

	/** The card of a mandate expires at the end of this month. */
	expireCard(subscriptionId: string): Subscription {
		return this.mandates.expireCard(subscriptionId);
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

	protected override dated(): Array<Map<string, unknown>> {
		const { checkouts, payments, subscriptions, refunds, disputes, ledger, payouts } = this.state;
		return [checkouts, payments, subscriptions, refunds, disputes, ledger, payouts];
	}

	protected override afterDays(days: number): void {
		for (const checkout of this.state.checkouts.values()) checkout.expires_at_ms -= days * DAY_MS;
	}
}
