const DAY_MS = 86_400_000;

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

/** What follows happens within one day of UTC: where that is over in less than so many minutes, waits for the next one. */
export async function withinOneDay(minutes: number): Promise<void> {
	const leftMs = DAY_MS - (Date.now() % DAY_MS);
	if (leftMs < minutes * 60_000) await new Promise((resolve) => setTimeout(resolve, leftMs + 1_000));
}
