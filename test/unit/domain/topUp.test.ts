import fc from 'fast-check';
import { decodeState, encodeState, type CollectionState } from '../../../nodes/shared/domain/invoiceMetadata';
import {
	isToCollect,
	readTopUpRecord,
	recordKeyOf,
	topUpAmount,
	topUpNeedsPremium,
	topUpNumber,
	topUpStatuses,
	writeTopUpRecord,
} from '../../../nodes/shared/domain/topUp';
import { lagoUnits } from '../../../nodes/shared/domain/currencies';
import { toDecimal } from '../../../nodes/shared/domain/money';
import { meta } from './facts';

const ID = '9d16facc-a762-47b3-8244-030765b3a2ee';
const NOW = Date.UTC(2026, 10, 28);
const DAY = 86_400_000;
const FAILED = meta({ dodo_payment_id: 'pay_1', dodo_state: 'v1;failed;a=1' });

test.each([
	['waits', {}, 'finalized', 'pending'],
	['paid', { status: 'settled' }, 'finalized', 'succeeded'],
	['paid before its wallet ended', { status: 'settled', walletStatus: 'terminated' }, 'finalized', 'succeeded'],
	['declined, by our record', { record: FAILED }, 'finalized', 'failed'],
	['its wallet is terminated', { walletStatus: 'terminated' }, 'voided', 'pending'],
	['its wallet has expired', { walletEndsAt: NOW }, 'voided', 'pending'],
	['its wallet expires later', { walletEndsAt: NOW + 1 }, 'finalized', 'pending'],
])('a top-up: %s', (_what, change, status, paymentStatus) => {
	const facts = { status: 'pending', walletStatus: 'active', walletEndsAt: null, record: [], ...change };
	expect(topUpStatuses(facts, NOW)).toEqual({ status, paymentStatus });
});

test.each([
	['10.0', 'EUR', 1_000],
	['0.005', 'EUR', 1],
	['0.004', 'EUR', 0],
	['500.0', 'JPY', 500],
	['1.2345', 'KWD', 1_235],
	['49990', 'HUF', 49_990],
	['1.0e3', 'EUR', 100_000],
])('%s %s is %i', (amount, currency, minorUnits) => {
	expect(topUpAmount(amount, currency)).toBe(minorUnits);
});

test('whatever an amount is, as text it is the same in minor units', () => {
	fc.assert(
		fc.property(
			fc.integer({ min: 0, max: 2_147_483_647 }),
			fc.constantFrom('EUR', 'JPY', 'KWD', 'HUF', 'USD'),
			(amount, currency) => {
				expect(topUpAmount(toDecimal(amount, currency, lagoUnits(currency)), currency)).toBe(amount);
			},
		),
	);
});

test.each([
	['nobody was asked, and its event is over', {}, NOW - DAY, true],
	['its event is on its way', {}, NOW - 59_000, false],
	['its event is over this moment', {}, NOW - 60_000, true],
	['Lago does not say when', {}, null, true],
	['a link is out', { dodo_state: 'v1;open;a=1' }, NOW - DAY, false],
	['a charge runs', { dodo_payment_id: 'pay_1', dodo_state: 'v1;charging;a=1' }, NOW - DAY, false],
	['the next try is due', { dodo_state: `v1;failed;a=1;n=${NOW / 1000}` }, NOW - DAY, true],
	['the next try is not due', { dodo_state: `v1;failed;a=1;n=${NOW / 1000 + 1}` }, NOW - DAY, false],
	['no try follows', { dodo_state: 'v1;failed;a=4;f=4' }, NOW - DAY, false],
])('to collect now: %s', (_what, record, createdAt, expected) => {
	expect(isToCollect(meta(record as Record<string, string>), createdAt, NOW)).toBe(expected);
});

test('its record is read back as it was written, and fits into the metadata of a wallet', () => {
	const state: fc.Arbitrary<CollectionState> = fc.record(
		{
			phase: fc.constantFrom('waiting', 'open', 'charging', 'failed', 'processing'),
			attempt: fc.integer({ min: 1, max: 99 }),
			amount: fc.integer({ min: 1, max: 2_147_483_647 }),
			nextTryAt: fc.integer({ min: 1_700_000_000, max: 1_999_999_999 }),
			failedTries: fc.integer({ min: 1, max: 12 }),
			payLink: fc.constant(`https://n8n.example/pay?t=${'x'.repeat(38)}`),
		},
		{ requiredKeys: ['phase', 'attempt'] },
	);
	fc.assert(
		fc.property(state, fc.option(fc.constantFrom('cks_1', 'pay_2'), { nil: undefined }), (next, paymentId) => {
			const written = writeTopUpRecord([], { paymentId, state: next });
			expect(written.length).toBeLessThanOrEqual(255);
			const entries = readTopUpRecord({ [recordKeyOf(ID)]: written, other: 'x' }, ID);
			expect(entries).toEqual([
				...(paymentId === undefined ? [] : [{ key: 'dodo_payment_id', value: paymentId }]),
				{ key: 'dodo_state', value: encodeState(next) },
			]);
			expect(decodeState(entries.at(-1)?.value)).toMatchObject({ phase: next.phase, attempt: next.attempt });
			// What is written next keeps what is named.
			expect(writeTopUpRecord(entries, { state: next }).split(' ')[0]).toBe(paymentId ?? '-');
		}),
	);
});

test.each([
	[{}],
	[{ [recordKeyOf('another')]: 'pay_1 v1;open;a=1' }],
	[{ [recordKeyOf(ID)]: null }],
	[{ [recordKeyOf(ID)]: 5 }],
])('without a record there is none: %j', (metadata) => {
	expect(readTopUpRecord(metadata, ID)).toEqual([]);
});

test('its record has a key of its own, and there it stays', () => {
	expect(recordKeyOf(ID)).toBe(`dodo_top_up_${ID}`);
	expect(recordKeyOf('another')).not.toBe(recordKeyOf(ID));
});

test('why it waits names it, what happened, and what to do', () => {
	expect(topUpNeedsPremium('TOPUP-9D16FACC', 'Payment pay_1 succeeded')).toEqual({
		outcome: 'held',
		reason: 'top_up_needs_premium',
		message: expect.stringMatching(/^Payment pay_1 succeeded: TOPUP-9D16FACC counts only when it is paid first/),
		nextStep: expect.stringMatching(/^Add a licence to Lago/),
	});
});

test('it has a number that people can say', () => {
	expect(topUpNumber(ID)).toBe('TOPUP-9D16FACC');
});
