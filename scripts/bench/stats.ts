/** One line of the table: what was compared, and what came out. */
export interface Row {
	id: string;
	what: string;
	/** The figure itself, in words, e.g. `1.02`. */
	measured: string;
	goal: string;
	met: boolean;
	/** Everything from which the figure was made: numbers by round. */
	raw: unknown;
}

export const median = (values: readonly number[]): number =>
	[...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN;

/** The median of the ratios of each round: what slows down the machine slows down both. */
export function ratioOf(over: readonly number[], under: readonly number[]): number {
	return median(over.map((value, round) => value / (under[round] ?? NaN)));
}

export const rounded = (value: number, decimals = 2): string => value.toFixed(decimals);

/** Milliseconds that something took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
	const begun = performance.now();
	await work();
	return performance.now() - begun;
}

/** Runs work `count` times, so many at once. */
export async function inParallel(
	count: number,
	atOnce: number,
	work: (index: number) => Promise<unknown>,
): Promise<void> {
	let next = 0;
	const worker = async (): Promise<void> => {
		while (next < count) await work(next++);
	};
	await Promise.all(Array.from({ length: atOnce }, worker));
}
