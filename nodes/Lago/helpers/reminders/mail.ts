import { DAY_MS } from '../../../shared/domain/calendar';
import { escapeHtml } from '../../../shared/domain/escapeHtml';
import { languageOf, preferredLanguage } from '../../../shared/domain/language';
import { formatOf } from '../../../shared/domain/localFormat';
import { localAmount } from '../../../shared/domain/money';
import { lastDayOf, type DueReminder, type OpenInvoice, type ReminderKind } from '../../../shared/domain/reminders';
import { KINDS, REMINDER_TEXTS } from './texts';

/** Stands in a mail about a card until Dodo Payments has made the link: it lives for 24 hours only. */
export const CARD_LINK = '{link}';

/** Words of the merchant's own. */
export interface OwnText {
	kind: ReminderKind;
	/** So many days overdue or more. */
	fromDay: number;
	/** Empty: every language for which there is no other. */
	language: string;
	subject: string;
	text: string;
}

/** Whom a mail goes to, and what stands in it beside the reminder. */
export interface MailSubject {
	name: string;
	merchant: string;
	/** As Lago says it, e.g. `de` or `pt-BR`. */
	locale: string;
	/** By invoice id. */
	links: ReadonlyMap<string, string>;
}

/** A mail as n8n's Send Email node takes it. */
export interface Mail {
	language: string;
	subject: string;
	text: string;
	html: string;
}

/** The locale for a mail: the first of these that we have words for; the last is for everybody else. */
export function mailLocale(...said: ReadonlyArray<string | null | undefined>): string {
	const offered = Object.keys(REMINDER_TEXTS);
	return preferredLanguage(
		said.flatMap((one, index) => (one ? `${one};q=${(1 - index / 10).toFixed(1)}` : [])).join(','),
		offered,
	);
}

/** Writes the one mail of a reminder in the customer's language, amounts and dates as people write them there. */
export function reminderMail(
	{ kind, step, invoices, record }: DueReminder,
	{ name, merchant, locale, links }: MailSubject,
	own: readonly OwnText[],
): Mail {
	const language = languageOf(locale);
	const lines = (REMINDER_TEXTS[language] ?? '').split('\n');
	const [line = '', pay = ''] = lines.slice(2 * KINDS.length);
	const at = 2 * KINDS.indexOf(kind);
	const theirs = ownText(own, kind, step, language);
	const fill = (text: string): string =>
		filled(text, {
			name,
			merchant,
			amount: sumOf(invoices, locale),
			month: monthOf(record.card, locale),
			...(kind === 'card_expires' ? {} : { link: links.get(invoices[0]?.id ?? '') ?? '' }),
		});
	const rows = invoices.map((invoice) => ({
		text: filled(line, {
			n: invoice.number,
			d: dateOf(invoice.dueOn, locale),
			a: localAmount(invoice.amount, invoice.currency, locale),
		}),
		link: links.get(invoice.id) ?? '',
	}));
	const text = fill(theirs?.text || (lines[at + 1] ?? ''));
	const body = kind === 'card_expires' && !text.includes(CARD_LINK) ? `${text}\n${CARD_LINK}` : text;
	const asHtml = (part: string): string =>
		escapeHtml(part).replaceAll('\n', '<br>').replaceAll(CARD_LINK, `<a href="${CARD_LINK}">${CARD_LINK}</a>`);
	return {
		language,
		subject: fill(theirs?.subject || (lines[at] ?? '')),
		text: [body, ...rows.map((row) => `${row.text}\n${row.link}`), merchant].filter(Boolean).join('\n\n'),
		html: [
			`<div lang="${language}"><p>${asHtml(body)}</p>`,
			...rows.map(
				(row) => `<p>${escapeHtml(row.text)}<br><a href="${escapeHtml(row.link)}">${escapeHtml(pay)}</a></p>`,
			),
			`<p>${escapeHtml(merchant)}</p></div>`,
		].join(''),
	};
}

/** The text that fits best: of this language before that of all, and of the most days overdue. */
function ownText(own: readonly OwnText[], kind: ReminderKind, step: number, language: string): OwnText | undefined {
	const fits = (one: OwnText): boolean =>
		one.kind === kind && one.fromDay <= Math.max(0, step) && ['', language].includes(one.language);
	return own
		.filter(fits)
		.sort((one, other) => other.language.localeCompare(one.language) || other.fromDay - one.fromDay)[0];
}

/** Names of customers may contain anything; what they put in is not filled in again. */
const filled = (text: string, values: Readonly<Record<string, string>>): string =>
	text.replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place);

/** `129,95 € + 10,00 $` */
export function sumOf(invoices: readonly OpenInvoice[], locale: string): string {
	const sums = new Map<string, number>();
	for (const { currency, amount } of invoices) sums.set(currency, (sums.get(currency) ?? 0) + amount);
	return [...sums].map(([currency, amount]) => localAmount(amount, currency, locale)).join(' + ');
}

function dateOf(date: string, locale: string): string {
	const make = (): Intl.DateTimeFormat => new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' });
	return formatOf(`date ${locale}`, make).format(new Date(date));
}

const monthOf = (month: string | undefined, locale: string): string =>
	month === undefined
		? ''
		: new Date(lastDayOf(month) * DAY_MS).toLocaleDateString(locale, {
				month: 'long',
				year: 'numeric',
				timeZone: 'UTC',
			});
