import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FASTER } from '../../docker/entrypoint/n8n';
import { newCustomer } from '../../test/e2e/operations';
import type { NewInvoice } from '../../sandbox/lago/ledger';
import type { Invoice } from '../../sandbox/lago/documents';
import type { Sync } from '../../test/support/sync';
import { rounded, type Row } from './stats';
import { silence, startWorld } from './world';

const INVOICES = 1_000;
/** Of Lago's workers, which all its endpoints share. */
const THREADS = 10;
/** Dodo's lowest tier. */
const PER_MINUTE = 240;
const PER_SECOND = 40;
const LOOK_MINUTES = 5;
/** Customers who pay while the run is under way, one after the other. */
const PAYERS = 6;
const PAY_EVERY_S = 20;
/** How long something else happens in Lago, once a second. */
const OTHERS_S = 180;
const LIMIT_MS = 30 * 60_000;
const GOALS = { linkMinutes: (INVOICES / PER_MINUTE) * 1.5 + LOOK_MINUTES, otherEndpointS: 30, bookingS: 60 };

/** R16: a month-end run on a real n8n. Lago bills everybody at once, and sends with the threads that all its webhooks share. */
export async function measureMonthEnd(say: (line: string) => void): Promise<Row[]> {
	const other = await otherEndpoint();
	// Schedules of senders and lanes as they are shipped.
	const sync = await startWorld({
		requestsPerMinute: PER_MINUTE,
		dodo: { rateLimit: { perMinute: PER_MINUTE, perSecond: PER_SECOND } },
		timeScale: 1,
		change: () => undefined,
		env: FASTER,
	});
	try {
		silence(sync, false);
		const earlier = Array.from({ length: PAYERS }, (_, index) => sync.lago.issueInvoice(billed(`earlier_${index}`)));
		await sync.quiet();
		sync.lago.addEndpoint({ url: other.url });
		sync.lago.knobs.parallel = THREADS;
		const invoices = Array.from({ length: INVOICES }, (_, index) => sync.lago.issueInvoice(billed(`month_${index}`)));
		const begun = Date.now();
		for (const { lago_id } of invoices) other.expect(lago_id);
		const [minutes, bookings] = await Promise.all([
			untilAllHaveALink(sync, invoices, begun, say),
			Promise.all(
				earlier.map(async (invoice, index) => await secondsUntilBooked(sync, invoice, (index + 1) * PAY_EVERY_S)),
			),
			newCustomers(sync, other.expect),
		]);
		// What somebody else's endpoint has not had yet.
		await sync.lago.idle();
		const once = invoices.filter((invoice) => sync.checkoutsOf(invoice).length === 1).length;
		return rowsOf(minutes, once, other.waits(), bookings);
	} finally {
		await sync.stop();
		await other.close();
	}
}

/**
 * @param once how many of the invoices have one checkout.
 * @param waits seconds that the other endpoint's webhooks took, in order.
 * @param bookings seconds until each payment was booked.
 */
function rowsOf(minutes: number, once: number, waits: readonly number[], bookings: readonly number[]): Row[] {
	const wait = waits[Math.floor(waits.length * 0.95)] ?? Infinity;
	const slowest = Math.max(...bookings);
	return [
		{
			id: 'R16',
			what: `minutes until ${INVOICES} invoices of one moment have their link (${once} have one checkout, ${INVOICES - once} none or more)`,
			measured: rounded(minutes, 1),
			goal: `<= ${rounded(GOALS.linkMinutes, 1)}`,
			met: minutes <= GOALS.linkMinutes && once === INVOICES,
			raw: { minutes, once },
		},
		{
			id: 'R16',
			what: `s until another endpoint of that Lago has its webhooks, 95 % of ${waits.length}, with ${THREADS} threads for all`,
			measured: rounded(wait, 1),
			goal: `<= ${GOALS.otherEndpointS}`,
			met: wait <= GOALS.otherEndpointS,
			raw: waits,
		},
		{
			id: 'R16',
			what: `s until a payment in the middle of it is booked, the slowest of ${PAYERS}`,
			measured: rounded(slowest, 1),
			goal: `<= ${GOALS.bookingS}`,
			met: slowest <= GOALS.bookingS,
			raw: bookings,
		},
	];
}

const billed = (external_id: string): NewInvoice => ({
	customer: { external_id, email: `${external_id}@example.com` },
});
const pause = async (ms: number): Promise<void> => await new Promise((resolve) => setTimeout(resolve, ms));

/** Minutes from `begun`, Infinity when the time is over before. */
async function untilAllHaveALink(
	sync: Sync,
	invoices: Invoice[],
	begun: number,
	say: (line: string) => void,
): Promise<number> {
	for (let second = 0; Date.now() - begun < LIMIT_MS; second++) {
		const open = invoices.filter(
			({ lago_id }) => sync.lago.metadataOf(lago_id, 'dodo_payment_id') === undefined,
		).length;
		if (open === 0) return (Date.now() - begun) / 60_000;
		if (second % 30 === 0)
			say(`  month end: ${Math.round((Date.now() - begun) / 1_000)} s, ${open} of ${invoices.length} have no link yet`);
		await pause(1_000);
	}
	return Infinity;
}

async function secondsUntilBooked(sync: Sync, invoice: Invoice, afterS: number): Promise<number> {
	await pause(afterS * 1_000);
	sync.dodo.payCheckout(sync.checkoutOf(invoice).id);
	const paidAt = Date.now();
	while (sync.bookedOn(invoice).length === 0 && Date.now() - paidAt < LIMIT_MS) await pause(100);
	return (Date.now() - paidAt) / 1_000;
}

/** Something that only the other endpoint is interested in. */
async function newCustomers(sync: Sync, expect: (about: string) => void): Promise<void> {
	for (let index = 0; index < OTHERS_S; index++) {
		expect(`new_${index}`);
		await newCustomer(sync, { external_id: `new_${index}` });
		await pause(1_000);
	}
}

/** Somebody else's system that listens to the same Lago and answers within 50 ms. */
async function otherEndpoint() {
	const expected = new Map<string, number>();
	const waits: number[] = [];
	const hear = (body: string): void => {
		const { customer, invoice } = JSON.parse(body) as {
			customer?: { external_id: string };
			invoice?: { lago_id: string };
		};
		const about = customer?.external_id ?? invoice?.lago_id ?? '';
		const happenedAt = expected.get(about);
		if (happenedAt !== undefined) waits.push((Date.now() - happenedAt) / 1_000);
		expected.delete(about);
	};
	const server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			hear(Buffer.concat(chunks).toString());
			setTimeout(() => response.end(), 50);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
		/** Something has happened just now that it will hear of. */
		expect: (about: string): void => void expected.set(about, Date.now()),
		/** Seconds that its webhooks took, in order; what never came took for ever. */
		waits: (): number[] => [...waits, ...[...expected.keys()].map(() => Infinity)].sort((one, two) => one - two),
		close: async (): Promise<void> => {
			server.closeAllConnections();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		},
	};
}
