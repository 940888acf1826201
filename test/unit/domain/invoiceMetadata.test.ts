import * as fc from 'fast-check';
import {
	decodeState,
	encodeState,
	freeMetadataSlots,
	metadataValue,
	withOurMetadata,
	type CollectionState,
	type MetadataEntry,
} from '../../../nodes/shared/domain/invoiceMetadata';
import { keyOf } from '../../../nodes/shared/domain/counted';
import { MAX_DODO_AMOUNT } from '../../../nodes/shared/domain/money';

const OURS = ['dodo_payment_id', 'dodo_state'];
const MAX_VALUE = 140;

const states: fc.Arbitrary<CollectionState> = fc.record(
	{
		phase: fc.constantFrom('waiting', 'open', 'charging', 'processing', 'failed', 'paid', 'overpaid', 'returned'),
		attempt: fc.integer({ min: 1, max: 9_999 }),
		nextTryAt: fc.integer({ min: 0, max: 9_999_999_999 }),
		failedTries: fc.integer({ min: 0, max: 20 }),
		failedSince: fc.integer({ min: 0, max: 9_999_999_999 }),
		disputeWon: fc.constant(true),
		mode: fc.constantFrom('live', 'test'),
		refunded: fc.integer({ min: 0, max: MAX_DODO_AMOUNT }),
		amount: fc.integer({ min: 1, max: MAX_DODO_AMOUNT }),
		expiresAt: fc.integer({ min: 0, max: 99_999_999_999 }),
		taxOnTop: fc.constant(true),
		declineCode: fc.stringMatching(/^[A-Z0-9_]{1,40}$/),
		// When it is first needed: its tables take a second.
		url: fc.constant(null).chain(() => fc.webUrl({ withQueryParameters: true, withFragments: true })),
	},
	{ requiredKeys: ['phase', 'attempt'] },
);

/** What an invoice can hold: five entries at most, keys unique, each with its id; some of them may be ours. */
const invoiceMetadata: fc.Arbitrary<MetadataEntry[]> = fc
	.uniqueArray(
		fc.oneof(
			{ weight: 3, arbitrary: fc.string({ minLength: 1, maxLength: 20 }) },
			{ weight: 1, arbitrary: fc.constantFrom(...OURS) },
		),
		{ maxLength: 5 },
	)
	.chain((keys) =>
		fc.tuple(
			...keys.map((key) =>
				fc.record({ id: fc.uuid(), key: fc.constant(key), value: fc.string({ minLength: 1, maxLength: MAX_VALUE }) }),
			),
		),
	);

const isForeign = ({ key }: MetadataEntry): boolean => !OURS.includes(key);

