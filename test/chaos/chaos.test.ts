import { mandateSetUp, newCustomer, printTable, publishOperations, type Call } from '../e2e/operations';
import { seededRandom } from '../../sandbox/shared/faults';
import { letAMinutePass, lookingEvery, startSync, type Sync } from '../support/sync';
import { readTemplate } from '../support/n8n';
import { audit, HandedOut, type Audit } from './audit';
import { Payers } from './payers';

/**
 * `CHAOS=full` for the long form: one seed in full size, nine more that are smaller. `CHAOS_SEED` and `CHAOS_SEEDS` for others and another number
 * of them.
 */
const full = process.env.CHAOS === 'full';
const LARGE = { storm: 1_000, mandates: 40, faults: 250, kills: 20, perKill: 12, outage: 60 };
const MEDIUM = { storm: 150, mandates: 12, faults: 60, kills: 5, perKill: 10, outage: 24 };
const SHORT = { storm: 60, mandates: 6, faults: 24, kills: 3, perKill: 8, outage: 12 };
const firstSeed = Number(process.env.CHAOS_SEED ?? 1);
const seeds = Array.from(
	{ length: Number(process.env.CHAOS_SEEDS ?? (full ? 10 : 1)) },
	(_, index) => firstSeed + index,
);
const sizesOf = (seed: number): typeof LARGE => (!full ? SHORT : seed === 1 ? LARGE : MEDIUM);
const COPIES: [number, number] = [1, 8];
const AT_ONCE = 64;
/** Of the senders' schedules: Lago gives up after 1.2 s instead of 24 s. */
const TIME_SCALE = 20;
/** n8n's other engine takes 20 ms of a core for every request, refused copies included: a storm measures that and little else. */
const ENGINE = process.env.CHAOS_ENGINE ?? 'legacy';
/** The default of five minutes, thirty times as fast. */
const LOOK_EVERY_S = 10;
const LIMIT_MS = (full ? 60 : 10) * 60_000;

jest.setTimeout(LIMIT_MS + 60_000);

interface Row {
	phase: string;
	sent: number;
	distinct: number;
	effects: number;
	lost: number;
	doubled: number;
	orphans: number;
	healed: number;
	secondsToEqual: number;
}
const rows: Array<Row & { seed: number }> = [];

afterAll(() => {
	printTable(
		`Chaos, ${full ? 'full' : 'short'} form; ${AT_ONCE} deliveries at once, a look every ${LOOK_EVERY_S} s`,
		['seed', 'phase', 'sent', 'distinct', 'effects', 'lost', 'doubled', 'orphans', 'healed by looks', 's to equal'],
		rows.map(({ seed, phase, sent, distinct, effects, lost, doubled, orphans, healed, secondsToEqual }) => [
			seed,
			phase,
			sent,
			distinct,
			effects,
			lost,
			doubled,
			orphans,
			healed,
			secondsToEqual.toFixed(1),
		]),
	);
});

const eventsOf = (type: string): string[] =>
	readTemplate('lago-dodo-sync.json').nodes.find((node) => node.type.endsWith(type))?.parameters.events as string[];

