import { unclearUnit } from './currencies';
import { formatAmount, MAX_DODO_AMOUNT, minimumCharge } from './money';
import { held, type Held } from './outcome';
import { countedAs } from './counted';
import { freeMetadataSlots, ourRecord, type MetadataEntry } from './invoiceMetadata';
import { byRetryButton } from './olderLago';
import { owedOn, type OwedFacts } from './owed';
import type { TopUpRef } from './topUp';

/** What the rules need to know of a Lago invoice. Amounts are minor units of `currency`. */
export interface InvoiceFacts extends OwedFacts {
	id: string;
	number: string;
	currency: string;
	/** The merchant says that Lago and Dodo count this currency alike. */
	countedAlike?: boolean;
	total: number;
	/** What Lago's payments of it name, where somebody has looked. */
	references?: readonly string[];
	/** Of its customer, IANA; absent when Lago does not say. */
	timeZone?: string;
	/** Native provider that Lago itself charges through (`stripe`, ...), null when there is none. */
	nativeProvider: string | null;
	/** The Dodo subscription that is recorded on its customer as mandate, null when there is none. */
	mandateId: string | null;
	/** Those of all businesses of Dodo's that keep one on the customer. */
	mandateIds?: readonly string[];
	metadata: MetadataEntry[];
	/** Of an invoice that Lago shows to nobody before it is paid. */
	topUp?: TopUpRef;
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
 * Which invoices may be collected: finalized, something owed ({@link owedOn}), not self-billed, and no provider of Lago's own behind the
 * customer (it would charge the same invoice). `lago-api:app/models/invoice.rb`, `invoices/payments/*`.
 * @param asOneOf whether it is paid by itself, or with others: then only the sum must be an amount that Dodo takes.
 */
export function collectability(invoice: InvoiceFacts, asOneOf: 'one' | 'several' = 'one'): Collectability {
	const skip = (reason: SkipReason, message: string): Collectability => ({ decision: 'skip', reason, message });
	if (invoice.status !== 'finalized')
		return skip(
			'not_finalized',
			`Invoice ${invoice.number} is ${invoice.status}; only finalized invoices are collected.`,
		);
	// Whether there is anything is told first, whose it is second.
	const { how, asked } = owedOn({ ...invoice, selfBilled: false });
	if (how === null)
		return invoice.paymentStatus === 'succeeded'
			? skip('already_paid', `Invoice ${invoice.number} is already paid.`)
			: skip('nothing_due', `Nothing is due on invoice ${invoice.number}.`);
	if (invoice.selfBilled)
		return skip('self_billed', `Invoice ${invoice.number} is self-billed: you owe it, the customer does not.`);
	if (invoice.nativeProvider !== null)
		return skip(
			'native_provider',
			`Lago itself charges this customer through ${invoice.nativeProvider}; collecting invoice ${invoice.number} here as well would charge twice.`,
		);
	const hindrance = hindranceOf(invoice, asked, asOneOf);
	return hindrance === null ? { decision: 'collect', amount: asked } : { decision: 'held', held: hindrance };
}

/** Why Dodo cannot collect what is owed, null when it can. @param owed minor units. */
function hindranceOf(
	{ number, currency, countedAlike, metadata }: InvoiceFacts,
	owed: number,
	asOneOf: 'one' | 'several',
): Held | null {
	const amount = formatAmount(owed, currency);
	const unclear = unclearUnit(
		currency,
		countedAlike ?? false,
		`${amount} of invoice ${number} are not collected`,
		'Collect this invoice outside Dodo Payments and record the payment in Lago',
	);
	if (unclear !== null) return unclear;
	if (owed > MAX_DODO_AMOUNT)
		return held(
			'amount_above_dodo_limit',
			`Invoice ${number} is over ${amount}, more than Dodo Payments can carry in one payment (${formatAmount(MAX_DODO_AMOUNT, currency)}).`,
			'Split the invoice in Lago or collect it outside Dodo Payments.',
		);
	const least = minimumCharge(currency);
	if (asOneOf === 'one' && least !== null && owed < least)
		return held(
			'amount_below_dodo_minimum',
			`${amount} are due on invoice ${number}, less than the smallest payment that Dodo Payments takes (${formatAmount(least, currency)}).`,
			'Collect it together with the next invoice (void this one and charge for it there), or by hand, and record the payment in Lago.',
		);
	if (freeMetadataSlots(metadata) < 0)
		return held(
			'metadata_full',
			`Invoice ${number} has no room for the two metadata entries that tie it to Dodo Payments (Lago allows five in all).`,
			byRetryButton('Remove metadata entries of your own from the invoice in Lago, then press "Retry payment" there.'),
		);
	return null;
}

/**
 * Whether a payment that succeeded is known to Lago's books, so that what is owed all the same is owed beside it: by the references of Lago's
 * payments, or by our own record.
 */
export function isBooked({ references, metadata }: Pick<InvoiceFacts, 'references' | 'metadata'>, id: string): boolean {
	const { dodoId, state } = ourRecord(metadata);
	return (
		references?.includes(id) === true ||
		countedAs(state?.counted, id) !== undefined ||
		(dodoId === id && state?.phase === 'paid')
	);
}
