import { createHmac, randomUUID } from 'node:crypto';
import type { INodeTypes } from 'n8n-workflow';
import { loadNodeTypes, TriggerBench, WEBHOOK_BASE, type Delivered } from './n8nCore';

export const DODO = 'https://dodo.example';
export const LAGO = 'https://lago.example';
export const DODO_SECRET = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
export const HMAC_KEY = '0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9';
export const API_KEY = 'key_SECRET_0123456789';
export const INVOICE_ID = '1a901a90-1a90-4a90-8a90-1a901a901a90';

/** The nodes of the built package; loaded before the first test of a file that imports this. */
export let nodeTypes: INodeTypes;
beforeAll(async () => {
	nodeTypes = await loadNodeTypes();
});

/** The error that publishing shows. */
export async function failureOf(work: Promise<unknown>): Promise<Error & { description?: string }> {
	return await work.then(
		() => Promise.reject(new Error('Did not fail')),
		(caught: unknown) => caught as Error,
	);
}

/** No execution, and an answer with this status and a reason. */
export function expectRefused({ items, response }: Delivered, status: number): void {
	expect(items).toBeNull();
	expect(response.statusCode).toBe(status);
	expect(response.body).toEqual({ message: expect.stringMatching(/\w/) });
}

type Headers = Record<string, string>;

/** One of the two triggers for the webhooks of a service. What is told of both takes it as its subject. */
export interface ServiceTrigger {
	/** As n8n shows it. */
	name: string;
	/** Of its webhook. */
	url: string;
	/** A delivery as the service sends it. */
	body: string;
	/** The same delivery, changed by somebody else. */
	tampered: string;
	/** The body of an event that is another one, once it is signed. */
	anew(): string;
	/** What was not chosen in {@link bench}. */
	unchosen: string[];
	/** A field of the credential holds the key of the signature. */
	keyField: string;
	/** A key that is not ours. */
	foreignKey: string;
	signatureHeader: string;
	/** A signature of the right form, of nobody. */
	forged: string;
	/** The trigger in a workflow of its own, registered by hand unless told. */
	bench(parameters?: object, credential?: object, account?: string, workflowId?: string): TriggerBench;
	/** The headers with which the service sends a body. */
	sign(body: string, given?: { key?: string; id?: string }): Headers;
	/** A delivery of another event. */
	ofEvent(type: string): string;
}

export const dodoEvent = {
	business_id: 'bus_1',
	type: 'payment.succeeded',
	timestamp: '2026-11-01T10:01:11.123456Z',
	data: { payload_type: 'Payment', payment_id: 'pay_1', metadata: { lago_invoice_id: INVOICE_ID } },
};

/** The three headers of Standard Webhooks. `atS`: seconds since 1970. */
export function signDodo(
	body: string,
	{ key = DODO_SECRET, id = `msg_${randomUUID()}`, atS = Math.floor(Date.now() / 1000) } = {},
): Headers {
	const mac = createHmac('sha256', Buffer.from(key.replace('whsec_', ''), 'base64'))
		.update(`${id}.${atS}.${body}`)
		.digest('base64');
	return { 'webhook-id': id, 'webhook-timestamp': String(atS), 'webhook-signature': `v1,${mac}` };
}

const dodoBody = JSON.stringify(dodoEvent);

export const dodoTrigger: ServiceTrigger = {
	name: 'Dodo Payments Trigger',
	url: `${WEBHOOK_BASE}/dodo`,
	body: dodoBody,
	tampered: dodoBody.replace('pay_1', 'pay_2'),
	// Its id is signed.
	anew: () => dodoBody,
	unchosen: ['subscription.renewed', 'refund.succeeded', 'something.invented'],
	keyField: 'webhookSecret',
	foreignKey: `whsec_${Buffer.alloc(32).toString('base64')}`,
	signatureHeader: 'webhook-signature',
	forged: 'v1,AAAA',
	bench(parameters = {}, credential = {}, account = randomUUID(), workflowId = account) {
		return new TriggerBench(
			nodeTypes,
			'dodoPaymentsTrigger',
			{ events: ['payment.succeeded', 'payment.failed'], registration: 'manual', path: 'dodo', ...parameters },
			{
				dodoPaymentsApi: {
					environment: 'test',
					apiKey: API_KEY,
					webhookSecret: DODO_SECRET,
					baseUrl: DODO,
					...credential,
				},
			},
			account,
			workflowId,
		);
	},
	sign: signDodo,
	ofEvent: (type) => JSON.stringify({ ...dodoEvent, type }),
};

export const LAGO_EVENTS = ['invoice.created', 'invoice.one_off_created', 'credit_note.created'];

export const lagoEvent = {
	webhook_type: 'invoice.created',
	object_type: 'invoice',
	organization_id: 'org_1',
	invoice: { lago_id: INVOICE_ID, number: 'ACM-1', name: 'A & B' },
};

/** The three headers of Lago, signed with the HMAC key of the organisation. */
export function signLago(body: string, { key = HMAC_KEY, id = randomUUID() as string } = {}): Headers {
	return {
		'x-lago-signature': createHmac('sha256', key).update(body).digest('base64'),
		'x-lago-signature-algorithm': 'hmac',
		'x-lago-unique-key': id,
	};
}

// Rails escapes these characters, so the bytes differ from what JSON.stringify makes of the object.
const lagoBody = JSON.stringify(lagoEvent).replace('&', '\\u0026');

export const lagoTrigger: ServiceTrigger = {
	name: 'Lago Trigger',
	url: `${WEBHOOK_BASE}/lago`,
	body: lagoBody,
	tampered: lagoBody.replace('ACM-1', 'ACM-2'),
	anew: () => lagoBody.replace('ACM-1', `ACM-${randomUUID()}`),
	unchosen: ['customer.updated', 'invoice.invented'],
	keyField: 'webhookHmacKey',
	foreignKey: 'other',
	signatureHeader: 'x-lago-signature',
	forged: 'AAAA',
	bench(parameters = {}, credential = {}, account = randomUUID(), workflowId = account) {
		return new TriggerBench(
			nodeTypes,
			'lagoTrigger',
			{ events: LAGO_EVENTS, registration: 'manual', signature: 'hmac', path: 'lago', ...parameters },
			{ lagoBillingApi: { baseUrl: `${LAGO}/api/v1/`, apiKey: API_KEY, webhookHmacKey: HMAC_KEY, ...credential } },
			account,
			workflowId,
		);
	},
	sign: signLago,
	ofEvent: (type) => JSON.stringify({ ...lagoEvent, webhook_type: type }),
};

/** Both, for `describe.each`. */
export const TRIGGERS: Array<[string, ServiceTrigger]> = [dodoTrigger, lagoTrigger].map((one) => [one.name, one]);
