import fc from 'fast-check';
import {
	isShared,
	keysFor,
	mandatesOn,
	placesOf,
	seenBy,
	withoutMandate,
	type NewMandate,
} from '../../../nodes/shared/domain/mandates';

const A = 'bus_AAAAAAAAaaaaaaaa';
const B = 'bus_BBBBBBBBbbbbbbbb';
const PLAIN = { mandate: 'dodo_subscription_id', customer: 'dodo_customer_id' };
const OF_B = { mandate: 'dodo_sub_bbbbbbbb', customer: 'dodo_cus_bbbbbbbb' };

type Entries = Array<{ key: string; value: string }>;
const entries = (values: Record<string, string>): Entries =>
	Object.entries(values).map(([key, value]) => ({ key, value }));
const mandate = (id: string, businessId: string | null, replaces: string | null = null): NewMandate => ({
	id,
	businessId,
	replaces,
});

test.each<[string, Record<string, string>, NewMandate, object]>([
	['the first one', {}, mandate('sub_1', A), PLAIN],
	['the same again', { dodo_subscription_id: 'sub_1' }, mandate('sub_1', A), PLAIN],
	['its successor', { dodo_subscription_id: 'sub_1' }, mandate('sub_2', A, 'sub_1'), PLAIN],
	['its successor, when it has ended meanwhile', {}, mandate('sub_2', A, 'sub_1'), PLAIN],
	['one of old', { dodo_subscription_id: 'sub_1' }, mandate('sub_2', null), PLAIN],
	['that of another business', { dodo_subscription_id: 'sub_1' }, mandate('sub_9', B), OF_B],
	['its successor there', { dodo_subscription_id: 'sub_1', dodo_sub_bbbbbbbb: 'sub_9' }, mandate('sub_10', B), OF_B],
	['its successor there, when the other one has ended', { dodo_sub_bbbbbbbb: 'sub_9' }, mandate('sub_10', B), OF_B],
	['one when the plain place is empty', { dodo_subscription_id: '' }, mandate('sub_9', B), PLAIN],
])('%s is kept where it overwrites nobody', (_what, values, given, keys) => {
	expect(keysFor(entries(values), given)).toEqual(keys);
	// Lago takes no longer ones.
	for (const key of Object.values(keys) as string[]) expect(key.length).toBeLessThanOrEqual(20);
});

const SHARED = entries({
	po: '4711',
	dodo_customer_id: 'cus_1',
	dodo_subscription_id: 'sub_1',
	dodo_cus_bbbbbbbb: 'cus_9',
	dodo_sub_bbbbbbbb: 'sub_9',
});

test.each<[string | null, Record<string, string>]>([
	[B, { po: '4711', dodo_customer_id: 'cus_9', dodo_subscription_id: 'sub_9' }],
	[A, Object.fromEntries(SHARED.map(({ key, value }) => [key, value]))],
	[null, Object.fromEntries(SHARED.map(({ key, value }) => [key, value]))],
])('%s sees its own', (businessId, seen) => {
	const keys = seenBy(SHARED, businessId).map(({ key }) => key);
	expect(new Set(keys).size).toBe(keys.length);
	expect(Object.fromEntries(seenBy(SHARED, businessId).map(({ key, value }) => [key, value]))).toEqual(seen);
});

test('all mandates prove, one of them ends, and who is alone is asked for nothing', () => {
	expect(mandatesOn(SHARED)).toEqual(['sub_1', 'sub_9']);
	expect([isShared(SHARED), isShared(entries({ dodo_subscription_id: 'sub_1' })), isShared([])]).toEqual([
		true,
		false,
		false,
	]);
	expect(withoutMandate(SHARED, 'sub_9').map(({ key }) => key)).toEqual([
		'po',
		'dodo_customer_id',
		'dodo_subscription_id',
	]);
	expect(withoutMandate(SHARED, 'sub_1').map(({ value }) => value)).toEqual(['4711', 'cus_1', 'cus_9', 'sub_9']);
	expect(withoutMandate(SHARED, 'sub_7')).toEqual(SHARED);
	expect([placesOf(null), placesOf(B)]).toEqual([[PLAIN.mandate], [PLAIN.mandate, OF_B.mandate]]);
});

test('however the mandates of two businesses come, each business finds its newest and none is lost', () => {
	// At each step one business sets up another mandate: it knows which one of its own it has seen.
	fc.assert(
		fc.property(fc.array(fc.constantFrom(A, B), { minLength: 1, maxLength: 8 }), (order) => {
			let kept: Entries = [];
			const newest: Record<string, string> = {};
			order.forEach((businessId, index) => {
				const id = `sub_${index}`;
				const seen = seenBy(kept, businessId).find(({ key }) => key === PLAIN.mandate)?.value ?? null;
				const replaces = seen !== null && seen === newest[businessId] ? seen : null;
				const keys = keysFor(kept, { id, businessId, replaces });
				kept = [...kept.filter(({ key }) => key !== keys.mandate), { key: keys.mandate, value: id }];
				newest[businessId] = id;
			});
			for (const [businessId, id] of Object.entries(newest))
				expect(seenBy(kept, businessId).find(({ key }) => key === PLAIN.mandate)?.value).toBe(id);
			expect(kept.length).toBeLessThanOrEqual(2);
		}),
	);
});

test('two links that are out at the same time: both mandates are kept, whichever comes first', () => {
	for (const order of [
		[A, B],
		[B, A],
	]) {
		let kept: Entries = [];
		for (const businessId of order) {
			const keys = keysFor(kept, mandate(`sub of ${businessId}`, businessId));
			kept = [...kept, { key: keys.mandate, value: `sub of ${businessId}` }];
		}
		expect(mandatesOn(kept)).toHaveLength(2);
		for (const businessId of [A, B]) {
			const found = seenBy(kept, businessId).find(({ key }) => key === PLAIN.mandate)?.value;
			expect(found).toBe(`sub of ${businessId}`);
		}
	}
});
