import { moneyIsMoving } from './intent';
import type { InvoiceFacts } from './invoice';
import { modeOfState, ourRecord, type CollectionState } from './invoiceMetadata';
import type { DodoMode } from './mode';
import { byRetryButton } from './olderLago';
import type { Said } from './outcome';
import { isUnderWay } from './phases';

/** Which try of an invoice a charge is. */
export interface Try {
	/** 1 for the first one. */
	attempt: number;
	/** The attempt is numbered after those that Dodo knows. */
	startsAnew: boolean;
	/** When it was asked for by Lago's button, seconds since 1970; undefined when it never was. */
	askedAt: number | undefined;
	/** What is recorded of this world of Dodo's. */
	before: CollectionState | null;
	/** Works in both of Dodo's worlds. */
	payLink: string | undefined;
	/** What the invoice names as its newest session or payment. */
	recordedId: string | undefined;
}

/** `wait`: the last try failed and no further one is due; `charge`. */
export type TryDecision =
	| { action: 'wait'; said: Said<'skipped'> & { outcome: 'skipped'; message: string; nextStep?: string } }
	| { action: 'charge'; next: Try };

/**
 * Lago's button sends the same bytes each time, so a copy of its webhook cannot be told from a second press: it counts once in so long,
 * seconds.
 */
const PRESS_COUNTS_FOR_S = 3_600;

/**
 * Decides whether a mandate is charged now, and as which try.
 * @param asked whether a person wants a try although none is due, by the workflow (`now`) or by Lago's button.
 * @param nowS seconds since 1970.
 */
export function decideTry(
	invoice: InvoiceFacts,
	mode: DodoMode,
	asked: 'now' | 'by_button' | null,
	nowS: number,
): TryDecision {
	const { dodoId, state: written } = ourRecord(invoice.metadata);
	// What the other of Dodo's worlds has written says nothing about this one.
	const state = (modeOfState(written) ?? mode) === mode ? written : null;
	const isCopy = asked === 'by_button' && nowS - (state?.askedAt ?? 0) < PRESS_COUNTS_FOR_S;
	const isAskedFor = asked !== null && !isCopy;
	const isDue = isAskedFor || (state?.nextTryAt ?? Infinity) <= nowS;
	if (dodoId?.startsWith('pay_') && state?.phase === 'failed' && !isDue)
		return { action: 'wait', said: waitsForNextTry(invoice.number, state, isCopy) };
	const isRunning = isUnderWay(state);
	return {
		action: 'charge',
		next: {
			attempt: state === null || dodoId === undefined ? 1 : isRunning ? state.attempt : state.attempt + 1,
			// Asked for a try where no record tells that the last one has ended: what Dodo shows as ended does not stand in its way.
			startsAnew: isAskedFor && (dodoId === undefined || isRunning),
			askedAt: isAskedFor && asked === 'by_button' ? nowS : state?.askedAt,
			before: state,
			payLink: written?.payLink,
			recordedId: dodoId,
		},
	};
}

/** A copy of the event that led to the failed try must not lead to another one. */
function waitsForNextTry(
	invoiceNumber: string,
	{ nextTryAt, declineCode, askedAt = 0 }: CollectionState,
	isCopy: boolean,
): Extract<TryDecision, { action: 'wait' }>['said'] {
	const failed = `The last charge of invoice ${invoiceNumber} failed${declineCode ? ` (${declineCode})` : ''}`;
	if (isCopy)
		return {
			outcome: 'skipped',
			reason: nextTryAt === undefined ? 'try_failed' : 'retry_planned',
			message: `${failed}. "Retry payment" was pressed less than an hour before, and counts once an hour.`,
			nextStep: `Press it again after ${new Date((askedAt + PRESS_COUNTS_FOR_S) * 1000).toISOString()}.`,
		};
	return nextTryAt === undefined
		? {
				outcome: 'skipped',
				reason: 'try_failed',
				message: `${failed} and no further one is planned.`,
				nextStep: byRetryButton('Press "Retry payment" in Lago to charge once more.'),
			}
		: {
				outcome: 'skipped',
				reason: 'retry_planned',
				message: `${failed}; the next one is planned for ${new Date(nextTryAt * 1000).toISOString()}.`,
			};
}

/** A charge of an invoice that Dodo has. */
export interface MadeCharge {
	id: string;
	/** Null when Dodo gives none yet. */
	status: string | null;
	attempt: number;
	/** All of it went back. */
	isReturned: boolean;
	/** Lago's books have it, so what is owed is owed beside it. */
	isBooked?: boolean;
}

/** The charge that stands in the way of another one for this attempt: one that brought money, one that runs, or one of the same attempt. */
export function standingCharge(
	made: readonly MadeCharge[],
	attempt: number,
): { isPaid: boolean; charge: MadeCharge } | null {
	const charges = made.filter(({ isBooked }) => isBooked !== true);
	const paid = charges.find(({ status, isReturned }) => status === 'succeeded' && !isReturned);
	if (paid !== undefined) return { isPaid: true, charge: paid };
	const running = charges.find(({ status }) => moneyIsMoving(status) && status !== 'succeeded');
	const known = running ?? charges.find((charge) => charge.attempt === attempt);
	return known === undefined ? null : { isPaid: false, charge: known };
}
