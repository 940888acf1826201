import { randomUUID } from 'node:crypto';
import type { WorkflowJson } from '../n8n/provision';
import type { Sync } from '../../test/support/sync';

type Node = WorkflowJson['nodes'][number];
export type Flow = 'collect' | 'settle';

/** A node of n8n's own. */
const base = (
	type: string,
	typeVersion: number,
	name: string,
	parameters: Record<string, unknown>,
	more: object = {},
): Node => ({
	id: randomUUID(),
	name,
	type: `n8n-nodes-base.${type}`,
	typeVersion,
	position: [0, 0],
	parameters,
	...more,
});

/** Nodes in a row, as a workflow. */
function chain(name: string, nodes: Node[]): WorkflowJson {
	const connections = Object.fromEntries(
		nodes
			.slice(0, -1)
			.map((node, index) => [node.name, { main: [[{ node: nodes[index + 1]?.name, type: 'main', index: 0 }]] }]),
	);
	return {
		name,
		nodes: nodes.map((node, index) => ({ ...node, position: [index * 220, 0] })),
		connections,
		settings: { executionOrder: 'v1' },
	};
}

const webhook = (path: string, parameters: object = {}): Node =>
	base(
		'webhook',
		2,
		'Webhook',
		{ httpMethod: 'POST', path, responseMode: 'lastNode', responseData: 'noData', options: {}, ...parameters },
		{ webhookId: randomUUID() },
	);

/** The key comes out of the same credential as ours: nobody should write it into a node. */
const http = (
	name: string,
	method: string,
	url: string,
	credential: 'dodoPaymentsApi' | 'lagoBillingApi',
	body?: string,
): Node =>
	base(
		'httpRequest',
		4.2,
		name,
		{
			method,
			url,
			authentication: 'predefinedCredentialType',
			nodeCredentialType: credential,
			...(body === undefined ? {} : { sendBody: true, specifyBody: 'json', jsonBody: body }),
			options: {},
		},
		{ credentials: { [credential]: { id: null, name: credential } } },
	);

/** The very calls that our nodes make for this event, by HTTP Request nodes. */
function calls({ dodo, lago }: Sync, flow: Flow, productId: string, event: string): Node[] {
	const lagoUrl = `${lago.url}/api/v1`;
	const get = http(
		'Get Invoice',
		'GET',
		`=${lagoUrl}/invoices/{{ ${flow === 'collect' ? `${event}.invoice.lago_id` : `${event}.data.metadata.lago_invoice_id`} }}`,
		'lagoBillingApi',
	);
	if (flow === 'settle') {
		const payment = `={{ JSON.stringify({ payment: { invoice_id: $json.invoice.lago_id, amount_cents: ${event}.data.total_amount, reference: ${event}.data.payment_id, paid_at: ${event}.timestamp.slice(0, 10) } }) }}`;
		return [get, http('Book Payment', 'POST', `${lagoUrl}/payments`, 'lagoBillingApi', payment)];
	}
	const checkout = `={{ JSON.stringify({ product_cart: [{ product_id: '${productId}', quantity: 1, amount: $json.invoice.total_due_amount_cents }], customer: { email: 'a@example.com' }, metadata: { lago_invoice_id: $json.invoice.lago_id, lago_invoice_number: $json.invoice.number } }) }}`;
	const save = `={{ JSON.stringify({ invoice: { metadata: [{ key: 'dodo_payment_id', value: $json.session_id }, { key: 'dodo_state', value: $json.checkout_url.slice(0, 100) }] } }) }}`;
	return [
		get,
		http('Create Checkout', 'POST', `${dodo.url}/checkouts`, 'dodoPaymentsApi', checkout),
		http(
			'Save Link',
			'PUT',
			`=${lagoUrl}/invoices/{{ $('Get Invoice').item.json.invoice.lago_id }}`,
			'lagoBillingApi',
			save,
		),
	];
}

