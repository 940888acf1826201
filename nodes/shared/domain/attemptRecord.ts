import type { InvoiceFacts } from './invoice';
import { ourRecord, type CollectionState } from './invoiceMetadata';
import { attemptOf, type PaymentFacts } from './payment';
import { isUnderWay, nextState, whileDue } from './phases';
import { planNextTry, type OpenInvoice, type Plan, type Planned } from './retryPlan';
import { isHardDecline, type RetryPolicy } from './retrySchedule';
import { decideAttempt } from './attempt';

/** What is told of an attempt; `outcome` is that of the plan where one was made. */
export type AttemptNews = Partial<Omit<Plan, 'outcome'>> & {
	outcome: 'failed' | 'ignored' | 'processing' | 'unchanged' | Plan['outcome'];
	message: string;
	declineCode?: string | null;
};

/**
 * What is to be written of a failed or running payment: `leave`: nothing; `plan`: the next try of a failure that is recorded; `record`: the
 * payment, and with it the next try. `isUnplanned`: a failure whose next try somebody else is to plan.
 */
export type AttemptStep = { told: AttemptNews; isUnplanned: boolean } & (
	| { action: 'leave' }
	| { action: 'plan'; change: { state: CollectionState } }
	| { action: 'record'; change: { paymentStatus?: 'failed'; paymentId: string; state: CollectionState } }
);

/**
 * Decides on the invoice as it was read this moment.
 * @param open the same invoice as Plan Retry sees it.
 * @param policy when a failure is tried again; null leaves that to others.
 * @param nowMs ms since 1970.
 */
export function decideRecord(
	payment: PaymentFacts,
	kind: 'failed' | 'processing',
	invoice: InvoiceFacts,
	open: Omit<OpenInvoice, 'state'>,
	policy: RetryPolicy | null,
	nowMs: number,
): AttemptStep {
	const declineCode = payment.errorCode ?? undefined;
	const planned: Planning = (state) =>
		policy === null ? null : planNextTry(policy, { outcome: 'failed', declineCode }, { ...open, state }, nowMs);
	const decision = decideAttempt(payment, invoice);
	const leave = (outcome: 'ignored' | 'unchanged', message: string): AttemptStep => ({
		action: 'leave',
		told: { outcome, message },
		isUnplanned: false,
	});
	if (decision.action === 'ignored') return leave('ignored', decision.message);
	if (decision.action === 'unchanged' || (decision.action === 'recorded' && kind === 'processing'))
		return leave('unchanged', decision.message);
	if (decision.action === 'recorded') return planRecorded(payment, invoice, decision.message, planned, nowMs);
	if (kind === 'failed') return recordFailure(payment, invoice, planned);
	return {
		action: 'record',
		change: { paymentId: payment.id, state: stateAfter(payment, invoice, 'under_way') },
		told: {
			outcome: 'processing',
			message: `Payment ${payment.id} of invoice ${invoice.number} is under way; the outcome follows.`,
		},
		isUnplanned: false,
	};
}

/** The next try after a failure that leaves this state; null where somebody else plans it. */
type Planning = (state: CollectionState | null) => Planned | null;

/** A failure that is on the invoice already: whether its next try was planned nobody knows, and planning is harmless when it was. */
function planRecorded(
	payment: PaymentFacts,
	invoice: InvoiceFacts,
	recorded: string,
	planned: Planning,
	nowMs: number,
): AttemptStep {
	const declineCode = payment.errorCode ?? undefined;
	const { state } = ourRecord(invoice.metadata);
	// A try that is due right now is left to whoever makes it.
	const isDue = state?.nextTryAt !== undefined && state.nextTryAt * 1000 <= nowMs;
	const late = isDue && !isHardDecline(declineCode) ? null : planned(state);
	const message = sentences(recorded, late?.plan.message);
	const step = {
		told: { outcome: 'failed' as const, ...late?.plan, message, declineCode },
		isUnplanned: late === null,
	};
	return late?.save === undefined
		? { action: 'leave', ...step }
		: { action: 'plan', change: { state: late.save }, ...step };
}

function recordFailure(payment: PaymentFacts, invoice: InvoiceFacts, planned: Planning): AttemptStep {
	const { dodoId } = ourRecord(invoice.metadata);
	const state = stateAfter(payment, invoice, 'declined');
	const next = planned(state);
	// A declined card leaves the session open, and the session is how the link is found again.
	const paymentId = dodoId === payment.checkoutSessionId ? dodoId : payment.id;
	const happened = payment.status === 'cancelled' ? 'was cancelled' : 'failed';
	const message = sentences(
		`Payment ${payment.id} of invoice ${invoice.number} ${happened}${payment.errorCode ? ` (${payment.errorCode})` : ''}.`,
		state.url || state.payLink ? 'The link on the invoice stays usable.' : undefined,
		next?.plan.message,
	);
	return {
		action: 'record',
		change: { paymentStatus: 'failed', paymentId, state: next?.save ?? state },
		told: { outcome: 'failed', ...next?.plan, message, declineCode: payment.errorCode },
		isUnplanned: next === null,
	};
}

/** Keeps what is known of the link: a declined card leaves it open; a bank debit that fails later has used it up. */
export function stateAfter(
	payment: PaymentFacts,
	invoice: InvoiceFacts,
	event: 'booked' | 'surplus_came' | 'declined' | 'under_way',
): CollectionState {
	const { state } = ourRecord(invoice.metadata);
	const {
		amount,
		taxOnTop,
		expiresAt,
		url,
		payLink,
		nextTryAt,
		failedTries,
		failedSince,
		askedAt,
		attempt = 1,
	} = state ?? {};
	const isOwed = event === 'declined' || event === 'under_way';
	const usedUp = event === 'declined' && isUnderWay(state);
	const plan: Partial<CollectionState> = isOwed ? { nextTryAt, failedTries, failedSince, askedAt } : {};
	if (event === 'declined') {
		plan.failedSince ??= payment.changedAt ?? undefined;
		plan.declineCode = payment.errorCode ?? undefined;
	}
	return nextState(isOwed ? whileDue(state) : state, event, {
		attempt: Math.max(attempt, attemptOf(payment, attempt)),
		taxOnTop,
		payLink,
		mode: payment.observedMode ?? undefined,
		...plan,
		...(usedUp ? {} : { amount, expiresAt, url }),
	});
}

function sentences(...parts: Array<string | undefined>): string {
	return parts.filter((part) => part !== undefined).join(' ');
}
