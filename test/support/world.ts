import { randomUUID } from 'node:crypto';
import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';
import { operations as dodoOperations } from '../../nodes/DodoPayments/actions/operations';
import { DodoClient } from '../../nodes/DodoPayments/transport/client';
import { operations as lagoOperations } from '../../nodes/Lago/actions/operations';
import { LagoClient } from '../../nodes/Lago/transport/client';
import type { Operations } from '../../nodes/shared/node/operation';
import type { ServiceClient } from '../../nodes/shared/transport/serviceClient';
import {
	startDodoSimulator,
	startLagoSimulator,
	type DodoSimulator,
	type LagoSimulator,
} from '../../sandbox/simulators';
import type { Dispute, Payment, Refund } from '../../sandbox/dodo/state';
import type { NewInvoice } from '../../sandbox/lago/ledger';
import type { CreditNote, Invoice } from '../../sandbox/lago/documents';
import { API_KEY, executeContext, itemsOf } from './executeContext';

/** The page that pay links lead to; short, so that they have room on an invoice. */
export const PAY_PAGE = 'https://n8n.example/pay';
/** Of the organisation; permanent links are signed with it. */
const HMAC_KEY = 'hmac';

/** Stands around a request of an operation to a service; may hold it or its answer. */
export type Gate = (options: IHttpRequestOptions, send: () => Promise<unknown>) => Promise<unknown>;

export interface How {
	gate?: Gate;
	/** The event of Lago that the execution began with. */
	began?: IDataObject;
	/** What it began by; the Lago Trigger unless told. */
	trigger?: string;
	/** Nodes of one execution share what it has begun. */
	execution?: string;
}

/** Runs an operation over one item. Returns the first that leaves it. */
type Run<Told = IDataObject> = (
	resource: string,
	operation: string,
	given: IDataObject,
	input?: IDataObject,
	how?: How,
) => Promise<Told>;

/** Both simulators and the real operations between them, one at a time, as the lanes of the full sync run them. */
export class World {
	readonly onDodo: Run;
	readonly onLago: Run;
	/** The same, all that comes out. */
	readonly allOnDodo: Run<IDataObject[]>;
	readonly allOnLago: Run<IDataObject[]>;
	/** What the credentials say beside addresses and keys. */
	credential: IDataObject = {};

	private constructor(
		readonly dodo: DodoSimulator,
		readonly lago: LagoSimulator,
	) {
		const first =
			(run: Run<IDataObject[]>): Run =>
			async (...given) =>
				(await run(...given))[0] as IDataObject;
		this.allOnLago = this.runner(lago.url, lagoOperations, LagoClient.of);
		this.allOnDodo = this.runner(dodo.url, dodoOperations, DodoClient.of);
		this.onDodo = first(this.allOnDodo);
		this.onLago = first(this.allOnLago);
	}

	/** @param version of Lago, e.g. `1.36`; today's unless told. */
	static async start(version: string | null = null): Promise<World> {
		const dodo = await startDodoSimulator({ apiKey: API_KEY, chargeDelayMs: 1 });
		return new World(
			dodo,
			await startLagoSimulator({ apiKey: API_KEY, hmacKey: HMAC_KEY, ...(version === null ? {} : { version }) }),
		);
	}

	/** The same books seen by another world, whose locks and caches are its own when its module is. */
	static over({ dodo, lago }: Pick<World, 'dodo' | 'lago'>): World {
		return new World(dodo, lago);
	}

	async stop(): Promise<void> {
		await Promise.all([this.dodo.close(), this.lago.close()]);
	}

	async read({ lago_id }: Pick<Invoice, 'lago_id'>): Promise<IDataObject> {
		return await this.onLago('invoice', 'get', { invoice: lago_id });
	}

	/** Makes a link over what is due. Nothing is saved. */
	async link(invoice: Invoice): Promise<IDataObject> {
		const fields = { source: 'invoice', invoice: '={{ $json }}', taxMode: 'inclusive', productSource: 'automatic' };
		return await this.onDodo('payment', 'createIntent', fields, await this.read(invoice));
	}

