// What the entries of both books are made of.
import { $, element } from './dom.js';
import { inMajor, minorUnits, money, tone } from './words.js';
import { act, ask } from './acting.js';

export const shownCard = () => $('card').value || undefined;
export const withCard = (input) => () => ({ ...input, card: shownCard() });

/** A button that acts; `input` may be a function that asks first, and gives null to leave it. */
export function button(label, action, input = {}, id = input.id ?? '') {
	const made = element('button', { type: 'button', onclick: () => void act(action, input) }, label);
	made.dataset.key = `${action} ${id} ${label}`;
	return made;
}

/** What is needed now and then, behind "More". */
export function more(id, ...content) {
	const made = element('details', {}, element('summary', {}, 'More'), ...content);
	made.firstChild.dataset.key = `more ${id}`;
	return made;
}

/** Asks how much; all of it is said without an amount. */
export const askAmount = (currency, all, input) => async () => {
	const text = await ask(`How much of ${money(all, currency)}?`, inMajor(all, currency));
	if (text === null) return null;
	const amount = minorUnits(text, currency);
	return amount === all ? input : { ...input, amount };
};
/** Where the cart leaves the amount open. */
export const askChosen = (currency, id) => async () => {
	const text = await ask(`How much in ${currency}?`, '');
	return text === null ? null : { id, card: shownCard(), amount: minorUnits(text, currency) };
};

export const pill = (word, text = word) =>
	element('span', { className: `pill ${tone(word)}` }, text.replace(/^dispute_/, ''));
export const lines = (metadata) =>
	Object.entries(metadata)
		.map(([key, value]) => `${key} = ${value}`)
		.join('\n');
export const code = (text) => (text ? element('code', {}, text) : null);
/** Only what a browser may open without harm. */
export const link = (href, text) =>
	/^https?:\/\//.test(href ?? '') ? element('a', { href, target: '_blank', rel: 'noreferrer' }, text) : null;

/** A line of a book. `document` ties it to the same invoice in the other one. */
export function entry({ document: number, name, about, pills = [], amount, below, detail = [], buttons = [] }) {
	const first = element(
		'tr',
		{},
		element('th', { scope: 'row' }, name, about ? element('span', { className: 'about' }, about) : null),
		element('td', { className: 'state' }, ...pills),
		element('td', { className: 'amount' }, amount ?? '', below ? element('span', { className: 'about' }, below) : null),
	);
	const rest = [
		...detail.filter(Boolean),
		...(buttons.length > 0 ? [element('div', { className: 'do' }, ...buttons)] : []),
	];
	const body = element('tbody', { data: { document: number ?? '' } }, first);
	if (rest.length > 0) body.append(element('tr', { className: 'detail' }, element('td', { colSpan: 3 }, ...rest)));
	return body;
}
