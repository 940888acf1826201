import type { SubscriptionFacts } from '../../nodes/shared/domain/access/facts';
import { segmentsOf, type PastInvoice, type Segment } from '../../nodes/shared/domain/access/history';
import { HARMLESS, type AccessPolicy } from '../../nodes/shared/domain/access/policy';

const at = (day: string, time = '00:00:00'): number => Date.parse(`2026-${day}T${time}Z`);
/** What the stories of docs/access.md are about, ms since 1970. */
export const FROM = at('08-01');
export const TO = at('09-05');
export const POLICY: AccessPolicy = {
	...HARMLESS,
	restrictAfterDays: 7,
	waitForFirstPayment: true,
	keepPrepaidPeriod: true,
};

/** A customer of the docs, day by day. */
export interface Story {
	name: string;
	segments: Segment[];
}

const row = (given: Partial<SubscriptionFacts> = {}): SubscriptionFacts => ({
	id: 'row',
	externalId: 'sub',
	status: 'active',
	startsAt: at('01-01'),
	endedAt: null,
	endingAt: null,
	replacesAnother: false,
	keepsUnusedDays: false,
	awaitsFirstInvoice: false,
	...given,
});
const invoice = (number: string, issued: string, due: string, given: Partial<PastInvoice> = {}): PastInvoice => ({
	id: number,
	number,
	type: 'subscription',
	status: 'finalized',
	paymentStatus: 'pending',
	currency: 'EUR',
	totalDue: 4_900,
	totalPaid: 0,
	selfBilled: false,
	issuedOn: `2026-${issued}`,
	dueOn: `2026-${due}`,
	disputeLostAt: null,
	failedAt: null,
	isUnderWay: false,
	covers: [{ subscriptionId: 'row', externalId: 'sub', isFirst: false, prepaidUntil: null }],
	issuedAt: at(issued),
	paidAt: null,
	total: 4_900,
	...given,
});
const paid = (day: string, time: string): Partial<PastInvoice> => ({
	paymentStatus: 'succeeded',
	totalDue: 0,
	totalPaid: 4_900,
	paidAt: at(day, time),
});
const covering = (given: object): Pick<PastInvoice, 'covers'> => ({
	covers: [{ subscriptionId: 'row', externalId: 'sub', isFirst: false, prepaidUntil: null, ...given }],
});

const told = (name: string, subscription: SubscriptionFacts, ...invoices: PastInvoice[]): Story => ({
	name,
	segments: segmentsOf(
		{ customer: { externalId: name, timeZone: 'UTC' }, subscriptions: [subscription], invoices },
		POLICY,
		Math.max(FROM, subscription.startsAt),
		TO,
	),
});

/** Four customers, decided by the evaluator itself. */
export const STORIES: readonly Story[] = [
	told('Ada pays late', row(), invoice('A-7', '08-01', '08-15', paid('08-25', '09:00:00'))),
	told(
		'Bruno is new, and his bank takes its time',
		row({ startsAt: at('08-03') }),
		invoice('B-1', '08-03', '08-17', { ...paid('08-07', '10:00:00'), ...covering({ isFirst: true }) }),
	),
	told(
		'Chen cancels',
		row({ status: 'terminated', endedAt: at('08-10', '12:00:00'), keepsUnusedDays: true }),
		invoice('C-3', '08-01', '08-15', {
			...paid('08-01', '08:00:00'),
			...covering({ prepaidUntil: at('08-31', '23:59:59') }),
		}),
	),
	told(
		'Dora takes her money back',
		row(),
		invoice('D-5', '08-01', '08-08', { ...paid('08-05', '08:00:00'), disputeLostAt: at('08-18', '15:00:00') }),
	),
];
