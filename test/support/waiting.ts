/** Waits for what n8n does by itself: asks every `everyMs`, and fails with `problem` after `timeoutMs`. */
export async function waitUntil(
	problem: string,
	timeoutMs: number,
	everyMs: number,
	isSo: () => boolean | Promise<boolean>,
): Promise<void> {
	for (const deadline = Date.now() + timeoutMs; !(await isSo());) {
		if (Date.now() > deadline) throw new Error(problem);
		await new Promise((resolve) => setTimeout(resolve, everyMs));
	}
}

/**
 * What follows takes at most `neededMs` and happens within one period, e.g. a day of UTC: where that is over sooner, waits for the next.
 * @param beginsMs when a period begins, after midnight UTC.
 */
export async function withinOne(periodMs: number, neededMs: number, beginsMs = 0): Promise<void> {
	const leftMs = periodMs - ((Date.now() - beginsMs) % periodMs);
	if (leftMs < neededMs) await new Promise((resolve) => setTimeout(resolve, leftMs + 1_000));
}
