import type { CollectionState } from './invoiceMetadata';

/**
 * `waiting`: nothing is out, the next try is planned; `open`: a link was handed out; `charging`: the mandate was charged and the result
 * follows; `processing`: money is on its way; `failed`: the last try was declined; `paid`; `overpaid`: `dodo_payment_id` names a surplus
 * payment that must go back; `returned`: it went back.
 */
export const PHASES = ['waiting', 'open', 'charging', 'processing', 'failed', 'paid', 'overpaid', 'returned'] as const;

export type Phase = (typeof PHASES)[number];

/** What happens to a collection. The last seven are only noted: they begin a record where there is none, and leave a phase as it is. */
export type CollectionEvent =
	| 'link_made'
	| 'charged'
	| 'under_way'
	| 'declined'
	| 'booked'
	| 'surplus_came'
	| 'surplus_returned'
	/** Lago says that the invoice is owed, whatever is recorded: a person set it back, or gave the money back. */
	| 'found_due'
	/** The link that is out was handed out once more. */
	| 'link_reused'
	| 'pay_link_made'
	| 'charge_postponed'
	| 'try_counted'
	| 'refunded'
	| 'dispute_lost'
	| 'dispute_won';

type From = Phase | 'none';

const UNSETTLED: readonly From[] = ['none', 'waiting', 'open', 'charging', 'processing', 'failed'];
const ENDED: readonly From[] = ['paid', 'overpaid', 'returned'];
const ANY: readonly From[] = [...UNSETTLED, ...ENDED];

const TABLE: ReadonlyArray<readonly [from: readonly From[], event: CollectionEvent, to: Phase]> = [
	[UNSETTLED, 'link_made', 'open'],
	[UNSETTLED, 'charged', 'charging'],
	[UNSETTLED, 'under_way', 'processing'],
	[UNSETTLED, 'declined', 'failed'],
	[ANY, 'booked', 'paid'],
	[ANY, 'surplus_came', 'overpaid'],
	[['overpaid'], 'surplus_returned', 'returned'],
	[ENDED, 'found_due', 'waiting'],
	[['none'], 'link_reused', 'open'],
	[['none'], 'pay_link_made', 'open'],
	[['none'], 'charge_postponed', 'waiting'],
	[['none'], 'try_counted', 'failed'],
	[['none'], 'refunded', 'paid'],
	[['none'], 'dispute_lost', 'paid'],
	[['none'], 'dispute_won', 'paid'],
];

/**
 * The phase after an event. What the table does not have leaves the phase as it is: then the record is behind, which costs a look more and
 * no money, since nobody charges, books or refunds by a phase alone. An error here would keep news of money that has moved from being
 * written.
 * @param from null where nothing is recorded.
 */
export function nextPhase(from: Phase | null, event: CollectionEvent): Phase {
	const step = TABLE.find(([froms, name]) => name === event && froms.includes(from ?? 'none'));
	return step?.[2] ?? from ?? 'waiting';
}

/** The state after an event that begins a new part of the collection: of what was recorded only the phase counts. */
export function nextState(
	before: Pick<CollectionState, 'phase'> | null,
	event: CollectionEvent,
	rest: Omit<CollectionState, 'phase'>,
): CollectionState {
	return { ...rest, phase: nextPhase(before?.phase ?? null, event) };
}

/** The state after an event that adds to what is recorded. */
export function noted(
	before: CollectionState | null,
	event: CollectionEvent,
	news: Partial<Omit<CollectionState, 'phase'>> = {},
): CollectionState {
	return nextState(before, event, { attempt: 1, ...before, ...news });
}

/** What is recorded of an invoice that Lago, read just now, says is owed. */
export function whileDue(before: CollectionState | null): CollectionState | null {
	return before === null ? null : noted(before, 'found_due');
}

/** Whether the collection has come to its end, one way or the other. */
export function isEnded({ phase }: Pick<CollectionState, 'phase'>): boolean {
	return ENDED.includes(phase);
}

/** By the phase that a link or charge was made with; any other is that of a link that was handed out once more. */
const MADE: Partial<Record<Phase, CollectionEvent>> = { open: 'link_made', charging: 'charged' };

/** A link or charge as it was made, on what is recorded of its invoice by the time it is written. */
export function asRecorded(made: CollectionState, before: CollectionState | null): CollectionState {
	return nextState(whileDue(before), MADE[made.phase] ?? 'link_reused', made);
}

/** Whether money is on its way, or may be. */
export function isUnderWay(state: Pick<CollectionState, 'phase'> | null): boolean {
	return state?.phase === 'charging' || state?.phase === 'processing';
}

/** The phase of an invoice that names a payment: an id without a state is written for a paid invoice only (see withOurMetadata). */
export function phaseOf(state: Pick<CollectionState, 'phase'> | null): Phase {
	return state?.phase ?? 'paid';
}

export function isPhase(text: string | undefined): text is Phase {
	return (PHASES as ReadonlyArray<string | undefined>).includes(text);
}
