import { randomUUID } from 'node:crypto';
import { LAGO_COLLECTION_EVENTS, LAGO_OTHER_EVENTS } from '../../../nodes/Lago/schemas/event';
import type { ApiCall, Reply, SimulatedApi } from '../shared/api';
import type { LagoLedger } from './ledger';
import { forbidden, invalid, notFound, now, type Invoice, type LagoState, type WebhookEndpoint } from './state';
import { invoiceView } from './views';
import type { LagoEvents } from './webhooks';

const ok = (body?: unknown): Reply => ({ status: 200, body });
const MAX_ENDPOINTS = 10;
const EVENT_NAMES: readonly string[] = [...LAGO_COLLECTION_EVENTS, ...LAGO_OTHER_EVENTS];

/** Pages from 1 with Lago's `meta`. */
function page(key: string, items: unknown[], { query }: ApiCall): Reply {
	const perPage = Number(query.per_page ?? 100);
	const current = Number(query.page ?? 1);
	const totalPages = Math.ceil(items.length / perPage);
	return ok({
		[key]: items.slice((current - 1) * perPage, current * perPage),
		meta: {
			current_page: current,
			next_page: current < totalPages ? current + 1 : null,
			prev_page: current > 1 ? current - 1 : null,
			total_pages: totalPages,
			total_count: items.length,
		},
	});
}

const listOf = (value: unknown): string[] | undefined => (value === undefined ? undefined : Array.isArray(value) ? value.map(String) : [String(value)]);
/** Rails' strong parameters: the object under its root key, or 400. */
function root(body: Record<string, unknown>, key: string): Record<string, unknown> {
	const value = body[key];
	if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
	return invalidRequest(key);
}
function invalidRequest(key: string): never {
	return invalid({ base: [`param is missing or the value is empty: ${key}`] });
}

export function organizationRoutes(api: SimulatedApi, state: LagoState, events: LagoEvents, premium: () => boolean): void {
	api.route('get', '/api/v1/organizations', () =>
		ok({
			organization: {
				lago_id: state.organizationId, name: 'Simulated', created_at: now(), email: null, default_currency: 'EUR', legal_name: null, legal_number: null,
				logo_url: null, address_line1: null, address_line2: null, state: null, zipcode: null, city: null, country: 'FR', timezone: 'UTC',
				webhook_url: null, webhook_urls: [], net_payment_term: 0, document_numbering: 'per_customer', document_number_prefix: 'SIM', tax_identification_number: null,
				billing_configuration: { invoice_footer: null, invoice_grace_period: 0, document_locale: 'en' },
				email_settings: [], finalize_zero_amount_invoice: true, taxes: [],
			},
		}),
	);
	api.route('get', '/api/v1/webhooks/json_public_key', () =>
		ok({ webhook: { public_key: (Buffer.from(events.publicKeyPem).toString('base64').match(/.{1,60}/g) ?? []).map((line) => `${line}\n`).join('') } }),
	);
	api.route('get', '/api/v1/analytics/invoice_collection', () => (premium() ? ok({ invoice_collections: [] }) : forbidden()));
}

