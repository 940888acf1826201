/** Visitors choose their locale, so not all are kept. */
const MOST = 500;
const formats = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

/**
 * A format of `Intl` by a key that says all of it: making one takes longer than a thousand amounts. However many are asked for, few stay.
 */
export function formatOf<Format extends Intl.DateTimeFormat | Intl.NumberFormat>(
	key: string,
	make: () => Format,
): Format {
	const known = formats.get(key);
	if (known !== undefined) return known as Format;
	if (formats.size >= MOST) formats.clear();
	const made = make();
	formats.set(key, made);
	return made;
}
