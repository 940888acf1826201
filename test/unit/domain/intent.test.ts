import * as fc from 'fast-check';
import { decideIntent, mayBeOver, moneyIsMoving } from '../../../nodes/shared/domain/intent';
import { encodeState, type CollectionState } from '../../../nodes/shared/domain/invoiceMetadata';
import { invoice as invoiceFacts } from './facts';

const NOW = 1_793_869_207;
const open: CollectionState = {
	phase: 'open',
	attempt: 1,
	amount: 10_000,
	expiresAt: NOW + 3600,
	url: 'https://test.checkout.dodopayments.com/session/cks_1',
};

const withState = (state: CollectionState | string, paymentId = 'cks_1') =>
	invoiceFacts({
		metadata: [
			{ id: 'a', key: 'dodo_payment_id', value: paymentId },
			{ id: 'b', key: 'dodo_state', value: typeof state === 'string' ? state : encodeState(state) },
		],
	});

describe('decideIntent', () => {
	it('creates the first link', () => {
		expect(decideIntent(invoiceFacts(), NOW, 'test')).toEqual({ action: 'create', attempt: 1, amount: 10_000 });
	});

	it('hands the living link out again', () => {
		expect(decideIntent(withState(open), NOW, 'test')).toEqual({
			action: 'reuse',
			state: open,
			sessionId: 'cks_1',
			isCertain: true,
		});
	});

	it('hands out a session of which only the id is known: its page is a matter of the operation', () => {
		const unknown: CollectionState = { ...open, url: undefined };
		expect(decideIntent(withState(unknown), NOW, 'test')).toMatchObject({ action: 'reuse', sessionId: 'cks_1' });
	});

	it.each<[string, CollectionState, boolean | null]>([
		['says so', { ...open, url: undefined, mode: 'test' }, true],
		['shows it by its link', open, true],
		['was written before records said so', { ...open, url: 'https://pay.example/1' }, false],
		['says that it is of the other one', { ...open, url: undefined, mode: 'live' }, null],
		[
			'shows by its link that it is of the other one',
			{ ...open, url: 'https://checkout.dodopayments.com/session/cks_1' },
			null,
		],
	])('hands a link of its own world out, when the record %s', (_, state, isCertain) => {
		const decision = decideIntent(withState(state), NOW, 'test');
		expect(decision).toMatchObject(
			isCertain === null ? { action: 'look_first', dodoId: 'cks_1', attempt: 2 } : { action: 'reuse', isCertain },
		);
	});

	it('looks at a link before it is handed out again when a payment by it failed, or was taken back', () => {
		const certain = (state: CollectionState, change: object) =>
			decideIntent({ ...withState(state), ...change }, NOW, 'test') as { isCertain?: boolean };
		expect(certain(open, {})).toMatchObject({ action: 'reuse', isCertain: true });
		expect(certain({ ...open, phase: 'failed' }, {})).toMatchObject({ action: 'reuse', isCertain: false });
		const reversed = { paymentStatus: 'failed', totalDue: 0, totalPaid: 10_000 };
		expect(certain(open, reversed)).toMatchObject({ action: 'reuse', isCertain: false });
	});

	it.each([
		['failed', true],
		['cancelled', true],
		['processing', false],
		['succeeded', false],
		[null, false],
		[undefined, false],
	])('a session whose payment is %s may be over: %s', (status, is) => expect(mayBeOver(status)).toBe(is));

	it('hands it out again after a declined card: it is still open', () => {
		const failed: CollectionState = { ...open, phase: 'failed' };
		expect(decideIntent(withState(failed), NOW, 'test')).toMatchObject({ action: 'reuse' });
	});

	it.each<[string, CollectionState | string, number]>([
		['has died', { ...open, expiresAt: NOW - 1 }, 2],
		['dies within a minute', { ...open, expiresAt: NOW + 60 }, 2],
		['asks for another amount', { ...open, amount: 100 }, 2],
		['has a payment under way', { ...open, phase: 'processing' }, 2],
		['belongs to the third try', { ...open, attempt: 3, expiresAt: NOW - 1 }, 4],
		['left an unreadable state', 'something else', 2],
	])('looks at Dodo first when the link %s', (_, state, attempt) => {
		expect(decideIntent(withState(state), NOW, 'test')).toEqual({
			action: 'look_first',
			dodoId: 'cks_1',
			attempt,
			amount: 10_000,
		});
	});

	it('looks first when only the id is there', () => {
		const invoice = invoiceFacts({ metadata: [{ id: 'a', key: 'dodo_payment_id', value: 'pay_9' }] });
		expect(decideIntent(invoice, NOW, 'test')).toEqual({
			action: 'look_first',
			dodoId: 'pay_9',
			attempt: 2,
			amount: 10_000,
		});
	});

	it('skips and holds as collectability says, whatever links there are', () => {
		expect(decideIntent({ ...withState(open), paymentStatus: 'succeeded' }, NOW, 'test')).toMatchObject({
			action: 'skip',
			reason: 'already_paid',
		});
		const metadata = Array.from({ length: 5 }, (_, index) => ({ id: `m${index}`, key: `key${index}`, value: 'x' }));
		expect(decideIntent(invoiceFacts({ metadata }), NOW, 'test')).toMatchObject({
			action: 'hold',
			held: { reason: 'metadata_full' },
		});
	});

	it('never creates blindly once an id is known, and never hands out a dead or wrong link', () => {
		const anyState = fc.record({
			phase: fc.constantFrom('open' as const, 'processing' as const, 'failed' as const, 'paid' as const),
			attempt: fc.integer({ min: 1, max: 50 }),
			amount: fc.constantFrom(10_000, 100),
			expiresAt: fc.integer({ min: NOW - 10_000, max: NOW + 10_000 }),
			url: fc.constantFrom(undefined, 'https://a.example/1'),
		});
		fc.assert(
			fc.property(anyState, (state) => {
				const decision = decideIntent(withState(state), NOW, 'test');
				expect(['reuse', 'look_first']).toContain(decision.action);
				if (decision.action === 'reuse') {
					expect(decision.state.expiresAt).toBeGreaterThan(NOW);
					expect(decision.state.amount).toBe(10_000);
					expect(decision.state.phase).not.toBe('processing');
				}
				if (decision.action === 'look_first') expect(decision.attempt).toBe(state.attempt + 1);
			}),
		);
	});
});

describe('moneyIsMoving', () => {
	it.each(['succeeded', 'processing', 'requires_capture', 'partially_captured'])(
		'%s: no second way to pay',
		(status) => {
			expect(moneyIsMoving(status)).toBe(true);
		},
	);

	it.each(['failed', 'cancelled', 'requires_payment_method', 'requires_customer_action', null, undefined])(
		'%s: a new link may be made',
		(status) => {
			expect(moneyIsMoving(status)).toBe(false);
		},
	);
});
