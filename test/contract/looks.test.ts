/** The reconciliation against two services in memory: real operations, real patience, real limit, on a clock of its own. */
import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { deliveries, registryKey } from '../../nodes/shared/webhook/deliveryRegistry';
import { LookingWorkflow } from '../support/lookAtBooks';
import { TwoBooks, type Pair } from '../support/twoBooks';
import { VirtualClock } from '../support/virtualClock';

jest.unmock('../../nodes/shared/transport/patience');

const START_MS = 1_800_000_000_000;
const MINUTE = 60;
const HOUR = 3_600;
const DAY = 24 * HOUR;

let clock: VirtualClock;
let books: TwoBooks;
let workflow: LookingWorkflow;
beforeEach(() => {
	clock = new VirtualClock(START_MS);
	books = new TwoBooks();
	workflow = new LookingWorkflow(books, randomUUID());
});
afterEach(() => clock.stop());

const nowS = (): number => Math.floor(clock.now / 1000);

/** What the lanes do, by the books. */
const heal = (event: IDataObject): void => {
	const data = event.data as IDataObject;
	const invoice = books.pairs.find(({ invoiceId }) => invoiceId === data.lago_id);
	if (invoice !== undefined) Object.assign(invoice, { collected: true });
	const pair = books.get(String(data.payment_id));
	if (pair?.refund && data.refund_id === pair.refund.id) pair.refund.noted = true;
	else if (pair !== undefined) pair.booked = true;
	clock.jump(100);
};
const look = async (since = ''): Promise<Awaited<ReturnType<LookingWorkflow['look']>>> => {
	books.calls.length = 0;
	return await clock.run(workflow.look(heal, since));
};
const fill = (count: number, more: (index: number) => Partial<Pair>, spanS = HOUR): void => {
	for (let index = 0; index < count; index++)
		books.add(nowS() - spanS - 5 * MINUTE + Math.floor((index * spanS) / count), more(index));
};
const singles = (): number => books.calls.filter(({ single }) => single).length;

test.each<[string, Partial<Pair>]>([
	['paid', {}],
	['declined', { status: 'failed' }],
	['on their way', { status: 'processing' }],
	['given back', { refund: { id: '', createdAt: 0, noted: true } }],
])(
	'650 that are %s and booked, all marks lost: nothing is executed, nothing is read by itself',
	async (_name, more) => {
		fill(650, (index) => ({
			...more,
			...(more.refund ? { refund: { id: `ref_${index}`, createdAt: nowS() - HOUR, noted: true } } : {}),
		}));
		expect(await look()).toMatchObject({ outcome: 'nothing_missed', missed: 0, left: 0 });
		expect(singles()).toBe(0);
		expect(books.calls.length).toBeLessThan(60);
		clock.jump(5 * MINUTE * 1_000);
		await look();
		expect(books.calls.map(({ path }) => path)).toEqual(['/invoices', '/payments']);
	},
);

test('4,000 that were given back over a day, all marks lost: each page of Lago is read once, whatever the parts of the look', async () => {
	fill(4_000, (index) => ({ refund: { id: `ref_${index}`, createdAt: nowS() - DAY + index * 20, noted: true } }), DAY);
	expect(await look()).toMatchObject({ outcome: 'nothing_missed', missed: 0, left: 0 });
	expect(singles()).toBe(0);
	const pages = books.calls.filter(({ path }) => path === '/credit_notes').length;
	expect(pages).toBeGreaterThan(36);
	// One more asks for the refunds that are due.
	expect(pages).toBeLessThanOrEqual(42);
});

test('more than fits: looks go on where the last one ended, oldest first, and each says how many are left', async () => {
	const slow = new LookingWorkflow(books, randomUUID(), 240);
	fill(1_600, (index) => ({ booked: index % 2 === 0 }), 6 * HOUR);
	const said = [];
	for (let turn = 0; turn < 8 && said.at(-1)?.outcome !== 'nothing_missed'; turn++) {
		said.push(await clock.run(slow.look(heal)));
		clock.jump(5 * MINUTE * 1_000);
	}
	expect(said.at(-1)).toMatchObject({ outcome: 'nothing_missed' });
	expect(books.pairs.every(({ booked }) => booked)).toBe(true);
	expect(Math.max(...slow.executed.values())).toBe(1);
	expect(said[0]?.left).toBeGreaterThan(0);
	expect(said[0]?.message).toMatch(/\d+ missed: \d+ healed, 0 held, 0 failed; \d+ more follow in the next look\.$/);
	// As many as the limit allows, less what the lanes take.
	expect(said[0]?.missed).toBeGreaterThan(450);
});

test('invoices that were never collected: as many as the lanes can do, oldest first, none twice', async () => {
	const slowly = (event: IDataObject): void => {
		heal(event);
		clock.jump(900);
	};
	fill(25, () => ({ collected: false }));
	expect(await clock.run(workflow.look(slowly))).toMatchObject({ missed: 25, healed: 25 });
	clock.jump(5 * MINUTE * 1_000);
	fill(500, () => ({ collected: false }));
	const said = [];
	for (let turn = 0; turn < 4; turn++) {
		said.push(await clock.run(workflow.look(slowly)));
		expect(books.pairs.findIndex(({ collected }) => !collected)).toBe(turn < 2 ? 25 + 210 * (turn + 1) : -1);
		clock.jump(5 * MINUTE * 1_000);
	}
	expect(said.map(({ missed, left }) => [missed, left])).toEqual([
		[210, 290],
		[210, 80],
		[80, 0],
		[0, 0],
	]);
	expect(Math.max(...workflow.executed.values())).toBe(1);
});