	/** Charges the mandate of the customer. Nothing is saved. */
	async charge(invoice: Invoice, tryAgain = false, began?: IDataObject): Promise<IDataObject> {
		const fields = { invoice: '={{ $json }}', tryAgain };
		return await this.onDodo('mandate', 'charge', fields, await this.read(invoice), { began });
	}

	async save(intent: IDataObject, how?: How): Promise<IDataObject> {
		const fields = { intent: '={{ $json }}', payLinkAddress: PAY_PAGE };
		return await this.onLago('invoice', 'savePaymentReference', fields, intent, how);
	}

	/** What the lane "Settle" does with a payment as it is told. */
	async settle(payment: object, how?: How): Promise<IDataObject> {
		return (await this.settleAll(payment, how))[0] as IDataObject;
	}

	/** The same of a payment of several invoices: one item for each. */
	async settleAll(payment: object, how?: How): Promise<IDataObject[]> {
		const fields = { payment: '={{ $json }}', retrySchedule: '1d,3d', timeOfDay: '09:00' };
		return await this.allOnLago('invoice', 'updatePaymentStatus', fields, event('payment', payment), how);
	}

	/** What the lane "Refunds made at Dodo Payments" does with a refund as it is told. */
	async mirror(refund: Refund, how?: How): Promise<IDataObject> {
		return (await this.mirrorAll(refund, how))[0] as IDataObject;
	}

	async mirrorAll(refund: Refund, how?: How): Promise<IDataObject[]> {
		const fields = { refund: event('refund', refund), payment: '={{ $json }}', reason: 'other' };
		const payment = await this.onDodo('payment', 'get', { payment: refund.payment_id });
		return await this.allOnLago('creditNote', 'create', fields, payment, how);
	}

	/** What the lane "Disputes" does with a dispute as it is told. */
	async record(dispute: Dispute, how?: How): Promise<IDataObject> {
		return (await this.recordAll(dispute, how))[0] as IDataObject;
	}

	async recordAll(dispute: Dispute, how?: How): Promise<IDataObject[]> {
		const fields = { dispute: event('dispute', dispute), payment: '={{ $json }}' };
		const payment = await this.onDodo('payment', 'get', { payment: dispute.payment_id });
		return await this.allOnLago('invoice', 'recordDispute', fields, payment, how);
	}

	/** Everything that is due of a customer, as one payment can ask for it. */
	async allDue(customer: string, how?: How): Promise<IDataObject> {
		const fields = { source: 'customer', customer, currency: 'EUR', billingEntity: '', payLinkAddress: PAY_PAGE };
		return await this.onLago('paymentRequest', 'get', fields, {}, how);
	}

	/** Makes the one checkout of it, and saves it on each invoice. */
	async linkAll(due: IDataObject, how?: How): Promise<IDataObject> {
		const fields = { source: 'invoice', invoice: '={{ $json }}', taxMode: 'inclusive', productSource: 'automatic' };
		const made = await this.onDodo('payment', 'createIntent', fields, due, how);
		return await this.onLago(
			'invoice',
			'savePaymentReference',
			{ intent: '={{ $json }}', payLinkAddress: PAY_PAGE },
			made,
			how,
		);
	}

	/** A customer with an invoice that only serves to make them known, and a mandate that takes charges. */
	async customerWithMandate(): Promise<{ customer: string; mandate: string }> {
		const customer = `c-${randomUUID()}`;
		this.issue({ customer: { external_id: customer }, paymentStatus: 'succeeded' });
		return { customer, mandate: await this.setUpMandate(customer) };
	}

	/** The customer ends a mandate and agrees to another one. */
	async replaceMandate(customer: string, old: string): Promise<string> {
		this.dodo.moveMandate(old, 'cancelled');
		const cancelled = await this.onDodo('mandate', 'get', { mandate: old });
		await this.onLago('customer', 'saveMandate', { mandate: '={{ $json }}' }, cancelled);
		return await this.setUpMandate(customer);
	}

