import { decideRecord, stateAfter, type AttemptStep } from '../../../nodes/shared/domain/attemptRecord';
import { decodeState, type CollectionState } from '../../../nodes/shared/domain/invoiceMetadata';
import type { PaymentFacts } from '../../../nodes/shared/domain/payment';
import { parseSchedule, type RetryPolicy } from '../../../nodes/shared/domain/retrySchedule';
import { invoice, meta, payment } from './facts';

const NOW_S = 1_793_869_200;
const POLICY = parseSchedule('1h,1h', '09:00') as RetryPolicy;
const OPEN = { isOpen: true, timeZone: 'UTC' };

interface Given {
	status?: PaymentFacts['status'];
	declined?: string;
	state?: string;
	dodoId?: string;
	paymentStatus?: string;
	policy?: RetryPolicy | null;
}

function decided({ status = 'failed', declined, state, dodoId, paymentStatus, policy = null }: Given): AttemptStep {
	const entries: Record<string, string> = {};
	if (dodoId !== undefined) entries.dodo_payment_id = dodoId;
	if (state !== undefined) entries.dodo_state = state;
	return decideRecord(
		payment({ status, errorCode: declined ?? null }),
		status === 'processing' ? 'processing' : 'failed',
		invoice({ metadata: meta(entries), ...(paymentStatus === undefined ? {} : { paymentStatus }) }),
		OPEN,
		policy,
		NOW_S * 1000,
	);
}

const { id: PAYMENT, checkoutSessionId } = payment({});
const SESSION = String(checkoutSessionId);

describe('what is told of a failure', () => {
	const messageOf = (given: Given): string => {
		const step = decided(given);
		return step.told.message;
	};
	const OF = `Payment ${PAYMENT} of invoice ACM-1`;

	test.each<[string, Given, string]>([
		['it failed', {}, `${OF} failed.`],
		['it failed, and why', { declined: 'EXPIRED_CARD' }, `${OF} failed (EXPIRED_CARD).`],
		['it was cancelled', { status: 'cancelled', dodoId: PAYMENT, state: 'v1;processing;a=1' }, `${OF} was cancelled.`],
		[
			'a link stays',
			{ dodoId: SESSION, state: 'v1;open;a=1;u=https://a.example/1' },
			`${OF} failed. The link on the invoice stays usable.`,
		],
		[
			'a link that never dies stays',
			{ dodoId: SESSION, state: 'v1;open;a=1;l=https://a.example/1' },
			`${OF} failed. The link on the invoice stays usable.`,
		],
		['a link without address is none', { dodoId: SESSION, state: 'v1;open;a=1' }, `${OF} failed.`],
	])('%s', (_, given, message) => expect(messageOf(given)).toBe(message));

	test('a next try is told with it, where somebody plans', () => {
		expect(messageOf({ policy: POLICY })).toMatch(/ failed\. Try 1 failed; the next one is planned for /);
		expect(messageOf({ dodoId: PAYMENT, state: 'v1;failed;a=1', paymentStatus: 'failed', policy: POLICY })).toMatch(
			/is already recorded as failed on invoice ACM-1\. Try 1 failed/,
		);
		expect(messageOf({ dodoId: PAYMENT, state: 'v1;failed;a=1', paymentStatus: 'failed' })).toMatch(
			/on invoice ACM-1\.$/,
		);
	});

	test('what runs is not planned again, whoever plans', () => {
		expect(decided({ status: 'processing', policy: POLICY })).toMatchObject({
			isUnplanned: false,
			told: { outcome: 'processing' },
		});
		expect(decided({ paymentStatus: 'succeeded', policy: POLICY })).toMatchObject({ isUnplanned: false });
	});

	test('the payment is named where another session is recorded, and where nothing is', () => {
		const idOf = (given: Given) => (decided(given) as { change?: { paymentId?: string } }).change?.paymentId;
		expect([
			idOf({}),
			idOf({ dodoId: 'cks_other', state: 'v1;open;a=1' }),
			idOf({ dodoId: SESSION, state: 'v1;open;a=1' }),
		]).toEqual([PAYMENT, PAYMENT, SESSION]);
	});
});

test('the first failure starts the clock, and only a failure does', () => {
	const after = (state: string, event: Parameters<typeof stateAfter>[2], changedAt: number | null) =>
		stateAfter(
			payment({ changedAt, errorCode: 'EXPIRED_CARD', observedMode: 'live' }),
			invoice({ metadata: meta({ dodo_state: state }) }),
			event,
		);
	expect(after('v1;open;a=1', 'declined', 1_700_000_000)).toMatchObject({
		failedSince: 1_700_000_000,
		declineCode: 'EXPIRED_CARD',
		mode: 'live',
	});
	expect(after('v1;open;a=1;s=1600000000', 'declined', 1_700_000_000).failedSince).toBe(1_600_000_000);
	expect(after('v1;open;a=1', 'declined', null).failedSince).toBeUndefined();
	expect(after('v1;open;a=1;s=1600000000', 'under_way', 1_700_000_000)).toMatchObject({ failedSince: 1_600_000_000 });
	expect(after('v1;open;a=1', 'under_way', 1_700_000_000).failedSince).toBeUndefined();
	expect(after('v1;open;a=1', 'under_way', 1_700_000_000).declineCode).toBeUndefined();
	// A debit that ran has used the link up, also when it ran before.
	const link = ';m=10000;u=https://a.example/1';
	expect(after(`v1;processing;a=1${link}`, 'declined', null)).not.toHaveProperty('url');
	expect(after(`v1;processing;a=1${link}`, 'under_way', null)).toMatchObject({
		url: 'https://a.example/1',
		amount: 10_000,
	});
});

