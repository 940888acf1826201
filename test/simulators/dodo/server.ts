import type { EventEmitter } from 'node:events';
import { Refusal, SimulatedApi, type CallRecord, type Faults, type RateLimit } from '../shared/api';
import { Deliveries, type DeliveryKnobs, type DeliveryRecord } from '../shared/deliveries';
import { dodoId } from '../shared/ids';
import { DodoLedger, type PayOptions } from './ledger';
import { checkoutPage } from './page';
import { checkoutRoutes, customerRoutes, paymentRoutes, productRoutes, refundRoutes, subscriptionRoutes, webhookRoutes } from './routes';
import { DodoState, existing, timestamp, type Dispute, type Endpoint, type Metadata, type Payment, type Refund, type Subscription } from './state';
import { DODO_RULES, DodoEvents, newSecret, sign } from './webhooks';

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

/** Stateful and strict: refuses what Dodo refuses, has no idempotency where Dodo has none. */
export class DodoSimulator {
	url = '';
	readonly apiKey: string;
	readonly state = new DodoState();
	private readonly api: SimulatedApi;
	private readonly sender: Deliveries;
	private readonly events: DodoEvents;
	private readonly ledger: DodoLedger;

	constructor({ apiKey = 'dodo_test_simulator', readOnlyKey, mode = 'test', timeScale = 1, businessErrorStatus = 422, chargeDelayMs = 50, rateLimit = null }: DodoSimulatorOptions) {
		this.apiKey = apiKey;
		this.api = new SimulatedApi({
			rateLimit,
			tooManyRequests: { status: 429, body: { code: 'TOO_MANY_REQUESTS', message: '' } },
			authorize({ method, authorization }) {
				if (authorization === `Bearer ${apiKey}`) return;
				if (readOnlyKey === undefined || authorization !== `Bearer ${readOnlyKey}`)
					throw new Refusal(401, { code: 'UNAUTHORIZED', message: 'You are not authorised to perform this action' });
				if (method !== 'GET') throw new Refusal(403, { code: 'FORBIDDEN', message: 'This API key may not write' });
			},
		});
		this.sender = new Deliveries({ ...DODO_RULES, timeScale }, this.api.activity);
		this.events = new DodoEvents(this.state, this.sender);
		this.ledger = new DodoLedger(this.state, this.events, () => this.url, { businessErrorStatus, chargeDelayMs, mode });
		productRoutes(this.api, this.state);
		checkoutRoutes(this.api, this.state, this.ledger);
		customerRoutes(this.api, this.state, this.ledger);
		paymentRoutes(this.api, this.state, this.ledger);
		subscriptionRoutes(this.api, this.state, this.ledger);
		refundRoutes(this.api, this.state, this.ledger);
		webhookRoutes(this.api, this.state);
		checkoutPage(this.api, this.state, this.ledger);
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

	/** Emits `call` with a CallRecord and `delivery` with a DeliveryRecord. */
	get activity(): EventEmitter {
		return this.api.activity;
	}

	async listen(port: number): Promise<void> {
		this.url = await this.api.listen(port, { status: 404, body: { code: 'NOT_FOUND', message: 'The requested resource was not found' } });
	}

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
		this.ledger.close();
		await this.sender.close();
		await this.api.close();
	}

	payCheckout(sessionId: string, options?: PayOptions): Payment {
		return this.ledger.payCheckout(sessionId, options);
	}

	payStaticLink(input: { productId: string; amount: number; metadata: Metadata }): Payment {
		return this.ledger.payStaticLink(input);
	}

	createPayment(partial: Partial<Payment>): Payment {
		return this.ledger.createPayment(partial);
	}

	movePayment(paymentId: string, status: string, errorCode?: string): Payment {
		return this.ledger.movePayment(paymentId, status, errorCode);
	}

	/** A refund made in the dashboard: it carries no metadata. `amount` in minor units, all of it when left out. */
	refundPayment(paymentId: string, { amount, reason, fail }: { amount?: number; reason?: string; fail?: boolean } = {}): Refund {
		const payment = existing(this.state.payments, paymentId);
		const line = this.ledger.lineItems(payment).items[0] as { items_id: string };
		const items = amount === undefined ? null : [{ item_id: line.items_id, amount }];
		return this.ledger.refund(payment, { items, reason: reason ?? null, metadata: {}, fail });
	}

	openDispute(paymentId: string, reason?: string): Dispute {
		return this.ledger.openDispute(paymentId, reason);
	}

	moveDispute(disputeId: string, status: string, rdr?: boolean): Dispute {
		return this.ledger.moveDispute(disputeId, status, rdr);
	}

	activateMandate(sessionId: string, card?: string): Subscription {
		return this.ledger.activateMandate(sessionId, card);
	}

	setMandateCard(subscriptionId: string, card?: string): Subscription {
		return this.ledger.setMandateCard(subscriptionId, card);
	}

	/** An endpoint added in the dashboard. */
	addWebhook({ url, secret = newSecret(), filterTypes = null }: { url: string; secret?: string; filterTypes?: string[] | null }): Endpoint {
		const now = timestamp();
		const endpoint: Endpoint = { id: dodoId('ep_'), url, description: '', disabled: false, filter_types: filterTypes, metadata: {}, headers: {}, rate_limit: null, created_at: now, updated_at: now, secret, oldSecret: null };
		this.state.webhooks.set(endpoint.id, endpoint);
		return endpoint;
	}

	/** A new secret; the old one signs as well for 24 h. */
	rotateSecret(webhookId: string): string {
		const endpoint = existing(this.state.webhooks, webhookId);
		endpoint.oldSecret = { secret: endpoint.secret, untilMs: Date.now() + 24 * 3_600_000 };
		endpoint.secret = newSecret();
		return endpoint.secret;
	}

	/** Sends a webhook again as the dashboard does. */
	redeliver(webhookDeliveryId: string): void {
		this.events.deliver(webhookDeliveryId);
	}

	/** Signs anything as this account would. */
	sign(id: string, timestampS: number, body: string, secret: string): string {
		return sign(id, timestampS, body, secret);
	}
}
