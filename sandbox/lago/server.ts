import { randomUUID } from 'node:crypto';
import { Refusal, type ApiManners } from '../shared/api';
import { SimulatedService, type ServiceOptions } from '../shared/service';
import { lagoControls } from './controls';
import { createLedger, type LagoLedger, type NewInvoice } from './ledger';
import { billingEntityRoutes } from './routes/billingEntities';
import { catalogueRoutes } from './routes/catalogue';
import { creditNoteRoutes } from './routes/creditNotes';
import { customerRoutes } from './routes/customers';
import { entitlementRoutes } from './routes/entitlements';
import { feeRoutes } from './routes/fees';
import { invoiceRoutes } from './routes/invoices';
import { meteringRoutes } from './routes/metering';
import { organizationRoutes } from './routes/organization';
import { paymentRequestRoutes } from './routes/paymentRequests';
import { paymentRoutes } from './routes/payments';
import { pricingRoutes } from './routes/pricing';
import { subscriptionRoutes } from './routes/subscriptions';
import { walletRoutes } from './routes/wallets';
import { newEndpoint, webhookEndpointRoutes } from './routes/webhookEndpoints';
import type { CreditNote, Customer, Invoice, Payment, PaymentRequest } from './documents';
import { LagoState, type Subscription, type WalletTransaction, type WebhookEndpoint } from './state';
import { LagoVersion } from './version';
import { LAGO_RULES, LagoEvents } from './webhooks';

export interface LagoSimulatorOptions extends ServiceOptions {
	hmacKey?: string;
	/** Whether the server has a licence: payments and credit notes by API need one. */
	premium?: boolean;
	/** Another version than today's, e.g. `1.36`: see {@link LagoVersion}. */
	version?: string | null;
}

/** What the screen asks for a credit note; amounts in minor units, items before coupons and tax. */
export interface NewCreditNote {
	items: Array<{ fee_id: string; amount_cents: number }>;
	credit_amount_cents?: number;
	refund_amount_cents?: number;
	offset_amount_cents?: number;
	reason?: string;
	description?: string;
	metadata?: Record<string, string>;
}

/** Starts a Lago server with one organisation on loopback; see {@link LagoSimulator}. */
export async function startLagoSimulator(options: LagoSimulatorOptions = {}): Promise<LagoSimulator> {
	const simulator = new LagoSimulator(options);
	await simulator.listen(options.port ?? 0);
	return simulator;
}

/** Stateful and strict: refuses what Lago refuses, in Lago's words. */
export class LagoSimulator extends SimulatedService<LagoState> {
	/** The licence; can be taken away at any time. */
	premium: boolean;
	readonly apiKey: string;
	readonly hmacKey: string;
	private readonly events: LagoEvents;
	private readonly ledger: LagoLedger;

	constructor({
		apiKey = 'lago-simulator-key',
		hmacKey = randomUUID(),
		premium = true,
		timeScale = 1,
		rateLimit = null,
		version: number = null,
	}: LagoSimulatorOptions) {
		const version = new LagoVersion(number);
		const manners: ApiManners = {
			rateLimit,
			version,
			tooManyRequests: { status: 429, body: { status: 429, error: 'Too Many Requests', code: 'rate_limit_exceeded' } },
			malformedBody: { status: 400 },
			unknownRoute: { status: 404, body: { status: 404, error: 'Not Found', code: 'resource_not_found' } },
			authorize({ authorization }) {
				if (authorization !== `Bearer ${apiKey}`) throw new Refusal(401, { status: 401, error: 'Unauthorized' });
			},
		};
		super(new LagoState(version), manners, { ...LAGO_RULES, timeScale });
		this.apiKey = apiKey;
		this.hmacKey = hmacKey;
		this.premium = premium;
		const licensed = (): boolean => this.premium;
		this.events = new LagoEvents(this.state, this.sender, hmacKey, () => this.url);
		this.ledger = createLedger(this.state, this.events, licensed);
		organizationRoutes(this.api, this.state, this.events, licensed);
		webhookEndpointRoutes(this.api, this.state);
		invoiceRoutes(this.api, this.state, this.ledger, licensed);
		paymentRoutes(this.api, this.state, this.ledger);
		creditNoteRoutes(this.api, this.state, this.ledger);
		customerRoutes(this.api, this.state, this.ledger);
		feeRoutes(this.api, this.state);
		catalogueRoutes(this.api, this.state, this.events, this.ledger);
		pricingRoutes(this.api, this.state, this.ledger);
		meteringRoutes(this.api, this.state, this.ledger);
		billingEntityRoutes(this.api, this.state);
		paymentRequestRoutes(this.api, this.state, this.ledger);
		subscriptionRoutes(this.api, this.state, this.ledger);
		entitlementRoutes(this.api, this.state, this.ledger);
		walletRoutes(this.api, this.state, this.ledger);
		this.offerControls(lagoControls(this));
	}

