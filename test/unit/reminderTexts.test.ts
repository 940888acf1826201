import type { DueReminder, OpenInvoice, ReminderKind } from '../../nodes/shared/domain/reminders';
import { CARD_LINK, mailLocale, reminderMail, type OwnText } from '../../nodes/Lago/helpers/reminders/mail';
import { PAY_PAGE_TEXTS } from '../../nodes/Lago/helpers/payPageTexts';
import { KINDS, REMINDER_TEXTS } from '../../nodes/Lago/helpers/reminders/texts';

const LINK = 'https://n8n.example/pay?t=a&b';
const invoice = (change: Partial<OpenInvoice> = {}): OpenInvoice => ({
	id: 'a',
	number: 'ACM-1',
	currency: 'EUR',
	amount: 123_456,
	issuedOn: '2026-10-12',
	dueOn: '2026-11-11',
	failedAt: null,
	waits: false,
	...change,
});
const reminder = (kind: ReminderKind, change: Partial<DueReminder> = {}): DueReminder => ({
	kind,
	step: 1,
	invoices: kind === 'card_expires' ? [] : [invoice(), invoice({ id: 'b', currency: 'JPY', amount: 500 })],
	sendAt: 0,
	record: { day: 20_785, state: 'sending', at: 0, card: '2612' },
	...change,
});
const mail = (
	kind: ReminderKind,
	locale: string,
	own: OwnText[] = [],
	change: Partial<DueReminder> = {},
	name = 'Ada',
) =>
	reminderMail(
		reminder(kind, change),
		{
			name,
			merchant: 'Acme & Co',
			locale,
			links: new Map([
				['a', LINK],
				['b', `${LINK}2`],
			]),
		},
		own,
	);

test('reminders speak the languages of the pay page', () => {
	expect(Object.keys(REMINDER_TEXTS)).toEqual(Object.keys(PAY_PAGE_TEXTS));
});

describe.each(Object.keys(REMINDER_TEXTS))('%s', (language) => {
	test('says everything, with everything that is to be filled in', () => {
		const places = (text = ''): string[][] => text.split('\n').map((line) => (line.match(/\{\w+\}/g) ?? []).sort());
		expect(places(REMINDER_TEXTS[language])).toEqual(places(REMINDER_TEXTS.en));
		expect(REMINDER_TEXTS[language]?.split('\n')).toHaveLength(2 * KINDS.length + 2);
	});

	test.each(KINDS)('a mail of the kind %s leaves no place empty', (kind) => {
		const { subject, text, html, language: said } = mail(kind, language);
		expect(said).toBe(language);
		for (const part of [subject, text, html]) expect(part.replaceAll(CARD_LINK, '')).not.toMatch(/[{}]|undefined/);
		expect(text.includes(CARD_LINK)).toBe(kind === 'card_expires');
		if (kind === 'card_expires') return;
		for (const part of ['ACM-1', LINK, `${LINK}2`]) expect(text).toContain(part);
	});
});

test('amounts and dates are written as in the region, sums for each currency', () => {
	expect(mail('overdue', 'de-ch').text).toMatch(/ACM-1, fällig am 11\. November 2026: EUR\s1['’]234\.56/u);
	expect(mail('overdue', 'en').subject).toBe('Overdue: €1,234.56 + ¥500');
});

test.each([
	[['pt-BR', 'de', 'en'], 'pt-br'],
	[[null, 'fr', 'en'], 'fr'],
	[['sv', undefined, 'nl'], 'nl'],
	[['sv', 'nb', ''], 'en'],
])('the language of %j is %s', (said, expected) => {
	expect(mailLocale(...said)).toBe(expected);
});

describe('words of the merchant', () => {
	const own = (change: Partial<OwnText>): OwnText => ({
		kind: 'overdue',
		fromDay: 0,
		language: '',
		subject: '',
		text: '',
		...change,
	});
	const texts = [
		own({ subject: 'any' }),
		own({ subject: 'late', fromDay: 14 }),
		own({ subject: 'spät', fromDay: 14, language: 'de' }),
		own({ kind: 'due_soon', subject: 'soon' }),
	];

	test.each([
		['overdue', 'en', 1, 'any'],
		['overdue', 'en', 14, 'late'],
		['overdue', 'de', 14, 'spät'],
		['overdue', 'de', 7, 'any'],
		['due_soon', 'en', -3, 'soon'],
		['mandate_on_hold', 'en', 7, 'We could not charge you €1,234.56 + ¥500'],
	] as const)('%s in %s on day %i: %s', (kind, locale, step, subject) => {
		expect(mail(kind, locale, texts, { step }).subject).toBe(subject);
	});

	test('a name fills in nothing, and is no markup', () => {
		const { text, html } = mail('overdue', 'en', [own({ text: 'Dear {name}, {link}' })], {}, '{amount} <script>');
		expect(text.split('\n')[0]).toBe(`Dear {amount} <script>, ${LINK}`);
		expect(html).not.toContain('<script>');
		expect(html).toContain('href="https://n8n.example/pay?t=a&#38;b"');
	});

	test('a mail about a card has its link, whatever the words are', () => {
		expect(mail('card_expires', 'en', [own({ kind: 'card_expires', text: 'A new card, please.' })]).html).toContain(
			`<a href="${CARD_LINK}">`,
		);
	});
});
