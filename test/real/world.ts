import { randomUUID } from 'node:crypto';
import { FASTER } from '../../docker/entrypoint/n8n';
import { configureSync } from '../../docker/entrypoint/workflow';
import { freePort } from '../../scripts/n8n/process';
import type { WorkflowJson } from '../../scripts/n8n/provision';
import { startDodoSimulator, type DodoSimulator } from '../../sandbox/simulators';
import type { PayOptions } from '../../sandbox/dodo/ledger/checkouts';
import type { Checkout, Payment } from '../../sandbox/dodo/state';
import { ACCESS, startTestN8n, type TestN8n } from '../support/n8n';
import type { Run } from '../../scripts/n8n/rest';
import { withoutClock } from '../support/sync';
import { LagoApi, type Json } from './api';
import { entryOf, Shop, type Invoice } from './shop';
import { until } from './until';

/** What a world is made of: a Lago, and how it reaches n8n. */
export interface WorldOptions {
	url: string;
	apiKey: string;
	hmacKey: string;
	port: number | null;
	webhookBase: string | null;
	/** How long n8n is away so that Lago has given up, in ms. */
	outageMs: number;
}

interface Endpoint {
	lago_id: string;
	webhook_url: string;
	signature_algo: string;
	name: string | null;
	event_types: string[] | null;
}

/** Divides the waits of Dodo's simulator between two tries of a webhook. */
const TIME_SCALE = 100;
const RUNS_SHOWN = 5;
/** How the trigger names what it registers. */
const ENDPOINT_NAME = 'n8n: Lago Trigger';

/** A real n8n with the packed package and the shipped template between a Lago, of which only the public API is used, and the simulated Dodo. */
export class RealWorld {
	private constructor(
		readonly api: LagoApi,
		readonly shop: Shop,
		readonly dodo: DodoSimulator,
		readonly n8n: TestN8n,
		/** Under which Lago reaches n8n. */
		readonly base: string,
		readonly outageMs: number,
		/** External id of the customer whom the lane "Set Up Automatic Payment" asks. */
		readonly setUpCustomer: string,
	) {}

	static async start({ url, apiKey, hmacKey, outageMs, ...given }: WorldOptions): Promise<RealWorld> {
		const api = new LagoApi(url, apiKey);
		const port = given.port ?? (await freePort());
		const base = given.webhookBase ?? `http://127.0.0.1:${port}`;
		await removeLeftovers(api, base);
		const dodo = await startDodoSimulator({ timeScale: TIME_SCALE });
		const dodoSecret = `whsec_${Buffer.from(randomUUID()).toString('base64')}`;
		const setUpCustomer = api.name('mandate');
		const { N8N_LISTEN_ADDRESS } = process.env;
		const n8n = await startTestN8n({
			dodo,
			dodoSecret,
			lago: { url, apiKey, hmacKey },
			port,
			env: {
				...FASTER,
				N8N_WEBHOOK_URL: `${base}/`,
				...(N8N_LISTEN_ADDRESS === undefined ? {} : { N8N_LISTEN_ADDRESS }),
			},
			change: (workflow) => asShipped(workflow, setUpCustomer),
		}).catch(async (caught: unknown) => {
			await dodo.close();
			throw caught;
		});
		// Dodo's simulator lives in this process, where the base of a Lago in a container may lead nowhere.
		dodo.addWebhook({ url: n8n.hook('dodo'), secret: dodoSecret });
		return new RealWorld(api, new Shop(api), dodo, n8n, base, outageMs, setUpCustomer);
	}

	/** Leaves Lago without an endpoint of this run. */
	async stop(): Promise<void> {
		await this.n8n.stop();
		await this.dodo.close();
		for (const { lago_id } of await this.endpoints())
			await this.api.call('DELETE', `/webhook_endpoints/${lago_id}`, 'webhook_endpoint');
	}

	/** See {@link until}; a failure also says what n8n and Dodo did of late. */
	async until<T>(
		what: string,
		look: () => Promise<T> | T,
		isSo: (seen: T) => boolean,
		patienceMs?: number,
	): Promise<T> {
		return await until(what, look, isSo, { patienceMs, alsoSay: async () => await this.ofLate() });
	}

	/** Waits for an invoice. */
	async untilInvoice({ lago_id, number }: Invoice, what: string, isSo: (seen: Invoice) => boolean): Promise<Invoice> {
		return await this.until(
			`invoice ${number} (${lago_id}) ${what}`,
			async () => await this.shop.invoice(lago_id),
			isSo,
		);
	}

	/** Waits until an invoice has a link, and resolves with the checkout behind it. */
	async collected(invoice: Invoice): Promise<Checkout> {
		const read = await this.untilInvoice(invoice, 'to get a checkout (dodo_payment_id)', (seen) =>
			entryOf(seen, 'dodo_payment_id').startsWith('cks_'),
		);
		const id = entryOf(read, 'dodo_payment_id');
		const checkout = this.dodo.state.checkouts.get(id);
		if (checkout === undefined) throw new Error(`Dodo knows no checkout ${id} of invoice ${invoice.number}`);
		return checkout;
	}

