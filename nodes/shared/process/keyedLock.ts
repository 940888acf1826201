import { sleep } from 'n8n-workflow';

const tails = new Map<string, Promise<void>>();

/** No sender of an event waits longer for its answer, and whoever waits for its own end would do so for ever, ms. */
const LONGEST_WAIT_MS = 20_000;
/** n8n lets nobody end a pause early: what is left of the last one is short. */
const STEP_MS = 1_000;
const TOO_LONG =
	'Not done: the same invoice, payment or customer has been worked on for 20 s already. Nothing was lost; it can be tried again.';

/**
 * Runs `work` after every earlier work of the same key in this process. Lago checks "amount <= due" without a row lock, so two
 * bookings of one invoice at the same instant could both pass; in one process they queue here instead.
 * @throws Error when its turn does not come within 20 s; `work` is not run then. And whatever `work` throws.
 */
export async function withKeyedLock<T>(key: string, work: () => Promise<T>): Promise<T> {
	const before = tails.get(key);
	const turn = waitFor(before);
	const result = turn.then(work);
	const ended = (): void => undefined;
	const tail = Promise.all([before, result.then(ended, ended)]).then(ended);
	tails.set(key, tail);
	void tail.then(() => {
		if (tails.get(key) === tail) tails.delete(key);
	});
	return await result;
}

async function waitFor(before: Promise<void> | undefined): Promise<void> {
	let isOver = before === undefined;
	void before?.then(() => (isOver = true));
	for (let waited = 0; !isOver; waited += STEP_MS) {
		if (waited >= LONGEST_WAIT_MS) throw new Error(TOO_LONG);
		await Promise.race([before, sleep(STEP_MS)]);
	}
}
