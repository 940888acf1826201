import * as fc from 'fast-check';
import {
	addUnfinished,
	countUnfinished,
	eventOf,
	factOf,
	keyOf,
	kindsOf,
	movedOn,
	planLook,
	progressAfter,
	readStage,
	stageOf,
	thoroughly,
	type Listed,
	type Progress,
} from '../../../nodes/shared/domain/reconciliation';
import { listed, NOW } from './listed';
import { runs } from '../../support/runs';

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const progress = (more: Partial<Progress> = {}): Progress => ({
	seenUntil: NOW - 6 * MINUTE,
	lookedAt: NOW - 5 * MINUTE,
	thoroughAt: NOW - 20 * MINUTE,
	suspicious: false,
	unfinished: {},
	backfill: null,
	...more,
});

test('an object and what it has come to are named by kind, id and state', () => {
	const one = listed({ kind: 'refund', id: 'ref_1', status: 'succeeded' });
	expect([keyOf(one), factOf(one), factOf({ ...one, status: null })]).toEqual([
		'refund ref_1',
		'refund ref_1 succeeded',
		'refund ref_1 not started',
	]);
});

describe('what a look covers', () => {
	test.each<[string, Progress | null, boolean, boolean]>([
		['nothing is known', null, false, true],
		['the last look was five minutes ago', progress(), false, false],
		['something may have been missed', progress(), true, true],
		['the last look found something', progress({ suspicious: true }), false, true],
		['the last look was a quarter of an hour ago', progress({ lookedAt: NOW - 15 * MINUTE }), false, false],
		['there was no look for a quarter of an hour', progress({ lookedAt: NOW - 16 * MINUTE }), false, true],
		['the last thorough one was an hour ago', progress({ thoroughAt: NOW - HOUR }), false, true],
	])('%s', (_name, before, suspicious, thorough) => {
		const look = planLook(before, NOW, suspicious);
		expect(look.thorough).toBe(thorough);
		expect(look.until).toBe(NOW - MINUTE);
		expect(look.since).toBeLessThanOrEqual(before?.seenUntil ?? NOW - 3 * DAY);
		if (thorough && before !== null) expect(look.since).toBeLessThanOrEqual(before.thoroughAt);
		expect(kindsOf(look)).toHaveLength(thorough ? 4 : 1);
	});

	test('one that a person asks for goes back as far as asked, whatever was processed', () => {
		expect(planLook(progress(), NOW, false, NOW - 90 * DAY)).toEqual({
			thorough: true,
			since: NOW - 90 * DAY,
			until: NOW - MINUTE,
			again: true,
		});
	});

	test('one that a person asked for is not moved by what was found, and the first one neither', () => {
		const asked = planLook(progress(), NOW, false, NOW - HOUR);
		expect(thoroughly(asked, progress()).since).toBe(NOW - HOUR);
		const first = planLook(null, NOW, false);
		expect(thoroughly(first, null)).toEqual(first);
		expect(first).toMatchObject({ thorough: true, again: false });
	});

	test('where one thing is missing all lists are read from where all were read last', () => {
		const before = progress({ thoroughAt: NOW - 50 * MINUTE });
		const look = thoroughly(planLook(before, NOW, false), before);
		expect(look).toEqual(planLook(before, NOW, true));
	});
});

test.each<[string, Partial<Listed>, string | null, string | null]>([
	['a paid one', {}, 'payment.succeeded', null],
	['a failed one', { status: 'failed' }, 'payment.failed', null],
	['one on its way', { status: 'processing' }, 'payment.processing', 'payment processing'],
	['one that has not begun', { status: 'requires_payment_method' }, null, 'payment requires_payment_method'],
	['one without a status', { status: null }, null, 'payment'],
	['a refund', { kind: 'refund' }, 'refund.succeeded', null],
	['a refund under review', { kind: 'refund', status: 'review' }, null, 'refund review'],
	['a lost dispute', { kind: 'dispute', status: 'dispute_lost' }, 'dispute.lost', null],
	['an open dispute', { kind: 'dispute', status: 'dispute_opened' }, 'dispute.opened', 'dispute dispute_opened'],
	['a mandate', { kind: 'subscription', status: 'active' }, 'subscription.active', null],
	['a mandate that is not set up yet', { kind: 'subscription', status: 'pending' }, null, 'subscription pending'],
])('%s', (_name, more, event, stage) => {
	const one = listed(more);
	expect(eventOf(one)).toBe(event);
	expect(stageOf(one)).toBe(stage);
	if (stage !== null) expect(readStage(stage)).toEqual({ kind: one.kind, status: one.status });
});

