import { exact, ONE, rounded, type Decimal } from './exact';
import { lagoUnits } from './currencies';
import { metadataValue, ourRecord, withOurMetadata, type CollectionState, type MetadataEntry } from './invoiceMetadata';
import { PAYMENT_ID_KEY, STATE_KEY, TOP_UP_RECORD } from './keys';
import { held, type Held } from './outcome';

/** A top-up that counts only when it is paid, by Lago's ids of the wallet's transaction and of the wallet. */
export interface TopUpRef {
	id: string;
	walletId: string;
}

/** What the rules need of such a top-up, besides its invoice. */
export interface TopUpFacts {
	/** `pending | settled | failed`. */
	status: string;
	/** `active | terminated`. */
	walletStatus: string;
	/** When the wallet ends, ms since 1970; null when it does not. */
	walletEndsAt: number | null;
	/** The wallet's metadata. */
	record: readonly MetadataEntry[];
}

/**
 * What stands for the two statuses of the invoice while nobody can read them: a wallet that has ended takes no credits any more, so nothing is
 * owed; a failed try is written in our record alone.
 * @param nowMs ms since 1970.
 */
export function topUpStatuses(
	{ status, walletStatus, walletEndsAt, record }: TopUpFacts,
	nowMs: number,
): { status: 'finalized' | 'voided'; paymentStatus: 'succeeded' | 'failed' | 'pending' } {
	const isPaid = status === 'settled';
	const hasEnded = walletStatus !== 'active' || (walletEndsAt ?? Infinity) <= nowMs;
	const hasFailed = ourRecord(record).state?.phase === 'failed';
	return {
		status: hasEnded && !isPaid ? 'voided' : 'finalized',
		paymentStatus: isPaid ? 'succeeded' : hasFailed ? 'failed' : 'pending',
	};
}

/** What people read as its number until its invoice has one: `TOPUP-9D16FACC`. */
export function topUpNumber(id: string): string {
	return `TOPUP-${id.slice(0, 8).toUpperCase()}`;
}

/** Major units, as Lago writes them, in minor units of the currency (`lago-api:app/models/wallet_credit.rb` rounds alike). */
export function topUpAmount(amount: Decimal, currency: string): number {
	return Number(rounded(exact(amount) * BigInt(lagoUnits(currency))) / ONE);
}

/** The key of its record in the wallet's metadata. */
export function recordKeyOf(id: string): string {
	return `${TOP_UP_RECORD}${id}`;
}

/** Its record as the two entries that an invoice would have; none where nothing is written. */
export function readTopUpRecord(metadata: Readonly<Record<string, unknown>>, id: string): MetadataEntry[] {
	const written = metadata[recordKeyOf(id)];
	const [dodoId = '', state = ''] = typeof written === 'string' ? written.split(' ') : [];
	return [
		{ key: PAYMENT_ID_KEY, value: dodoId === NO_ID ? '' : dodoId },
		{ key: STATE_KEY, value: state },
	].filter(({ value }) => value !== '');
}

/** What is written of it: `cks_... v1;open;a=1;...`, at most 255 characters (`lago-api:app/models/metadata/item_metadata.rb`). */
export function writeTopUpRecord(
	entries: readonly MetadataEntry[],
	change: { paymentId?: string; state: CollectionState },
): string {
	const after = withOurMetadata(entries, change);
	return `${metadataValue(after, PAYMENT_ID_KEY) ?? NO_ID} ${metadataValue(after, STATE_KEY) ?? ''}`;
}

/** Why a top-up waits for a person: without a licence Lago takes no payment of an invoice that it shows to nobody. @param what happened. */
export function topUpNeedsPremium(number: string, what: string): Held {
	return held(
		'top_up_needs_premium',
		`${what}: ${number} counts only when it is paid first, and a Lago without premium licence takes no payment of it.`,
		'Add a licence to Lago and run this again; or end the wallet, make one that does not require a successful payment, and refund what was paid in Dodo Payments.',
	);
}

/** Nothing was made at Dodo yet. */
const NO_ID = '-';

/** An unasked one is left to its own event for so long, seconds. */
const YOUNG_S = 60;

/**
 * Whether a waiting top-up is to be collected now: nobody was asked for it although its event is long over, or its next try is due.
 * @param createdAt ms since 1970; null when Lago does not say.
 */
export function isToCollect(record: readonly MetadataEntry[], createdAt: number | null, nowMs: number): boolean {
	const { state } = ourRecord(record);
	return state === null ? nowMs - (createdAt ?? 0) >= YOUNG_S * 1000 : (state.nextTryAt ?? Infinity) * 1000 <= nowMs;
}