test.each([[500], [404], [200]])(
	'one that cannot be read (%i) is told once a day and keeps nothing else',
	async (broken) => {
		fill(20, (index) => ({ booked: index !== 3 && index < 10, ...(index === 3 ? { broken } : {}) }));
		const poisoned = books.pairs[3] as Pair;
		expect(await look()).toMatchObject({
			outcome: 'incomplete',
			missed: 11,
			healed: 10,
			failed: 1,
			failures: [expect.any(String)],
		});
		let told = 0;
		for (let minutes = 0; minutes < 23 * 60; minutes += 5) {
			clock.jump(5 * MINUTE * 1_000);
			if (minutes % 60 === 0) books.add(nowS() - 3 * MINUTE, { booked: false });
			const { outcome } = await look();
			if (outcome === 'incomplete') told++;
			expect(books.pairs.filter(({ booked }) => !booked)).toEqual([poisoned]);
		}
		expect(told).toBe(0);
		clock.jump(65 * MINUTE * 1_000);
		expect(await look()).toMatchObject({ outcome: 'incomplete', failed: 1 });
		delete poisoned.broken;
		clock.jump(65 * MINUTE * 1_000);
		await look();
		expect(poisoned.booked).toBe(true);
		clock.jump(5 * MINUTE * 1_000);
		expect(await look()).toMatchObject({ outcome: 'nothing_missed', failed: 0 });
	},
	60_000,
);

test.each([
	['Lago', /^Lago/],
	['Dodo', /^Dodo/],
	["Lago's payments", /^Lago \/payments/],
])('%s is down: it is said, nothing is passed over, and what was found is handed on', async (name, down) => {
	fill(30, (index) => ({ collected: index < 20, booked: index < 10 || index >= 20 }));
	books.down = down;
	const said = await look();
	expect(said).toMatchObject({ outcome: 'incomplete', missed: name === 'Lago' ? 0 : 10 });
	expect(said.failures[0]).toContain('could not be');
	books.down = null;
	clock.jump(5 * MINUTE * 1_000);
	await look();
	clock.jump(5 * MINUTE * 1_000);
	await look();
	expect(books.pairs.every(({ collected, booked }) => collected && booked)).toBe(true);
	expect(Math.max(...workflow.executed.values())).toBe(1);
});

test('of 400 debits that are on their way for days, 50 have succeeded and nobody has told', async () => {
	fill(400, () => ({ status: 'processing', booked: true }), 2 * HOUR);
	await look();
	clock.jump(3 * 24 * HOUR * 1_000);
	for (let index = 0; index < 400; index += 8)
		Object.assign(books.pairs[index] as Pair, { status: 'succeeded', booked: false });
	const said = await look();
	expect(said).toMatchObject({ missed: 50, healed: 50 });
	expect(books.pairs.every(({ booked }) => booked)).toBe(true);
	expect(singles()).toBe(50);
});

test('a person looks back over 3,000: what is missing is healed over several looks, what is booked is not touched', async () => {
	await look();
	fill(3_000, (index) => ({ booked: index % 3 > 0 }), 20 * 24 * HOUR);
	const said = [await look(new Date((nowS() - 21 * 24 * HOUR) * 1000).toISOString())];
	expect(said[0]?.missed).toBeGreaterThan(300);
	for (let turn = 0; turn < 10 && books.pairs.some(({ booked }) => !booked); turn++) {
		clock.jump(5 * MINUTE * 1_000);
		said.push(await look());
	}
	expect(books.pairs.every(({ booked }) => booked)).toBe(true);
	expect(workflow.executed.size).toBe(1_000);
	expect(Math.max(...workflow.executed.values())).toBe(1);
});

test('what a person has to decide is handed on once a day, however many marks came since', async () => {
	fill(1, () => ({ booked: false }));
	const held = books.pairs[0] as Pair;
	const keep = (event: IDataObject): void => {
		heal(event);
		held.booked = false;
	};
	for (let minutes = 0; minutes < 6 * 60; minutes += 5) {
		await clock.run(workflow.look(keep));
		clock.jump(5 * MINUTE * 1_000);
	}
	expect([...workflow.executed.values()]).toEqual([1]);
});

// Last: the registry of deliveries is one for the process.
test('what failed a moment before a look may be too young for it: all lists are read until one has seen that moment', async () => {
	fill(3, () => ({}));
	const readsAllLists = async (): Promise<boolean> => {
		await look();
		return books.calls.some(({ path }) => path === '/refunds');
	};
	expect(await readsAllLists()).toBe(true);
	clock.jump(10_000);
	expect(await readsAllLists()).toBe(false);
	deliveries.failed(registryKey(workflow.id, 'credit_note.created'));
	for (let second = 0; second < 60; second += 10) {
		clock.jump(10_000);
		expect(await readsAllLists()).toBe(true);
	}
	clock.jump(30_000);
	expect(await readsAllLists()).toBe(true);
	clock.jump(10_000);
	expect(await readsAllLists()).toBe(false);
});