/** Nothing but the calls: the least that n8n can do. */
export function bareWorkflow(sync: Sync, flow: Flow, productId: string): WorkflowJson {
	return chain(`bare ${flow}`, [
		webhook(`bare-${flow}`),
		...calls(sync, flow, productId, "$('Webhook').item.json.body"),
	]);
}

/** What people build by hand today: Webhook, Code that checks the HMAC, IF, Remove Duplicates, Edit Fields, HTTP Requests. */
export function handMadeWorkflow(sync: Sync, flow: Flow, productId: string): WorkflowJson {
	const { lago, dodoSecret } = sync;
	const check =
		flow === 'collect'
			? [
					`const secret = ${JSON.stringify(lago.hmacKey)};`,
					"const expected = crypto.createHmac('sha256', secret).update(JSON.stringify(body)).digest('base64');",
					"const valid = headers['x-lago-signature'] === expected;",
					"const id = headers['x-lago-unique-key'];",
				]
			: [
					`const key = Buffer.from(${JSON.stringify(dodoSecret)}.replace('whsec_', ''), 'base64');`,
					"const id = headers['webhook-id'];",
					"const signed = id + '.' + headers['webhook-timestamp'] + '.' + JSON.stringify(body);",
					"const expected = 'v1,' + crypto.createHmac('sha256', key).update(signed).digest('base64');",
					"const valid = headers['webhook-signature'] === expected;",
				];
	const code = [
		"const crypto = require('crypto');",
		'const { headers, body } = $input.first().json;',
		...check,
		'return [{ json: { valid, id, event: body } }];',
	].join('\n');
	const condition = {
		id: randomUUID(),
		leftValue: '={{ $json.valid }}',
		rightValue: '',
		operator: { type: 'boolean', operation: 'true', singleValue: true },
	};
	return chain(`hand-made ${flow}`, [
		webhook(`hand-${flow}`),
		base('code', 2, 'Check Signature', { jsCode: code }),
		base('if', 2.2, 'Valid?', {
			conditions: {
				options: { caseSensitive: true, leftValue: '', typeValidation: 'strict', version: 2 },
				conditions: [condition],
				combinator: 'and',
			},
			options: {},
		}),
		base('removeDuplicates', 2, 'Remove Duplicates', {
			operation: 'removeItemsSeenInPreviousExecutions',
			logic: 'removeItemsWithAlreadySeenKeyValues',
			dedupeValue: '={{ $json.id }}',
			options: {},
		}),
		base('set', 3.4, 'Edit Fields', {
			mode: 'manual',
			assignments: { assignments: [{ id: randomUUID(), name: 'event', type: 'object', value: '={{ $json.event }}' }] },
			options: {},
		}),
		...calls(sync, flow, productId, "$('Edit Fields').item.json.event"),
	]);
}

/** n8n's own way to refuse strangers: a webhook that wants a header. */
export function guardedWorkflow(credential: { id: string; name: string }): WorkflowJson {
	return chain(
		'guarded',
		[webhook('guarded', { authentication: 'headerAuth' }), base('noOp', 1, 'Nothing', {})].map((node, index) =>
			index === 0 ? { ...node, credentials: { httpHeaderAuth: credential } } : node,
		),
	);
}

/** Our trigger with nothing behind it, to be compared with that. */
export function triggerAlone(): WorkflowJson {
	const trigger = {
		id: randomUUID(),
		name: 'Lago Trigger',
		type: 'n8n-nodes-dodo-lago.lagoTrigger',
		typeVersion: 1.2,
		position: [0, 0],
		parameters: { events: ['invoice.created'], registration: 'manual', signature: 'hmac', path: 'alone' },
		webhookId: randomUUID(),
		credentials: { lagoBillingApi: { id: null, name: 'Lago' } },
	};
	return chain('trigger alone', [trigger, base('noOp', 1, 'Nothing', {})]);
}
