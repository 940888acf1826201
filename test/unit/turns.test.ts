import { Turns, type Limit } from '../../nodes/shared/process/turns';

/** As Dodo's lowest tier. */
const LIMITS: Limit[] = [
	{ spanMs: 1_400, requests: 40 },
	{ spanMs: 60_000, requests: 240 },
];
const DAY_MS = 86_400_000;

let turns: Turns;
beforeEach(() => {
	jest.useFakeTimers({ now: 1_800_000_000_000 });
	turns = new Turns();
});
afterEach(() => jest.useRealTimers());

/** Waits of so many requests that are asked for now, ms; null for those without a turn. */
const ask = (count: number, urgency: 'event' | 'elastic', patienceMs: number): Array<Promise<number | null>> => {
	const asked = performance.now();
	return Array.from({ length: count }, async () =>
		(await turns.take('a', LIMITS, patienceMs, urgency)) ? performance.now() - asked : null,
	);
};
const settle = async (waits: Array<Promise<number | null>>, ms: number): Promise<Array<number | null>> => {
	await jest.advanceTimersByTimeAsync(ms);
	return await Promise.all(waits);
};

test('elastic work goes evenly and leaves a tenth of each minute', async () => {
	const waits = (await settle(ask(300, 'elastic', 60_000), 120_000)).filter((wait): wait is number => wait !== null);
	expect(waits.length).toBeGreaterThanOrEqual(210);
	expect(waits.length).toBeLessThanOrEqual(217);
	const sorted = waits.sort((one, other) => one - other);
	expect(Math.min(...sorted.slice(1).map((at, index) => at - (sorted[index] as number)))).toBeGreaterThan(270);
});

test.each([1, 20])('%i events that come while a look uses all it may have wait for nothing', async (count) => {
	const look = ask(2_000, 'elastic', 420_000);
	await jest.advanceTimersByTimeAsync(300_000);
	expect(await settle(ask(count, 'event', 3_000), 0)).toEqual(Array.from({ length: count }, () => 0));
	await settle(look, 180_000);
});

test('more events than the tenth are done before the look goes on', async () => {
	const look = ask(2_000, 'elastic', 420_000);
	await jest.advanceTimersByTimeAsync(300_000);
	const waits = await settle(ask(60, 'event', 60_000), 60_000);
	expect(waits).not.toContain(null);
	// The look frees nearly four turns a second, and takes none of them.
	expect(Math.max(...(waits as number[]))).toBeLessThan(12_000);
	await settle(look, 180_000);
});

test.each([
	['a day back', -DAY_MS],
	['a day forth', DAY_MS],
])('a clock that is set %s stops nothing', async (_name, stepMs) => {
	await settle(ask(240, 'event', 60_000), 60_000);
	jest.setSystemTime(Date.now() + stepMs);
	await jest.advanceTimersByTimeAsync(60_000);
	expect(await settle(ask(3, 'event', 2_000), 0)).toEqual([0, 0, 0]);
	expect(await settle(ask(2, 'elastic', 2_000), 1_000)).not.toContain(null);
});

test('a workflow knows how long its events would wait, with those at work before them', async () => {
	expect(turns.waitMs('w', 10)).toBe(0);
	turns.noteUse('w', 'a');
	await settle(ask(230, 'event', 60_000), 10_000);
	expect(turns.waitMs('w', 0)).toBe(0);
	expect(turns.waitMs('w', 9)).toBe(0);
	expect(turns.waitMs('w', 10)).toBeGreaterThan(40_000);
	expect(turns.waitMs('of another account', 10)).toBe(0);
});

test('a process that is too busy to hear its timers does not start at once what was to start in its turn', async () => {
	let [frozenAt, lost]: [number | undefined, number] = [undefined, 0];
	const starts: number[] = [];
	const now = (): number => frozenAt ?? performance.now() + lost;
	const line = new Turns(now);
	const asked = Array.from({ length: 200 }, async () => {
		await line.take('a', LIMITS, 60_000, 'event');
		starts.push(now());
	});
	await jest.advanceTimersByTimeAsync(0);
	// All that was to happen within these 6 s happens at their end.
	frozenAt = performance.now() + 6_000;
	await jest.runOnlyPendingTimersAsync();
	[frozenAt, lost] = [undefined, frozenAt - performance.now()];
	await jest.advanceTimersByTimeAsync(20_000);
	await Promise.all(asked);
	expect(starts).toHaveLength(200);
	for (const at of starts) expect(starts.filter((one) => one >= at && one < at + 1_400).length).toBeLessThanOrEqual(40);
});
