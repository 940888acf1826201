import type { Sync } from '../../test/support/sync';
import { seededRandom } from '../../sandbox/shared/faults';
import { inParallel, rounded, type Row } from './stats';
import { dodoEvent, invoiceEvent, paymentEvent, postWell, type PreparedEvent } from './world';

const EVENTS = 1_000;
const AT_ONCE = 8;

/** What an event cannot be handled without, and why. Copies of events need nothing. */
const LEAST = {
	/** Read the invoice afresh, make the checkout, write it down. */
	collect: 3,
	/** Read the invoice, book the payment. */
	settle: 2,
	/** The same, and the note of the failed try must not stay on a paid invoice: Lago takes payment and metadata in two calls. */
	recover: 3,
	/** Read the invoice, write down the failure and the plan. */
	fail: 2,
	/** Read what was paid, what is booked by it and what was credited, make the credit note, say that the money has gone back. */
	refund: 6,
	copy: 0,
} as const;
type Kind = keyof typeof LEAST;

/** R3: API calls over a day of a thousand events, 35 % invoices, 33 % payments, 7 % failures, 5 % refunds, the rest copies. */
export async function measureDay(sync: Sync): Promise<Row[]> {
	const { dodo, lago } = sync;
	const chance = seededRandom(3);
	const made = Object.fromEntries(Object.keys(LEAST).map((kind) => [kind, { events: 0, calls: 0 }])) as Record<
		Kind,
		{ events: number; calls: number }
	>;
	const sent: PreparedEvent[] = [];
	const invoices = Array.from({ length: EVENTS * 0.35 }, (_, index) =>
		lago.issueInvoice({ emit: false, customer: { external_id: `day_${index}`, email: 'a@example.com' } }),
	);
	const handle = async (kind: Kind, events: readonly PreparedEvent[]): Promise<void> => {
		const before = dodo.calls.length + lago.calls.length;
		await inParallel(events.length, AT_ONCE, async (index) => await postWell(sync, events[index] as PreparedEvent));
		made[kind].events += events.length;
		made[kind].calls += dodo.calls.length + lago.calls.length - before;
		if (kind !== 'copy') sent.push(...events);
	};
	await handle(
		'collect',
		invoices.map((invoice) => invoiceEvent(sync, invoice)),
	);
	const checkoutOf = (invoiceId: string): string =>
		[...dodo.state.checkouts.values()].find(({ metadata }) => metadata.lago_invoice_id === invoiceId)?.id ?? '';
	const failing = invoices.slice(0, EVENTS * 0.07);
	const declined = failing.map(({ lago_id }) => dodo.payCheckout(checkoutOf(lago_id), { card: '4000000000009995' }));
	await handle(
		'fail',
		declined.map((payment) => paymentEvent(sync, payment)),
	);
	const paying = invoices.slice(0, EVENTS * 0.33);
	const paid = paying.map(({ lago_id }) => dodo.payCheckout(checkoutOf(lago_id)));
	const hasFailed = (payment: (typeof paid)[number]): boolean =>
		failing.some(({ lago_id }) => lago_id === payment.metadata.lago_invoice_id);
	await handle(
		'recover',
		paid.filter(hasFailed).map((payment) => paymentEvent(sync, payment)),
	);
	await handle(
		'settle',
		paid.filter((payment) => !hasFailed(payment)).map((payment) => paymentEvent(sync, payment)),
	);
	const refunds = paid
		.slice(-EVENTS * 0.05)
		.map((payment) => dodo.refundPayment(payment.payment_id, { amount: 2_500 }));
	while (refunds.some(({ refund_id }) => dodo.state.refunds.get(refund_id)?.status !== 'succeeded'))
		await new Promise((resolve) => setTimeout(resolve, 20));
	await handle(
		'refund',
		refunds.map(({ refund_id }) =>
			dodoEvent(sync, 'refund.succeeded', { payload_type: 'Refund', ...dodo.state.refunds.get(refund_id) }),
		),
	);
	const copies = Array.from(
		{ length: EVENTS - sent.length },
		() => sent[Math.floor(chance() * sent.length)] as PreparedEvent,
	);
	await handle('copy', copies);
	const [calls, least] = (Object.keys(made) as Kind[]).reduce(
		([sum, minimum], kind) => [sum + made[kind].calls, minimum + made[kind].events * LEAST[kind]],
		[0, 0],
	);
	const parts = (Object.keys(made) as Kind[])
		.map((kind) => `${kind} ${rounded(made[kind].calls / made[kind].events)}/${LEAST[kind]}`)
		.join(', ');
	const ratio = calls / least;
	return [
		{
			id: 'R3',
			what: `API calls / the least possible, a day of ${EVENTS} events (${parts})`,
			measured: rounded(ratio, 3),
			goal: '1.00',
			met: ratio <= 1.005,
			raw: made,
		},
	];
}
