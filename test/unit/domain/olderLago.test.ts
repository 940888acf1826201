import { describeMirror, refundNamedBy } from '../../../nodes/shared/domain/noteTie';
import {
	byRetryButton,
	isTooOld,
	learn,
	sentenceOf,
	UNKNOWN_AGE,
	type LagoAge,
} from '../../../nodes/shared/domain/olderLago';
import { paidOn } from '../../../nodes/shared/domain/paid';

const OPEN = { status: 'finalized', total: 10_000, totalDue: 10_000, totalPaid: null };

/** [what, figures, offset, what was paid]. Before 1.40 a voided invoice shows what was not paid of it, from then on 0. */
test.each<[string, Partial<Parameters<typeof paidOn>[0]>, number | undefined, number | null]>([
	['as Lago says it, from 1.41 on', { totalPaid: 4_000, totalDue: 0 }, undefined, 4_000],
	['nothing, as Lago says it', { totalPaid: 0, totalDue: 0 }, undefined, 0],
	['nothing', {}, undefined, 0],
	['a part', { totalDue: 7_000 }, undefined, 3_000],
	['all', { totalDue: 0 }, undefined, 10_000],
	['by status only, which lowers nothing', { totalDue: 10_000 }, undefined, 0],
	['what credit notes did not take off', { totalDue: 0 }, 4_000, 6_000],
	['nothing, all was taken off', { totalDue: 0 }, 10_000, 0],
	['a part of a voided one', { status: 'voided', totalDue: 7_000 }, undefined, 3_000],
	['nobody can tell of a voided one that owes nothing', { status: 'voided', totalDue: 0 }, undefined, null],
	['all of a voided one, as Lago says it', { status: 'voided', totalDue: 0, totalPaid: 10_000 }, undefined, 10_000],
])('what was paid: %s', (_what, figures, offset, expected) => {
	expect(paidOn({ ...OPEN, ...figures }, offset)).toBe(expected);
});

test.each<[Parameters<typeof refundNamedBy>[0], string | null]>([
	[{ metadata: { dodo_refund_id: 'ref_1' }, description: null }, 'ref_1'],
	[{ metadata: { dodo_refund_id: 'ref_1' }, description: describeMirror('ref_2') }, 'ref_1'],
	[{ description: describeMirror('ref_2') }, 'ref_2'],
	[{ metadata: { dodo_refund_id: '' }, description: 'Refund ref_3 at Dodo Payments' }, 'ref_3'],
	[{ metadata: { po: '4711' }, description: 'Refund ref_3 at Dodo Payments, by phone' }, null],
	[{ metadata: {}, description: 'Refund at Dodo Payments' }, null],
	[{ metadata: null, description: null }, null],
	[{}, null],
])('which refund a note names: %j', (note, expected) => {
	expect(refundNamedBy(note)).toBe(expected);
});

const ALWAYS = {
	total_amount_cents: 1,
	refund_amount_cents: 1,
	signature_algo: 'hmac',
	created_at: '2026-11-28T10:00:00Z',
};
const DUE = { total_due_amount_cents: 1 };
const PAID = { ...DUE, total_paid_amount_cents: 0 };
const noted = { metadata: { dodo_refund_id: 'ref_1' } };
type Told = [of: Parameters<typeof learn>[1], told: object, sent?: object];

/** [what was told, from, before, what the sentence says it lacks] */
test.each<[Told[], string | null, string | null, string[] | null]>([
	[[], null, null, null],
	[[['invoice', PAID]], '1.41', null, null],
	[[['invoice', DUE]], '1.22', '1.41', ['1.37', '1.44']],
	[[['invoice', {}]], null, '1.22', ['1.22', '1.37', '1.44']],
	[
		[
			['invoice', DUE],
			['credit_note', {}, noted],
		],
		'1.22',
		'1.37',
		['1.37', '1.44'],
	],
	[
		[
			['invoice', DUE],
			['credit_note', noted, noted],
		],
		'1.37',
		'1.41',
		['1.44'],
	],
	[[['credit_note', {}, {}]], null, null, null],
	[
		[
			['invoice', PAID],
			['webhook_endpoint', {}],
		],
		'1.41',
		'1.44',
		['1.44'],
	],
	[[['webhook_endpoint', { event_types: null }]], '1.44', null, null],
	[
		[
			['organization', {}],
			['webhook_endpoint', { event_types: null }],
		],
		'1.44',
		'1.45.2',
		null,
	],
	// What tells of an earlier version says nothing against a later one.
	[
		[
			['organization', { slug: 'x' }],
			['invoice', PAID],
			['webhook_endpoint', { event_types: null }],
		],
		'1.45.2',
		null,
		null,
	],
	// Updated since, and put back.
	[
		[
			['invoice', DUE],
			['webhook_endpoint', {}],
			['organization', { slug: 'x' }],
		],
		'1.45.2',
		null,
		null,
	],
	[
		[
			['invoice', PAID],
			['invoice', DUE],
		],
		'1.22',
		'1.41',
		['1.37', '1.44'],
	],
])('told %j', (answers, from, before, lacks) => {
	const age = answers.reduce<LagoAge>(
		(known, [of, told, sent]) => learn(known, of, { ...ALWAYS, ...told }, sent),
		UNKNOWN_AGE,
	);
	expect(age).toEqual({ from, before });
	const words = sentenceOf(age);
	expect(words?.match(/before [\d.]+/g)?.map((one) => one.slice('before '.length)) ?? null).toEqual(lacks);
	if (words !== null) expect(words).toContain(`This Lago is older than ${before}`);
	expect(isTooOld(age)).toBe(before === '1.22');
});

test.each([
	['1.9', true],
	['1.21.3', true],
	['1.22', true],
	['1.100', false],
	['2.0', false],
])('a Lago that lacks what came with %s is too old: %s', (before, expected) => {
	expect(isTooOld({ from: null, before })).toBe(expected);
});

test('what is no invoice tells nothing', () => {
	expect(learn(UNKNOWN_AGE, 'invoice', { lago_id: '1' })).toEqual(UNKNOWN_AGE);
});

test('a step by the button names what stands for it on an older Lago', () => {
	expect(byRetryButton('Press "Retry payment".')).toBe(
		'Press "Retry payment". On a Lago before 1.37 that tells nobody: charge by hand, with Try Again Now.',
	);
});