	/** PEM of the key that JWT signatures verify with. */
	get jwtPublicKeyPem(): string {
		return this.events.publicKeyPem;
	}

	/** Bills somebody, as the billing run does. A top-up gets the wallet it must have come from. */
	issueInvoice(input: NewInvoice = {}): Invoice {
		const { invoices, wallets } = this.ledger;
		const invoice = invoices.issue({ ...input, emit: false });
		if (invoice.invoice_type === 'credit') wallets.adopt(invoice);
		if (input.emit !== false) invoices.announceNew(invoice, input.event);
		return invoice;
	}

	finalizeInvoice(id: string): Invoice {
		return this.ledger.invoices.finalize(id);
	}

	voidInvoice(id: string): Invoice {
		return this.ledger.invoices.void(id);
	}

	/** The "Retry payment" button. */
	retryPayment(id: string): void {
		this.ledger.invoices.retryPayment(id);
	}

	/** What the hourly job does when a due date has passed. */
	markOverdue(id: string): Invoice {
		return this.ledger.invoices.markOverdue(id);
	}

	/** The time of a pending subscription has come. */
	startSubscription(externalId: string): Subscription {
		const subscription = this.ledger.subscriptions.start(externalId);
		this.ledger.invoices.billStart(subscription);
		return subscription;
	}

	terminateSubscription(externalId: string): Subscription {
		return this.ledger.subscriptions.terminate(externalId);
	}

	/** A feature with text privileges, made in Lago's screen. */
	addFeature(code: string, privileges: string[]): void {
		this.state.features.set(code, privileges);
	}

	/** A credit note made in the screen: the same rules as by API. */
	createCreditNoteInUi(invoiceId: string, note: NewCreditNote): CreditNote {
		return this.ledger.creditNotes.create({ ...note, invoice_id: invoiceId });
	}

	/** Somebody books money in Lago by hand. Needs a licence, like the API. */
	payManually(id: string, amountCents: number, reference = 'by hand'): Payment {
		return this.ledger.payments.record({ invoice_id: id, amount_cents: amountCents, reference });
	}

	/** Somebody, or a dunning campaign, asks for overdue invoices of one customer together. */
	requestPayment(ids: string[]): PaymentRequest {
		const { external_id } = this.ledger.invoices.get(ids[0]).customer;
		return this.ledger.paymentRequests.create({ external_customer_id: external_id, lago_invoice_ids: ids });
	}

	/** A native provider collects a payment request: one payment over all its invoices. */
	payRequest(id: string): Payment {
		return this.ledger.paymentRequests.collect(id);
	}

	/** Moves a customer to another time zone; null: the organisation's. */
	setTimezone(externalId: string, timezone: string | null): Customer {
		return this.ledger.customers.setTimezone(externalId, timezone);
	}

	/** The customer uses prepaid credits (major units), all that are left unless told. */
	spendWallet(walletId: string, credits?: number): WalletTransaction {
		const { wallets } = this.ledger;
		return wallets.spend(wallets.get(walletId), credits);
	}

	setMetadata(id: string, values: Record<string, string>): Invoice {
		return this.ledger.invoices.setMetadata(id, values);
	}

	/** The value of one metadata entry of an invoice. */
	metadataOf(id: string, key: string): string | undefined {
		return this.state.invoices.get(id)?.metadata.find((entry) => entry.key === key)?.value;
	}

	/** An endpoint added in Lago's screen. */
	addEndpoint({
		url,
		signatureAlgo = 'hmac',
		eventTypes = null,
	}: {
		url: string;
		signatureAlgo?: 'hmac' | 'jwt';
		eventTypes?: string[] | null;
	}): WebhookEndpoint {
		const endpoint: WebhookEndpoint = {
			...newEndpoint(this.state, url),
			signature_algo: signatureAlgo,
			event_types: eventTypes,
		};
		this.state.endpoints.set(endpoint.lago_id, endpoint);
		return endpoint;
	}

	/** "Resend" in Lago's screen: same key, same body. `deliveryId` is the unique key. */
	resend(deliveryId: string): void {
		this.events.deliver(deliveryId);
	}

	/** Signature headers of any body, as this organisation would sign it. */
	sign(body: string, algorithm?: 'hmac' | 'jwt'): Record<string, string> {
		return this.events.sign(body, algorithm);
	}

	protected override dated(): Array<Map<string, unknown>> {
		const { customers, invoices, payments, paymentRequests, creditNotes, subscriptions, wallets, walletTransactions } =
			this.state;
		return [customers, invoices, payments, paymentRequests, creditNotes, subscriptions, wallets, walletTransactions];
	}

	/** The jobs run that are due by then. */
	protected override afterDays(): void {
		this.ledger.invoices.markAllOverdue();
		this.ledger.subscriptions.endWhatIsOver();
	}
}
