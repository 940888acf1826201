/** Dodo's two worlds. Keys, objects, webhooks and secrets of one never appear in the other. */
export type DodoMode = 'test' | 'live';

/**
 * Where the page of a checkout is, when the API is asked at another address than Dodo's own: on Dodo's host all the same (the address leads
 * through a proxy), or on the host of that address (a stand-in).
 */
export type PageHost = 'dodo' | 'api';

/** Dodo's hosts: `test.` in test mode; `live.` (API) and `checkout.` (pages) in live mode. Other hosts tell nothing. */
export function modeOfLinks(links: ReadonlyArray<string | null | undefined>): DodoMode | null {
	for (const link of links) {
		const host = /^https:\/\/([a-z.]+)\.dodopayments\.com\//.exec(link ?? '')?.[1];
		if (host === 'test' || host === 'test.checkout') return 'test';
		if (host === 'live' || host === 'checkout') return 'live';
	}
	return null;
}
