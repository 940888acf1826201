import { randomUUID } from 'node:crypto';
import { startDodoSimulator, startLagoSimulator, type DodoSimulator, type LagoSimulator } from '../simulators';
import type { Checkout, Payment } from '../simulators/dodo/state';
import type { NewInvoice } from '../simulators/lago/ledger';
import type { Invoice } from '../simulators/lago/state';
import { startTestN8n, type TestN8n } from './n8n';

/** The whole system: a real n8n between the two simulators. */
export interface Sync {
	dodo: DodoSimulator;
	lago: LagoSimulator;
	n8n: TestN8n;
	/** Signs Dodo's webhooks. */
	dodoSecret: string;
	/** Issues an invoice and waits until its webhook was answered. */
	issue(input?: NewInvoice): Promise<Invoice>;
	/** The open checkout of an invoice. */
	checkoutOf(invoice: Invoice): Checkout;
	/** Pays or declines and waits until the webhook was answered. */
	pay(invoice: Invoice, options?: { card?: string }): Promise<Payment>;
	/** Waits until nothing is under way. */
	quiet(): Promise<void>;
	/** Posts to Dodo's webhook; signed unless headers say otherwise. */
	postDodo(body: string, headers?: Record<string, string>): Promise<Response>;
	postLago(body: string, headers?: Record<string, string>): Promise<Response>;
	stop(): Promise<void>;
}

/** Starts everything; `manual` leaves registration to the simulators, as the headless set-up does. */
export async function startSync({ registration }: { registration: 'manual' | 'automatic' }): Promise<Sync> {
	const dodo = await startDodoSimulator({ timeScale: 100 });
	const lago = await startLagoSimulator({ timeScale: 100 });
	const dodoSecret = `whsec_${Buffer.from(randomUUID()).toString('base64')}`;
	const change = (workflow: { nodes: Array<{ type: string; parameters: Record<string, unknown> }> }): void => {
		for (const node of workflow.nodes) if (node.type.endsWith('Trigger')) node.parameters.registration = registration;
	};
	const n8n = await startTestN8n({ dodo, lago, change, dodoSecret }).catch(async (caught: unknown) => {
		await Promise.all([dodo.close(), lago.close()]);
		throw caught;
	});
	if (registration === 'manual') {
		dodo.addWebhook({ url: n8n.hook('dodo'), secret: dodoSecret });
		lago.addEndpoint({ url: n8n.hook('lago') });
	}
	const quiet = async (): Promise<void> => {
		await lago.idle();
		await dodo.idle();
		await lago.idle();
	};
	const checkoutOf = (invoice: Invoice): Checkout => {
		const found = [...dodo.state.checkouts.values()].filter(({ metadata }) => metadata.lago_invoice_id === invoice.lago_id);
		if (found.length !== 1) throw new Error(`Invoice ${invoice.number} has ${found.length} checkouts`);
		return found[0] as Checkout;
	};
	const post = async (path: 'lago' | 'dodo', body: string, headers: Record<string, string>): Promise<Response> =>
		await fetch(n8n.hook(path), { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
	return {
		dodo,
		lago,
		n8n,
		dodoSecret,
		quiet,
		checkoutOf,
		async issue(input) {
			const invoice = lago.issueInvoice(input);
			await quiet();
			return invoice;
		},
		async pay(invoice, options) {
			const payment = dodo.payCheckout(checkoutOf(invoice).id, options);
			await quiet();
			return payment;
		},
		postDodo: async (body, headers) => await post('dodo', body, headers ?? signedByDodo(dodo, body, dodoSecret)),
		postLago: async (body, headers) => await post('lago', body, headers ?? { ...lago.sign(body), 'X-Lago-Unique-Key': randomUUID() }),
		async stop() {
			await n8n.stop();
			await Promise.all([dodo.close(), lago.close()]);
		},
	};
}

/** The three headers of a Dodo delivery; every part can be bent. */
export function signedByDodo(dodo: DodoSimulator, body: string, secret: string, { id = `msg_${randomUUID()}`, atS = Math.floor(Date.now() / 1000) } = {}): Record<string, string> {
	return { 'webhook-id': id, 'webhook-timestamp': String(atS), 'webhook-signature': dodo.sign(id, atS, body, secret) };
}

/** Waits for something that happens by itself soon. */
export async function waitFor(condition: () => boolean | Promise<boolean>, timeoutMs = 15_000): Promise<void> {
	const deadline = Date.now() + timeoutMs;
	while (!(await condition())) {
		if (Date.now() > deadline) throw new Error('What was expected did not happen in time');
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}
