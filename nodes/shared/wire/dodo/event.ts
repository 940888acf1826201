import { z } from 'zod';
import { lenient } from '../lenient';
import { onFirstUse } from '../onFirstUse';

/**
 * The envelope of every Dodo webhook (docs `developer-resources/webhooks`). `data` is the object as of delivery, `timestamp` the
 * time of the event (ISO-8601, UTC).
 */
export const dodoEventSchema = onFirstUse(() =>
	z
		.object({
			type: z.string().min(1).max(100),
			timestamp: z.string(),
			business_id: lenient(z.string()),
			data: z.record(z.unknown()),
		})
		.passthrough(),
);

export type DodoEvent = z.output<typeof dodoEventSchema>;

/** All event types of Dodo's SDK 2.52.0, by the object they tell of. */
export const DODO_EVENTS: Readonly<Record<string, readonly string[]>> = {
	payment: ['succeeded', 'failed', 'processing', 'cancelled'],
	refund: ['succeeded', 'failed'],
	dispute: ['opened', 'expired', 'accepted', 'cancelled', 'challenged', 'won', 'lost'],
	subscription: [
		'active',
		'renewed',
		'on_hold',
		'past_due',
		'paused',
		'unpaused',
		'cancelled',
		'failed',
		'expired',
		'plan_changed',
		'updated',
		'update_payment_method',
	],
	license_key: ['created'],
	payout: ['created', 'on_hold', 'in_progress', 'failed', 'success'],
	credit: [
		'added',
		'deducted',
		'expired',
		'rolled_over',
		'rollover_forfeited',
		'overage_charged',
		'overage_reset',
		'manual_adjustment',
		'balance_low',
	],
	abandoned_checkout: ['detected', 'recovered'],
	dunning: ['started', 'recovered'],
	entitlement_grant: ['created', 'delivered', 'failed', 'revoked'],
};

/** Dodo has no such event; the name is common, so it is offered and stands for {@link REFUND_EVENT}. */
export const REFUND_ALIAS = 'payment.refunded';
/** The real event behind {@link REFUND_ALIAS}. */
export const REFUND_EVENT = 'refund.succeeded';

/** The names to subscribe to at Dodo: its enum knows no alias. */
export function toDodoFilter(selected: readonly string[]): string[] {
	return [...new Set(selected.map((name) => (name === REFUND_ALIAS ? REFUND_EVENT : name)))].sort();
}

/**
 * The name under which an event leaves the trigger, or null when it was not selected. A refund keeps its real name unless only the
 * alias was selected.
 */
export function selectedName(type: string, selected: readonly string[]): string | null {
	const real = type === REFUND_ALIAS ? REFUND_EVENT : type;
	if (selected.includes(real)) return real;
	return real === REFUND_EVENT && selected.includes(REFUND_ALIAS) ? REFUND_ALIAS : null;
}
