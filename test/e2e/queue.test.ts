import { audit, HandedOut, type Audit } from '../chaos/audit';
import type { Invoice } from '../../sandbox/lago/documents';
import { whyNoServices } from '../support/services';
import { letAMinutePass, lookingEvery, startSync, waitFor, type Sync } from '../support/sync';
import { roundTrip } from './roundTrip';
import { printTable } from './operations';

const STORM = 100;
/** Instead of every five minutes. */
const LOOK_EVERY_S = 10;
const STORM_MS = 6 * 60_000;

jest.setTimeout(STORM_MS + 60_000);

const why = whyNoServices();
const describeQueue = why === null ? describe : describe.skip;

describeQueue(why ?? 'one main process and two workers on PostgreSQL and Redis', () => {
	let sync: Sync;
	let handedOut: HandedOut;

	beforeAll(async () => {
		sync = await startSync({ registration: 'manual', change: lookingEvery(LOOK_EVERY_S), queue: { workers: 2 } });
		handedOut = new HandedOut(sync);
	}, 900_000);
	afterAll(async () => {
		await sync?.stop();
	});
	beforeEach(() => sync.reset());

	/** Ids in the lines that a worker wrote about its executions. */
	const idsIn = (worker: number, word: 'started' | 'finished'): string[] =>
		[...(sync.n8n.workers[worker]?.process.log() ?? '').matchAll(new RegExp(`${word} execution (\\d+)`, 'gi'))].map(
			([, id]) => id as string,
		);
	const unfinishedBy = (worker: number): string[] =>
		idsIn(worker, 'started').filter((id) => !idsIn(worker, 'finished').includes(id));

	test('collect, settle, and a refund from either side: the main process listens, the workers execute', async () => {
		const before = Number(await sync.n8n.newestId());
		await roundTrip(sync);
		expect(audit(sync, handedOut)).toMatchObject({ lost: [], doubled: [] });

		const executed = [0, 1].map((worker) => idsIn(worker, 'started').filter((id) => Number(id) > before));
		const all = sync.n8n
			.sql(`SELECT id FROM execution_entity WHERE id > ${before} AND mode = 'webhook'`)
			.map(({ id }) => String(id));
		expect(all.length).toBeGreaterThanOrEqual(8);
		expect(executed.flat()).toEqual(expect.arrayContaining(all));
		expect(executed.every((ids) => ids.length > 0)).toBe(true);
	});

	test('a copy of what a worker has done is answered by the main process; one that a new main process lets through changes nothing', async () => {
		const [paid, open] = [await sync.issue(), await sync.issue()];
		await sync.pay(paid);
		const [lago, dodo] = [
			sync.lago.deliveries.filter(({ event }) => event === 'invoice.created'),
			sync.dodo.deliveries.filter(({ event }) => event === 'payment.succeeded'),
		];
		expect([lago.length, dodo.length]).toEqual([2, 1]);
		const sendAgain = async (): Promise<Response[]> => [
			...(await Promise.all(lago.map(async ({ body, headers }) => await sync.postLago(body, headers)))),
			...(await Promise.all(dodo.map(async ({ body, headers }) => await sync.postDodo(body, headers)))),
		];
		for (const copy of await sendAgain())
			expect([copy.status, await copy.json()]).toEqual([200, { message: 'Already processed', duplicate: true }]);

		// n8n 2.41 hands no static data to its workers, so the marks of one replace those of the other: only the books are sure.
		await sync.n8n.killAndRestart();
		sync.lago.reset();
		sync.dodo.reset();
		for (const copy of await sendAgain()) expect(copy.status).toBe(200);
		expect([...sync.lago.calls, ...sync.dodo.calls].filter(({ method }) => method !== 'GET')).toEqual([]);
		expect(sync.bookedOn(paid)).toHaveLength(1);
		expect(sync.checkoutsOf(open)).toHaveLength(1);
	});

	test(`${STORM} invoices are paid while a worker is killed and comes back: each has one link and one booking`, async () => {
		const started = Date.now();
		const invoices = Array.from({ length: STORM }, (_, index) =>
			sync.lago.issueInvoice({ fees: [{ amountCents: 1_000 + index }] }),
		);
		const unpaid = new Set(invoices);
		const paying = setInterval(() => payOpenLinks(unpaid), 50);
		try {
			await waitFor(() => unpaid.size < STORM * 0.8 && unfinishedBy(0).length > 0, STORM_MS);
			await sync.n8n.workers[0]?.kill();
			const cut = unfinishedBy(0);
			await sync.n8n.workers[0]?.restart();
			const calm = Date.now();
			const found = await untilEqual(unpaid, started);
			expect({ ...found, unpaid: unpaid.size }).toMatchObject({ lost: [], doubled: [], unpaid: 0 });
			expect(cut.length).toBeGreaterThan(0);
			for (const [index, invoice] of invoices.entries()) {
				expect(handedOut.of(invoice.lago_id).size).toBe(1);
				expect(sync.paymentsFor(invoice)).toHaveLength(1);
				expect(sync.bookedOn(invoice)).toMatchObject([
					{ reference: sync.paymentsFor(invoice)[0]?.payment_id, amount_cents: 1_000 + index },
				]);
			}
			report(cut.length, found, (Date.now() - calm) / 1000);
		} finally {
			clearInterval(paying);
		}
	});

	// Last: it pays by hand, which the audits of the others do not know.
	test('a click on a pay link: the main process refuses what is forged, a worker answers what is genuine', async () => {
		// Who owes nothing else, so that there is nothing to choose.
		const invoice = await sync.issue({ customer: { external_id: 'c-clicks' } });
		const link = /;l=(.+)$/.exec(sync.stateOf(invoice))?.[1] ?? '';
		const forged = await fetch(`${link.slice(0, -1)}_`, { redirect: 'manual' });
		expect([forged.status, await forged.text()]).toEqual([403, expect.stringContaining('not valid')]);
		const page = `${sync.dodo.url}/session/${sync.checkoutOf(invoice).id}`;
		// Each worker gets some of the clicks; whoever made the checkout, all lead to it.
		for (let click = 0; click < 6; click++) {
			const led = await fetch(link, { redirect: 'manual' });
			expect([led.status, led.headers.get('location')]).toEqual([302, page]);
		}
		expect(sync.checkoutsOf(invoice)).toHaveLength(1);
		sync.lago.payManually(invoice.lago_id, 10_000);
		const paid = await fetch(link, { redirect: 'manual' });
		expect([paid.status, paid.headers.get('content-type'), await paid.text()]).toEqual([
			200,
			expect.stringContaining('text/html'),
			expect.stringContaining('is paid'),
		]);
	});

	function payOpenLinks(unpaid: Set<Invoice>): void {
		for (const invoice of unpaid) {
			const link = sync.lago.metadataOf(invoice.lago_id, 'dodo_payment_id');
			if (link === undefined) continue;
			sync.dodo.payCheckout(link);
			unpaid.delete(invoice);
		}
	}

	/** Waits until both books are equal. The looks leave alone what may be on its way, so time goes by when nothing is. */
	async function untilEqual(unpaid: Set<Invoice>, started: number): Promise<Audit> {
		for (;;) {
			const found = audit(sync, handedOut);
			if ((found.lost.length === 0 && unpaid.size === 0) || found.doubled.length > 0 || Date.now() - started > STORM_MS)
				return found;
			await sync.lago.idle();
			await sync.dodo.idle();
			letAMinutePass(sync);
			await new Promise((resolve) => setTimeout(resolve, 1_000));
		}
	}

	function report(cut: number, { orphans }: Audit, seconds: number): void {
		const records = [...sync.lago.deliveries, ...sync.dodo.deliveries];
		const answered = (...statuses: Array<number | null>): number =>
			records.filter(({ status }) => statuses.includes(status)).length;
		const healed = sync.n8n.sql(
			"SELECT id FROM execution_entity WHERE mode = 'integrated' AND status = 'success'",
		).length;
		printTable(
			`${STORM} invoices, one of two workers killed; a look every ${LOOK_EVERY_S} s`,
			[
				'deliveries',
				'200',
				'503',
				'500',
				'no answer',
				'executions cut off',
				'healed by looks',
				'orphans',
				's to equal',
			],
			[
				[
					records.length,
					answered(200),
					answered(503),
					answered(500),
					answered(null),
					cut,
					healed,
					orphans,
					seconds.toFixed(1),
				],
			],
		);
	}
});
