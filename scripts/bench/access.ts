import { evaluateAccess } from '../../nodes/shared/domain/access/evaluate';
import type { AccessFacts, AccessInvoice } from '../../nodes/shared/domain/access/facts';
import type { AccessPolicy } from '../../nodes/shared/domain/access/policy';

const NOW = Date.parse('2026-11-01T12:00:00Z');
const DAY_MS = 86_400_000;
const SECONDS = 1;
const POLICY: AccessPolicy = {
	restrictImmediately: true,
	restrictAfterDays: 14,
	restrictAbove: { EUR: 50_000, USD: 50_000 },
	restrictAfterInvoices: 3,
	graceDays: 3,
	waitForFirstPayment: true,
	keepPrepaidPeriod: true,
	scope: 'subscription',
	exempt: ['cust_0'],
};

/** What was measured on one core. */
export interface AccessFigures {
	/** For a customer with 5 invoices, 2 of them unpaid, and one subscription. */
	decisionsPerSecond: number;
	/** For a customer with 1,000 invoices, 50 of them unpaid. */
	p99Ms: number;
}

/** Decides again and again, at another moment each time. */
export function measureAccess(): AccessFigures {
	const small = factsOf(5, 2);
	const large = factsOf(1_000, 50);
	const decide = (facts: AccessFacts, index: number): void => void evaluateAccess(facts, POLICY, NOW + index);
	for (let index = 0; index < 20_000; index++) decide(small, index);
	for (let index = 0; index < 200; index++) decide(large, index);
	let made = 0;
	const begun = performance.now();
	while (performance.now() - begun < SECONDS * 1000)
		for (let index = 0; index < 1_000; index++) decide(small, (made += 1));
	const decisionsPerSecond = made / ((performance.now() - begun) / 1000);
	const times = Array.from({ length: 1_000 }, (_, index) => {
		const from = performance.now();
		decide(large, index);
		return performance.now() - from;
	}).sort((one, other) => one - other);
	return { decisionsPerSecond, p99Ms: times[Math.floor(times.length * 0.99)] ?? NaN };
}

function factsOf(count: number, unpaid: number): AccessFacts {
	const row = {
		id: 'row_1',
		externalId: 'sub_1',
		status: 'active',
		startsAt: NOW - 900 * DAY_MS,
		endedAt: null,
		endingAt: null,
		replacesAnother: false,
		keepsUnusedDays: false,
		awaitsFirstInvoice: false,
	};
	const invoices = Array.from({ length: count }, (_, index): AccessInvoice => {
		const isUnpaid = index < unpaid;
		const issuedOn = new Date(NOW - (index + 1) * DAY_MS).toISOString().slice(0, 10);
		return {
			id: `invoice_${index}`,
			number: `ACM-${index}`,
			type: 'subscription',
			status: 'finalized',
			paymentStatus: isUnpaid ? 'pending' : 'succeeded',
			currency: index % 2 === 0 ? 'EUR' : 'USD',
			totalDue: isUnpaid ? 4_900 : 0,
			totalPaid: isUnpaid ? 0 : 4_900,
			selfBilled: false,
			issuedOn,
			dueOn: issuedOn,
			disputeLostAt: null,
			failedAt: null,
			isUnderWay: false,
			covers: [{ subscriptionId: 'row_1', externalId: 'sub_1', isFirst: false, prepaidUntil: null }],
		};
	});
	return { customer: { externalId: 'cust_1', timeZone: 'Europe/Berlin' }, subscriptions: [row], invoices };
}