describe('the state of a collection', () => {
	it.each<[string, CollectionState, string]>([
		[
			'a link',
			{
				phase: 'open',
				attempt: 1,
				amount: 12995,
				expiresAt: 1793869207,
				url: 'https://checkout.dodopayments.com/session/cks_1',
			},
			'v1;open;a=1;m=12995;x=1793869207;u=https://checkout.dodopayments.com/session/cks_1',
		],
		['tax on top', { phase: 'open', attempt: 2, amount: 1, taxOnTop: true }, 'v1;open;a=2;m=1;t=1'],
		[
			'a decline',
			{ phase: 'failed', attempt: 1, declineCode: 'INSUFFICIENT_FUNDS' },
			'v1;failed;a=1;d=INSUFFICIENT_FUNDS',
		],
		[
			'a decline after another',
			{ phase: 'failed', attempt: 2, failedTries: 1, failedSince: 1793800000, declineCode: 'EXPIRED_CARD' },
			'v1;failed;a=2;f=1;s=1793800000;d=EXPIRED_CARD',
		],
		['a dispute that was won after all', { phase: 'paid', attempt: 1, disputeWon: true }, 'v1;paid;a=1;w=1'],
		['the world that it is of', { phase: 'open', attempt: 1, mode: 'live' }, 'v1;open;a=1;e=l'],
		[
			'the other one, before a link',
			{ phase: 'open', attempt: 1, mode: 'test', url: 'https://a.example/1' },
			'v1;open;a=1;e=t;u=https://a.example/1',
		],
		[
			'where its page is',
			{ phase: 'open', attempt: 1, mode: 'live', page: 'api', payLink: 'https://a.example/pay' },
			'v1;open;a=1;e=l;p=a;l=https://a.example/pay',
		],
		['a paid one', { phase: 'paid', attempt: 1 }, 'v1;paid;a=1'],
	])('writes and reads %s', (_, state, text) => {
		expect(encodeState(state)).toBe(text);
		expect(decodeState(text)).toEqual(state);
	});

	it('fits into Lago and comes back the same, but for a link that is too long', () => {
		fc.assert(
			fc.property(states, fc.boolean(), (made, isPermanent) => {
				const { url: link, ...plain } = made;
				const state: CollectionState =
					link === undefined ? plain : { ...plain, [isPermanent ? 'payLink' : 'url']: link };
				const text = encodeState(state);
				expect(text.length).toBeLessThanOrEqual(MAX_VALUE);
				const expected = { ...state };
				// When the first try failed gives way first, then the decline code, then the link.
				if (state.failedSince !== undefined && !text.includes(';s=')) delete expected.failedSince;
				if (link !== undefined && !/;[ul]=/.test(text)) delete expected[isPermanent ? 'payLink' : 'url'];
				if (state.declineCode !== undefined && !text.includes(';d=')) delete expected.declineCode;
				const read = decodeState(text);
				expect(read).toEqual(expected);
				if (link !== undefined && expected.url === undefined && expected.payLink === undefined)
					expect(text.length + 3 + link.length).toBeGreaterThan(MAX_VALUE);
				expect(encodeState(read as CollectionState)).toBe(text);
			}),
		);
	});

	it('fits into Lago whatever Dodo says as the reason of a decline, and cannot be bent by it', () => {
		fc.assert(
			fc.property(states, fc.string({ maxLength: 300 }), (state, declineCode) => {
				const text = encodeState({ ...state, declineCode });
				expect(text.length).toBeLessThanOrEqual(MAX_VALUE);
				expect(decodeState(text)).toMatchObject({ phase: state.phase, attempt: state.attempt });
				expect(decodeState(text)?.amount).toBe(state.amount);
			}),
		);
	});

	it('keeps a link with separators in it', () => {
		const state: CollectionState = { phase: 'open', attempt: 1, url: 'https://a.example/;u=1;x=9' };
		expect(decodeState(encodeState(state))).toEqual(state);
	});

	it('leaves out a link that does not fit', () => {
		const text = encodeState({ phase: 'open', attempt: 1, amount: 5, url: `https://a.example/${'x'.repeat(200)}` });
		expect(text).toBe('v1;open;a=1;m=5');
	});

	it('falls back to the checkout link where the permanent one does not fit', () => {
		const state: CollectionState = {
			phase: 'open',
			attempt: 1,
			amount: 5,
			url: 'https://a.example/cks_1',
			payLink: `https://a.example/${'x'.repeat(200)}`,
		};
		expect(encodeState(state)).toBe('v1;open;a=1;m=5;u=https://a.example/cks_1');
		expect(encodeState({ ...state, payLink: 'https://a.example/pay?t=1' })).toBe(
			'v1;open;a=1;m=5;l=https://a.example/pay?t=1',
		);
	});

	it.each([
		['nothing', undefined],
		['an empty text', ''],
		['a foreign word', 'yes'],
		['another version', 'v2;open;a=1'],
		['an unknown phase', 'v1;sleeping;a=1'],
		['no attempt', 'v1;open'],
		['an attempt that is no number', 'v1;open;a=one'],
		['a negative attempt', 'v1;open;a=-1'],
	])('does not read %s', (_, text) => {
		expect(decodeState(text)).toBeNull();
	});

	it('fits to the last character', () => {
		const url = (length: number) => `https://a.example/${'x'.repeat(length)}`;
		const room = 140 - encodeState({ phase: 'open', attempt: 1, url: url(0) }).length;
		expect(encodeState({ phase: 'open', attempt: 1, url: url(room) })).toHaveLength(140);
		expect(encodeState({ phase: 'open', attempt: 1, url: url(room + 1) })).toBe('v1;open;a=1');
		expect(encodeState({ phase: 'failed', attempt: 1, declineCode: `A-${'B'.repeat(60)}` })).toBe(
			`v1;failed;a=1;d=A${'B'.repeat(39)}`,
		);
	});

	it('leaves out what the amount and end of a link take the room of', () => {
		const counted = ['a', 'b', 'c', 'd'].map(
			(letter) => ({ key: letter.repeat(5), sign: '+', amount: 1_234_567 }) as const,
		);
		const full: CollectionState = {
			...{
				phase: 'processing',
				attempt: 9_999,
				amount: 2_147_483_647,
				expiresAt: 9_999_999_999,
				nextTryAt: 9_999_999_999,
			},
			...{ failedTries: 20, askedAt: 9_999_999_999, refunded: 2_147_483_647, counted },
		};
		const short = encodeState({ ...full, amount: undefined, expiresAt: undefined });
		expect(encodeState(full)).toBe(short);
		expect(encodeState({ ...full, failedSince: 1_700_000_000 })).toBe(`${short};s=1700000000`);
		expect(encodeState({ ...full, declineCode: 'STOLEN_CARD' })).toBe(`${short};d=STOLEN_CARD`);
	});

	it('has nothing that was not written', () => {
		expect(decodeState('v1;open;a=1')).toStrictEqual({ phase: 'open', attempt: 1 });
		expect(decodeState('v1;open;a=1;m=5x;n=;e=q;p=q;d=;o=')).toStrictEqual({ phase: 'open', attempt: 1 });
		expect(decodeState('v1;open;a=1x')).toBeNull();
	});

	it('never throws on foreign text', () => {
		fc.assert(fc.property(fc.string(), (text) => void decodeState(text)));
		fc.assert(fc.property(fc.string(), (text) => void decodeState(`v1;open;a=1;${text}`)));
	});
});

