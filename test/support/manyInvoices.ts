import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';

export const CUSTOMERS = 5_000;
export const INVOICES = 20_000;
const DAY_MS = 86_400_000;

const uuidOf = (index: number): string => `00000001-0000-4000-8000-${String(index).padStart(12, '0')}`;
const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/**
 * A Lago with 5,000 customers who owe 20,000 invoices, with all that a list of it says of each. A page is made when it is asked for, so that
 * whatever stays in memory is kept by who asked.
 */
export class ManyInvoices {
	/** Paths that were asked for. */
	readonly calls: string[] = [];

	/** @param areAsked whether each has its link; else nobody has asked for any of them. */
	constructor(
		private readonly now: number,
		private readonly areAsked = true,
	) {}

	/** n8n's `httpRequestWithAuthentication`. */
	readonly request = async (_type: string, { url, qs = {} }: IHttpRequestOptions): Promise<unknown> => {
		const path = new URL(url).pathname.replace('/api/v1', '');
		this.calls.push(path);
		return await Promise.resolve({ statusCode: 200, body: this.answer(path, qs) });
	};

	private answer(path: string, qs: IDataObject): IDataObject {
		if (path.startsWith('/billing_entities/'))
			return { billing_entity: { name: 'Acme', logo_url: null, document_locale: 'en' } };
		if (path !== '/invoices' || qs.payment_dispute_lost !== undefined) return { [path.slice(1)]: [] };
		const [page, size] = [Number(qs.page), Number(qs.per_page)];
		const [first, end] = [(page - 1) * size, Math.min(page * size, INVOICES)];
		const count = Math.max(0, end - first);
		return { invoices: Array.from({ length: count }, (_, place) => this.invoice(first + place)) };
	}

	/** Each customer has four, due at intervals of a fortnight; due dates lie from 40 days ago to 20 days ahead. */
	private invoice(index: number): IDataObject {
		const [customer, place] = [index % CUSTOMERS, Math.floor(index / CUSTOMERS)];
		const due = this.now - ((customer % 15) + 14 * place - 14) * DAY_MS;
		const amount = 1_000 + (index % 977);
		return {
			lago_id: uuidOf(index),
			number: `ACME-${String(index).padStart(6, '0')}`,
			invoice_type: 'subscription',
			status: 'finalized',
			payment_status: index % 7 === 0 ? 'failed' : 'pending',
			billing_entity_code: 'acme',
			issuing_date: dateOf(due - 30 * DAY_MS),
			payment_due_date: dateOf(due),
			created_at: new Date(due - 30 * DAY_MS).toISOString(),
			payment_dispute_lost_at: null,
			currency: 'EUR',
			total_amount_cents: amount,
			total_due_amount_cents: amount,
			total_paid_amount_cents: 0,
			self_billed: false,
			customer: {
				lago_id: uuidOf(1_000_000 + customer),
				external_id: `customer-${customer}`,
				name: `Customer ${customer}`,
				email: `customer-${customer}@example.com`,
				applicable_timezone: 'Europe/Berlin',
				billing_entity_code: 'acme',
				billing_configuration: { payment_provider: null, document_locale: 'en' },
				address_line1: 'A street in a town, with a number and all that stands on an envelope',
				metadata: [],
			},
			metadata: (this.areAsked ? [true] : []).flatMap(() => [
				{ lago_id: uuidOf(2_000_000 + index), key: 'dodo_payment_id', value: `cks_${index}` },
				{
					lago_id: uuidOf(3_000_000 + index),
					key: 'dodo_state',
					value: `v1;open;a=1;m=${amount};l=https://n8n.example/pay?t=${'x'.repeat(38)}`,
				},
			]),
			file_url: `https://lago.example/invoices/${uuidOf(index)}.pdf`,
			web_url: `https://lago.example/customer/${customer}/invoice/${uuidOf(index)}/overview`,
			applied_taxes: [{ lago_id: uuidOf(4_000_000 + index), tax_name: 'VAT', tax_rate: 19, amount_cents: 160 }],
		};
	}
}

/** Reminder > Get Due at any hour of any day: what it does of {@link ManyInvoices} is the same whenever it is asked. */
export const WHO_IS_REMINDED = {
	resource: 'reminder',
	operation: 'getDue',
	show: 'now',
	payLinkAddress: 'https://n8n.example/pay',
	earliestHour: 0,
	latestHour: 24,
	sundays: true,
};
