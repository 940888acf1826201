import { ourRecord } from '../../../shared/domain/invoiceMetadata';
import { MANDATE_KEY, PAYMENT_ID_KEY } from '../../../shared/domain/keys';
import { formatDodoAmount } from '../../../shared/domain/money';
import { held, type Held } from '../../../shared/domain/outcome';
import type { PaymentFacts } from '../../../shared/domain/settlement';
import { invoiceSchema, listedCustomerSchema, paymentSchema, toInvoiceFacts } from '../../../shared/wire/lago/objects';
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
	// An older Lago ignores filters that it does not know.
	const customers = await client.list(
		'customers',
		listedCustomerSchema,
		{ [`metadata[${MANDATE_KEY}]`]: subscriptionId },
		MAX_OPEN_INVOICES,
	);
	const customer = customers.find(({ metadata }) =>
		metadata?.some(({ key, value }) => key === MANDATE_KEY && value === subscriptionId),
	);
	if (customer === undefined) return null;
	const booked = await client.list(
		'payments',
		paymentSchema,
		{ external_customer_id: customer.external_id },
		MAX_PAYMENTS,
	);
	const bookedOn = booked.find(({ reference }) => reference === payment.id)?.lago_payable_id;
	if (bookedOn) return bookedOn;
	const named = await client.list(
		'invoices',
		invoiceSchema,
		{ [`metadata[${PAYMENT_ID_KEY}]`]: payment.id },
		MAX_OPEN_INVOICES,
	);
	const recorded = named.find((invoice) => ourRecord(toInvoiceFacts(invoice).metadata).dodoId === payment.id);
	if (recorded !== undefined) return recorded.lago_id;
	const query = {
		external_customer_id: customer.external_id,
		statuses: ['finalized'],
		payment_statuses: ['pending', 'failed'],
	};
	const open = await client.list('invoices', invoiceSchema, query, MAX_OPEN_INVOICES);
	const fitting = open.filter((invoice) => {
		const { dodoId, state } = ourRecord(toInvoiceFacts(invoice).metadata);
		const amount = state?.taxOnTop ? payment.amount - payment.tax : payment.amount;
		return (
			dodoId?.startsWith('pay_') &&
			state?.phase === 'failed' &&
			invoice.currency === payment.currency &&
			invoice.total_due_amount_cents === amount
		);
	});
	const [invoice, ...others] = fitting;
	if (invoice !== undefined && others.length === 0) return invoice.lago_id;
	return held(
		'unknown_invoice',
		`Payment ${payment.id} of ${formatDodoAmount(payment.amount, payment.currency)} came by mandate ${subscriptionId} of customer ${customer.external_id} and names no invoice; ${fitting.length === 0 ? 'no open one fits' : `${fitting.length} open ones fit`}.`,
		'Find the invoice it pays and record the payment there by hand; refund it in Dodo Payments if there is none.',
	);
}
