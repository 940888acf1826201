import { createHash } from 'node:crypto';
import { readAddress } from '../../shared/domain/address';
import { languageOf, preferredLanguage } from '../../shared/domain/language';
import { currencyOf, localAmount } from '../../shared/domain/money';
import type { LagoInvoice } from '../../shared/wire/lago/objects';
import type { Merchant } from './merchant';
import { PAY_PAGE_TEXTS, TEXT_NAMES } from './payPageTexts';

type TextName = (typeof TEXT_NAMES)[number];

/** What a visitor of a pay link reads when there is nothing to pay: status, heading, and what stands below it. */
const PAGES = {
	forged: [403, 'forged', 'ask'],
	unknown: [404, 'unknown', 'ask'],
	paid: [200, 'paid', 'nothingDue'],
	voided: [410, 'voided', 'nothingDue', 'ask'],
	otherWay: [409, 'closed', 'otherWay', 'ask'],
	nothingDue: [409, 'closed', 'nothingDue', 'ask'],
	/** For whatever keeps a genuine link from being opened now. */
	unavailable: [503, 'unavailable', 'underWay', 'ask'],
	/** More is going on than can be done at once. */
	busy: [503, 'unavailable'],
} as const satisfies Record<string, readonly [number, TextName, ...TextName[]]>;

export type PageName = keyof typeof PAGES;

/** Whom and what a page is about, as far as that is known. */
export interface PageSubject {
	invoice?: LagoInvoice;
	merchant?: Merchant | null;
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
	...(language === undefined ? {} : { 'Content-Language': language }),
	...PRIVATE_HEADERS,
});

/** The language of a visitor, e.g. `de-CH`, out of their `Accept-Language`. */
export const visitorLanguage = (header: unknown): string => preferredLanguage(header, Object.keys(PAY_PAGE_TEXTS));

/** @param locale as {@link visitorLanguage} tells it. */
export function payPage(name: PageName, locale: string, subject: PageSubject = {}): PayPage {
	const language = languageOf(locale);
	const say = (text: TextName): string =>
		(PAY_PAGE_TEXTS[language]?.[TEXT_NAMES.indexOf(text)] ?? '').replace(
			'{number}',
			() => subject.invoice?.number ?? '',
		);
	const [statusCode, heading, ...below] = PAGES[name];
	const title = say(heading);
	const text = below.map(say).join(' ');
	const html = [
		`<!doctype html><html lang="${language}" dir="ltr"><head><meta charset="utf-8">`,
		`<meta http-equiv="Content-Security-Policy" content="${policyOf(subject.merchant)}">`,
		'<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><meta name="referrer" content="no-referrer">',
		`<title>${escape(title)}</title><style>${STYLE}</style></head><body><main>`,
		headOf(subject.merchant),
		`<h1>${escape(title)}</h1>`,
		billOf(subject.invoice, locale),
		paragraph(text),
		statusCode === 503 ? `<a href="">${escape(say('again'))}</a>` : '',
		'</main></body></html>',
	].join('');
	return { statusCode, language, title, text, html };
}

/** System colours: black on white or the other way round, as the visitor's device is set. */
const STYLE =
	':root{color-scheme:light dark}body{font:1.05rem/1.5 system-ui,sans-serif;display:grid;place-items:center;min-height:90vh;margin:0;padding:1rem;overflow-wrap:anywhere}' +
	'main{max-width:32rem;text-align:center}h1{font-size:1.5rem;text-wrap:balance}img{display:block;max-width:12rem;max-height:4rem;margin:0 auto .5rem;padding:.5rem;background:#fff}' +
	'a{display:inline-block;padding:.75rem 1.5rem;border-radius:.5rem;background:CanvasText;color:Canvas;text-decoration:none}';
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/**
 * In the page, because n8n lets no node set this header. A logo may come from any https address: Lago's leads on to wherever the file is stored
 * (`lago-api:app/models/billing_entity.rb`).
 */
const policyOf = (merchant: PageSubject['merchant']): string =>
	`default-src 'none';base-uri 'none';form-action 'none';style-src 'sha256-${STYLE_HASH}'${logoOf(merchant) ? ';img-src https:' : ''}`;

function logoOf(merchant: PageSubject['merchant']): string | null {
	const address = readAddress(merchant?.logo ?? '');
	return address?.protocol === 'https:' ? address.href : null;
}

function headOf(merchant: PageSubject['merchant']): string {
	const logo = logoOf(merchant);
	const image = logo === null ? '' : `<img src="${escape(logo)}" alt="" referrerpolicy="no-referrer">`;
	return merchant ? `<header>${image}<bdi>${escape(merchant.name)}</bdi></header>` : '';
}

/** Date and amount of an invoice, as they are written where the visitor is. */
function billOf(invoice: LagoInvoice | undefined, locale: string): string {
	if (invoice === undefined) return '';
	const { issuing_date: date, currency, total_amount_cents: total } = invoice;
	const day = new Date(date ?? NaN);
	const facts = [
		Number.isNaN(day.getTime()) ? [] : day.toLocaleDateString(locale, { dateStyle: 'long', timeZone: 'UTC' }),
		currencyOf(currency) === null ? [] : localAmount(total, currency, locale),
	].flat();
	return paragraph(facts.join(' · '));
}

const paragraph = (text: string): string => (text === '' ? '' : `<p>${escape(text)}</p>`);

function escape(text: string): string {
	return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