	async setUpMandate(customer: string): Promise<string> {
		const fields = { customer: '={{ $json }}', currency: 'EUR', taxMode: 'inclusive' };
		const read = await this.onLago('customer', 'get', { customer });
		const setUp = await this.onDodo('mandate', 'createSetupLink', fields, read);
		const mandate = this.dodo.activateMandate(String(setUp.checkoutSessionId)).subscription_id;
		const active = await this.onDodo('mandate', 'get', { mandate });
		await this.onLago('customer', 'saveMandate', { mandate: '={{ $json }}' }, active);
		return mandate;
	}

	issue(input: NewInvoice = {}): Invoice {
		return this.lago.issueInvoice({ emit: false, customer: { external_id: `c-${randomUUID()}` }, ...input });
	}

	/** A charge or refund that has ended, as Dodo has it now. */
	async ended<One extends Payment | Refund>(map: Map<string, One>, id: unknown): Promise<One> {
		for (;;) {
			const one = map.get(String(id));
			if (one !== undefined && !['processing', 'pending'].includes(String(one.status))) return structuredClone(one);
			await new Promise((resolve) => setTimeout(resolve, 1));
		}
	}

	/** A refund made in Dodo's dashboard that has gone through. */
	async refund({ payment_id }: Payment, amount?: number): Promise<Refund> {
		const { refund_id } = this.dodo.refundPayment(payment_id, amount === undefined ? {} : { amount });
		return await this.ended(this.dodo.state.refunds, refund_id);
	}

	notesOf({ lago_id }: Invoice): CreditNote[] {
		return [...this.lago.state.creditNotes.values()].filter(({ invoice }) => invoice.lago_id === lago_id);
	}

	stateOf({ lago_id }: Invoice): string {
		return this.lago.metadataOf(lago_id, 'dodo_state') ?? '';
	}

	/** Everything that Lago holds of an invoice: itself, its payments and notes. */
	bookOf(invoice: Invoice): unknown {
		const { payments, invoices } = this.lago.state;
		const booked = [...payments.values()].filter(({ lago_payable_id }) => lago_payable_id === invoice.lago_id);
		return structuredClone([invoices.get(invoice.lago_id), booked, this.notesOf(invoice).length]);
	}

	private runner<Client extends ServiceClient>(
		url: string,
		operations: Operations<Client>,
		connect: (ctx: never) => Promise<Client>,
	): Run<IDataObject[]> {
		return async (resource, operation, given, input = {}, how = {}) => {
			const context = this.context(url, { resource, operation, ...given }, input, how);
			return (await itemsOf(context, operations, connect as never)).map(({ json }) => json);
		};
	}

	private context(
		baseUrl: string,
		parameters: IDataObject,
		input: IDataObject,
		{ gate, began, trigger, execution }: How,
	) {
		const context = executeContext({
			input: [input],
			parameters: { additionalFields: {}, ...parameters },
			credential: { baseUrl, webhookHmacKey: HMAC_KEY, ...this.credential },
			credentialId: baseUrl,
			began,
			trigger,
		});
		if (execution !== undefined)
			Object.assign(context, {
				getExecutionId: () => execution,
				getWorkflow: () => ({ id: this.lago.url }),
				getWorkflowStaticData: () => ({}),
			});
		if (gate === undefined) return context;
		const { helpers } = context;
		const send = helpers.httpRequestWithAuthentication.bind(context);
		helpers.httpRequestWithAuthentication = async (type: string, options: IHttpRequestOptions) =>
			await gate(options, async () => await (send(type, options) as Promise<unknown>));
		return context;
	}
}

/** Lets so many requests through, then the n8n is gone; the answer of the last is lost. */
export function dyingAfter(count: number): Gate {
	let left = count;
	return async (_options, send) => {
		if (left-- <= 0) throw Object.assign(new Error('killed'), { isTest: true });
		const answer = await send();
		if (left === 0) throw Object.assign(new Error('killed'), { isTest: true });
		return answer;
	};
}

/** An object of Dodo as its trigger hands it on. */
function event(kind: 'payment' | 'refund' | 'dispute', data: object): IDataObject {
	const { status, dispute_status } = data as { status?: string | null; dispute_status?: string };
	const word = String(dispute_status ?? status).replace('dispute_', '');
	return { event: `${kind}.${word}`, mode: 'test', occurredAt: new Date().toISOString(), data: data as IDataObject };
}
