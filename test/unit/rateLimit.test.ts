import { takeTurn } from '../../nodes/DodoPayments/transport/rateLimit';

/** Dodo's lowest tier (docs `api-reference/introduction`). */
const PER_SECOND = 40;
const PER_MINUTE = 240;
const PATIENCE_MS = 8_000;

beforeEach(() => {
	jest.useFakeTimers({ now: 1_800_000_000_000 });
});
afterEach(() => {
	jest.useRealTimers();
});

/** The moments at which so many requests started that were asked for at once; null for those that were turned away. */
async function startsOf(account: string, count: number): Promise<Array<number | null>> {
	const asked = Array.from(
		{ length: count },
		async () =>
			await takeTurn(account, PATIENCE_MS).then(
				() => Date.now(),
				() => null,
			),
	);
	await jest.advanceTimersByTimeAsync(20_000);
	return await Promise.all(asked);
}

const mostWithin = (starts: number[], spanMs: number): number =>
	Math.max(...starts.map((at) => starts.filter((other) => other >= at && other < at + spanMs).length));

test('a burst is spread so that Dodo never has to refuse', async () => {
	const starts = (await startsOf('burst', 200)).filter((at): at is number => at !== null);
	expect(starts).toHaveLength(200);
	expect(mostWithin(starts, 1_000)).toBeLessThanOrEqual(PER_SECOND);
	expect(mostWithin(starts, 60_000)).toBeLessThanOrEqual(PER_MINUTE);
	expect([...starts].sort()).toEqual(starts);
});

test('Dodo counts where requests arrive: one that is on its way for longer than the next ones makes no minute too full, and no second', async () => {
	const asked = Array.from(
		{ length: 2 * PER_MINUTE },
		async () => await takeTurn('uneven', 180_000).then(() => Date.now()),
	);
	await jest.advanceTimersByTimeAsync(180_000);
	const starts = await Promise.all(asked);
	const arrived = starts.map((at, index) => at + (index % 7 === 0 ? 390 : 0));
	expect(mostWithin(arrived, 60_000)).toBe(PER_MINUTE);
	expect(mostWithin(arrived, 1_000)).toBe(PER_SECOND);
	// The margin of a second costs one of a burst's seven, and nothing of what follows.
	expect((starts[PER_MINUTE - 1] as number) - (starts[0] as number)).toBe(7_000);
	expect((starts[PER_MINUTE] as number) - (starts[0] as number)).toBe(60_400);
});

test('what would have to wait too long is turned away at once, as something that can be tried again', async () => {
	const starts = await startsOf('flood', 400);
	expect(starts.filter((at) => at !== null).length).toBeLessThanOrEqual(PER_MINUTE);
	expect(starts.filter((at) => at === null).length).toBeGreaterThanOrEqual(400 - PER_MINUTE);
	await expect(takeTurn('flood', PATIENCE_MS)).rejects.toMatchObject({
		status: 429,
		transient: true,
		mayHaveWorked: false,
	});
});

test('each account has its own turns, and gets them back with time', async () => {
	await startsOf('one', 400);
	await expect(takeTurn('two', PATIENCE_MS)).resolves.toBeUndefined();
	await jest.advanceTimersByTimeAsync(61_000);
	await expect(takeTurn('one', PATIENCE_MS)).resolves.toBeUndefined();
});

test('a higher tier goes faster, and never over its own limit', async () => {
	const asked = Array.from(
		{ length: 1_200 },
		async () =>
			await takeTurn('raised', 30_000, 1_000).then(
				() => Date.now(),
				() => null,
			),
	);
	await jest.advanceTimersByTimeAsync(60_000);
	const starts = (await Promise.all(asked)).filter((at): at is number => at !== null);
	expect(starts.length).toBeGreaterThan(4 * PER_MINUTE);
	expect(mostWithin(starts, 1_000)).toBeLessThanOrEqual(100);
	expect(mostWithin(starts, 60_000)).toBeLessThanOrEqual(1_000);
});

test('what is no tier of Dodo counts as the lowest', async () => {
	const asked = Array.from(
		{ length: 400 },
		async () =>
			await takeTurn('typed', PATIENCE_MS, 10_000).then(
				() => true,
				() => false,
			),
	);
	await jest.advanceTimersByTimeAsync(20_000);
	expect((await Promise.all(asked)).filter(Boolean).length).toBeLessThanOrEqual(PER_MINUTE);
});

test('a single request waits for nobody', async () => {
	const before = Date.now();
	await takeTurn('alone', PATIENCE_MS);
	expect(Date.now()).toBe(before);
});

test('who may wait longer gets a turn later instead of a refusal', async () => {
	await startsOf('busy', 400);
	const patient = takeTurn('busy', 60_000).then(() => 'got a turn');
	await jest.advanceTimersByTimeAsync(60_000);
	await expect(patient).resolves.toBe('got a turn');
});