export function endpointRoutes(api: SimulatedApi, state: LagoState): void {
	const apply = (endpoint: WebhookEndpoint, input: Record<string, unknown>): void => {
		if (input.webhook_url !== undefined) {
			const url = String(input.webhook_url);
			if (!/^https?:\/\//.test(url)) invalid({ webhook_url: ['url_invalid'] });
			if ([...state.endpoints.values()].some((one) => one !== endpoint && one.webhook_url === url)) invalid({ webhook_url: ['value_already_exist'] });
			endpoint.webhook_url = url;
		}
		if (input.signature_algo !== undefined) endpoint.signature_algo = input.signature_algo === 'hmac' ? 'hmac' : 'jwt';
		if (input.name !== undefined) endpoint.name = input.name as string | null;
		if (input.event_types !== undefined) endpoint.event_types = eventTypes(input.event_types);
	};
	const endpoint = (id: string | undefined): WebhookEndpoint => state.endpoints.get(id ?? '') ?? notFound('webhook_endpoint');

	api.route('post', '/api/v1/webhook_endpoints', ({ body }) => {
		const input = root(body, 'webhook_endpoint');
		if (input.webhook_url === undefined) invalid({ webhook_url: ['value_is_mandatory'] });
		if (state.endpoints.size >= MAX_ENDPOINTS) invalid({ base: ['Maximum number of webhook endpoints was reached'] });
		const created: WebhookEndpoint = { lago_id: randomUUID(), lago_organization_id: state.organizationId, webhook_url: '', signature_algo: 'jwt', name: null, event_types: null, created_at: now() };
		apply(created, input);
		state.endpoints.set(created.lago_id, created);
		return ok({ webhook_endpoint: created });
	});
	api.route('get', '/api/v1/webhook_endpoints', (call) => page('webhook_endpoints', [...state.endpoints.values()].sort((a, b) => a.webhook_url.localeCompare(b.webhook_url)), call));
	api.route('get', '/api/v1/webhook_endpoints/:id', ({ params }) => ok({ webhook_endpoint: endpoint(params.id) }));
	api.route('put', '/api/v1/webhook_endpoints/:id', ({ params, body }) => {
		const found = endpoint(params.id);
		apply(found, root(body, 'webhook_endpoint'));
		return ok({ webhook_endpoint: found });
	});
	api.route('delete', '/api/v1/webhook_endpoints/:id', ({ params }) => {
		const found = endpoint(params.id);
		state.endpoints.delete(found.lago_id);
		return ok({ webhook_endpoint: found });
	});
}

function eventTypes(value: unknown): string[] | null {
	if (value === null) return null;
	if (!Array.isArray(value)) return invalid({ event_types: ['must_be_array'] });
	const names = [...new Set(value.map((name) => String(name).trim().toLowerCase()))];
	const unknown = names.filter((name) => name !== '*' && !EVENT_NAMES.includes(name));
	if (unknown.length > 0) invalid({ event_types: [`contains invalid types: ${JSON.stringify(unknown)}`] });
	return names;
}

export function invoiceRoutes(api: SimulatedApi, state: LagoState, ledger: LagoLedger): void {
	const ENUMS: Readonly<Record<string, readonly string[]>> = {
		status: ['draft', 'finalized', 'voided', 'failed', 'pending'],
		payment_status: ['pending', 'succeeded', 'failed'],
		invoice_type: ['subscription', 'add_on', 'credit', 'one_off', 'advance_charges', 'progressive_billing'],
	};
	const chosen = (query: Record<string, unknown>, single: string, plural: string): string[] | undefined => {
		const values = listOf(query[plural] ?? query[single]);
		if (values?.some((value) => !ENUMS[single]?.includes(value))) invalid({ [single]: ['value_is_invalid'] });
		return values;
	};
	const matches = (query: Record<string, unknown>): ((invoice: Invoice) => boolean) => {
		const statuses = chosen(query, 'status', 'statuses');
		const paymentStatuses = chosen(query, 'payment_status', 'payment_statuses');
		const types = chosen(query, 'invoice_type', 'invoice_types');
		const metadata = Object.entries((query.metadata ?? {}) as Record<string, string>);
		return (invoice) =>
			(statuses === undefined || statuses.includes(invoice.status)) &&
			(paymentStatuses === undefined || paymentStatuses.includes(invoice.payment_status)) &&
			(types === undefined || types.includes(invoice.invoice_type)) &&
			(query.external_customer_id === undefined || invoice.customer.external_id === query.external_customer_id) &&
			(query.currency === undefined || invoice.currency === query.currency) &&
			(query.self_billed === undefined || String(invoice.self_billed) === query.self_billed) &&
			(query.payment_overdue === undefined || String(invoice.payment_overdue) === query.payment_overdue) &&
			(query.issuing_date_from === undefined || invoice.issuing_date >= String(query.issuing_date_from)) &&
			(query.issuing_date_to === undefined || invoice.issuing_date <= String(query.issuing_date_to)) &&
			(query.search_term === undefined || [invoice.number, invoice.lago_id, invoice.customer.name].some((text) => text?.includes(String(query.search_term)))) &&
			// An empty value means that the key is absent.
			metadata.every(([key, value]) => (invoice.metadata.find((entry) => entry.key === key)?.value ?? '') === value);
	};
	const list = (call: ApiCall, more: Record<string, unknown> = {}): Reply => {
		const visible = [...state.invoices.values()].filter(({ status }) => ENUMS.status?.includes(status));
		const found = visible.reverse().filter(matches({ ...call.query, ...more }));
		return page('invoices', found.map((invoice) => invoiceView(state, invoice, 'list')), call);
	};
	const one = (invoice: Invoice): Reply => ok({ invoice: invoiceView(state, invoice, 'rest') });

	api.route('get', '/api/v1/invoices', (call) => list(call));
	api.route('get', '/api/v1/customers/:externalId/invoices', (call) => list(call, { external_customer_id: call.params.externalId }));
	api.route('get', '/api/v1/invoices/:id', ({ params }) => one(ledger.invoice(params.id)));
	api.route('put', '/api/v1/invoices/:id', ({ params, body }) => one(ledger.updateInvoice(params.id, root(body, 'invoice'))));
	api.route('post', '/api/v1/invoices/:id/retry_payment', ({ params }) => {
		ledger.retryPayment(params.id);
		return ok();
	});
	api.route('post', '/api/v1/invoices/:id/void', ({ params }) => one(ledger.voidInvoice(params.id)));
	api.route('post', '/api/v1/invoices/:id/lose_dispute', ({ params }) => one(ledger.loseDispute(params.id)));
}

export function paymentRoutes(api: SimulatedApi, state: LagoState, ledger: LagoLedger): void {
	api.route('post', '/api/v1/payments', ({ body }) => ok({ payment: ledger.recordPayment(root(body, 'payment')) }));
	api.route('get', '/api/v1/payments', (call) => {
		const { invoice_id, external_customer_id } = call.query;
		const found = [...state.payments.values()].reverse().filter((payment) => (invoice_id === undefined || payment.lago_payable_id === invoice_id) && (external_customer_id === undefined || payment.external_customer_id === external_customer_id));
		return page('payments', found, call);
	});
	api.route('get', '/api/v1/payments/:id', ({ params }) => ok({ payment: state.payments.get(params.id ?? '') ?? notFound('payment') }));
}

export function customerRoutes(api: SimulatedApi, state: LagoState, ledger: LagoLedger): void {
	api.route('post', '/api/v1/customers', ({ body }) => ok({ customer: ledger.upsertCustomer(root(body, 'customer')) }));
	api.route('get', '/api/v1/customers', (call) => {
		const metadata = Object.entries((call.query.metadata ?? {}) as Record<string, string>);
		const found = [...state.customers.values()].filter(
			(customer) =>
				(call.query.external_id === undefined || customer.external_id === call.query.external_id) &&
				metadata.every(([key, value]) => (customer.metadata.find((entry) => entry.key === key)?.value ?? '') === value),
		);
		return page('customers', found, call);
	});
	api.route('get', '/api/v1/customers/:externalId', ({ params }) => ok({ customer: state.customers.get(params.externalId ?? '') ?? notFound('customer') }));
}
