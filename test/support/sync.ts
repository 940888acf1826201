import { randomUUID } from 'node:crypto';
import { FASTER } from '../../docker/entrypoint/n8n';
import type { WorkflowJson } from '../../scripts/n8n/provision';
import {
	startDodoSimulator,
	startLagoSimulator,
	type DodoSimulator,
	type LagoSimulator,
} from '../../sandbox/simulators';
import type { PayOptions } from '../../sandbox/dodo/ledger/checkouts';
import type { DodoSimulatorOptions } from '../../sandbox/dodo/server';
import type { Checkout, Payment } from '../../sandbox/dodo/state';
import type { NewInvoice } from '../../sandbox/lago/ledger';
import type { CreditNote, Invoice, Payment as LagoPayment } from '../../sandbox/lago/documents';
import { startTestN8n, type TestN8n, type TestN8nOptions } from './n8n';
import { waitUntil } from './waiting';

/** The whole system: a real n8n between the two simulators. */
export interface Sync {
	dodo: DodoSimulator;
	lago: LagoSimulator;
	n8n: TestN8n;
	/** Signs Dodo's webhooks. */
	dodoSecret: string;
	/** Payments that stay `processing` on purpose: {@link quiet} does not wait for them. */
	parked: Set<string>;
	/** Issues an invoice and waits until its webhook was answered. */
	issue(input?: NewInvoice): Promise<Invoice>;
	/** The checkouts made for an invoice, oldest first. */
	checkoutsOf(invoice: Invoice): Checkout[];
	/** The only checkout of an invoice. */
	checkoutOf(invoice: Invoice): Checkout;
	/** Dodo's payments that name an invoice, oldest first. */
	paymentsFor(invoice: Invoice): Payment[];
	/** What Lago holds as paid on an invoice. */
	bookedOn(invoice: Invoice): LagoPayment[];
	/** The credit notes of an invoice, oldest first. */
	notesOf(invoice: Invoice): CreditNote[];
	/** Our state on an invoice, as written. */
	stateOf(invoice: Invoice): string;
	/** Pays the newest checkout or declines, and waits until the webhook was answered. */
	pay(invoice: Invoice, options?: PayOptions): Promise<Payment>;
	/** Waits until nothing is under way: no webhook, no charge by mandate, no refund. */
	quiet(): Promise<void>;
	/** Posts to Dodo's webhook; signed unless headers say otherwise. */
	postDodo(body: string, headers?: Record<string, string>): Promise<Response>;
	postLago(body: string, headers?: Record<string, string>): Promise<Response>;
	/** Forgets what was logged, and makes Lago premium. */
	reset(): void;
	stop(): Promise<void>;
}

export interface SyncOptions extends Pick<
	TestN8nOptions,
	'change' | 'env' | 'install' | 'queue' | 'requestsPerMinute' | 'template' | 'version'
> {
	/** `manual` leaves registration to the simulators, as the headless set-up does. */
	registration: 'manual' | 'automatic';
	dodo?: DodoSimulatorOptions;
	/** How much faster the senders' schedules go; 100 unless told. */
	timeScale?: number;
}

/** The simulators let time pass by making older what they hold, which is then from before this n8n. */
export function lookAtAll({ nodes }: WorkflowJson): void {
	for (const { parameters } of nodes) if (parameters.invoices === 'new') parameters.invoices = 'all';
}

