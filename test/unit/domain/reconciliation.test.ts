import * as fc from 'fast-check';
import { assess, eventOf, factOf, keyOf, kindsOf, listSince, planLook, progressAfter, type Listed, type Progress } from '../../../nodes/shared/domain/reconciliation';

const NOW = 1_800_000_000;
const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const progress = (more: Partial<Progress> = {}): Progress => ({ seenUntil: NOW - 6 * MINUTE, lookedAt: NOW - 5 * MINUTE, thoroughAt: NOW - 20 * MINUTE, suspicious: false, open: {}, ...more });
const paid = (more: Partial<Listed> = {}): Listed => ({ kind: 'payment', id: 'pay_1', status: 'succeeded', createdAt: NOW - 2 * MINUTE, ...more });
const never = (): boolean => false;

describe('what a look covers', () => {
	test.each<[string, Progress | null, boolean, boolean]>([
		['nothing is known', null, false, true],
		['the last look was five minutes ago', progress(), false, false],
		['something may have been missed', progress(), true, true],
		['the last look found something', progress({ suspicious: true }), false, true],
		['there was no look for a quarter of an hour', progress({ lookedAt: NOW - 16 * MINUTE }), false, true],
		['the last thorough one was an hour ago', progress({ thoroughAt: NOW - HOUR }), false, true],
	])('%s', (_name, before, suspicious, thorough) => {
		const look = planLook(before, NOW, suspicious);
		expect(look.thorough).toBe(thorough);
		expect(look.until).toBe(NOW - MINUTE);
		expect(look.since).toBeLessThanOrEqual(before?.seenUntil ?? NOW - 3 * DAY);
	});

	test('one that a person asks for goes back as far as asked, whatever was processed', () => {
		expect(planLook(progress(), NOW, false, NOW - 90 * DAY)).toEqual({ thorough: true, since: NOW - 90 * DAY, until: NOW - MINUTE, again: true });
	});

	test('a light one reads one list, and the refunds while one is on its way', () => {
		const look = planLook(progress(), NOW, false);
		expect(kindsOf(look, {})).toEqual(['payment']);
		expect(kindsOf(look, { 'payment pay_1': NOW, 'dispute dis_1': NOW })).toEqual(['payment']);
		expect(kindsOf(look, { 'refund ref_1': NOW - DAY })).toEqual(['payment', 'refund']);
		expect(listSince(look, 'refund', { 'refund ref_1': NOW - DAY }, NOW)).toBe(NOW - DAY);
		expect(kindsOf(planLook(null, NOW, false), {})).toHaveLength(4);
	});

	test('a thorough one goes back to what has not ended, but not for ever', () => {
		const look = planLook(progress(), NOW, true);
		expect(listSince(look, 'payment', { 'payment pay_1': NOW - 5 * DAY, 'refund ref_1': NOW - 9 * DAY }, NOW)).toBe(NOW - 5 * DAY);
		expect(listSince(look, 'payment', { 'payment pay_1': NOW - 15 * DAY }, NOW)).toBe(look.since);
		expect(listSince(look, 'dispute', { 'dispute dis_1': NOW - 100 * DAY }, NOW)).toBe(NOW - 100 * DAY);
	});
});

describe('what was missed', () => {
	const look = planLook(progress(), NOW, true);

	test.each<[string, Listed, string | null]>([
		['a paid one', paid(), 'payment.succeeded'],
		['a failed one', paid({ status: 'failed' }), 'payment.failed'],
		['one on its way', paid({ status: 'processing' }), 'payment.processing'],
		['one that has not begun', paid({ status: 'requires_payment_method' }), null],
		['one without a status', paid({ status: null }), null],
		['a refund', paid({ kind: 'refund', id: 'ref_1' }), 'refund.succeeded'],
		['a refund under review', paid({ kind: 'refund', id: 'ref_1', status: 'review' }), null],
		['a lost dispute', paid({ kind: 'dispute', id: 'dis_1', status: 'dispute_lost' }), 'dispute.lost'],
		['an open dispute', paid({ kind: 'dispute', id: 'dis_1', status: 'dispute_opened' }), 'dispute.opened'],
		['a mandate', paid({ kind: 'subscription', id: 'sub_1', status: 'active' }), 'subscription.active'],
		['a mandate that is not set up yet', paid({ kind: 'subscription', id: 'sub_1', status: 'pending' }), null],
	])('%s', (_name, entry, event) => {
		expect(eventOf(entry)).toBe(event);
		expect(assess([entry], look, {}, never).missed).toEqual(event === null ? [] : [entry]);
		expect(assess([entry], look, {}, (fact) => fact === factOf(entry)).missed).toEqual([]);
	});

	test('what is younger than a minute is left to the next look; what is older than the look was dealt with, unless it was open', () => {
		expect(assess([paid({ createdAt: NOW - 30 })], look, {}, never)).toEqual({ missed: [], open: {} });
		const old = paid({ createdAt: look.since - DAY });
		expect(assess([old], look, {}, never).missed).toEqual([]);
		expect(assess([old], look, { [keyOf(old)]: old.createdAt }, never)).toEqual({ missed: [old], open: {} });
	});

	test('a person\'s look takes what was processed too', () => {
		expect(assess([paid()], planLook(null, NOW, false, NOW - DAY), {}, () => true).missed).toHaveLength(1);
	});

	test('pages that move show an entry twice; it is handed on once, the oldest first', () => {
		const older = paid({ id: 'pay_0', createdAt: NOW - 5 * MINUTE });
		expect(assess([paid(), older, paid()], look, {}, never).missed).toEqual([older, paid()]);
	});
});

