/** Money that had come, was taken back, and comes again: what it is booked as, or why it is held. */
import { encodeCounted, keyOf, SOME_DISPUTE, type Counted } from '../../../nodes/shared/domain/counted';
import type { InvoiceFacts } from '../../../nodes/shared/domain/invoice';
import type { PaymentFacts } from '../../../nodes/shared/domain/payment';
import { decideSuccess } from '../../../nodes/shared/domain/settlement';
import { invoice, meta, payment } from './facts';

const AMOUNT = 10_000;
/** Paid in full, then its status was put back. */
const REVERSED = { paymentStatus: 'failed', total: AMOUNT, totalDue: 0, totalPaid: AMOUNT };
/** Paid in full, then lost in a dispute. */
const DISPUTED = { paymentStatus: 'succeeded', total: AMOUNT, totalDue: 0, totalPaid: AMOUNT, disputeLostAt: 1 };
/** Marked as paid by a server without licence, then lost in a dispute. */
const BY_STATUS = { ...DISPUTED, totalDue: AMOUNT, totalPaid: 0 };

const record = (id: string, state: string) => meta({ dodo_payment_id: id, dodo_state: `v1;${state}` });
/** By the link that is recorded. */
const BY_LINK = { metadata: record('cks_1', 'open;a=2') };
const foreign = (count: number) =>
	Array.from({ length: count }, (_, at) => ({ id: `${at}`, key: `k${at}`, value: 'x' }));
const decide = (change: Partial<PaymentFacts>, named: Partial<InvoiceFacts>, references: string[] | null = ['pay_0']) =>
	decideSuccess(payment(change), invoice(named), references);

const KEY = keyOf('pay_1');
const ALL_LOST: Counted = { key: SOME_DISPUTE, sign: '+', amount: AMOUNT };
const MADE_GOOD: Counted = { key: KEY, sign: '-', amount: AMOUNT };

test.each<[string, Partial<InvoiceFacts>, 'reversed' | 'disputed', Counted[]]>([
	['what was put back', REVERSED, 'reversed', [{ key: KEY, sign: '=', amount: 0 }]],
	['what nobody knows which dispute took', DISPUTED, 'disputed', [ALL_LOST, MADE_GOOD]],
	['what it took where only the status says that it was paid', BY_STATUS, 'disputed', [ALL_LOST, MADE_GOOD]],
	['what a dispute took that is written down', { ...DISPUTED, lost: AMOUNT }, 'disputed', [MADE_GOOD]],
])('%s is made good by the link that is out', (_, named, how, counted) => {
	const decision = { action: 'make_good', amount: AMOUNT, how, counted };
	expect(decide({}, { ...named, ...BY_LINK })).toEqual(decision);
});

test('what was counted before stays', () => {
	const before: Counted[] = [{ key: 'aaaaa', sign: '+', amount: AMOUNT }];
	const metadata = record('cks_1', `open;a=2;o=${encodeCounted(before)}`);
	expect(decide({}, { ...DISPUTED, lost: AMOUNT, metadata })).toMatchObject({ counted: [...before, MADE_GOOD] });
});

test.each<[string, Partial<PaymentFacts>, InvoiceFacts['metadata']]>([
	[
		'by the charge that is recorded',
		{ checkoutSessionId: null, subscriptionId: 'sub_1' },
		record('pay_1', 'charging;a=2'),
	],
	[
		'by the mandate, whose last charge failed',
		{ checkoutSessionId: null, subscriptionId: 'sub_1' },
		record('pay_0', 'failed;a=2'),
	],
	['by a link that was made later than what is recorded', { attempt: 3 }, record('cks_0', 'open;a=2')],
	['by a second link', { attempt: 2 }, []],
])('it is made good %s', (_, change, metadata) => {
	for (const named of [REVERSED, DISPUTED])
		expect(decide(change, { ...named, mandateId: 'sub_1', metadata })).toMatchObject({ action: 'make_good' });
});

test.each<[string, Partial<PaymentFacts>, InvoiceFacts['metadata']]>([
	['by a link of the same try as what is recorded', { attempt: 2 }, record('cks_0', 'open;a=2')],
	['by the first link, where nothing is recorded', {}, []],
	['by a link, beside a charge that failed', {}, record('pay_0', 'failed;a=1')],
	['by a link, beside a link that failed', {}, record('cks_0', 'failed;a=1')],
	[
		'by the mandate, whose last charge has not failed',
		{ checkoutSessionId: null, subscriptionId: 'sub_1' },
		record('pay_0', 'paid;a=1'),
	],
	[
		'by the mandate, beside a link that failed',
		{ checkoutSessionId: null, subscriptionId: 'sub_1' },
		record('cks_0', 'failed;a=1'),
	],
	['by the mandate, where nothing is recorded', { checkoutSessionId: null, subscriptionId: 'sub_1' }, []],
	['and is recorded as surplus', { attempt: 9 }, record('pay_1', 'overpaid;a=1')],
	['and is recorded as surplus that went back', { attempt: 9 }, record('pay_1', 'returned;a=1')],
])('nobody can tell what it is for when it comes %s', (_, change, metadata) => {
	for (const named of [REVERSED, DISPUTED])
		expect(decide(change, { ...named, mandateId: 'sub_1', metadata })).toMatchObject({
			action: 'hold',
			held: { reason: 'already_paid', nextStep: expect.stringContaining('payment pay_1') as string },
		});
});

test('another amount than what a dispute took is surplus, another one than what was put back is held', () => {
	expect(decide({ amount: 4_000 }, DISPUTED)).toMatchObject({ action: 'overpaid', overpaid: { reason: 'paid_twice' } });
	expect(decide({ amount: 4_000 }, REVERSED)).toMatchObject({ action: 'hold', held: { reason: 'already_paid' } });
	expect(decide({ amount: 4_000 }, { ...DISPUTED, ...BY_LINK })).toMatchObject({
		held: { reason: 'amount_below_due' },
	});
});

test('a dispute is asked about before it is believed', () => {
	for (const named of [DISPUTED, BY_STATUS])
		expect(decide({}, { ...named, ...BY_LINK }, null)).toEqual({ action: 'look_up_references' });
	expect(decide({}, { ...DISPUTED, ...BY_LINK }, ['pay_1'])).toEqual({ action: 'already_settled' });
});

test('where the invoice has no room to say so, it is held', () => {
	const [id, state] = BY_LINK.metadata;
	const full = { action: 'hold', held: { reason: 'metadata_full' } };
	const withOthers = (count: number) => [...foreign(count), id, state].flatMap((entry) => entry ?? []);
	expect(decide({}, { ...REVERSED, metadata: withOthers(3) })).toMatchObject({ action: 'make_good' });
	expect(decide({}, { ...REVERSED, metadata: withOthers(4) })).toMatchObject(full);
	const disputes = Array.from({ length: 4 }, (_, at): Counted => ({ key: `aaaa${at}`, sign: '+', amount: 100_000 }));
	const metadata = record('cks_1', `open;a=2;o=${encodeCounted(disputes)}`);
	expect(decide({}, { ...DISPUTED, lost: AMOUNT, metadata })).toMatchObject(full);
	expect(decide({}, { ...DISPUTED, metadata })).toMatchObject(full);
});
