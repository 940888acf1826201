import { createHash } from 'node:crypto';
import { payPage, visitorLanguage, type PageName } from '../../nodes/Lago/helpers/payPage';
import { PAY_PAGE_TEXTS, Text } from '../../nodes/Lago/helpers/payPageTexts';
import type { LagoInvoice } from '../../nodes/shared/wire/lago/objects';
import { lagoInvoice } from './operations/lagoInvoice';

const LANGUAGES = Object.keys(PAY_PAGE_TEXTS);
/** An enum has each of its names and numbers. */
const COUNT = Object.keys(Text).length / 2;
const PAGES: PageName[] = ['forged', 'unknown', 'paid', 'voided', 'notHere', 'nothingDue', 'unavailable', 'busy'];
const invoice = (change: Partial<LagoInvoice> = {}): LagoInvoice =>
	({
		...lagoInvoice(),
		number: 'ACM-1',
		issuing_date: '2026-11-28',
		total_amount_cents: 10_000,
		...change,
	}) as LagoInvoice;
/** Spaces of all kinds are one. */
const plain = (text: string): string => text.replace(/\s/g, ' ');

test('who asks for one of nine languages gets it, everybody else English', () => {
	expect(LANGUAGES).toEqual(['en', 'de', 'fr', 'es', 'pt', 'it', 'nl', 'pl', 'ja']);
	for (const language of LANGUAGES) expect(visitorLanguage(`sv, ${language}-XX;q=0.3`)).toBe(`${language}-xx`);
	expect(visitorLanguage('sv')).toBe('en');
});

test.each(LANGUAGES)('%s says everything, with the same placeholders, in its own words', (language) => {
	const [english = [], texts = []] = ['en', language].map((one) => PAY_PAGE_TEXTS[one]?.split('\n'));
	expect(texts).toHaveLength(COUNT);
	for (const [index, text] of texts.entries()) {
		expect(text).toMatch(/^\S.*[^\s,;:]$/u);
		expect(text.match(/\{\w+\}/g)).toEqual(english[index]?.match(/\{\w+\}/g) ?? null);
		// What ends a sentence in one language does in all of them.
		expect(/[.。]$/.test(text)).toBe(/[.。]$/.test(english[index] ?? ''));
		if (language !== 'en') expect(text).not.toBe(english[index]);
	}
	expect(new Set(texts).size).toBe(COUNT);
});

test.each(LANGUAGES.flatMap((language) => PAGES.map((page): [string, PageName] => [language, page])))(
	'%s: the page "%s" is whole',
	(language, name) => {
		const page = payPage(name, language, { invoice: invoice(), merchant: { name: 'Acme', logo_url: null } });
		expect(page.language).toBe(language);
		expect(page.html).toMatch(new RegExp(`^<!doctype html><html lang="${language}" dir="ltr">`));
		for (const part of [page.title, page.text, '<bdi>Acme</bdi>', 'content="width=device-width, initial-scale=1"'])
			expect(page.html).toContain(part);
		expect(page.html).not.toMatch(/\{n|undefined|\bnull\b|<script|https?:|src=/);
		expect(page.html.includes('<a href="">')).toBe(page.statusCode === 503);
	},
);

test.each(LANGUAGES)('%s: the choice between one invoice and everything is whole', (language) => {
	const sum = { currency: 'EUR', invoices: [{ number: '<1>', dueOn: '2026-11-28', amount: 1_000 }] };
	const only = { href: '?t=a&pay=1', number: '<1>', amount: 1_000, currency: 'EUR' };
	const { html } = payPage('allDue', language, { only, allDue: { href: '?c=b&pay=1', amount: 3_030, ...sum } });
	const links = [...html.matchAll(/<a href="([^"]+)">([^<]+)<\/a>/g)].map(([, href, text]) => [
		href,
		plain(text ?? ''),
	]);
	expect(links).toEqual([
		['?t=a&#38;pay=1', expect.stringMatching(/10[.,]00/)],
		['?c=b&#38;pay=1', expect.stringMatching(/30[.,]30/)],
	]);
	expect(html).toContain('<th>&#60;1&#62;</th>');
	expect(html).not.toMatch(/\{n|undefined/);
});

