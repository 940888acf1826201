import {
	shareLosses,
	shareOut,
	type Loss,
	type LossMember,
	type MemberMoney,
	type MoneyOut,
} from '../../../nodes/shared/domain/shareOut';

const member = (change: Partial<MemberMoney> = {}): MemberMoney => ({
	booked: 1_000,
	surplus: 0,
	credited: 0,
	lost: 0,
	...change,
});
const three = [member(), member(), member()];
const out = (amount: number, change: Partial<MoneyOut> = {}): MoneyOut => ({
	amount,
	all: amount,
	inBooks: 0,
	...change,
});

test.each<[string, MoneyOut, MemberMoney[], number[], number]>([
	['the youngest due loses first', out(500), three, [0, 0, 500], 0],
	['then the one before it', out(1_500), three, [0, 500, 1_000], 0],
	['all of it', out(3_000), three, [1_000, 1_000, 1_000], 0],
	['more than there is', out(3_200), three, [1_000, 1_000, 1_000], 200],
	['nothing', out(0), three, [0, 0, 0], 0],
	['first the one that it is for', out(500, { target: 0 }), three, [500, 0, 0], 0],
	['then again the youngest', out(1_200, { target: 0 }), three, [1_000, 0, 200], 0],
	['one in the middle', out(1_200, { target: 1 }), three, [0, 1_000, 200], 0],
	['for nothing in particular', out(500, { target: null }), three, [0, 0, 500], 0],
	['what was never booked goes first', out(500), [member(), member({ surplus: 300 }), member()], [0, 0, 200], 0],
	['and may be all', out(300), [member({ surplus: 300 }), member()], [0, 0], 0],
	['what went back before has no room', out(500), [member(), member({ credited: 700 })], [200, 300], 0],
	['nor has what a dispute took', out(500), [member(), member({ lost: 700 })], [200, 300], 0],
	['nor both', out(500), [member(), member({ credited: 300, lost: 600 })], [400, 100], 0],
	['more than was booked is no room', out(500), [member(), member({ credited: 700, lost: 700 })], [500, 0], 0],
	// An earlier refund of 400 is in the books already.
	['only what is missing', out(500, { all: 900, inBooks: 400 }), [member(), member({ credited: 400 })], [0, 500], 0],
	['all is there', out(500, { all: 500, inBooks: 500 }), [member(), member({ credited: 500 })], [0, 0], 0],
	// An earlier one of 400 was told too late: it has its own turn, and this one takes no more than its own.
	['no more than it is itself', out(500, { all: 900 }), three, [0, 0, 500], 0],
	// Cut off after the first of two notes.
	['the rest of it', out(1_500, { inBooks: 1_000 }), [member(), member({ credited: 1_000, done: 1_000 })], [500, 0], 0],
	[
		'a part of it is there, on an invoice with room left: nothing more there',
		out(1_500, { inBooks: 600 }),
		[member(), member({ credited: 600, done: 600 })],
		[900, 0],
		0,
	],
	[
		'what is missing of it, though more of another one is missing as well',
		out(500, { all: 2_000, inBooks: 200 }),
		[member(), member({ credited: 200, done: 200 })],
		[300, 0],
		0,
	],
	['told again', out(1_000, { inBooks: 1_000 }), [member(), member({ credited: 1_000, done: 1_000 })], [0, 0], 0],
])('%s', (_case, given, members, parts, left) => expect(shareOut(given, members)).toEqual({ parts, left }));

describe('what lost disputes take', () => {
	const of = (change: Partial<LossMember> = {}): LossMember => ({
		booked: 1_000,
		credited: 0,
		lost: 0,
		isFixed: false,
		...change,
	});
	const loss = (amount: number, ...written: number[]): Loss => ({ amount, written });
	const open = [of(), of(), of()];
	const voided = [of(), of(), of({ isFixed: true })];

	test.each<[string, number, Loss[], LossMember[], number[][]]>([
		['nothing', 0, [loss(0, 0, 0, 0)], open, [[0, 0, 0]]],
		['the youngest due loses first', 1_500, [loss(1_500, 0, 0, 0)], open, [[0, 500, 1_000]]],
		['told again', 1_500, [loss(1_500, 0, 500, 1_000)], open, [[0, 500, 1_000]]],
		['cut off after the first', 1_500, [loss(1_500, 0, 0, 1_000)], open, [[0, 500, 1_000]]],
		['more than there is', 3_500, [loss(3_500, 0, 0, 0)], open, [[1_000, 1_000, 1_000]]],
		['what went back by a note is no room', 500, [loss(500, 0, 0)], [of(), of({ credited: 900 })], [[400, 100]]],
		['nor what another one took', 500, [loss(500, 0, 0)], [of(), of({ lost: 700 })], [[0, 0]]],
		['which counts', 1_200, [loss(500, 0, 0)], [of(), of({ lost: 700 })], [[200, 300]]],
		['no more than it is itself', 1_200, [loss(500, 0, 0, 0)], open, [[0, 0, 500]]],
		['another one is won', 0, [loss(600, 0, 0, 300)], open, [[0, 0, 0]]],
		['in part what was never booked bears it', 100, [loss(600, 0, 200, 300)], open, [[0, 0, 100]]],
		['it took less than it is', 1_500, [loss(1_500, 0, 0, 400)], open, [[0, 500, 1_000]]],
		[
			'two that grow',
			1_800,
			[loss(1_000, 0, 0, 0), loss(900, 0, 0, 500)],
			open,
			[
				[0, 500, 500],
				[0, 300, 500],
			],
		],
		[
			'one that has what it takes, and another one that came',
			1_500,
			[loss(1_000, 0, 0, 1_000), loss(500, 0, 0, 0)],
			open,
			[
				[0, 0, 1_000],
				[0, 500, 0],
			],
		],
		[
			'two that shrink',
			100,
			[loss(1_000, 0, 300, 0), loss(900, 0, 0, 500)],
			open,
			[
				[0, 0, 0],
				[0, 0, 100],
			],
		],
		['what is right in all stays where it is', 500, [loss(500, 500, 0, 0)], open, [[500, 0, 0]]],
		['the voided one bears its own', 600, [loss(600, 0, 0, 0)], voided, [[0, 0, 0]]],
		['and no more', 1_600, [loss(1_600, 0, 0, 0)], voided, [[0, 600, 0]]],
		['what was written on it before it was voided stays', 1_600, [loss(1_600, 0, 0, 700)], voided, [[0, 600, 700]]],
		['even where less is lost', 0, [loss(1_600, 0, 600, 700)], voided, [[0, 0, 700]]],
	])('%s', (_case, taken, losses, members, written) => {
		expect(shareLosses(taken, losses, members).written).toEqual(written);
	});

	test.each<[string, number, LossMember[], number[]]>([
		['all that the mark stands for', 600, voided, [0, 0, 600]],
		['no more than its part', 1_600, voided, [0, 0, 1_000]],
		['less what went back', 1_600, [of(), of({ isFixed: true, credited: 300 })], [0, 700]],
		['only after younger ones', 1_200, [of({ isFixed: true }), of()], [200, 0]],
		['nothing', 1_200, open, [0, 0, 0]],
	])('of one that nothing can be written on: %s', (_case, taken, members, fixed) => {
		expect(shareLosses(taken, [loss(taken, ...members.map(() => 0))], members).fixed).toEqual(fixed);
	});
});
