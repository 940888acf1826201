/** What a visitor of a pay link reads when there is nothing to pay. */
export interface PayPage {
	statusCode: number;
	title: string;
	text: string;
}

/** Of every answer to a click: a link is a secret of the customer's, and what it leads to changes. */
export const PRIVATE_HEADERS = { 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' } as const;
export const PAGE_HEADERS = { 'Content-Type': 'text/html; charset=utf-8', ...PRIVATE_HEADERS } as const;

export const FORGED: PayPage = {
	statusCode: 403,
	title: 'This link is not valid',
	text: 'Please open the link exactly as it stands in your invoice or e-mail. If it was cut in two lines, put them together.',
};
/** For whatever keeps a genuine link from being opened now. */
export const UNAVAILABLE: PayPage = {
	statusCode: 503,
	title: 'This invoice cannot be paid right now',
	text: 'A payment may be under way already. Please try again in a few minutes, or ask whoever sent you the link.',
};
export const BUSY: PayPage = {
	statusCode: 503,
	title: 'Please try again in a moment',
	text: 'More is going on here than can be done at once. Nothing has been charged. Open the link again in a few seconds.',
};

/** A small page without any outside resource. */
export function htmlOf({ title, text }: PayPage): string {
	return [
		'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
		`<meta name="robots" content="noindex"><title>${escape(title)}</title>`,
		'<style>:root{color-scheme:light dark}body{font:1.05rem/1.5 system-ui,sans-serif;display:grid;place-items:center;min-height:90vh;margin:0;padding:1rem}',
		'main{max-width:32rem;text-align:center}h1{font-size:1.5rem}</style></head>',
		`<body><main><h1>${escape(title)}</h1><p>${escape(text)}</p></main></body></html>`,
	].join('\n');
}

function escape(text: string): string {
	return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
