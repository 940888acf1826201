import type { EventEmitter } from 'node:events';
import { randomUUID } from 'node:crypto';
import { Refusal, SimulatedApi, type CallRecord, type Faults, type RateLimit } from '../shared/api';
import { Deliveries, type DeliveryKnobs, type DeliveryRecord } from '../shared/deliveries';
import { LagoLedger, type NewInvoice } from './ledger';
import { customerRoutes, endpointRoutes, invoiceRoutes, organizationRoutes, paymentRoutes } from './routes';
import { LagoState, now, type Invoice, type Payment, type WebhookEndpoint } from './state';
import { LAGO_RULES, LagoEvents } from './webhooks';

export interface LagoSimulatorOptions {
	port?: number;
	apiKey?: string;
	hmacKey?: string;
	/** Whether the server has a licence: payments by API need one. */
	premium?: boolean;
	/** Divides the waits between webhook attempts. */
	timeScale?: number;
	rateLimit?: RateLimit | null;
}

/** Starts a Lago server with one organisation on loopback; see {@link LagoSimulator}. */
export async function startLagoSimulator(options: LagoSimulatorOptions = {}): Promise<LagoSimulator> {
	const simulator = new LagoSimulator(options);
	await simulator.listen(options.port ?? 0);
	return simulator;
}

/** Stateful and strict: refuses what Lago refuses, in Lago's words. */
export class LagoSimulator {
	/** Without `/api/v1`. */
	url = '';
	premium: boolean;
	readonly apiKey: string;
	readonly hmacKey: string;
	readonly state = new LagoState();
	private readonly api: SimulatedApi;
	private readonly sender: Deliveries;
	private readonly events: LagoEvents;
	private readonly ledger: LagoLedger;

	constructor({ apiKey = 'lago-simulator-key', hmacKey = randomUUID(), premium = true, timeScale = 1, rateLimit = null }: LagoSimulatorOptions) {
		this.apiKey = apiKey;
		this.hmacKey = hmacKey;
		this.premium = premium;
		this.api = new SimulatedApi({
			rateLimit,
			tooManyRequests: { status: 429, body: { status: 429, error: 'Too Many Requests', code: 'rate_limit_exceeded' } },
			authorize({ authorization }) {
				if (authorization !== `Bearer ${apiKey}`) throw new Refusal(401, { status: 401, error: 'Unauthorized' });
			},
		});
		this.sender = new Deliveries({ ...LAGO_RULES, timeScale }, this.api.activity);
		this.events = new LagoEvents(this.state, this.sender, hmacKey, () => this.url);
		this.ledger = new LagoLedger(this.state, this.events, () => this.premium);
		organizationRoutes(this.api, this.state, this.events, () => this.premium);
		endpointRoutes(this.api, this.state);
		invoiceRoutes(this.api, this.state, this.ledger);
		paymentRoutes(this.api, this.state, this.ledger);
		customerRoutes(this.api, this.state, this.ledger);
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
		this.url = await this.api.listen(port, { status: 404, body: { status: 404, error: 'Not Found', code: 'resource_not_found' } });
	}

	async idle(): Promise<void> {
		await this.sender.idle();
	}

	/** Forgets logs, faults and redeliveries; the organisation's objects stay. */
	reset(): void {
		this.api.calls.length = 0;
		this.api.faults.clear();
		this.sender.reset();
	}

	async close(): Promise<void> {
		await this.sender.close();
		await this.api.close();
	}

	issueInvoice(input?: NewInvoice): Invoice {
		return this.ledger.issueInvoice(input);
	}

	finalizeInvoice(id: string): Invoice {
		return this.ledger.finalizeInvoice(id);
	}

	voidInvoice(id: string): Invoice {
		return this.ledger.voidInvoice(id);
	}

	retryPayment(id: string): void {
		this.ledger.retryPayment(id);
	}

	/** Somebody books money in Lago by hand. Needs a licence, like the API. */
	payManually(id: string, amountCents: number, reference = 'by hand'): Payment {
		return this.ledger.recordPayment({ invoice_id: id, amount_cents: amountCents, reference });
	}

	setMetadata(id: string, values: Record<string, string>): Invoice {
		return this.ledger.setMetadata(id, values);
	}

	/** An endpoint added in Lago's screen. */
	addEndpoint({ url, signatureAlgo = 'hmac', eventTypes = null }: { url: string; signatureAlgo?: 'hmac' | 'jwt'; eventTypes?: string[] | null }): WebhookEndpoint {
		const endpoint: WebhookEndpoint = { lago_id: randomUUID(), lago_organization_id: this.state.organizationId, webhook_url: url, signature_algo: signatureAlgo, name: null, event_types: eventTypes, created_at: now() };
		this.state.endpoints.set(endpoint.lago_id, endpoint);
		return endpoint;
	}

	/** "Resend" in Lago's screen: same key, same body. */
	resend(webhookId: string): void {
		this.events.deliver(webhookId);
	}

	/** Signature headers of any body, as this organisation would sign it. */
	sign(body: string, algorithm?: 'hmac' | 'jwt'): Record<string, string> {
		return this.events.sign(body, algorithm);
	}

	get publicKeyPem(): string {
		return this.events.publicKeyPem;
	}

	/** The value of one metadata entry of an invoice. */
	metadataOf(id: string, key: string): string | undefined {
		return this.state.invoices.get(id)?.metadata.find((entry) => entry.key === key)?.value;
	}
}
