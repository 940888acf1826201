import { unclearUnit } from './currencies';
import { formatAmount, MAX_DODO_AMOUNT, minimumCharge } from './money';
import { held, type Held } from './outcome';
import { freeMetadataSlots, type MetadataEntry } from './invoiceMetadata';

/** What the rules need to know of a Lago invoice. Amounts are minor units of `currency`. */
export interface InvoiceFacts {
	id: string;
	number: string;
	/** `draft | finalized | voided | failed | pending`, or a word that Lago invents later. */
	status: string;
	/** `pending | succeeded | failed`. */
	paymentStatus: string;
	currency: string;
	/** The merchant says that Lago and Dodo count this currency alike. */
	countedAlike?: boolean;
	total: number;
	/** Total minus payments minus offsets. Ignores `paymentStatus`: an invoice marked paid by hand still shows its total. */
	totalDue: number;
	selfBilled: boolean;
	/** Of its customer, IANA; absent when Lago does not say. */
	timeZone?: string;
	/** Native provider that Lago itself charges through (`stripe`, ...), null when there is none. */
	nativeProvider: string | null;
	/** The Dodo subscription that is recorded on its customer as mandate, null when there is none. */
	mandateId: string | null;
	metadata: MetadataEntry[];
	/** What the payments of a checkout for it carry; absent where no secret is known to make it of. */
	paymentProof?: string;
}

/** Why an invoice is left alone. */
export type SkipReason = 'not_finalized' | 'already_paid' | 'nothing_due' | 'self_billed' | 'native_provider';

/** `collect`: ask the customer for `amount` minor units; `skip`: rightly nothing to do; `held`: a person must look. */
export type Collectability =
	| { decision: 'collect'; amount: number }
	| { decision: 'skip'; reason: SkipReason; message: string }
	| { decision: 'held'; held: Held };

/**
 * Which invoices may be collected: finalized, not paid, something due, not self-billed, and no provider of Lago's own
 * behind the customer (it would charge the same invoice). `lago-api:app/models/invoice.rb`, `invoices/payments/*`.
 */
export function collectability(invoice: InvoiceFacts): Collectability {
	const skip = (reason: SkipReason, message: string): Collectability => ({ decision: 'skip', reason, message });
	if (invoice.status !== 'finalized')
		return skip(
			'not_finalized',
			`Invoice ${invoice.number} is ${invoice.status}; only finalized invoices are collected.`,
		);
	if (invoice.paymentStatus === 'succeeded') return skip('already_paid', `Invoice ${invoice.number} is already paid.`);
	if (invoice.totalDue <= 0) return skip('nothing_due', `Nothing is due on invoice ${invoice.number}.`);
	if (invoice.selfBilled)
		return skip('self_billed', `Invoice ${invoice.number} is self-billed: you owe it, the customer does not.`);
	if (invoice.nativeProvider !== null)
		return skip(
			'native_provider',
			`Lago itself charges this customer through ${invoice.nativeProvider}; collecting invoice ${invoice.number} here as well would charge twice.`,
		);
	const hindrance = hindranceOf(invoice);
	return hindrance === null ? { decision: 'collect', amount: invoice.totalDue } : { decision: 'held', held: hindrance };
}

/** Why Dodo cannot collect what is due, null when it can. */
function hindranceOf({ number, totalDue, currency, countedAlike, metadata }: InvoiceFacts): Held | null {
	const amount = formatAmount(totalDue, currency);
	const unclear = unclearUnit(
		currency,
		countedAlike ?? false,
		`${amount} of invoice ${number} are not collected`,
		'Collect this invoice outside Dodo Payments and record the payment in Lago',
	);
	if (unclear !== null) return unclear;
	if (totalDue > MAX_DODO_AMOUNT)
		return held(
			'amount_above_dodo_limit',
			`Invoice ${number} is over ${amount}, more than Dodo Payments can carry in one payment (${formatAmount(MAX_DODO_AMOUNT, currency)}).`,
			'Split the invoice in Lago or collect it outside Dodo Payments.',
		);
	const least = minimumCharge(currency);
	if (least !== null && totalDue < least)
		return held(
			'amount_below_dodo_minimum',
			`${amount} are due on invoice ${number}, less than the smallest payment that Dodo Payments takes (${formatAmount(least, currency)}).`,
			'Collect it together with the next invoice (void this one and charge for it there), or by hand, and record the payment in Lago.',
		);
	if (freeMetadataSlots(metadata) < 0)
		return held(
			'metadata_full',
			`Invoice ${number} has no room for the two metadata entries that tie it to Dodo Payments (Lago allows five in all).`,
			'Remove metadata entries of your own from the invoice in Lago, then press "Retry payment" there.',
		);
	return null;
}