describe.each(seeds)('seed %i', (seed) => {
	const sizes = sizesOf(seed);
	let sync: Sync;
	let setUp: Call;
	let handedOut: HandedOut;
	const random = seededRandom(seed);

	beforeAll(async () => {
		sync = await startSync({
			registration: 'manual',
			change: lookingEvery(LOOK_EVERY_S),
			timeScale: TIME_SCALE,
			env: { N8N_EXPRESSION_ENGINE: ENGINE },
		});
		handedOut = new HandedOut(sync);
		for (const endpoint of sync.lago.state.endpoints.values()) endpoint.event_types = eventsOf('.lagoTrigger');
		for (const endpoint of sync.dodo.state.webhooks.values()) endpoint.filter_types = eventsOf('.dodoPaymentsTrigger');
		setUp = await publishOperations(sync, {
			setup: mandateSetUp('EUR'),
		});
	}, 900_000);
	afterAll(async () => {
		await sync?.stop();
	}, 30_000);

	const healedSoFar = (): number =>
		Number(
			sync.n8n.sql("SELECT COUNT(*) AS n FROM execution_entity WHERE mode = 'integrated' AND status = 'success'")[0]
				?.n ?? 0,
		);

	/** A line every ten seconds, so that one sees that it goes on, and what is missing. */
	function say(name: string, { lost, doubled, effects }: Audit, { waiting }: Payers): void {
		process.stderr.write(
			`  seed ${seed}, ${name}: ${effects} effects, ${sync.dodo.deliveries.length + sync.lago.deliveries.length} deliveries sent, ${waiting} payers not done, ${lost.length} not equal${lost[0] ? ` (${lost[0]})` : ''}, ${doubled.length} doubled\n`,
		);
	}

	/** Issues invoices, disturbs, lets everybody act, and waits until both books are equal. */
	async function phase(name: string, work: (payers: Payers) => Promise<void>): Promise<void> {
		sync.reset();
		for (const service of [sync.dodo, sync.lago]) {
			Object.assign(service.knobs, { copies: COPIES, shuffle: true, parallel: AT_ONCE / 2 });
			service.seedDeliveries(seed);
		}
		const healedBefore = healedSoFar();
		const payers = new Payers(sync, random);
		const acting = setInterval(() => payers.act(), 50);
		const telling = setInterval(() => say(name, audit(sync, handedOut), payers), 10_000);
		const started = Date.now();
		try {
			await work(payers);
			const calm = Date.now();
			let aged = calm;
			let found = audit(sync, handedOut);
			// What is doubled stays doubled; what is missing may only be late.
			while (
				(found.lost.length > 0 || payers.waiting > 0) &&
				found.doubled.length === 0 &&
				Date.now() - started < LIMIT_MS
			) {
				await new Promise((resolve) => setTimeout(resolve, 250));
				if (Date.now() - aged > 2_000) {
					letAMinutePass(sync);
					aged = Date.now();
				}
				found = audit(sync, handedOut);
			}
			const secondsToEqual = (Date.now() - calm) / 1000;
			// What is still on its way must change nothing any more.
			await Promise.all([sync.dodo.idle(), sync.lago.idle()]);
			const { lost, doubled, effects, orphans } = audit(sync, handedOut);
			const records = [...sync.dodo.deliveries, ...sync.lago.deliveries];
			rows.push({
				seed,
				phase: name,
				sent: records.length,
				distinct: new Set(records.map(({ id }) => id)).size,
				effects,
				lost: lost.length,
				doubled: doubled.length,
				orphans,
				healed: healedSoFar() - healedBefore,
				secondsToEqual,
			});
			expect({ lost, doubled, waiting: payers.waiting }).toEqual({ lost: [], doubled: [], waiting: 0 });
		} finally {
			clearInterval(acting);
			clearInterval(telling);
			for (const service of [sync.dodo, sync.lago]) service.faults.clear();
		}
	}

	/** Customers who have agreed to be charged. */
	async function withMandates(count: number): Promise<string[]> {
		const customers: string[] = [];
		for (let index = 0; index < count; index++) {
			const external_id = `mandate-${seed}-${customers.length}-${Math.floor(random() * 1e6)}`;
			await newCustomer(sync, { external_id });
			sync.dodo.activateMandate(String((await setUp('setup', { customer: external_id })).checkoutSessionId));
			customers.push(external_id);
		}
		await sync.quiet();
		return customers;
	}

	test(`a storm: every event comes ${COPIES.join(' to ')} times, in any order, ${AT_ONCE} at once`, async () => {
		const customers = await withMandates(sizes.mandates);
		await phase('storm', async (payers) => {
			for (const customer of customers) payers.issue(customer);
			for (let index = customers.length; index < sizes.storm; index++) payers.issue();
			await Promise.resolve();
		});
	});

	test('three calls in ten fail, a third of those after their effect', async () => {
		const customers = await withMandates(Math.ceil(sizes.mandates / 4));
		await phase('failing calls', async (payers) => {
			sync.dodo.faults.random({ seed, rate: 0.3, afterShare: 1 / 3 });
			sync.lago.faults.random({ seed: seed + 1, rate: 0.3, afterShare: 1 / 3 });
			for (const customer of customers) payers.issue(customer);
			for (let index = customers.length; index < sizes.faults; index++) {
				payers.issue();
				await pause(100);
			}
			await untilQuiet(30_000);
			for (const service of [sync.dodo, sync.lago]) service.faults.clear();
		});
	});

	test(`n8n is killed ${sizes.kills} times in the middle of the work, and its memory of the workflow wiped once`, async () => {
		await phase('kills', async (payers) => {
			for (let kill = 0; kill < sizes.kills; kill++) {
				for (let index = 0; index < sizes.perKill; index++) {
					payers.issue();
					await pause(random() * 200);
				}
				await pause(full ? 5_000 + random() * 10_000 : 1_000 + random() * 3_000);
				await sync.n8n.kill();
				if (kill === 1) sync.n8n.sql('UPDATE workflow_entity SET staticData = NULL');
				await sync.n8n.restart();
			}
		});
	});

	test('n8n is down while everybody goes on, and Lago gives up on its deliveries', async () => {
		await phase('outage', async (payers) => {
			for (let index = 0; index < sizes.outage; index++) payers.issue();
			await untilQuiet(20_000);
			await sync.n8n.kill();
			for (let index = 0; index < sizes.outage; index++) payers.issue();
			for (const { lago_id, payment_status, fees, total_paid_amount_cents } of [
				...sync.lago.state.invoices.values(),
			].slice(0, 5))
				if (payment_status === 'succeeded' && total_paid_amount_cents > 0 && !noteOf(lago_id))
					sync.lago.createCreditNoteInUi(lago_id, {
						refund_amount_cents: 1_000,
						items: [{ fee_id: fees[0]?.lago_id ?? '', amount_cents: 1_000 }],
					});
			// Lago's 24 seconds and ten minutes of Dodo's schedule, a hundred times as fast.
			await pause(6_500);
			await sync.n8n.restart();
		});
	});

	const noteOf = (invoiceId: string): boolean =>
		[...sync.lago.state.creditNotes.values()].some(({ invoice }) => invoice.lago_id === invoiceId);

	/** Until the senders have nothing to send at the moment, at most so long: with failing calls there is always something. */
	async function untilQuiet(limitMs: number): Promise<void> {
		await Promise.race([Promise.all([sync.dodo.idle(), sync.lago.idle()]), pause(limitMs)]);
	}
});

const pause = async (ms: number): Promise<void> => await new Promise((resolve) => setTimeout(resolve, ms));
