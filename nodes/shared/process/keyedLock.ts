const tails = new Map<string, Promise<void>>();

/**
 * Runs `work` after every earlier work of the same key in this process. Lago checks "amount <= due" without a row lock, so two
 * bookings of one invoice at the same instant could both pass; in one process they queue here instead.
 */
export async function withKeyedLock<T>(key: string, work: () => Promise<T>): Promise<T> {
	const before = tails.get(key) ?? Promise.resolve();
	const result = before.then(work);
	const tail = result.then(
		() => undefined,
		() => undefined,
	);
	tails.set(key, tail);
	await tail;
	if (tails.get(key) === tail) tails.delete(key);
	return await result;
}
