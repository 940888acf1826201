import { collectability, type InvoiceFacts, type SkipReason } from './invoice';
import { modeOfState, ourRecord, type CollectionState } from './invoiceMetadata';
import type { DodoMode } from './mode';
import type { Held } from './outcome';
import { owedOn } from './owed';

/** Life of a checkout link in seconds (docs `developer-resources/checkout-session`). */
export const LINK_LIFE_S = 24 * 3600;
/** A link is not handed out again when it has less than this left. */
const LINK_MARGIN_S = 60;

/** How an invoice gets, keeps or does not need a checkout link. Amounts in minor units of its currency. */
export type IntentDecision =
	| { action: 'skip'; reason: SkipReason; message: string }
	| { action: 'hold'; held: Held }
	/**
	 * The session that is already out still works and asks for the right amount. `state.url` may be missing: then Dodo's page is known by its
	 * id. `isCertain` is false when it must be looked at before it is handed out: nothing tells in which of Dodo's worlds it is, a payment by it
	 * has failed, or it may be the one by which the invoice was paid before the money was taken back.
	 */
	| { action: 'reuse'; state: CollectionState; sessionId: string; isCertain: boolean }
	/** An earlier object exists at Dodo: only if no money is on its way there may another be created. */
	| { action: 'look_first'; dodoId: string; attempt: number; amount: number }
	| { action: 'create'; attempt: number; amount: number };

/**
 * Decides from the invoice alone, which carries our record of earlier links.
 * @param nowS seconds since 1970.
 * @param mode the world in which the payment is to be made.
 */
export function decideIntent(invoice: InvoiceFacts, nowS: number, mode: DodoMode): IntentDecision {
	const verdict = collectability(invoice);
	if (verdict.decision === 'skip') return { action: 'skip', reason: verdict.reason, message: verdict.message };
	if (verdict.decision === 'held') return { action: 'hold', held: verdict.held };
	const { amount } = verdict;
	const { dodoId, state } = ourRecord(invoice.metadata);
	if (dodoId === undefined) return { action: 'create', attempt: 1, amount };
	const writtenIn = modeOfState(state);
	const usable =
		(writtenIn ?? mode) === mode && (state?.phase === 'open' || state?.phase === 'failed') && dodoId.startsWith('cks_');
	if (usable && state.amount === amount && (state.expiresAt ?? 0) - LINK_MARGIN_S > nowS) {
		const isCertain = writtenIn !== null && state.phase === 'open' && owedOn(invoice).how === 'due';
		return { action: 'reuse', state, sessionId: dodoId, isCertain };
	}
	return { action: 'look_first', dodoId, attempt: (state?.attempt ?? 1) + 1, amount };
}

const MOVING: ReadonlyArray<string | null | undefined> = [
	'succeeded',
	'processing',
	'requires_capture',
	'requires_merchant_action',
	'partially_captured',
	'partially_captured_and_capturable',
];

/** Whether a payment in this state still can or did bring money by itself, so that a second way to pay must not be opened. */
export function moneyIsMoving(status: string | null | undefined): boolean {
	return MOVING.includes(status);
}

const OVER: ReadonlyArray<string | null | undefined> = ['failed', 'cancelled'];

/**
 * Whether a session whose payment is in this state may take no other card: whether one does after a decline is documented nowhere, so only
 * one that nobody has paid by, or in which the payer still chooses, is certainly open.
 */
export function mayBeOver(status: string | null | undefined): boolean {
	return OVER.includes(status);
}
