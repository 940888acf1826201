/** What a visitor of a pay link reads when there is nothing to pay. */
export interface PayPage {
	statusCode: number;
	title: string;
	text: string;
}

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
