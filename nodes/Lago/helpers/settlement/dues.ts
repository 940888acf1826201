import { ourRecord } from '../../../shared/domain/invoiceMetadata';
import { PAYMENT_ID_KEY } from '../../../shared/domain/keys';
import { mandatesOn, placesOf } from '../../../shared/domain/mandates';
import { formatDodoAmount } from '../../../shared/domain/money';
import { held, type Held } from '../../../shared/domain/outcome';
import type { PaymentFacts } from '../../../shared/domain/payment';
import { isDueOf } from '../../../shared/domain/paidAgain';
import {
	invoiceSchema,
	listedCustomerSchema,
	paymentSchema,
	toInvoiceFacts,
	type LagoCustomer,
} from '../../../shared/wire/lago/objects';
import type { LagoClient } from '../../transport/client';

/** More open invoices than one customer ever has. */
const MAX_OPEN_INVOICES = 1_000;
/** More payments than one customer ever makes. */
const MAX_PAYMENTS = 10_000;

/**
 * What was due on a held mandate and is collected with a new card names no invoice: it is the one that it is booked on already, else the
 * one open invoice of the mandate's customer with a failed charge over exactly this amount.
 * @returns its id, a held item when it is not clear, null when the mandate has nothing to do with Lago.
 */
export async function findInvoiceOfDues(
	client: LagoClient,
	payment: PaymentFacts,
	subscriptionId: string,
): Promise<string | Held | null> {
	const customerId = await customerOf(client, subscriptionId, payment.businessId);
	if (customerId === null) return null;
	const known = await knownInvoiceOf(client, payment, customerId);
	if (known !== null) return known;
	const query = {
		external_customer_id: customerId,
		statuses: ['finalized'],
		payment_statuses: ['pending', 'failed'],
	};
	const open = (await client.list('invoices', invoiceSchema, query, MAX_OPEN_INVOICES)).map(toInvoiceFacts);
	const fitting = open.filter((invoice) => invoice.paymentStatus !== 'succeeded' && isDueOf(payment, invoice));
	const [invoice, ...others] = fitting;
	if (invoice !== undefined && others.length === 0) return invoice.id;
	const sum = formatDodoAmount(payment.amount, payment.currency);
	const count = fitting.length === 0 ? 'no open one fits' : `${fitting.length} open ones fit`;
	return held(
		'unknown_invoice',
		`Payment ${payment.id} of ${sum} came by mandate ${subscriptionId} of customer ${customerId} and names no invoice; ${count}.`,
		'Find the invoice it pays and record the payment there by hand; refund it in Dodo Payments if there is none.',
	);
}

/** The external id of the customer whom a mandate belongs to. An older Lago ignores filters that it does not know, and lists all of them. */
async function customerOf(
	client: LagoClient,
	subscriptionId: string,
	businessId: string | null | undefined,
): Promise<string | null> {
	const isTheirs = ({ metadata }: Pick<LagoCustomer, 'metadata'>): boolean =>
		mandatesOn(metadata ?? []).includes(subscriptionId);
	for (const place of placesOf(businessId)) {
		const query = { [`metadata[${place}]`]: subscriptionId };
		const customers = await client.list('customers', listedCustomerSchema, query, Number.MAX_SAFE_INTEGER, isTheirs);
		const found = customers.find(isTheirs);
		if (found !== undefined) return found.external_id;
	}
	return null;
}

/** The invoice that a payment is booked on already, or that names it. */
async function knownInvoiceOf(client: LagoClient, payment: PaymentFacts, customerId: string): Promise<string | null> {
	const ofCustomer = { external_customer_id: customerId };
	const booked = await client.list('payments', paymentSchema, ofCustomer, MAX_PAYMENTS);
	const found = booked.find(({ reference }) => reference === payment.id);
	// Before 1.34 a payment names its invoices only.
	const bookedOn = found?.lago_payable_id ?? found?.invoice_ids?.[0];
	if (bookedOn) return bookedOn;
	const query = { ...ofCustomer, [`metadata[${PAYMENT_ID_KEY}]`]: payment.id };
	const named = await client.list('invoices', invoiceSchema, query, MAX_OPEN_INVOICES);
	return named.find((one) => ourRecord(toInvoiceFacts(one).metadata).dodoId === payment.id)?.lago_id ?? null;
}