	/** The customer opens the link and pays; resolves when Lago shows it as paid. */
	async pay(invoice: Invoice, options?: PayOptions): Promise<{ payment: Payment; invoice: Invoice }> {
		const payment = this.dodo.payCheckout((await this.collected(invoice)).id, options);
		return { payment, invoice: await this.settled(invoice) };
	}

	async settled(invoice: Invoice): Promise<Invoice> {
		return await this.untilInvoice(
			invoice,
			'to be paid (payment_status succeeded)',
			(seen) => seen.payment_status === 'succeeded',
		);
	}

	/** A new customer's invoice, paid by its link. */
	async paidOneOff(lines?: Parameters<Shop['oneOff']>[1]) {
		const customer = await this.shop.customer();
		const issued = await this.shop.oneOff(customer, lines);
		return { customer, ...(await this.pay(issued)) };
	}

	/** Dodo's payments that name an invoice. */
	paymentsFor({ lago_id }: Invoice): Payment[] {
		return [...this.dodo.state.payments.values()].filter(({ metadata }) => metadata.lago_invoice_id === lago_id);
	}

	/** Dodo's checkouts that name an invoice. */
	checkoutsFor({ lago_id }: Invoice): Checkout[] {
		return [...this.dodo.state.checkouts.values()].filter(({ metadata }) => metadata.lago_invoice_id === lago_id);
	}

	/** Waits for an execution after `since` (see `newestId`) in which a node gave out such an item; resolves with the item. */
	async said(since: string, node: string, about: string, isIt: (item: Json) => boolean): Promise<Json> {
		const found = await this.until(
			`"${node}" in n8n to say something about ${about}`,
			async () => (await this.n8n.runsAfter(since)).flatMap((run) => run.items(node)),
			(items) => items.some(isIt),
		);
		return found.find(isIt) as Json;
	}

	/** Lago's endpoints that lead to this n8n. */
	async endpoints(): Promise<Endpoint[]> {
		return (await this.allEndpoints()).filter(({ webhook_url }) => webhook_url === `${this.base}/webhooks/lago`);
	}

	async allEndpoints(): Promise<Endpoint[]> {
		return await this.api.list<Endpoint>('/webhook_endpoints', 'webhook_endpoints');
	}

	/** Waits until the endpoints of this n8n at Lago are as wanted. */
	async untilEndpoints(what: string, isSo: (seen: Endpoint[]) => boolean): Promise<Endpoint[]> {
		return await this.until(`Lago's endpoints for ${this.base} ${what}`, async () => await this.endpoints(), isSo);
	}

	private async ofLate(): Promise<string> {
		const newest = (await this.n8n.executions()).slice(0, RUNS_SHOWN);
		const oldest = Number(newest.at(-1)?.id ?? 0) - 1;
		const runs = (await this.n8n.runsAfter(String(oldest))).map(toldOf);
		const delivered = this.dodo.deliveries
			.slice(-RUNS_SHOWN)
			.map(({ event, status, error }) => `${event} ${status ?? error}`);
		const registered = (await this.endpoints()).map(
			({ webhook_url, signature_algo }) => `${webhook_url} ${signature_algo}`,
		);
		return [
			...((await this.n8n.publicationErrors()) ?? []).map((problem) => `n8n could not publish: ${problem}`),
			`n8n's newest executions: ${runs.join('; ') || `none: does Lago reach ${this.base}?`}`,
			`Dodo's newest webhooks: ${delivered.join(', ') || 'none'}`,
			`at Lago is registered: ${registered.join(', ') || 'nothing that leads here'}`,
		].join('\n');
	}
}

/** The template as it is shipped, with the questions about access switched on; nothing starts by the clock. */
function asShipped(workflow: WorkflowJson, setUpCustomer: string): void {
	workflow.nodes = configureSync(workflow, {
		productId: '',
		retrySchedule: '1d,3d',
		reconcileMinutes: 5,
		access: { update: { waitForFirstPayment: true }, callbackSecret: ACCESS.secret, apiToken: ACCESS.token },
	}).nodes;
	for (const { name, parameters } of workflow.nodes) {
		if (name === 'Lago Trigger') parameters.registration = 'automatic';
		if (name === 'Choose the Customer') parameters.customer = { __rl: true, mode: 'id', value: setUpCustomer };
	}
	withoutClock(workflow);
}

/** An earlier run that was killed has left its endpoint, and Lago takes ten of them only. */
async function removeLeftovers(api: LagoApi, base: string): Promise<void> {
	const host = new URL(base).hostname;
	for (const { lago_id, name, webhook_url } of await api.list<Endpoint>('/webhook_endpoints', 'webhook_endpoints')) {
		const address = new URL(webhook_url);
		if (name !== ENDPOINT_NAME || address.hostname !== host || address.pathname !== '/webhooks/lago') continue;
		const isAlive = await fetch(webhook_url, { method: 'POST' }).then(
			() => true,
			() => false,
		);
		if (isAlive) continue;
		console.log(`Removing the endpoint ${webhook_url} that an earlier run has left at Lago`);
		await api.call('DELETE', `/webhook_endpoints/${lago_id}`, 'webhook_endpoint');
	}
}

function toldOf({ id, status, error, nodes }: Run): string {
	return `${id} ${status}${error === null ? '' : ` (${error.slice(0, 300)})`} from ${nodes[0] ?? 'nowhere'} to ${nodes.at(-1) ?? 'nowhere'}`;
}
