import { createHash } from 'node:crypto';
import { readAddress } from '../../shared/domain/address';
import { escapeHtml } from '../../shared/domain/escapeHtml';
import { languageOf, preferredLanguage } from '../../shared/domain/language';
import { currencyOf, localAmount } from '../../shared/domain/money';
import type { LagoInvoice } from '../../shared/wire/lago/objects';
import type { Merchant } from './merchant';
import { PAY_PAGE_TEXTS, Text } from './payPageTexts';

/** What a visitor of a pay link reads when there is nothing to pay: status, heading, and what stands below it. */
const PAGES = {
	forged: [403, Text.Forged, Text.Ask],
	unknown: [404, Text.Forged, Text.Ask],
	paid: [200, Text.Paid, Text.NothingDue],
	voided: [410, Text.Voided, Text.NothingDue, Text.Ask],
	notHere: [409, Text.NotHere, Text.Ask],
	nothingDue: [409, Text.NotHere, Text.NothingDue, Text.Ask],
	allDue: [200, Text.AllDue],
	allPaid: [200, Text.AllDue, Text.NothingDue],
	/** Less than any payment can be over. */
	allLater: [409, Text.AllDue, Text.Ask],
	/** For whatever keeps a genuine link from being opened now. */
	unavailable: [503, Text.Unavailable, Text.UnderWay, Text.Ask],
	/** More is going on than can be done at once. */
	busy: [503, Text.Unavailable],
} as const;

export type PageName = keyof typeof PAGES;

/** Whom and what a page is about, as far as that is known. */
export interface PageSubject {
	invoice?: LagoInvoice;
	merchant?: Merchant;
	/** Everything that one payment can be made for. */
	allDue?: AllDue;
	/** Where that is shown. */
	allDueHref?: string;
	/** The invoice whose link was clicked, where the visitor chooses between it and everything. */
	only?: Priced & { href: string; number: string };
}

/** Minor units of `currency`. */
interface Priced {
	amount: number;
	currency: string;
}

/** What a customer owes, oldest due first. */
export interface AllDue extends Priced {
	/** Leads on to the checkout. */
	href: string;
	invoices: Array<{ number: string; dueOn: string; amount: number }>;
}

export interface PayPage {
	statusCode: number;
	/** Of the words; the amount may be written as a region of it does. */
	language: string;
	title: string;
	text: string;
	html: string;
}

/** Of every answer to a click: a link is a secret of the customer's, and what it leads to changes. */
export const PRIVATE_HEADERS = { 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' } as const;

/** @param language of the page; left out where that is not known. */
export const pageHeaders = (language?: string): Record<string, string> => ({
	'Content-Type': 'text/html; charset=utf-8',
	Vary: 'Accept-Language',
	...(language && { 'Content-Language': language }),
	...PRIVATE_HEADERS,
});

/** The language of a visitor, e.g. `de-CH`, out of their `Accept-Language`. */
export const visitorLanguage = (header: unknown): string => preferredLanguage(header, Object.keys(PAY_PAGE_TEXTS));

/** @param locale as {@link visitorLanguage} tells it. */
export function payPage(name: PageName, locale: string, subject: PageSubject = {}): PayPage {
	const { invoice, merchant, allDue, allDueHref, only } = subject;
	const language = languageOf(locale);
	const words = PAY_PAGE_TEXTS[language]?.split('\n') ?? [];
	const say = (text: Text, name = invoice?.number ?? ''): string => (words[text] ?? '').replace('{n}', () => name);
	const [statusCode, heading, ...below] = PAGES[name];
	const title = say(heading);
	const text = below.map((one) => say(one)).join(' ');
	const logo = readAddress(merchant?.logo_url ?? '');
	const image = logo?.protocol === 'https:' ? `<img src="${escapeHtml(logo.href)}" alt="">` : '';
	const html = [
		`<!doctype html><html lang="${language}" dir="ltr"><head><meta charset="utf-8">`,
		`<meta http-equiv="Content-Security-Policy" content="${POLICY}${image && ';img-src https:'}">`,
		'<meta name="viewport" content="width=device-width, initial-scale=1">',
		`<meta name="robots" content="noindex"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><main>`,
		merchant?.name ? `<header>${image}<bdi>${escapeHtml(merchant.name)}</bdi></header>` : '',
		`<h1>${escapeHtml(title)}</h1>`,
		...[invoice ? billOf(invoice, locale) : '', text].map((line) => line && `<p>${escapeHtml(line)}</p>`),
		statusCode === 503 ? `<a href="">${say(Text.TryAgain)}</a>` : '',
		allDue ? tableOf(allDue, locale, only?.number) : '',
		only ? linkTo(only.href, say(Text.PayOnly, amountIn(only, locale))) : '',
		allDue ? linkTo(allDue.href, say(only ? Text.PayAll : Text.Pay, amountIn(allDue, locale))) : '',
		allDueHref ? linkTo(allDueHref, say(Text.AllDue)) : '',
		'</main></body></html>',
	].join('');
	return { statusCode, language, title, text, html };
}

/** System colours: black on white or the other way round, as the visitor's device is set. */
const STYLE =
	':root{color-scheme:light dark}body{font:1.05rem/1.5 system-ui,sans-serif;display:grid;place-items:center;min-height:90vh;margin:0;padding:1rem;overflow-wrap:anywhere}' +
	'main{max-width:32rem;text-align:center}h1{font-size:1.5rem}img{display:block;max-width:12rem;max-height:4rem;margin:auto;padding:.5rem;background:#fff}' +
	'table{width:100%;margin:1rem 0;border-spacing:.5rem;text-align:start}th{text-align:start}tr>:last-child{text-align:end;white-space:nowrap}a{display:block;margin:.5rem 0;padding:.75rem;background:CanvasText;color:Canvas}';
/**
 * In the page, because n8n lets no node set this header. A logo may come from any https address: Lago's leads on to wherever the file is stored
 * (`lago-api:app/models/billing_entity.rb`).
 */
const POLICY = `default-src 'none';base-uri 'none';form-action 'none';style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

/** Date and amount of an invoice, as they are written where the visitor is. */
function billOf({ issuing_date: date, currency, total_amount_cents: total }: LagoInvoice, locale: string): string {
	return [dayIn(date, locale), amountIn({ amount: total, currency }, locale)].filter(Boolean).join(' · ');
}

function dayIn(date: string | null | undefined, locale: string): string {
	const day = new Date(date ?? NaN);
	return Number.isNaN(+day) ? '' : day.toLocaleDateString(locale, { dateStyle: 'long', timeZone: 'UTC' });
}

function amountIn({ amount, currency }: Priced, locale: string): string {
	return currencyOf(currency) === null ? '' : localAmount(amount, currency, locale);
}

/** @param clicked the number of the invoice that stands out. */
function tableOf({ invoices, currency }: AllDue, locale: string, clicked?: string): string {
	const rows = invoices.map(({ number, dueOn, amount }) => {
		const tag = number === clicked ? 'th' : 'td';
		return [number, dayIn(dueOn, locale), amountIn({ amount, currency }, locale)].map(
			(cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`,
		);
	});
	return `<table>${rows.map((cells) => `<tr>${cells.join('')}</tr>`).join('')}</table>`;
}

function linkTo(href: string, text: string): string {
	return `<a href="${escapeHtml(href)}">${escapeHtml(text)}</a>`;
}
