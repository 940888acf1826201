import fc from 'fast-check';
import type { Shop, Step } from '../support/merchant';
import { world } from '../support/oneWorld';
import { runs } from '../support/runs';
import { shopOf, story, told } from '../support/stories';

// More calls than Dodo takes in a minute.
jest.mock('../../nodes/DodoPayments/transport/rateLimit', () => ({ takeTurn: async () => await Promise.resolve() }));

/** Whatever payers, banks, bookkeepers and the network do: every cent that Dodo Payments has received is booked, given back or told. */
beforeAll(() => {
	world.credential = { currenciesCountedAlike: 'KWD' };
});

const SHOP: Shop = {
	currency: 'EUR',
	taxMode: 'inclusive',
	isByMandate: false,
	isPremium: true,
	isTopUp: false,
	tax: 0,
	customers: [],
};
const step = (kind: Step['kind'], pick = 0, share = 100, calls = 0): Step => ({ kind, pick, share, calls });
const LESS = 3;

test.each<[string, Partial<Shop>, Step[]]>([
	[
		'two disputes over one payment are lost, each over less than what was never booked of it',
		{ customers: [[4_696]] },
		[step('askForAll'), step('pay'), step('byBank', 0, 35), step('tell'), step('lose', 0, 11), step('lose', 0, 33)],
	],
	[
		'the same, told one by one, and a refund between them',
		{ customers: [[1_000, 4_000]] },
		[
			...[step('askForAll'), step('pay'), step('byBank', 1, 35), step('tell')],
			...[
				step('lose', 0, 11),
				step('tell', 1),
				step('refund', 0, 13),
				step('tell', 1),
				step('lose', 0, 40),
				step('tell', 3),
			],
		],
	],
	[
		'an invoice is paid by a part of a payment and by one of its own; both go back',
		{ customers: [[1_000, 2_000]] },
		[
			...[step('askForAll'), step('pay', 0, 50, LESS), step('tell'), step('ask', 1), step('pay', 0), step('tell', 1)],
			...[step('refund', 1), step('tell', 2), step('refund', 0), step('tell', 3)],
		],
	],
	[
		'the same, the shared one first',
		{ customers: [[1_000, 2_000]] },
		[
			...[step('askForAll'), step('pay', 0, 50, LESS), step('tell'), step('ask', 1), step('pay', 0), step('tell', 1)],
			...[step('refund', 0), step('tell', 2), step('refund', 1), step('tell', 3)],
		],
	],
	[
		'the same, both are taken by disputes',
		{ customers: [[1_000, 2_000]] },
		[
			...[step('askForAll'), step('pay', 0, 50, LESS), step('tell'), step('ask', 1), step('pay', 0), step('tell', 1)],
			...[step('lose', 1), step('tell', 2), step('lose', 0), step('tell', 3)],
		],
	],
	[
		'a dispute is won, and another one over everything is lost; both are told late',
		{ customers: [[8_508]] },
		[step('ask'), step('pay'), step('tell'), step('lose', 0, 57), step('moveDispute'), step('lose')],
	],
	[
		'a dispute over everything is lost and won, and then another one is lost',
		{ customers: [[8_508]] },
		[
			...[step('ask'), step('pay'), step('tell'), step('lose'), step('tell', 1), step('moveDispute'), step('tell', 1)],
			...[step('lose'), step('tell', 2), step('tell', 1)],
		],
	],
	[
		'the refund of a credit note fails while a dispute is open, and another one takes what is left',
		{ customers: [[60]] },
		[
			...[step('askForAll'), step('pay'), step('tell'), step('dispute', 0, 1), step('note', 0, 2)],
			...[step('lose', 0, 97), step('tell', 2), step('moveDispute')],
		],
	],
	[
		'without a licence, a dispute over all that was left is told before the refund',
		{ customers: [[6_648, 6_692]], isPremium: false },
		[
			...[step('askForAll'), step('pay'), step('tell'), step('refund', 0, 8), step('lose', 0, 82)],
			...[step('tell', 2), step('tell', 1)],
		],
	],
])('%s', async (_case, given, steps) => {
	expect(await told(world, { ...SHOP, ...given }, steps)).toEqual([]);
});

// Always the same ones, unless there is time to look for others.
const seed = process.env.TEST_FULL === '1' ? {} : { seed: 11 };

test.each<[string, Partial<Shop>, number, number]>([
	['with a licence', {}, 24, 2_000],
	['without one', { isPremium: false }, 12, 500],
	['credits that must be paid first', { isTopUp: true }, 8, 500],
])(
	'whatever happens in whatever order, %s: in the end every cent is booked, given back or told',
	async (_case, more, quick, full) => {
		await fc.assert(
			fc.asyncProperty(shopOf(more), story, async (given, steps) => {
				expect(await told(world, given, steps)).toEqual([]);
			}),
			{ numRuns: runs(quick, full), ...seed },
		);
	},
	7_200_000,
);