describe('metadata of an invoice', () => {
	const state: CollectionState = { phase: 'open', attempt: 1, amount: 12995 };

	it("adds ours beside the merchant's", () => {
		expect(withOurMetadata([{ id: 'm1', key: 'po', value: '4711' }], { paymentId: 'cks_1', state })).toEqual([
			{ id: 'm1', key: 'po', value: '4711' },
			{ key: 'dodo_payment_id', value: 'cks_1' },
			{ key: 'dodo_state', value: 'v1;open;a=1;m=12995' },
		]);
	});

	it('updates ours by id instead of inserting them a second time', () => {
		const entries = [
			{ id: 'a', key: 'dodo_state', value: 'v1;paid;a=1' },
			{ id: 'm1', key: 'po', value: '4711' },
			{ id: 'b', key: 'dodo_payment_id', value: 'cks_0' },
		];
		expect(withOurMetadata(entries, { paymentId: 'cks_1', state })).toEqual([
			{ id: 'm1', key: 'po', value: '4711' },
			{ id: 'b', key: 'dodo_payment_id', value: 'cks_1' },
			{ id: 'a', key: 'dodo_state', value: 'v1;open;a=1;m=12995' },
		]);
	});

	it('remembers what was booked when another payment takes its place, but a surplus one leaves it', () => {
		const before = (phase: string, id = 'pay_1') => [
			{ key: 'dodo_payment_id', value: id },
			{ key: 'dodo_state', value: `v1;${phase};a=1` },
		];
		const written = (entries: MetadataEntry[], phase: CollectionState['phase'], paymentId?: string) =>
			decodeState(metadataValue(withOurMetadata(entries, { paymentId, state: { phase, attempt: 1 } }), 'dodo_state'))
				?.counted;
		expect(written(before('paid'), 'open', 'cks_2')).toEqual([{ key: keyOf('pay_1'), sign: '=', amount: 0 }]);
		expect(written(before('paid'), 'overpaid', 'pay_2')).toBeUndefined();
		expect(written(before('failed'), 'open', 'cks_2')).toBeUndefined();
		expect(written(before('paid', 'cks_1'), 'open', 'cks_2')).toBeUndefined();
		expect(written(before('paid'), 'paid')).toBeUndefined();
		expect(written([{ key: 'dodo_state', value: 'v1;paid;a=1' }], 'open', 'cks_2')).toBeUndefined();
	});

	it('writes no id where there is none, and what is new without one', () => {
		expect(withOurMetadata([], { state })).toStrictEqual([{ key: 'dodo_state', value: 'v1;open;a=1;m=12995' }]);
		const full = Array.from({ length: 5 }, (_, index) => ({ id: `${index}`, key: `key${index}`, value: 'x' }));
		expect(withOurMetadata(full, { paymentId: 'pay_1', state: { phase: 'paid', attempt: 1 } })).toEqual(full);
		expect(withOurMetadata(full.slice(1), { state: { phase: 'paid', attempt: 1 } })).toEqual(full.slice(1));
	});

	it('never touches what the merchant wrote, never exceeds five entries, and never repeats a key', () => {
		fc.assert(
			fc.property(
				invoiceMetadata,
				states,
				fc.string({ minLength: 1, maxLength: 40 }),
				(entries, anyState, paymentId) => {
					const written = withOurMetadata(entries, { paymentId, state: anyState });
					expect(written.filter(isForeign)).toEqual(entries.filter(isForeign));
					expect(written.length).toBeLessThanOrEqual(5);
					expect(new Set(written.map(({ key }) => key)).size).toBe(written.length);
					for (const entry of written) expect(entry.id).toBe(entries.find(({ key }) => key === entry.key)?.id);
					if (freeMetadataSlots(entries) >= 0) {
						expect(metadataValue(written, 'dodo_payment_id')).toBe(paymentId);
						expect(metadataValue(written, 'dodo_state')).toBe(encodeState(anyState));
					} else {
						// An id without a state means paid, so it is written for nothing else.
						const alone = entries.filter(isForeign).length === 4 && anyState.phase === 'paid';
						expect(metadataValue(written, 'dodo_payment_id')).toBe(alone ? paymentId : undefined);
					}
				},
			),
		);
	});

	it.each([
		[0, 3],
		[1, 2],
		[2, 1],
		[3, 0],
		[4, -1],
		[5, -2],
	])('with %i foreign entries, %i are free', (count, free) => {
		const entries = Array.from({ length: count }, (_, index) => ({ key: `key${index}`, value: 'x' }));
		expect(freeMetadataSlots(entries)).toBe(free);
		expect(freeMetadataSlots([...entries, { key: 'dodo_state', value: 'x' }])).toBe(free);
	});
});

test.each<[string, Partial<CollectionState>, CollectionState['request']]>([
	['stays while nothing else is asked for', {}, { key: 'aaaaa', amount: 10_000 }],
	['makes room for the next one', { request: { key: 'bbbbb', amount: 9_000 } }, { key: 'bbbbb', amount: 9_000 }],
	['is forgotten when the invoice is paid', { phase: 'paid' }, undefined],
])('the session over several invoices that is out %s', (_case, news, request) => {
	const before: CollectionState = { phase: 'open', attempt: 1, request: { key: 'aaaaa', amount: 10_000 } };
	const entries = withOurMetadata([], { state: before });
	const after = withOurMetadata(entries, { state: { phase: 'open', attempt: 2, ...news } });
	expect(decodeState(metadataValue(after, 'dodo_state'))?.request).toEqual(request);
});
