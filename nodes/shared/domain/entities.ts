/**
 * Whether something belongs to one of the chosen billing entities of Lago.
 * @param code of what bills; what has none, such as a plan, belongs to the organisation and so to everybody.
 * @param chosen codes; none means all.
 */
export function isOfEntities(code: string | null | undefined, chosen: readonly string[] = []): boolean {
	return chosen.length === 0 || !code || chosen.includes(code);
}

/** What an event says of it, so that whoever works on the event knows; nothing where it is for all. */
export function forEntities(chosen: string[]): { billingEntities?: string[] } {
	return chosen.length === 0 ? {} : { billingEntities: chosen };
}

/** The sentence for an invoice that another billing entity has issued. @param chosen the codes that a workflow works for. */
export function ofOtherEntity(
	{ number, entity }: { number: string; entity: string | null | undefined },
	chosen: readonly string[],
): string {
	return `Invoice ${number} was issued by billing entity ${entity}; this workflow works for ${chosen.join(', ')}.`;
}

/** Codes that a person has typed, separated by commas or blanks, or chosen from a list. */
export function readEntities(given: unknown): string[] {
	const texts = Array.isArray(given) ? given.map(String) : String(given ?? '').split(/[\s,]+/);
	return [...new Set(texts.map((text) => text.trim()).filter((text) => text !== ''))];
}