test.each<[string, Partial<LagoInvoice>, string]>([
	['en', {}, 'November 28, 2026 · €100.00'],
	['en-GB', {}, '28 November 2026 · €100.00'],
	['de', {}, '28. November 2026 · 100,00 €'],
	['de-CH', { currency: 'CHF', total_amount_cents: 12_345 }, '28. November 2026 · CHF 123.45'],
	['fr', { total_amount_cents: 123_456 }, '28 novembre 2026 · 1 234,56 €'],
	['pt-BR', { currency: 'BRL' }, '28 de novembro de 2026 · R$ 100,00'],
	['ja', { currency: 'JPY', total_amount_cents: 1_299 }, '2026年11月28日 · ￥1,299'],
	['pl', { currency: 'PLN' }, '28 listopada 2026 · 100,00 zł'],
	// As Lago counts, whatever the locale's data say of the currency.
	['de', { currency: 'HUF', total_amount_cents: 49_990 }, '28. November 2026 · 49.990 HUF'],
	['en', { currency: 'KWD', total_amount_cents: 49_990 }, 'November 28, 2026 · KWD 49.990'],
	['en', { currency: 'CLF', total_amount_cents: 12_345 }, 'November 28, 2026 · CLF 1.2345'],
	// Every digit of what no floating-point number holds.
	['en', { currency: 'USD', total_amount_cents: 9_007_199_254_740_991 }, 'November 28, 2026 · $90,071,992,547,409.91'],
	['nl', { issuing_date: null }, '€ 100,00'],
	['nl', { issuing_date: 'soon' }, '€ 100,00'],
	['it', { currency: '<b>' }, '28 novembre 2026'],
])('%s writes date and amount of %j: %s', (locale, change, written) => {
	expect(plain(payPage('paid', locale, { invoice: invoice(change) }).html)).toContain(`<p>${written}</p>`);
});

test('what is in no locale leaves nothing behind', () => {
	const { html } = payPage('paid', 'en', { invoice: invoice({ issuing_date: null, currency: 'xx' }) });
	expect(html).not.toMatch(/<p><\/p>|Invalid|NaN/);
});

test.each<[string, string | null, RegExp | null]>([
	[
		'https',
		'https://files.example/logo.png?a=1&b="2"',
		/<img src="https:\/\/files.example\/logo.png\?a=1&#38;b=%222%22" alt="">/,
	],
	['none', null, null],
	['http', 'http://files.example/logo.png', null],
	['code', 'javascript:alert(1)', null],
	['data', 'data:image/png;base64,AA', null],
	['no address', '//files.example/logo.png', null],
	['nothing', '', null],
])('a logo: %s', (_case, logo, image) => {
	const { html } = payPage('paid', 'en', { invoice: invoice(), merchant: { name: 'Acme', logo_url: logo } });
	if (image === null) expect(html).not.toMatch(/<img|img-src/);
	else expect(html).toMatch(image);
	// Nothing else is let in, and the style by what it is.
	const style = /<style>(.*)<\/style>/.exec(html)?.[1] ?? '';
	const hash = createHash('sha256').update(style).digest('base64');
	expect(/http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1]).toBe(
		`default-src 'none';base-uri 'none';form-action 'none';style-src 'sha256-${hash}'${image === null ? '' : ';img-src https:'}`,
	);
});

test('nothing that Lago says becomes markup', () => {
	const evil = '"><script>alert(1)</script>$&\'';
	const { html, title } = payPage('paid', 'fr', {
		invoice: invoice({ number: evil, currency: evil, issuing_date: evil }),
		merchant: { name: evil, logo_url: `https://a.example/${evil}` },
	});
	expect(title).toBe(`La facture ${evil} est payée`);
	expect(html).not.toMatch(/<script|alert\(1\)<\//);
	expect(html).toMatch(/<img src="[^"<>]+" alt="">/);
	expect(html.match(/&#60;script&#62;/g)).toHaveLength(3);
});
