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
