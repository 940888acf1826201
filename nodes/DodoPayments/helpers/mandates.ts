import type { ReasonOf } from '../../shared/domain/outcome';
import { BoundedMap } from '../../shared/process/boundedMap';
import { orNull } from '../../shared/transport/orNull';
import { mandateSchema, type DodoMandate } from '../../shared/wire/dodo/objects';
import type { DodoClient } from '../transport/client';

/** What never changes about a mandate. */
export interface MandateTerms {
	/** ISO 4217; a mandate is charged in no other currency. */
	currency: string;
	/** The amount contains Dodo's tax; otherwise the tax comes on top. */
	taxInclusive: boolean;
	/** Whose mandate it is at Dodo; null when Dodo does not say. */
	customerId: string | null;
}

/** Why a mandate cannot be charged. The words are stable: templates and docs use them. */
export type Unchargeable = ReasonOf<'needs_link'>;

const terms = new BoundedMap<string, MandateTerms>({ entries: 20_000 });

/** One mandate. Throws ApiError, 404 for an unknown one. */
export async function fetchMandate(client: DodoClient, id: string): Promise<DodoMandate> {
	return await client.request(mandateSchema, { method: 'GET', path: `/subscriptions/${encodeURIComponent(id)}` });
}

/**
 * The terms of a mandate, asked for once by this process. Whether it is active is not remembered: Dodo says so when it is charged.
 * @returns the reason when it cannot be charged already by what Dodo shows.
 * @throws ApiError
 */
export async function termsOf(client: DodoClient, id: string): Promise<MandateTerms | Unchargeable> {
	const key = `${client.accountKey} ${id}`;
	const known = terms.get(key);
	if (known !== undefined) return known;
	const mandate = await orNull(fetchMandate(client, id), ({ gone }) => gone);
	if (mandate === null) return 'mandate_refused';
	const reason = unchargeable(mandate);
	if (reason !== null) return reason;
	const found = {
		currency: mandate.currency,
		taxInclusive: mandate.tax_inclusive ?? false,
		customerId: mandate.customer?.customer_id ?? null,
	};
	terms.set(key, found);
	return found;
}

/** Dodo has refused a charge for what the mandate is: the next one asks for its terms again. */
export function forgetTerms(client: DodoClient, id: string): void {
	terms.delete(`${client.accountKey} ${id}`);
}

/** Why a mandate in this state takes no charge, null when it does. */
export function unchargeable({
	status,
	on_demand,
	cancel_at_next_billing_date: ends,
}: DodoMandate): Unchargeable | null {
	if (on_demand === false) return 'mandate_refused';
	if (status === 'on_hold') return 'mandate_on_hold';
	if (status === 'expired') return 'mandate_expired';
	if (status !== 'active') return 'mandate_inactive';
	return ends ? 'mandate_refused' : null;
}
