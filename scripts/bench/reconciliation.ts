import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { AccessMemory } from '../../nodes/Lago/helpers/access/accessMemory';
import { LookingWorkflow, type Said } from '../../test/support/lookAtBooks';
import { TwoBooks } from '../../test/support/twoBooks';
import { VirtualClock } from '../../test/support/virtualClock';
import { rounded, type Row } from './stats';

const START_MS = Date.parse('2026-11-01T00:00:00Z');
const MINUTE_S = 60;
const LOOK_EVERY_S = 5 * MINUTE_S;
const DAY_S = 86_400;
const RATES = [1, 10, 100, 1_000];
/** The tier at Dodo that a rate needs. */
const tierOf = (rate: number): number => (rate > 300 ? 5_000 : rate > 100 ? 1_000 : 240);
/** What a call to Lago takes, as measured on two slow cores for a page of 100, and an execution of a lane. */
const LAGO_CALL_MS = 100;
const LANE_MS = 100;

interface World {
	clock: VirtualClock;
	books: TwoBooks;
	workflow: LookingWorkflow;
	nowS(): number;
}

function worldOf(requestsPerMinute: number): World {
	const clock = new VirtualClock(START_MS);
	const books = new TwoBooks();
	books.onCall = (service) => clock.jump(service === 'Lago' ? LAGO_CALL_MS : 0);
	return {
		clock,
		books,
		workflow: new LookingWorkflow(books, randomUUID(), requestsPerMinute),
		nowS: () => Math.floor(clock.now / 1000),
	};
}

/** Everything of a minute: delivered, booked, and every mark of it lost. One in twelve was declined first, one in twenty was given back. */
function issue({ books, nowS }: World, rate: number): void {
	for (let index = 0; index < rate; index++) {
		const at = nowS() + Math.floor((index * MINUTE_S) / rate);
		const number = books.pairs.length;
		books.add(
			at,
			number % 12 === 5
				? { status: 'failed' }
				: number % 20 === 7
					? { refund: { id: `ref_${number}`, createdAt: at + 20, noted: true } }
					: {},
		);
	}
	for (const pair of books.pairs.slice(-3 * rate, -2 * rate)) if (pair.status === 'failed') pair.status = 'succeeded';
}

/** R13: executions for what was done already, over a day at each rate; the process is new at noon, and nothing was ever marked. */
async function needless(rate: number, say: (line: string) => void): Promise<Row> {
	const world = worldOf(tierOf(rate));
	const { clock, books, nowS } = world;
	const lane = (): void => clock.jump(LANE_MS);
	let looks = 0;
	let singles = 0;
	let executed = 0;
	let calls = 0;
	let workflow = world.workflow;
	try {
		for (let minute = 0; minute < DAY_S / MINUTE_S; minute++) {
			issue(world, rate);
			const end = START_MS + (minute + 1) * MINUTE_S * 1000;
			if (minute === 720) {
				executed += workflow.executed.size;
				workflow = new LookingWorkflow(books, randomUUID(), tierOf(rate));
			}
			if (nowS() * 1000 < end) clock.jump(end - clock.now);
			if (minute % 5 !== 4) continue;
			books.calls.length = 0;
			await clock.run(workflow.look(lane));
			looks++;
			calls += books.calls.length;
			if (minute % 60 === 59)
				say(
					`  reconciliation: ${rate} a minute, hour ${(minute + 1) / 60}: ${books.calls.length} calls in the last look`,
				);
			singles += books.calls.filter(({ single }) => single).length;
		}
	} finally {
		clock.stop();
	}
	executed += workflow.executed.size;
	say(
		`  reconciliation: ${rate} a minute: ${executed} needless executions, ${singles} single reads, ${rounded(calls / looks, 1)} calls a look`,
	);
	return {
		id: 'R13',
		what: `needless executions in 24 h at ${rate} invoices a minute, no mark kept, a restart at noon (${rounded(calls / looks, 1)} calls a look, ${singles} single reads)`,
		measured: String(executed),
		goal: '0',
		met: executed === 0,
		raw: { executed, singles, calls, looks },
	};
}

/** R14: so many payments of so many were missed in an outage of some hours: until when all are booked, at Dodo's lowest limit. */
async function outage(missed: number, of: number, hours: number, say: (line: string) => void): Promise<Row> {
	const world = worldOf(240);
	const { clock, books, workflow, nowS } = world;
	const lane = (event: IDataObject): void => {
		clock.jump(LANE_MS);
		const pair = books.get(String((event.data as IDataObject).payment_id));
		if (pair !== undefined) pair.booked = true;
	};
	try {
		const begun = nowS() - hours * 3_600 - 600;
		for (let index = 0; index < of; index++)
			books.add(begun + Math.floor((index * hours * 3_600) / of), { booked: index % (of / missed) !== 0 });
		const from = nowS();
		const said: Said[] = [];
		const left = (): number => books.pairs.filter(({ booked }) => !booked).length;
		while (left() > 0 && said.length < 500) {
			const at = nowS();
			said.push(await clock.run(workflow.look(lane)));
			say(`  reconciliation: ${String(said.at(-1)?.message)}`);
			const next = at + Math.ceil((nowS() - at + 1) / LOOK_EVERY_S) * LOOK_EVERY_S;
			if (left() > 0) clock.jump((next - nowS()) * 1000);
		}
		const minutes = (nowS() - from) / 60;
		const twice = [...workflow.executed.values()].filter((times) => times > 1).length;
		const least = missed / 240;
		return {
			id: 'R14',
			what: `minutes until ${missed} missed payments of ${of} are booked, at 240 calls a minute (${said.length} looks, ${twice} twice; the least is ${rounded(least, 0)})`,
			measured: rounded(minutes, 0),
			goal: `<= ${rounded(2 * least, 0)}`,
			met: left() === 0 && minutes <= 2 * least && twice === 0,
			raw: said.map(({ message }) => message),
		};
	} finally {
		clock.stop();
	}
}

/** R15: what remembering a customer's access costs, whatever the number of them. */
function accessMemory(): Row[] {
	return [10_000, 30_000].map((customers) => {
		const memory = new AccessMemory(randomUUID(), {});
		const news = (at: number) => ({
			known: { customer: 'restricted' as const, subscriptions: {}, changeId: '' },
			lookedAt: at,
			nextChangeAt: null,
			untold: false,
		});
		for (let index = 0; index < customers; index++) memory.remember(`customer_${index}`, news(index));
		const begun = performance.now();
		for (let index = 0; index < 1_000; index++)
			memory.remember(`customer_${(index * 7) % customers}`, news(customers + index));
		const ms = (performance.now() - begun) / 1_000;
		return {
			id: 'R15',
			what: `ms to remember a change of access, ${customers} customers`,
			measured: rounded(ms, 3),
			goal: '<= 1',
			met: ms <= 1,
			raw: ms,
		};
	});
}

/** What needs no n8n and no network: real operations against two books in memory, on a clock of its own. */
export async function measureReconciliation(say: (line: string) => void): Promise<Row[]> {
	const rows = accessMemory();
	for (const rate of RATES) rows.push(await needless(rate, say));
	return rows;
}

/** The same after an outage of hours. */
export async function measureOutage(say: (line: string) => void): Promise<Row[]> {
	return [await outage(10_000, 50_000, 5, say)];
}
