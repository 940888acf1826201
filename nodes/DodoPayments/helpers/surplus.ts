import { broughtBy, sharesIn } from '../../shared/domain/bundle';
import { INVOICE_KEY } from '../../shared/domain/keys';
import { overpaymentReason } from '../../shared/domain/refundTarget';
import { ApiError } from '../../shared/transport/apiError';
import type { DodoPayment } from '../../shared/wire/dodo/objects';
import type { WantedRefund } from './refunds';

/** What was paid although an invoice did not owe it. */
interface Surplus {
	/** Empty where nobody says. */
	invoiceId: string;
	number: string;
	/** Minor units; of a payment of one invoice it says nothing. */
	surplus: number | undefined;
}

/**
 * The refund of an overpayment: all of a payment of one invoice; of one of several invoices what this one did not owe, and never more than its
 * share.
 * @throws ApiError for good when a payment of several invoices does not name this one.
 */
export function surplusOf(payment: DodoPayment, { invoiceId, number, surplus }: Surplus): WantedRefund {
	const { payment_id: paymentId, total_amount: amount } = payment;
	const metadata: Record<string, string> = invoiceId === '' ? {} : { [INVOICE_KEY]: invoiceId };
	const shares = sharesIn(payment.metadata);
	if (shares === undefined)
		return { paymentId, amount: null, withoutTax: false, reason: `Overpayment of invoice ${number}`.trim(), metadata };
	const share = shares.find((one) => one.invoiceId === invoiceId);
	if (share === undefined || surplus === undefined)
		throw new ApiError(
			'Dodo Payments',
			422,
			'NOT_OF_THIS_INVOICE',
			`Payment ${paymentId} is of several invoices, and what of it is too much for invoice ${number} is not said`,
		);
	const brought = broughtBy({ amount, tax: payment.tax ?? 0, shares });
	return {
		paymentId,
		amount: Math.min(surplus, share.amount),
		withoutTax: brought < amount,
		reason: overpaymentReason(number, invoiceId),
		metadata,
	};
}
