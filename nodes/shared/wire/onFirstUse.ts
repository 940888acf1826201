import { z } from 'zod';

/**
 * A schema that is built when it is first used: most processes need a few of them, and each takes some kilobytes and some time at start.
 */
export function onFirstUse<T extends z.ZodTypeAny>(build: () => T): z.ZodLazy<T> {
	let built: T | undefined;
	return z.lazy(() => (built ??= build()));
}
