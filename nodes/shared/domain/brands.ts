/** Whose name a customer sees: the brand of Dodo's by the code of the billing entity of Lago. */
export type EntityBrands = Readonly<Record<string, string>>;

/**
 * Reads a table of brands, a row `entity=brand` each, separated by commas or lines, e.g. `acme_de=brnd_1, acme_fr=brnd_2`.
 * @returns the table, or what is wrong with it as the end of a sentence.
 */
export function readBrands(text: string): { brands: EntityBrands } | { problem: string } {
	const brands: Record<string, string> = {};
	for (const row of text.split(/[,\n]/).map((one) => one.trim())) {
		if (row === '') continue;
		const parts = /^([^\s=]+)\s*=\s*([\w-]+)$/.exec(row);
		if (parts === null) return { problem: `"${row}" is not a row of it; one looks like acme_de=brnd_2Kd9sX` };
		const [, entity = '', brand = ''] = parts;
		if (Object.hasOwn(brands, entity) && brands[entity] !== brand) return { problem: `${entity} has two brands` };
		brands[entity] = brand;
	}
	return { brands };
}

/** The brand of a billing entity; null for the primary one of the business. */
export function brandOf(brands: EntityBrands, entity: string | null | undefined): string | null {
	return entity && Object.hasOwn(brands, entity) ? (brands[entity] ?? null) : null;
}
