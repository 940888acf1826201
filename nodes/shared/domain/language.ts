/** `de-CH-1996;q=0.8`: language, script and region; what stands behind them changes neither words nor amounts. */
const RANGE =
	/^\s*(\*|[a-z]{2,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?)(?:-[\w-]*)?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?$/i;

/**
 * The language in which to answer somebody: what they want most of what there is, with the region they said, which writes amounts and dates its
 * own way. `fr-CH, fr;q=0.9, *;q=0.1` -> `fr-CH` (RFC 9110, 12.5.4; RFC 4647, 3.4).
 * @param header `Accept-Language` as it came; what in it is no language counts as nothing.
 * @param offered languages without regions, the one for everybody else first.
 * @returns a tag of BCP 47; its first part is one of `offered`.
 */
export function preferredLanguage(header: unknown, offered: readonly string[]): string {
	const ranges = (typeof header === 'string' ? header : '').split(',').flatMap((text) => {
		const [, tag, quality = '1'] = RANGE.exec(text) ?? [];
		if (tag === undefined) return [];
		return [{ tag: tag === '*' ? tag : (Intl.getCanonicalLocales(tag)[0] ?? tag), quality: Number(quality) }];
	});
	const refused = ranges.filter(({ quality }) => quality === 0).map(({ tag }) => tag);
	for (const { tag } of ranges.filter(({ quality }) => quality > 0).sort((a, b) => b.quality - a.quality)) {
		if (offered.includes(languageOf(tag))) return tag;
		const any = tag === '*' && offered.find((one) => !refused.includes(one));
		if (any) return any;
	}
	return offered[0] ?? 'en';
}

/** `de-CH` -> `de`. */
export const languageOf = (tag: string): string => tag.split('-', 1)[0] ?? tag;
