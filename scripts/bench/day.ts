import type { Sync } from '../../test/support/sync';
import type { Payment } from '../../sandbox/dodo/state';
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

/** What was sent in the course of a day, and the calls that it took. */
class Day {
	private readonly made = Object.fromEntries(
		Object.keys(LEAST).map((kind) => [kind, { events: 0, calls: 0 }]),
	) as Record<Kind, { events: number; calls: number }>;
	/** Without the copies. */
	readonly sent: PreparedEvent[] = [];

	constructor(private readonly sync: Sync) {}

	async handle(kind: Kind, events: readonly PreparedEvent[]): Promise<void> {
		const { dodo, lago } = this.sync;
		const before = dodo.calls.length + lago.calls.length;
		await inParallel(
			events.length,
			AT_ONCE,
			async (index) => await postWell(this.sync, events[index] as PreparedEvent),
		);
		this.made[kind].events += events.length;
		this.made[kind].calls += dodo.calls.length + lago.calls.length - before;
		if (kind !== 'copy') this.sent.push(...events);
	}

	row(): Row {
		const kinds = Object.keys(this.made) as Kind[];
		const [calls, least] = kinds.reduce(
			([sum, minimum], kind) => [sum + this.made[kind].calls, minimum + this.made[kind].events * LEAST[kind]],
			[0, 0],
		);
		const parts = kinds
			.map((kind) => `${kind} ${rounded(this.made[kind].calls / this.made[kind].events)}/${LEAST[kind]}`)
			.join(', ');
		const ratio = calls / least;
		return {
			id: 'R3',
			what: `API calls / the least possible, a day of ${EVENTS} events (${parts})`,
			measured: rounded(ratio, 3),
			goal: '1.00',
			met: ratio <= 1.005,
			raw: this.made,
		};
	}
}

/** R3: API calls over a day of a thousand events, 35 % invoices, 33 % payments, 7 % failures, 5 % refunds, the rest copies. */
export async function measureDay(sync: Sync): Promise<Row[]> {
	const { dodo, lago } = sync;
	const chance = seededRandom(3);
	const day = new Day(sync);
	const invoices = Array.from({ length: EVENTS * 0.35 }, (_, index) =>
		lago.issueInvoice({ emit: false, customer: { external_id: `day_${index}`, email: 'a@example.com' } }),
	);
	await day.handle(
		'collect',
		invoices.map((invoice) => invoiceEvent(sync, invoice)),
	);
	const checkoutOf = (invoiceId: string): string =>
		[...dodo.state.checkouts.values()].find(({ metadata }) => metadata.lago_invoice_id === invoiceId)?.id ?? '';
	const failing = invoices.slice(0, EVENTS * 0.07);
	const declined = failing.map(({ lago_id }) => dodo.payCheckout(checkoutOf(lago_id), { card: '4000000000009995' }));
	await day.handle('fail', told(sync, declined));
	const paying = invoices.slice(0, EVENTS * 0.33);
	const paid = paying.map(({ lago_id }) => dodo.payCheckout(checkoutOf(lago_id)));
	const hasFailed = (payment: Payment): boolean =>
		failing.some(({ lago_id }) => lago_id === payment.metadata.lago_invoice_id);
	await day.handle('recover', told(sync, paid.filter(hasFailed)));
	await day.handle(
		'settle',
		told(
			sync,
			paid.filter((payment) => !hasFailed(payment)),
		),
	);
	await day.handle('refund', await refundsOf(sync, paid.slice(-EVENTS * 0.05)));
	const copies = Array.from(
		{ length: EVENTS - day.sent.length },
		() => day.sent[Math.floor(chance() * day.sent.length)] as PreparedEvent,
	);
	await day.handle('copy', copies);
	return [day.row()];
}

const told = (sync: Sync, payments: readonly Payment[]): PreparedEvent[] =>
	payments.map((payment) => paymentEvent(sync, payment));

/** A part of each payment goes back; what Dodo tells of that when it has. */
async function refundsOf(sync: Sync, payments: readonly Payment[]): Promise<PreparedEvent[]> {
	const { dodo } = sync;
	const refunds = payments.map((payment) => dodo.refundPayment(payment.payment_id, { amount: 2_500 }));
	while (refunds.some(({ refund_id }) => dodo.state.refunds.get(refund_id)?.status !== 'succeeded'))
		await new Promise((resolve) => setTimeout(resolve, 20));
	return refunds.map(({ refund_id }) =>
		dodoEvent(sync, 'refund.succeeded', { payload_type: 'Refund', ...dodo.state.refunds.get(refund_id) }),
	);
}
