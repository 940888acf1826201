import { CUSTOMER_ID_KEY, MANDATE_KEY } from './keys';

/** A metadata entry of a Lago customer, as far as it is read here. */
interface Entry {
	key: string;
	value?: string | null;
}

/** The two keys under which a customer's mandate and id at a business of Dodo's are kept. */
export interface MandateKeys {
	mandate: string;
	customer: string;
}

/** Of the only business that a customer deals with, or of the first one. */
const PLAIN: MandateKeys = { mandate: MANDATE_KEY, customer: CUSTOMER_ID_KEY };
const OF_BUSINESS = 'dodo_sub_';
const CUSTOMER_OF_BUSINESS = 'dodo_cus_';
/** Lago takes keys of 20 characters: the end of a business's id tells it from others. */
const ownKeys = (businessId: string): MandateKeys => {
	const end = businessId.slice(-8);
	return { mandate: `${OF_BUSINESS}${end}`, customer: `${CUSTOMER_OF_BUSINESS}${end}` };
};

const valueOf = (entries: readonly Entry[], key: string): string | null =>
	entries.find((entry) => entry.key === key)?.value || null;
const isMandate = ({ key, value }: Entry): boolean =>
	Boolean(value) && (key === MANDATE_KEY || key.startsWith(OF_BUSINESS));

/** All mandates that are kept on a customer, of whichever business. */
export function mandatesOn(entries: readonly Entry[]): string[] {
	return entries.filter(isMandate).map(({ value }) => value as string);
}

/** Whether more than one business keeps something on a customer, so that each must know who it is. */
export function isShared(entries: readonly Entry[]): boolean {
	return entries.some((entry) => isMandate(entry) && entry.key !== MANDATE_KEY);
}

/**
 * What a business finds on a customer: its own entries under the plain keys, else those that name no business, which may be another's: Dodo
 * does not know such a mandate then.
 */
export function seenBy<Given extends Entry>(entries: readonly Given[], businessId: string | null): Given[] {
	const own = businessId === null ? null : ownKeys(businessId);
	if (own === null || valueOf(entries, own.mandate) === null) return [...entries];
	const plainOf: Readonly<Record<string, string>> = { [own.mandate]: MANDATE_KEY, [own.customer]: CUSTOMER_ID_KEY };
	return entries
		.filter(({ key }) => key !== MANDATE_KEY && key !== CUSTOMER_ID_KEY)
		.map((entry) => ({ ...entry, key: plainOf[entry.key] ?? entry.key }));
}

/** A mandate that is to be kept. */
export interface NewMandate {
	id: string;
	/** The business at which it was set up; null for one that was set up before they were told apart. */
	businessId: string | null;
	/** Which mandate of the customer this business knew when it was set up; null for none. */
	replaces: string | null;
}

/**
 * Under which keys a mandate is kept: the plain ones, unless these hold what another business may have put there. So two businesses never
 * overwrite each other, in whatever order their mandates come.
 */
export function keysFor(entries: readonly Entry[], { id, businessId, replaces }: NewMandate): MandateKeys {
	const kept = valueOf(entries, MANDATE_KEY);
	if (businessId === null || kept === id) return PLAIN;
	const own = ownKeys(businessId);
	if (valueOf(entries, own.mandate) !== null) return own;
	return kept === null || kept === replaces ? PLAIN : own;
}

/** The entries that are left when a mandate has ended; the same ones when it is not kept. */
export function withoutMandate<Given extends Entry>(entries: readonly Given[], id: string): Given[] {
	const ended = entries.find((entry) => isMandate(entry) && entry.value === id)?.key;
	if (ended === undefined) return [...entries];
	// With a mandate under a business's own keys goes the customer there.
	const gone = [ended, ended.replace(OF_BUSINESS, CUSTOMER_OF_BUSINESS)];
	return entries.filter(({ key }) => !gone.includes(key));
}

/** Where a mandate may be kept, as Lago's lists are asked for it. */
export function placesOf(businessId: string | null | undefined): string[] {
	return businessId ? [MANDATE_KEY, ownKeys(businessId).mandate] : [MANDATE_KEY];
}
