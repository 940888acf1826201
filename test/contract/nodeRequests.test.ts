import type { IDataObject, IHookFunctions } from 'n8n-workflow';
import { operations as dodoOperations } from '../../nodes/DodoPayments/actions/operations';
import * as dodoEndpoint from '../../nodes/DodoPayments/helpers/endpoint';
import { DodoClient } from '../../nodes/DodoPayments/transport/client';
import { operations as lagoOperations } from '../../nodes/Lago/actions/operations';
import * as lagoEndpoint from '../../nodes/Lago/helpers/endpoint';
import { publicKeyOf } from '../../nodes/Lago/helpers/publicKey';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { runOperation, type Operations } from '../../nodes/shared/node/operation';
import { startDodoSimulator, startLagoSimulator, type CallRecord, type DodoSimulator, type LagoSimulator } from '../simulators';
import { API_KEY, executeContext } from '../support/executeContext';
import { describeWithSpec, validateRequest } from '../support/openapi';

/** Every request that the nodes send, made for real against the simulators, then held against the services' own descriptions. */
let dodo: DodoSimulator;
let lago: LagoSimulator;

async function run<Client>(operations: Operations<Client>, connect: (ctx: never) => Promise<Client>, baseUrl: string, parameters: IDataObject, input: IDataObject = {}): Promise<IDataObject[]> {
	const context = executeContext({ input: [input], parameters, credential: { baseUrl } });
	const [items = []] = await runOperation(context, operations, connect as never);
	return items.map(({ json }) => json);
}
const runDodo = async (parameters: IDataObject, input?: IDataObject) => await run(dodoOperations, DodoClient.of, dodo.url, parameters, input);
const runLago = async (parameters: IDataObject, input?: IDataObject) => await run(lagoOperations, LagoClient.of, lago.url, { resource: 'invoice', ...parameters }, input);

beforeAll(async () => {
	dodo = await startDodoSimulator({ apiKey: API_KEY });
	lago = await startLagoSimulator({ apiKey: API_KEY });

	const all = { returnAll: true, limit: 50, filters: {} };
	const intent = { resource: 'payment', operation: 'createIntent', source: 'invoice', invoice: '={{ $json }}', taxMode: 'inclusive', productSource: 'automatic', additionalFields: { organizationId: 'org', returnUrl: 'https://example.com/thanks' } };
	for (const premium of [true, false]) {
		lago.premium = premium;
		const { lago_id } = lago.issueInvoice({ customer: { external_id: `c-${premium}`, tax_identification_number: 'FR123' }, metadata: { po: '4711' } });
		const [invoice] = await runLago({ operation: 'get', invoice: lago_id });
		const [created] = await runDodo(intent, invoice);
		await runLago({ operation: 'savePaymentReference', intent: '={{ $json }}' }, created);
		const declined = dodo.payCheckout(String(created?.checkoutSessionId), { card: '4000000000000002' });
		const paid = dodo.payCheckout(String(created?.checkoutSessionId));
		for (const payment of [declined, paid, paid, { ...paid, payment_id: 'pay_other' }]) await runLago({ operation: 'updatePaymentStatus', payment: '={{ $json }}' }, { mode: 'test', event: `payment.${payment.status}`, occurredAt: '2026-11-01T10:01:11.123456Z', data: payment as IDataObject });
		await runDodo({ resource: 'payment', operation: 'get', payment: paid.payment_id });
	}
	lago.premium = true;
	const dead = lago.issueInvoice({ metadata: { dodo_payment_id: 'cks_gone', dodo_state: 'v1;open;a=1;m=10000;x=1700000000' } });
	await runDodo(intent, (await runLago({ operation: 'get', invoice: dead.lago_id }))[0]);
	await runDodo({ ...intent, source: 'amount', amount: 1_000, currency: 'USD', reference: 'order-1', additionalFields: { customerEmail: 'a@example.com' }, taxMode: 'exclusive' });
	await runDodo({ resource: 'payment', operation: 'getAll', ...all, filters: { status: 'succeeded', created_at_gte: '2026-01-01T00:00:00Z', created_at_lte: '2030-01-01T00:00:00Z', customer_id: 'cus_1', subscription_id: 'sub_1' } });
	await runDodo({ resource: 'product', operation: 'ensure', currency: 'JPY', taxMode: 'inclusive' });
	await runLago({ operation: 'getAll', show: 'payable', ...all });
	await runLago({ operation: 'getAll', show: 'all', ...all, filters: { currency: 'EUR', external_customer_id: 'c-true', statuses: ['finalized'], payment_statuses: ['succeeded'], issuing_date_from: '2026-01-01T00:00:00', issuing_date_to: '2030-01-01' } });

	const dodoContext = executeContext({ parameters: {}, credential: { baseUrl: dodo.url } }) as unknown as IHookFunctions;
	Object.assign(dodoContext, { getWorkflowStaticData: () => ({}) });
	const dodoClient = await DodoClient.of(dodoContext);
	const url = 'https://n8n.example/webhooks/dodo';
	const id = await dodoEndpoint.registerEndpoint(dodoClient, url, undefined, ['payment.succeeded']);
	await dodoEndpoint.registerEndpoint(dodoClient, url, id, ['payment.failed', 'payment.succeeded']);
	await dodoEndpoint.endpointSecret(dodoContext, dodoClient, url, false);
	await dodoEndpoint.removeEndpoint(dodoClient, url, undefined);

	const lagoClient = await LagoClient.of(executeContext({ parameters: {}, credential: { baseUrl: lago.url } }));
	for (const events of [['invoice.created'], ['invoice.voided']]) await lagoEndpoint.registerEndpoint(lagoClient, { url, algorithm: 'hmac', events });
	await lagoEndpoint.removeEndpoint(lagoClient, url);
	await publicKeyOf(lagoClient, false);
});

