/** Dodo's two worlds. Keys, objects, webhooks and secrets of one never appear in the other. */
export type DodoMode = 'test' | 'live';

/** Dodo's hosts: `test.` in test mode; `live.` (API) and `checkout.` (pages) in live mode. Other hosts tell nothing. */
export function modeOfLinks(links: ReadonlyArray<string | null | undefined>): DodoMode | null {
	for (const link of links) {
		const host = /^https:\/\/([a-z.]+)\.dodopayments\.com\//.exec(link ?? '')?.[1];
		if (host === 'test' || host === 'test.checkout') return 'test';
		if (host === 'live' || host === 'checkout') return 'live';
	}
	return null;
}
