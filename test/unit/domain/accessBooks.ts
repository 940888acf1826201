import { evaluateAccess, type AccessDecision } from '../../../nodes/shared/domain/access/evaluate';
import type { AccessFacts, AccessInvoice, SubscriptionFacts } from '../../../nodes/shared/domain/access/facts';
import { HARMLESS, type AccessPolicy } from '../../../nodes/shared/domain/access/policy';

export const DAY = 86_400_000;
export const at = (text: string): number => Date.parse(text);
let serial = 0;

export const subscription = (given: Partial<SubscriptionFacts> = {}): SubscriptionFacts => ({
	id: 'row_1',
	externalId: 'sub_1',
	status: 'active',
	startsAt: at('2026-01-01T00:00:00Z'),
	endedAt: null,
	endingAt: null,
	replacesAnother: false,
	keepsUnusedDays: false,
	awaitsFirstInvoice: false,
	...given,
});
export const covering = (
	row: SubscriptionFacts,
	more: Partial<AccessInvoice['covers'][number]> = {},
): AccessInvoice['covers'][number] => ({
	subscriptionId: row.id,
	externalId: row.externalId,
	isFirst: false,
	prepaidUntil: null,
	...more,
});
export const sub1 = subscription();
/** Unpaid, issued on 1 August, due on the 15th. */
export const invoice = (given: Partial<AccessInvoice> = {}): AccessInvoice => {
	serial += 1;
	return {
		id: `invoice-${serial}`,
		number: `ACM-${serial}`,
		type: 'subscription',
		status: 'finalized',
		paymentStatus: 'pending',
		currency: 'EUR',
		totalDue: 5_000,
		totalPaid: 0,
		selfBilled: false,
		issuedOn: '2026-08-01',
		dueOn: '2026-08-15',
		disputeLostAt: null,
		failedAt: null,
		isUnderWay: false,
		covers: [covering(sub1)],
		...given,
	};
};
interface Given {
	subscriptions?: SubscriptionFacts[];
	invoices?: AccessInvoice[];
	policy?: Partial<AccessPolicy>;
	timeZone?: string;
	now: string | number;
}
export const evaluated = ({ subscriptions = [sub1], invoices = [], policy = {}, timeZone = 'UTC', now }: Given) => {
	const facts: AccessFacts = { customer: { externalId: 'cust_1', timeZone }, subscriptions, invoices };
	return evaluateAccess(facts, { ...HARMLESS, ...policy }, typeof now === 'number' ? now : at(now));
};
export const ofSubscription = (given: Given, externalId = 'sub_1'): AccessDecision => {
	const found = evaluated(given).subscriptions.find((one) => one.externalId === externalId);
	if (found === undefined) throw new Error(`${externalId} is missing`);
	return found;
};
export const stateOf = (given: Given, externalId?: string): string => ofSubscription(given, externalId).state;
export const iso = (instant: number | null): string | null =>
	instant === null ? null : new Date(instant).toISOString();