afterAll(async () => {
	await dodo.close();
	await lago.close();
});

const pathOf = ({ path, query }: CallRecord): string => {
	const flat = Object.entries(query).flatMap(([name, value]): Array<[string, string]> => {
		if (Array.isArray(value)) return value.map((one) => [`${name}[]`, String(one)]);
		if (typeof value === 'object' && value !== null) return Object.entries(value).map(([key, one]) => [`${name}[${key}]`, String(one)]);
		return [[name, String(value)]];
	});
	return flat.length === 0 ? path : `${path}?${new URLSearchParams(flat).toString()}`;
};

describeWithSpec('dodo', 'requests to Dodo Payments', (spec) => {
	test('all of them are as Dodo describes them', () => {
		const sent = new Set(dodo.calls.map(({ method, path }) => `${method} ${path.replace(/(cks|pay|ep|pdt)_\w+/, ':id')}`));
		expect([...sent].sort()).toEqual([
			'DELETE /webhooks/:id', 'GET /checkouts/:id', 'GET /payments', 'GET /payments/:id', 'GET /products', 'GET /webhooks', 'GET /webhooks/:id',
			'GET /webhooks/:id/secret', 'PATCH /webhooks/:id', 'POST /checkouts', 'POST /products', 'POST /webhooks',
		]);
		for (const call of dodo.calls) expect([call.method, call.path, validateRequest(spec, call.method, pathOf(call), call.body)]).toEqual([call.method, call.path, []]);
	});
});

describeWithSpec('lago', 'requests to Lago', (spec) => {
	test('all of them are as Lago describes them', () => {
		const sent = new Set(lago.calls.map(({ method, path }) => `${method} ${path.replace(/[0-9a-f-]{36}/, ':id')}`));
		expect([...sent].sort()).toEqual([
			'DELETE /api/v1/webhook_endpoints/:id', 'GET /api/v1/invoices', 'GET /api/v1/invoices/:id', 'GET /api/v1/payments', 'GET /api/v1/webhook_endpoints',
			'GET /api/v1/webhooks/json_public_key', 'POST /api/v1/payments', 'POST /api/v1/webhook_endpoints', 'PUT /api/v1/invoices/:id', 'PUT /api/v1/webhook_endpoints/:id',
		]);
		for (const call of lago.calls) expect([call.method, call.path, validateRequest(spec, call.method, pathOf(call), call.body)]).toEqual([call.method, call.path, []]);
	});
});
