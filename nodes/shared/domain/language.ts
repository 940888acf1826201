/** `de-ch-1996;q=0.8`: language, script and region; what stands behind them changes neither words nor amounts. */
const RANGE = /^(\*|[a-z]{2,3}(?:-[a-z]{4})?(?:-[a-z]{2}|-\d{3})?)(?:-[\w-]*)?(?:;q=([01](?:\.\d{0,3})?))?$/;

/**
 * The language in which to answer somebody: what they want most of what there is, with the region they said, which writes amounts and dates its
 * own way. `fr-CH, fr;q=0.9, *;q=0.1` -> `fr-ch` (RFC 9110, 12.5.4; RFC 4647, 3.4).
 * @param header `Accept-Language` as it came; what in it is no language counts as nothing.
 * @param offered languages without regions, the one for everybody else first.
 * @returns a tag of BCP 47 in lower case; its first part is one of `offered`.
 */
export function preferredLanguage(header: unknown, offered: readonly string[]): string {
	const [everybody = ''] = offered;
	const text = typeof header === 'string' ? header.toLowerCase().replace(/\s/g, '') : '';
	return (
		text
			.split(',')
			.map((range) => RANGE.exec(range) ?? [])
			.map(([, tag = '', quality = '1']) => ({ tag: tag === '*' ? everybody : tag, quality: +quality }))
			.filter(({ tag, quality }) => quality > 0 && offered.includes(languageOf(tag)))
			.sort((one, other) => other.quality - one.quality)[0]?.tag ?? everybody
	);
}

/** `de-ch` -> `de`. */
export const languageOf = (tag: string): string => tag.split('-', 1)[0] ?? tag;