/** Starts everything. */
export async function startSync({
	registration,
	dodo: dodoOptions,
	timeScale = 100,
	change = withoutClock,
	// As in the image; it halves the time of a suite.
	env = FASTER,
	...n8nOptions
}: SyncOptions): Promise<Sync> {
	const dodo = await startDodoSimulator({ timeScale, ...dodoOptions });
	const lago = await startLagoSimulator({ timeScale });
	const dodoSecret = `whsec_${Buffer.from(randomUUID()).toString('base64')}`;
	const prepare = (workflow: WorkflowJson): void => {
		register(workflow, registration);
		lookAtAll(workflow);
		change(workflow);
	};
	const n8n = await startTestN8n({ ...n8nOptions, env, dodo, lago, change: prepare, dodoSecret }).catch(
		async (caught: unknown) => {
			await Promise.all([dodo.close(), lago.close()]);
			throw caught;
		},
	);
	if (registration === 'manual') {
		dodo.addWebhook({ url: n8n.hook('dodo'), secret: dodoSecret });
		lago.addEndpoint({ url: n8n.hook('lago') });
	}
	const parked = new Set<string>();
	const isMoving = (): boolean =>
		[...dodo.state.refunds.values()].some(({ status }) => status === 'pending') ||
		[...dodo.state.payments.values()].some(
			({ status, subscription_id, payment_id }) =>
				status === 'processing' && subscription_id !== null && !parked.has(payment_id),
		);
	const quiet = async (): Promise<void> => {
		// What one of them causes the other tells, so all of it has to be over at one moment.
		while (!lago.isIdle || !dodo.isIdle || isMoving()) {
			await lago.idle();
			await dodo.idle();
			await waitFor(() => !isMoving());
		}
	};
	const named =
		(invoice: Invoice) =>
		(one: { metadata: Record<string, unknown> }): boolean =>
			one.metadata.lago_invoice_id === invoice.lago_id;
	const checkoutsOf = (invoice: Invoice): Checkout[] => [...dodo.state.checkouts.values()].filter(named(invoice));
	const post = async (path: 'lago' | 'dodo', body: string, headers: Record<string, string>): Promise<Response> =>
		await fetch(n8n.hook(path), { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
	return {
		dodo,
		lago,
		n8n,
		dodoSecret,
		parked,
		quiet,
		checkoutsOf,
		checkoutOf(invoice) {
			const found = checkoutsOf(invoice);
			if (found.length !== 1) throw new Error(`Invoice ${invoice.number} has ${found.length} checkouts`);
			return found[0] as Checkout;
		},
		paymentsFor: (invoice) => [...dodo.state.payments.values()].filter(named(invoice)),
		bookedOn: ({ lago_id }) =>
			[...lago.state.payments.values()].filter(({ lago_payable_id }) => lago_payable_id === lago_id),
		notesOf: ({ lago_id }) => [...lago.state.creditNotes.values()].filter(({ invoice }) => invoice.lago_id === lago_id),
		stateOf: ({ lago_id }) => lago.metadataOf(lago_id, 'dodo_state') ?? '',
		async issue(input) {
			const invoice = lago.issueInvoice(input);
			await quiet();
			return invoice;
		},
		async pay(invoice, options) {
			const newest = checkoutsOf(invoice).at(-1);
			if (newest === undefined) throw new Error(`Invoice ${invoice.number} has no checkout`);
			const payment = dodo.payCheckout(newest.id, options);
			await quiet();
			return payment;
		},
		postDodo: async (body, headers) => await post('dodo', body, headers ?? signedByDodo(dodo, body, dodoSecret)),
		postLago: async (body, headers) =>
			await post('lago', body, headers ?? { ...lago.sign(body), 'X-Lago-Unique-Key': randomUUID() }),
		reset() {
			dodo.reset();
			lago.reset();
			lago.premium = true;
		},
		async stop() {
			await n8n.stop();
			await Promise.all([dodo.close(), lago.close()]);
		},
	};
}

/** Starts no lane by the clock: a look or a retry would fall into the middle of what is counted. By hand they start all the same. */
export function withoutClock(workflow: WorkflowJson): void {
	const onLeapDays = { interval: [{ field: 'cronExpression', expression: '0 0 29 2 *' }] };
	for (const node of workflow.nodes) if (node.type.endsWith('.scheduleTrigger')) node.parameters.rule = onLeapDays;
}

/** The looks of the full sync, so much more often than every five minutes. */
export function lookingEvery(seconds: number): (workflow: WorkflowJson) => void {
	return ({ nodes }) => {
		for (const node of nodes)
			if (node.name === 'Every 5 Minutes')
				node.parameters = { rule: { interval: [{ field: 'seconds', secondsInterval: seconds }] } };
	};
}

/** Sets how the triggers of a workflow are registered. */
export function register(workflow: WorkflowJson, registration: SyncOptions['registration']): void {
	for (const node of workflow.nodes)
		if (/\.(lago|dodoPayments)Trigger$/.test(node.type)) node.parameters.registration = registration;
}

/** The three headers of a Dodo delivery; every part can be bent. */
export function signedByDodo(
	dodo: DodoSimulator,
	body: string,
	secret: string,
	{ id = `msg_${randomUUID()}`, atS = Math.floor(Date.now() / 1000) } = {},
): Record<string, string> {
	return { 'webhook-id': id, 'webhook-timestamp': String(atS), 'webhook-signature': dodo.sign(id, atS, body, secret) };
}

/** A little more than a minute goes by for everything that happened just now: it is no longer so young that its webhook may be on its way. */
export function letAMinutePass({ dodo, lago }: Pick<Sync, 'dodo' | 'lago'>): void {
	const aMinuteAgo = Date.now() - 65_000;
	const { payments, refunds, disputes, subscriptions } = dodo.state;
	const { invoices, creditNotes } = lago.state;
	for (const objects of [payments, refunds, disputes, subscriptions, invoices, creditNotes])
		for (const one of objects.values() as Iterable<{ created_at: string }>)
			if (Date.parse(one.created_at) > aMinuteAgo) one.created_at = new Date(aMinuteAgo).toISOString();
}

/** Waits for something that happens by itself soon. */
export async function waitFor(condition: () => boolean | Promise<boolean>, timeoutMs = 180_000): Promise<void> {
	await waitUntil('What was expected did not happen in time', timeoutMs, 20, condition);
}
