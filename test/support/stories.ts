import fc from 'fast-check';
import { everyCent } from './everyCent';
import { Merchant, type Shop, type Step } from './merchant';
import type { World } from './world';

const LARGEST = 2_147_483_647;
const amount = fc.oneof(
	{ weight: 4, arbitrary: fc.integer({ min: 60, max: 9_999 }) },
	{ weight: 1, arbitrary: fc.integer({ min: 400_000_000, max: LARGEST }) },
);
/** Of all that may be, what goes together: a mandate is set up in EUR with the tax inside, Lago's own tax and one on top would tax twice. */
export const shopOf = (more: Partial<Shop>): fc.Arbitrary<Shop> =>
	fc
		.record({
			currency: fc.constantFrom('EUR' as const, 'JPY' as const, 'KWD' as const),
			taxMode: fc.constantFrom('inclusive' as const, 'inclusive' as const, 'exclusive' as const),
			isByMandate: fc.constantFrom(false, false, true),
			tax: fc.constantFrom(0, 0, 0, 7, 20),
			customers: fc.array(fc.array(amount, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 }),
		})
		.map((one) => {
			const isOnTop = one.taxMode === 'exclusive';
			const isTaxed = isOnTop || one.tax > 0 || more.isTopUp === true;
			return {
				...one,
				isPremium: true,
				isTopUp: false,
				tax: isOnTop || more.isTopUp ? 0 : one.tax,
				isByMandate: one.isByMandate && one.currency === 'EUR' && !isOnTop,
				customers: one.customers.map((of) => of.map((all) => (isTaxed ? Math.min(all, 1_500_000_000) : all))),
				...more,
			};
		});
const some = (...kinds: Array<[weight: number, kind: Step['kind']]>): fc.Arbitrary<Step> =>
	fc.record({
		kind: fc.oneof(...kinds.map(([weight, kind]) => ({ weight, arbitrary: fc.constant(kind) }))),
		pick: fc.nat(9),
		share: fc.integer({ min: 1, max: 100 }),
		calls: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(9) }),
	});
const asked = fc.tuple(some([1, 'ask'], [1, 'askForAll']), some([1, 'pay']));
const step = some(
	...([
		[2, 'ask'],
		[2, 'askForAll'],
		[4, 'pay'],
		[2, 'payTwice'],
		[1, 'endDebit'],
		[1, 'byBank'],
		[1, 'void'],
		[4, 'refund'],
		[2, 'returnSurplus'],
		[3, 'note'],
		[2, 'dispute'],
		[2, 'lose'],
		[3, 'moveDispute'],
		[6, 'tell'],
		[1, 'tellOld'],
		[1, 'look'],
	] as Array<[number, Step['kind']]>),
);
export const story = fc
	.tuple(fc.array(asked, { minLength: 1, maxLength: 3 }), fc.array(step, { minLength: 2, maxLength: 14 }))
	.map(([first, then]) => [...first.flat(), ...then]);

export async function told(world: World, given: Shop, steps: Step[]): Promise<string[]> {
	const merchant = await Merchant.open(world, given);
	for (const one of steps) await merchant.do(one);
	await merchant.end();
	return await everyCent(world, merchant);
}