describe('the watermark', () => {
	const look = planLook(progress(), NOW, true);
	test.each<[string, { missed: number; complete: boolean; readAll: boolean }, { moves: boolean; suspicious: boolean }]>([
		['nothing missed', { missed: 0, complete: true, readAll: true }, { moves: true, suspicious: false }],
		['all healed', { missed: 3, complete: true, readAll: true }, { moves: true, suspicious: true }],
		['one failed', { missed: 3, complete: false, readAll: true }, { moves: false, suspicious: true }],
	])('%s', (_name, result, { moves, suspicious }) => {
		const after = progressAfter(progress(), look, {}, result, NOW);
		expect(after.seenUntil).toBe(moves ? look.until : progress().seenUntil);
		expect(after.thoroughAt).toBe(moves ? look.until : progress().thoroughAt);
		expect(after).toMatchObject({ suspicious, lookedAt: NOW });
	});

	test('does not move by a look that a person asked for, and not past lists that were not read', () => {
		expect(progressAfter(progress(), planLook(null, NOW, false, NOW - DAY), {}, { missed: 0, complete: true, readAll: true }, NOW).seenUntil).toBe(progress().seenUntil);
		expect(progressAfter(progress(), look, {}, { missed: 0, complete: true, readAll: false }, NOW).thoroughAt).toBe(progress().thoroughAt);
	});

	test('carries no more than 300 open objects', () => {
		const open = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`payment pay_${index}`, NOW - index]));
		const kept = progressAfter(null, look, open, { missed: 0, complete: true, readAll: true }, NOW).open;
		expect(Object.keys(kept)).toHaveLength(300);
		expect(kept).toHaveProperty('payment pay_0');
	});
});

test('whatever fails, is slow or gets lost: what ends at Dodo is dealt with in the end, and then left alone', () => {
	const object = fc.record({ id: fc.nat(30), kind: fc.constantFrom<Listed['kind']>('payment', 'refund'), bornAt: fc.nat(3 * HOUR), takes: fc.oneof(fc.constant(0), fc.nat(3 * HOUR)) });
	const stepSeconds = 5 * MINUTE;
	fc.assert(
		fc.property(fc.uniqueArray(object, { selector: ({ id, kind }) => `${kind} ${id}`, maxLength: 12 }), fc.infiniteStream(fc.record({ fails: fc.boolean(), loses: fc.nat(9), off: fc.nat(9) })), (objects, chances) => {
			let known: Progress | null = progress({ seenUntil: NOW, lookedAt: NOW, thoroughAt: NOW });
			const processed = new Set<string>();
			const handled = new Map<string, number>();
			const end = NOW + 8 * HOUR;
			for (let now = NOW + MINUTE; now < end; now += stepSeconds) {
				const { value: chance } = chances.next() as { value: { fails: boolean; loses: number; off: number } };
				const calm = now > NOW + 7 * HOUR;
				// n8n is off, or its static data is lost.
				if (!calm && chance.off === 0) continue;
				if (!calm && chance.loses === 0) known = null;
				const look = planLook(known, now, false);
				const open = known?.open ?? {};
				const listed = kindsOf(look, open).flatMap((kind) =>
					objects.flatMap(({ id, kind: own, bornAt, takes }): Listed[] => {
						const createdAt = NOW + bornAt;
						if (own !== kind || createdAt > now || createdAt < listSince(look, kind, open, now)) return [];
						return [{ kind, id: String(id), status: createdAt + takes <= now ? 'succeeded' : 'processing', createdAt }];
					}),
				);
				const found = assess(listed, look, open, (fact) => processed.has(fact));
				const fails = !calm && chance.fails && found.missed.length > 0;
				const dealtWith = fails ? found.missed.slice(1) : found.missed;
				for (const one of dealtWith) {
					processed.add(factOf(one));
					handled.set(factOf(one), (handled.get(factOf(one)) ?? 0) + 1);
				}
				known = progressAfter(known, look, found.open, { missed: found.missed.length, complete: !fails, readAll: look.thorough }, now);
			}
			for (const { id, kind } of objects) expect(handled.get(factOf({ kind, id: String(id), status: 'succeeded' }))).toBe(1);
		}),
		{ numRuns: 500 },
	);
});
