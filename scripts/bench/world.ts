import { randomUUID } from 'node:crypto';
import { madeFor } from '../../test/support/madeFor';
import { WHOLE } from '../../test/support/n8n';
import { signedByDodo, startSync, type Sync, type SyncOptions } from '../../test/support/sync';
import { invoiceView } from '../../sandbox/lago/views/invoices';
import type { Invoice } from '../../sandbox/lago/documents';
import type { Flow } from './workflows';

/** As long as Lago waits for an answer. */
const SENDER_WAITS_MS = 30_000;

/** An event that is ready to be posted. */
export interface PreparedEvent {
	path: 'lago' | 'dodo';
	body: string;
	headers: Record<string, string>;
}

/** A real n8n with the full sync between both simulators, which keep still: events are posted by whoever measures. */
export async function startWorld(options: Partial<SyncOptions> = {}): Promise<Sync> {
	// By-hand flows need `crypto` in their Code node. One n8n does more than the lowest tier of Dodo takes.
	const sync = await startSync({
		registration: 'manual',
		requestsPerMinute: 5_000,
		...options,
		env: { ...WHOLE, ...(options.env ?? { NODE_FUNCTION_ALLOW_BUILTIN: 'crypto' }) },
	});
	silence(sync);
	return sync;
}

/** No webhook of the simulators themselves is sent. */
export function silence({ dodo, lago }: Sync, silent = true): void {
	for (const webhook of dodo.state.webhooks.values()) webhook.disabled = silent;
	for (const endpoint of lago.state.endpoints.values()) endpoint.event_types = silent ? [] : null;
}

export function invoiceEvent({ lago }: Sync, invoice: Invoice): PreparedEvent {
	const body = JSON.stringify({
		webhook_type: 'invoice.created',
		object_type: 'invoice',
		organization_id: lago.state.organizationId,
		invoice: invoiceView(invoice, 'invoice.created'),
	});
	return { path: 'lago', body, headers: { ...lago.sign(body), 'X-Lago-Unique-Key': randomUUID() } };
}

export function paymentEvent(sync: Sync, payment: { payment_id: string; status: string | null }): PreparedEvent {
	return dodoEvent(sync, `payment.${payment.status}`, { payload_type: 'Payment', ...payment });
}

export function dodoEvent({ dodo, dodoSecret }: Sync, type: string, data: object): PreparedEvent {
	const body = JSON.stringify({ business_id: dodo.state.businessId, type, timestamp: new Date().toISOString(), data });
	return { path: 'dodo', body, headers: signedByDodo(dodo, body, dodoSecret) };
}

/** A new invoice and the event that tells of it, or of its payment. */
export function prepare(sync: Sync, flow: Flow): PreparedEvent {
	const invoice = sync.lago.issueInvoice({
		emit: false,
		customer: { external_id: `cust_${randomUUID().slice(0, 8)}`, email: 'a@example.com' },
	});
	if (flow === 'collect') return invoiceEvent(sync, invoice);
	const payment = sync.dodo.createPayment({
		status: 'succeeded',
		total_amount: invoice.total_amount_cents,
		currency: 'EUR',
		checkout_session_id: 'cks_bench',
		metadata: madeFor(sync.lago, invoice),
	});
	return paymentEvent(sync, payment);
}

/** Posts and insists on success. @param path another one than the event's own. */
export async function post(sync: Sync, { path, body, headers }: PreparedEvent, to: string = path): Promise<number> {
	const response = await fetch(sync.n8n.hook(to), {
		method: 'POST',
		body,
		headers: { 'content-type': 'application/json', ...headers },
		signal: AbortSignal.timeout(SENDER_WAITS_MS),
	});
	await response.arrayBuffer();
	return response.status;
}

export async function postWell(sync: Sync, event: PreparedEvent, to: string = event.path): Promise<void> {
	const status = await post(sync, event, to);
	if (status === 200) return;
	const why =
		status === 500
			? /"(message|description)":"[^"]*"[^}]*/.exec((await sync.n8n.lastExecution()).text)?.[0]
			: undefined;
	throw new Error(
		`${to} answered ${status} to an event that it should have taken${why === undefined ? '' : `: ${why}`}`,
	);
}
