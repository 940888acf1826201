import type { z } from 'zod';

/** A field by which nothing is decided: whatever a service sends there counts as nothing, and never makes the whole object unreadable. */
export function lenient<T extends z.ZodTypeAny>(schema: T): z.ZodCatch<z.ZodOptional<z.ZodNullable<T>>> {
	return schema.nullish().catch(null);
}
