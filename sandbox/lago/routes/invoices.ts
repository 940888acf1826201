import { ok, type ApiCall, type Reply, type SimulatedApi } from '../../shared/api';
import type { LagoLedger } from '../ledger';
import { PAYMENT_STATUSES, VISIBLE, type Invoices } from '../ledger/invoices';
import { forbidden, invalid, notAllowed, notFound } from '../refusals';
import type { Invoice } from '../documents';
import { dueOf, type LagoState } from '../state';
import { invoiceView } from '../views/invoices';
import { knowsEntities } from './billingEntities';
import { chosen, Counts, hasMetadata, page, root, V1, within } from './requests';

/** Invoices (`lago-api:app/controllers/api/v1/invoices_controller.rb`). */
export function invoiceRoutes(api: SimulatedApi, state: LagoState, ledger: LagoLedger, premium: () => boolean): void {
	const { invoices, customers } = ledger;
	const counts = new Counts();
	const one = (invoice: Invoice): Reply => ok({ invoice: invoiceView(invoice, 'rest') });
	const list = (call: ApiCall, query: Record<string, unknown>): Reply => {
		if (!knowsEntities(state, query)) return notFound('billing_entity');
		const matching = newestFirst(state).filter(matcher(query));
		return page('invoices', matching, call, (invoice) => invoiceView(invoice, 'list'), counts);
	};

	api.route('get', `${V1}/invoices`, (call) => list(call, call.query));
	api.route('get', `${V1}/customers/:externalId/invoices`, (call) =>
		list(call, { ...call.query, external_customer_id: customers.get(call.params.externalId).external_id }),
	);
	api.route('post', `${V1}/invoices`, ({ body }) => one(createOneOff(state, ledger, root(body, 'invoice'))));
	api.route('get', `${V1}/invoices/:id`, ({ params }) => one(invoices.get(params.id)));
	api.route('put', `${V1}/invoices/:id`, ({ params, body }) => one(invoices.update(params.id, root(body, 'invoice'))));
	api.route('put', `${V1}/invoices/:id/finalize`, ({ params }) => one(invoices.finalize(params.id)));
	api.route('post', `${V1}/invoices/:id/retry_payment`, ({ params }) => {
		invoices.retryPayment(params.id);
		return ok();
	});
	api.route('post', `${V1}/invoices/:id/retry`, ({ params }) => refuseRetry(invoices, params.id));
	api.route('post', `${V1}/invoices/:id/payment_url`, ({ params }) => refusePaymentUrl(invoices, params.id));
	api.route('post', `${V1}/invoices/:id/void`, ({ params, body }) => {
		if (![true, 'true', '1', 1].includes(body.generate_credit_note as never)) return one(invoices.void(params.id));
		if (!premium()) forbidden();
		const shares = { credit: wholeNumber(body.credit_amount), refund: wholeNumber(body.refund_amount) };
		ledger.automaticNotes.checkVoid(invoices.get(params.id), shares);
		return one(invoices.void(params.id, (invoice) => ledger.automaticNotes.forVoided(invoice, shares)));
	});
	api.route('post', `${V1}/invoices/:id/lose_dispute`, ({ params }) => one(invoices.loseDispute(params.id)));
}

function newestFirst(state: LagoState): Invoice[] {
	const visible = [...state.invoices.values()].filter(({ status }) => VISIBLE.includes(status)).reverse();
	return visible.sort((a, b) => b.issuing_date.localeCompare(a.issuing_date));
}

