import { decideTry, standingCharge, type MadeCharge } from '../../../nodes/shared/domain/charge';
import { encodeState, type CollectionState } from '../../../nodes/shared/domain/invoiceMetadata';
import { invoice, meta } from './facts';

const NOW = 1_793_869_207;
const failed: CollectionState = { phase: 'failed', attempt: 2, mode: 'test', payLink: 'https://pay.example/1' };

const charged = (state: Partial<CollectionState>, id = 'pay_1') =>
	invoice({ metadata: meta({ dodo_payment_id: id, dodo_state: encodeState({ ...failed, ...state }) }) });

describe('decideTry', () => {
	it.each<[string, Parameters<typeof decideTry>[0], Parameters<typeof decideTry>[2], object]>([
		['the first one', invoice(), null, { attempt: 1, startsAnew: false }],
		['the first one that is asked for', invoice(), 'now', { attempt: 1, startsAnew: true }],
		['a planned one that is due', charged({ nextTryAt: NOW }), null, { attempt: 3, startsAnew: false }],
		['one that is asked for after a failure', charged({}), 'now', { attempt: 3, startsAnew: false }],
		['one by the button', charged({}), 'by_button', { attempt: 3, askedAt: NOW }],
		['one by the button after an hour', charged({ askedAt: NOW - 3_600 }), 'by_button', { attempt: 3, askedAt: NOW }],
		[
			'a planned one soon after the button',
			charged({ nextTryAt: NOW, askedAt: NOW - 60 }),
			null,
			{ askedAt: NOW - 60 },
		],
		['one by the workflow soon after the button', charged({ askedAt: NOW - 60 }), 'now', { askedAt: NOW - 60 }],
		['one that runs', charged({ phase: 'charging' }), null, { attempt: 2, startsAnew: false }],
		['one that is asked for while one runs', charged({ phase: 'processing' }), 'now', { attempt: 2, startsAnew: true }],
		['one after a link that failed', charged({}, 'cks_1'), null, { attempt: 3, startsAnew: false }],
		[
			'the first one, where a state names nothing',
			invoice({ metadata: meta({ dodo_state: encodeState(failed) }) }),
			null,
			{ attempt: 1 },
		],
		['the first one by the button', invoice(), 'by_button', { attempt: 1, startsAnew: true, askedAt: NOW }],
		['the first one of this world', charged({ mode: 'live' }), null, { attempt: 1, before: null }],
	])('charges %s', (_, facts, asked, next) => {
		expect(decideTry(facts, 'test', asked, NOW)).toMatchObject({ action: 'charge', next });
	});

	it('keeps the pay link of the other world', () => {
		expect(decideTry(charged({ mode: 'live' }), 'test', null, NOW)).toMatchObject({
			next: { payLink: failed.payLink, recordedId: 'pay_1' },
		});
	});

	it('waits after a failure of which no further try is planned', () => {
		expect(decideTry(charged({ declineCode: 'EXPIRED_CARD' }), 'test', null, NOW)).toMatchObject({
			action: 'wait',
			said: { outcome: 'skipped', reason: 'try_failed', message: expect.stringContaining('(EXPIRED_CARD)') as unknown },
		});
	});

	it('takes a copy of the webhook of the button for what it may be: the same press', () => {
		expect(decideTry(charged({ askedAt: NOW - 3_599 }), 'test', 'by_button', NOW)).toMatchObject({
			action: 'wait',
			said: { reason: 'try_failed', nextStep: `Press it again after ${new Date((NOW + 1) * 1000).toISOString()}.` },
		});
	});

	it('says of a copy that comes while a try is planned that one is', () => {
		expect(decideTry(charged({ askedAt: NOW, nextTryAt: NOW + 1 }), 'test', 'by_button', NOW)).toMatchObject({
			said: { reason: 'retry_planned', message: expect.stringContaining('counts once an hour') as unknown },
		});
	});

	it('waits until a planned try is due', () => {
		expect(decideTry(charged({ nextTryAt: NOW + 1 }), 'test', null, NOW)).toMatchObject({
			action: 'wait',
			said: {
				reason: 'retry_planned',
				message: expect.stringContaining(` ${new Date((NOW + 1) * 1000).toISOString()}.`) as unknown,
			},
		});
	});
});

describe('standingCharge', () => {
	const made = (id: string, status: string | null, attempt: number, isReturned = false): MadeCharge => ({
		id,
		status,
		attempt,
		isReturned,
	});

	it.each<[string, MadeCharge[], object | null]>([
		['none', [], null],
		['a failed one of an earlier attempt', [made('a', 'failed', 1)], null],
		['one of the same attempt', [made('a', 'failed', 2)], { isPaid: false, charge: { id: 'a' } }],
		['one that has no status yet', [made('a', null, 2)], { isPaid: false, charge: { id: 'a' } }],
		[
			'one that runs before one of the same attempt',
			[made('a', 'failed', 2), made('b', 'processing', 1)],
			{ isPaid: false, charge: { id: 'b' } },
		],
		[
			'one that brought money before all',
			[made('a', 'processing', 2), made('b', 'succeeded', 1)],
			{ isPaid: true, charge: { id: 'b' } },
		],
		['none that Lago’s books have', [{ ...made('a', 'succeeded', 2), isBooked: true }], null],
		[
			'one beside one that Lago’s books have',
			[
				{ ...made('a', 'succeeded', 1), isBooked: true },
				{ ...made('b', 'failed', 2), isBooked: false },
			],
			{ isPaid: false, charge: { id: 'b' } },
		],
		['none whose money went back', [made('a', 'succeeded', 1, true)], null],
	])('is %s', (_, charges, expected) => {
		const standing = standingCharge(charges, 2);
		if (expected === null) expect(standing).toBeNull();
		else expect(standing).toMatchObject(expected);
	});
});
