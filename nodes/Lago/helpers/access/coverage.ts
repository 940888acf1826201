import type { AccessInvoice, CoveredSubscription } from '../../../shared/domain/access/facts';
import { BoundedMap } from '../../../shared/process/boundedMap';
import { coverageSchema, type CoverageAnswer } from '../../../shared/wire/lago/access';
import type { LagoClient } from '../../transport/client';
import { inTurns } from '../inTurns';

/** Reasons that bill usage alone, which may come before the first invoice. */
const OF_USAGE: readonly unknown[] = ['in_advance_charge', 'in_advance_charge_periodic', 'progressive_billing'];

/** A subscription on an invoice. */
export interface Covered extends CoveredSubscription {
	/** Lago has begun to bill the subscription itself, not only its usage. */
	isBegun: boolean;
}

/** What a finalized invoice is for never changes. By account and invoice. */
const coverage = new BoundedMap<string, Covered[]>({ entries: 20_000 });

/** Which subscriptions invoices are for, by invoice: one call for each that was not seen before. Throws ApiError. */
export async function coverageOf(
	client: LagoClient,
	invoices: ReadonlyArray<Pick<AccessInvoice, 'id' | 'status'>>,
): Promise<Map<string, Covered[]>> {
	const found = await inTurns(invoices, async ({ id, status }): Promise<[string, Covered[]]> => {
		const key = `${client.accountKey} ${id}`;
		const kept = coverage.get(key);
		if (kept !== undefined) return [id, kept];
		const { invoice } = await client.request(coverageSchema, {
			method: 'GET',
			path: `/invoices/${encodeURIComponent(id)}`,
		});
		const covers = coveredBy(invoice);
		if (status !== 'draft') coverage.set(key, covers);
		return [id, covers];
	});
	return new Map(found);
}

function coveredBy({ billing_periods, fees }: CoverageAnswer['invoice']): Covered[] {
	const covered = new Map<string, Covered>();
	for (const {
		lago_subscription_id: subscriptionId,
		external_subscription_id: externalId,
		invoicing_reason,
	} of billing_periods ?? []) {
		const before = covered.get(subscriptionId);
		const isFirst = invoicing_reason === 'subscription_starting' || before?.isFirst === true;
		const isBegun = !OF_USAGE.includes(invoicing_reason) || before?.isBegun === true;
		covered.set(subscriptionId, { subscriptionId, externalId, isFirst, isBegun, prepaidUntil: null });
	}
	for (const { lago_subscription_id: subscriptionId, external_subscription_id: externalId } of fees ?? [])
		if (subscriptionId && externalId && !covered.has(subscriptionId))
			covered.set(subscriptionId, { subscriptionId, externalId, isFirst: false, isBegun: true, prepaidUntil: null });
	return [...covered.values()];
}