/** What `app/services/invoices_query.rb` filters by; names that it does not know are dropped. */
function matcher(query: Record<string, unknown>): (invoice: Invoice) => boolean {
	const statuses = chosen(query, ['status', 'statuses'], VISIBLE);
	const paymentStatuses = chosen(query, ['payment_status', 'payment_statuses'], PAYMENT_STATUSES);
	const types = chosen(query, ['invoice_type']);
	const entities = chosen(query, ['billing_entity_codes']);
	// A date that is none is passed over.
	const dates = Object.fromEntries(
		Object.entries(query).filter(([, value]) => !Number.isNaN(Date.parse(String(value)))),
	);
	const flag = (name: string, value: boolean): boolean =>
		query[name] === undefined || query[name] === '' || String(value) === query[name];
	const equal = (name: string, value: string): boolean =>
		query[name] === undefined || query[name] === '' || value === query[name];
	return (invoice) =>
		(statuses?.includes(invoice.status) ?? true) &&
		(paymentStatuses?.includes(invoice.payment_status) ?? true) &&
		(types?.includes(invoice.invoice_type) ?? true) &&
		(entities?.includes(invoice.billing_entity_code) ?? true) &&
		equal('external_customer_id', invoice.customer.external_id) &&
		equal('currency', invoice.currency) &&
		flag('self_billed', invoice.self_billed) &&
		flag('payment_overdue', invoice.payment_overdue) &&
		flag('partially_paid', invoice.total_paid_amount_cents > 0 && dueOf(invoice) > 0) &&
		// Any text is true here, also "false".
		(!query.payment_dispute_lost || invoice.payment_dispute_lost_at !== null) &&
		within(dates, 'issuing_date', invoice.issuing_date) &&
		within(query, 'amount', invoice.total_amount_cents) &&
		mentions(invoice, query.search_term) &&
		hasMetadata(query, invoice.metadata);
}

function mentions({ number, lago_id, customer }: Invoice, term: unknown): boolean {
	return (
		typeof term !== 'string' ||
		[number, lago_id, customer.name, customer.external_id].some((text) =>
			text?.toLowerCase().includes(term.toLowerCase()),
		)
	);
}

function createOneOff(
	state: LagoState,
	{ invoices, customers }: LagoLedger,
	{ external_customer_id, currency, fees, billing_entity_code: entity }: Record<string, unknown>,
): Invoice {
	const customer = customers.get(typeof external_customer_id === 'string' ? external_customer_id : undefined);
	if (!Array.isArray(fees) || fees.length === 0) return invalid({ fees: ['value_is_mandatory'] });
	if (typeof entity === 'string' && !state.billingEntities.has(entity)) notFound('billing_entity');
	const lines = (
		fees as Array<{
			add_on_code?: string;
			unit_amount_cents?: number | null;
			units?: string | number | null;
			description?: string;
			tax_codes?: string[];
		}>
	).map((fee) => {
		const addOn = state.addOns.get(fee.add_on_code ?? '') ?? notFound('add_on');
		const units = Number(fee.units ?? 1);
		const taxes = (fee.tax_codes ?? []).map((code) => state.taxes.get(code) ?? notFound('tax'));
		return {
			name: addOn.name,
			code: addOn.code,
			amountCents: Math.round((fee.unit_amount_cents ?? addOn.amount_cents) * units),
			units,
			taxRate: taxes.map(({ rate }) => rate),
		};
	});
	return invoices.issue({
		type: 'one_off',
		dueInDays: Number(customer.net_payment_term ?? 0),
		currency: typeof currency === 'string' ? currency : (customer.currency ?? 'EUR'),
		customer: { external_id: customer.external_id },
		fees: lines,
		...(typeof entity === 'string' ? { billingEntityCode: entity } : {}),
	});
}

/** As Ruby's `to_i` reads it. */
function wholeNumber(value: unknown): number {
	return Math.trunc(Number.parseFloat(String(value))) || 0;
}

/** Only an invoice whose making failed is made again, and none fails here. */
function refuseRetry(invoices: Invoices, id: string | undefined): never {
	invoices.get(id);
	return notAllowed('invalid_status');
}

/** Lago makes pay links for its native providers only, and none of them is simulated. */
function refusePaymentUrl(invoices: Invoices, id: string | undefined): never {
	const { status, payment_status, customer } = invoices.get(id);
	if (status !== 'finalized' || payment_status === 'succeeded')
		return invalid({ base: ['invalid_invoice_status_or_payment_status'] });
	return customer.billing_configuration.payment_provider === null
		? invalid({ base: ['no_linked_payment_provider'] })
		: notAllowed('feature_not_supported');
}