describe('an attempt', () => {
	test.each<[string, Given, object]>([
		['of a paid invoice', { paymentStatus: 'succeeded' }, { action: 'leave', told: { outcome: 'unchanged' } }],
		[
			'that failed, and others plan',
			{ declined: 'INSUFFICIENT_FUNDS' },
			{
				action: 'record',
				change: {
					paymentStatus: 'failed',
					paymentId: PAYMENT,
					state: { phase: 'failed', declineCode: 'INSUFFICIENT_FUNDS' },
				},
				told: { outcome: 'failed', declineCode: 'INSUFFICIENT_FUNDS' },
				isUnplanned: true,
			},
		],
		[
			'that failed, with its next try',
			{ policy: POLICY },
			{
				action: 'record',
				change: { state: { phase: 'failed', failedTries: 1, nextTryAt: NOW_S + 3600 } },
				told: { outcome: 'retry_planned', failedTries: 1 },
				isUnplanned: false,
			},
		],
		[
			'that failed for good',
			{ policy: POLICY, declined: 'STOLEN_CARD' },
			{ action: 'record', told: { outcome: 'hard_decline' }, isUnplanned: false },
		],
		[
			'that failed by the link that is out, which stays',
			{ dodoId: SESSION, state: 'v1;open;a=1;m=10000;x=1793900000' },
			{ change: { paymentId: SESSION, state: { phase: 'failed', amount: 10_000, expiresAt: 1_793_900_000 } } },
		],
		[
			'that failed after it ran: the link is used up',
			{ dodoId: PAYMENT, state: 'v1;processing;a=1;m=10000;x=1793900000' },
			{ change: { paymentId: PAYMENT, state: expect.not.objectContaining({ amount: 10_000 }) as unknown } },
		],
		[
			'that runs',
			{ status: 'processing' },
			{
				action: 'record',
				change: { paymentId: PAYMENT, state: { phase: 'processing' } },
				told: { outcome: 'processing' },
				isUnplanned: false,
			},
		],
		[
			'that runs and is recorded',
			{ status: 'processing', dodoId: PAYMENT, state: 'v1;processing;a=1' },
			{ action: 'leave', told: { outcome: 'unchanged' } },
		],
		[
			'that is recorded, and others plan',
			{ dodoId: PAYMENT, state: 'v1;failed;a=1', paymentStatus: 'failed' },
			{ action: 'leave', told: { outcome: 'failed' }, isUnplanned: true },
		],
		[
			'that is recorded without a next try',
			{ dodoId: PAYMENT, state: 'v1;failed;a=1', paymentStatus: 'failed', policy: POLICY },
			{ action: 'plan', change: { state: { phase: 'failed', nextTryAt: NOW_S + 3600 } }, isUnplanned: false },
		],
		[
			'that is recorded with a next try',
			{ dodoId: PAYMENT, state: `v1;failed;a=1;n=${NOW_S + 60};f=1`, paymentStatus: 'failed', policy: POLICY },
			{ action: 'leave', told: { outcome: 'retry_planned' }, isUnplanned: false },
		],
		[
			'that is recorded and whose next try is due: whoever makes it is not disturbed',
			{ dodoId: PAYMENT, state: `v1;failed;a=1;n=${NOW_S};f=1`, paymentStatus: 'failed', policy: POLICY },
			{ action: 'leave', told: { outcome: 'failed' }, isUnplanned: true },
		],
		[
			'that is recorded as a decline for good while a try is due: the try is taken back',
			{
				dodoId: PAYMENT,
				state: `v1;failed;a=1;n=${NOW_S};f=1`,
				paymentStatus: 'failed',
				policy: POLICY,
				declined: 'STOLEN_CARD',
			},
			{ action: 'plan', change: { state: { nextTryAt: undefined } }, told: { outcome: 'hard_decline' } },
		],
	])('%s', (_case, given, step) => {
		expect(decided(given)).toMatchObject(step);
	});
});

test.each<[event: 'booked' | 'surplus_came' | 'declined' | 'under_way', phase: CollectionState['phase']]>([
	['booked', 'paid'],
	['surplus_came', 'overpaid'],
	['declined', 'failed'],
	['under_way', 'processing'],
])('after %s the invoice keeps its pay link and its try', (event, phase) => {
	const text = 'v1;open;a=3;f=2;n=1793900000;l=https://pay.example/1';
	const after = stateAfter(payment({}), invoice({ metadata: meta({ dodo_state: text }) }), event);
	expect(after).toMatchObject({ phase, attempt: 3, payLink: decodeState(text)?.payLink });
	expect(after.nextTryAt).toBe(phase === 'failed' || phase === 'processing' ? 1_793_900_000 : undefined);
});
