// Both books: their entries by kind, and their sums.
import { $, element, list } from './dom.js';
import { checkout, dispute, mandate, payment, refund } from './dodoEntries.js';
import { entry } from './entry.js';
import { creditNote, customer, invoice, wallet } from './lagoEntries.js';
import { number } from './words.js';

/** Each part of the books: what to do while it is empty, and a line for each thing. */
const PARTS = {
	invoices: ['None yet. Issue one above.', invoice],
	creditNotes: ['None. Refund a payment at Dodo, or make one on a paid invoice.', creditNote],
	customers: ['None. They come with their first invoice.', customer],
	wallets: ['None. Issue a wallet top-up.', wallet],
	checkouts: ['None. One is made for each invoice that is collected by link.', checkout],
	payments: ['None. Pay a checkout, or set up automatic payment.', payment],
	mandates: ['None. Set up automatic payment for a customer.', mandate],
	refunds: ['None. Refund a payment, or make a credit note in Lago.', refund],
	disputes: ['None. Open one on a payment.', dispute],
};

const HEAD = {
	key: 'head',
	shown: '',
	draw: () => {
		const heads = ['Document', 'State', 'Amount'].map((text) =>
			element('th', { scope: 'col' }, element('span', { className: 'unseen' }, text)),
		);
		return element('thead', {}, element('tr', {}, ...heads));
	},
};

const HOUR_MS = 3_600_000;
/** A bar moves with every millisecond; nobody sees that before an hour has gone. */
const toTheHour = (one) =>
	JSON.stringify(one, (name, value) => (['from', 'to', 'now'].includes(name) ? Math.floor(value / HOUR_MS) : value));

/** @param about the documents that the story is about. */
export function drawBooks(state, about) {
	const accessOf = new Map(state.access.map((one) => [one.id, one]));
	const shown = { ...state, customers: state.customers.map((one) => ({ ...one, access: accessOf.get(one.id) })) };
	for (const [id, [empty, toEntry]] of Object.entries(PARTS)) {
		const rows = shown[id].map((one, index) => ({
			key: String(one.id ?? one.number ?? index),
			shown: toTheHour(one),
			draw: () => entry(toEntry(one)),
		}));
		const nothing = {
			key: 'empty',
			shown: '',
			draw: () => element('tbody', {}, element('tr', {}, element('td', { className: 'empty', colSpan: 3 }, empty))),
		};
		list($(id), rows.length === 0 ? [nothing] : [HEAD, ...rows]);
		for (const body of $(id).tBodies) body.classList.toggle('about-it', about.includes(body.dataset.document));
	}
}

const FIGURES = {
	lago: [['Owed', (one) => one.owed], ...received('lago')],
	dodo: [['Asked for', (one) => one.asked], ...received('dodo')],
};
/** In every book the same three. */
function received(book) {
	return [
		['Received', (one) => one[book].received],
		['Given back', (one) => one[book].returned],
		['Kept', (one) => one[book].received - one[book].returned],
	];
}

const NOTHING = {
	currency: 'EUR',
	owed: 0,
	asked: 0,
	lago: { received: 0, returned: 0 },
	dodo: { received: 0, returned: 0 },
};

/** The sums of both books, a line for each currency. */
export function drawFigures(balances) {
	const shown = balances.length === 0 ? [NOTHING] : balances;
	for (const [book, columns] of Object.entries(FIGURES)) {
		const heads = ['', ...columns.map(([name]) => name)].map((name) =>
			name === '' ? element('td') : element('th', { scope: 'col' }, name),
		);
		const head = { key: 'head', shown: '', draw: () => element('thead', {}, element('tr', {}, ...heads)) };
		const rows = shown.map((one) => ({
			key: one.currency,
			shown: columns.map(([, of]) => of(one)),
			draw: () => sums(one, columns),
		}));
		list($(`${book}Figures`), [head, ...rows]);
	}
}

function sums(one, columns) {
	const cells = columns.map(([, of]) => element('td', {}, number(of(one), one.currency)));
	return element('tbody', {}, element('tr', {}, element('th', { scope: 'row' }, one.currency), ...cells));
}