describe('what has not come to its end', () => {
	const debit = (id: string, hoursAgo: number, status = 'processing'): Listed =>
		listed({ id, status, createdAt: NOW - hoursAgo * HOUR });

	test('an hour is looked at again when fewer of it are under way than were, and only that hour', () => {
		const before = countUnfinished([debit('a', 50), debit('b', 50), debit('c', 30), debit('d', 20, 'succeeded')]);
		const hours = movedOn('payment processing', before, [debit('a', 50), debit('c', 30)], NOW);
		expect(hours).toHaveLength(1);
		expect(hours[0]?.from).toBeLessThanOrEqual(NOW - 50 * HOUR);
		expect(hours[0]?.until).toBeGreaterThanOrEqual(NOW - 50 * HOUR);
		expect(movedOn('payment processing', before, [debit('a', 50), debit('b', 50), debit('c', 30)], NOW)).toEqual([]);
	});

	test.each([
		['debits are waited for for two weeks', 'processing', 15 * 24, 13 * 24],
		['payers for a day', 'requires_customer_action', 27, 24],
		['what Dodo cannot be asked for, too', '', 27, 24],
	])('%s', (_name, status, tooOld, young) => {
		const of = (hoursAgo: number): Listed => listed({ status: status || null, createdAt: NOW - hoursAgo * HOUR });
		const counts = addUnfinished(countUnfinished([of(tooOld)]), countUnfinished([of(young)]), NOW);
		const stage = stageOf(of(1)) ?? '';
		expect(movedOn(stage, counts, status === '' ? null : [], NOW).map(({ from }) => from)).toEqual([
			Math.floor((NOW - young * HOUR) / HOUR) * HOUR,
		]);
	});

	test.each<[Listed['kind'], string, number]>([
		['payment', 'processing', 14],
		['refund', 'pending', 30],
		['dispute', 'dispute_opened', 120],
		['subscription', 'pending', 3],
	])('a %s that is %s is waited for up to the hour of %d days ago', (kind, status, days) => {
		const hour = Math.floor((NOW - days * DAY) / HOUR);
		const of = (at: number) => countUnfinished([listed({ kind, status, createdAt: at * HOUR + 5 })]);
		const stage = `${kind} ${status}`;
		expect(movedOn(stage, of(hour), [], NOW)).toEqual([{ from: hour * HOUR, until: hour * HOUR + HOUR - 1 }]);
		expect(movedOn(stage, of(hour - 1), [], NOW)).toEqual([]);
		expect(addUnfinished(of(hour), of(hour - 1), NOW)).toEqual({ [stage]: { [hour]: 1 } });
		expect(addUnfinished({}, of(hour - 1), NOW)).toEqual({});
	});

	test('what has ended is not counted', () => {
		expect(countUnfinished([debit('a', 1, 'succeeded'), debit('b', 1, 'failed')])).toEqual({});
	});

	test('however lists overlap: whatever ends is in an hour that is looked at again', () => {
		const born = fc.array(fc.nat(5 * HOUR), { minLength: 1, maxLength: 30 });
		fc.assert(
			fc.property(
				born,
				fc.infiniteStream(fc.nat(30)),
				fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 6 }),
				(ages, chances, lists) => {
					const all = ages.map((age, index) =>
						listed({ id: String(index), status: 'processing', createdAt: NOW - age }),
					);
					const everything = countUnfinished(all);
					const before = lists.reduce(
						(sum, [from, to]) =>
							addUnfinished(
								sum,
								countUnfinished(
									all.filter(
										({ createdAt }) =>
											createdAt >= NOW - Math.max(from, to) * HOUR && createdAt <= NOW - Math.min(from, to) * HOUR,
									),
								),
								NOW,
							),
						everything,
					);
					const still = all.filter(() => (chances.next().value as number) > 3);
					const hours = movedOn('payment processing', before, still, NOW);
					for (const one of all)
						if (!still.includes(one))
							expect(hours.some(({ from, until }) => one.createdAt >= from && one.createdAt <= until)).toBe(true);
				},
			),
			{ numRuns: runs(100, 500) },
		);
	});
});

describe('the watermark', () => {
	const look = planLook(progress(), NOW, true);
	const outcome = { comparedUntil: look.until, complete: true, found: false, unfinished: {}, backfill: null };
	test.each<[string, Partial<typeof outcome>, number, boolean]>([
		['nothing missed', {}, look.until, false],
		['all healed', { found: true }, look.until, true],
		['not all was compared', { complete: false, comparedUntil: NOW - 3 * MINUTE }, NOW - 3 * MINUTE, true],
		['nothing could be read', { complete: false, comparedUntil: -Infinity }, progress().seenUntil, true],
	])('%s', (_name, more, seenUntil, suspicious) => {
		expect(progressAfter(progress(), look, { ...outcome, ...more }, NOW)).toMatchObject({
			seenUntil,
			suspicious,
			lookedAt: NOW,
		});
	});

	test('does not move by a look that a person asked for, and the next one reads all lists', () => {
		expect(progressAfter(progress(), planLook(null, NOW, false, NOW - DAY), outcome, NOW)).toEqual({
			...progress(),
			suspicious: true,
		});
		expect(progressAfter(null, planLook(null, NOW, false, NOW - 90 * DAY), outcome, NOW)).toMatchObject({
			seenUntil: look.until - 3 * DAY,
			lookedAt: 0,
		});
	});

	test('of all lists does not move by a look that reads one', () => {
		const light = planLook(progress(), NOW, false);
		expect(progressAfter(progress(), light, { ...outcome, comparedUntil: light.until }, NOW)).toMatchObject({
			seenUntil: light.until,
			thoroughAt: progress().thoroughAt,
		});
	});
});
