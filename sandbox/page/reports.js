// What the month comes to, who would be reminded, and what a back-fill would do: reckoned when somebody asks for it, by the rules of the templates.
import { $, element } from './dom.js';
import { money, number } from './words.js';

const row = (name, amount, currency, className = '') =>
	element(
		'tr',
		{ className },
		element('th', { scope: 'row' }, name),
		element('td', { className: 'amount' }, number(amount, currency)),
	);

/** One wallet as an equation. */
function account({ currency, lago, dodo, total, paidOut, grew, addsUp }) {
	const bodies = [
		[...lago, ...dodo].map(([name, amount]) => row(name, amount, currency)),
		[row('comes to', total, currency, 'total')],
		[row('Paid out to the bank', paidOut, currency), row('More in the balance', grew, currency)],
		[row('comes to', paidOut + grew, currency, 'total')],
	];
	const verdict = element(
		'span',
		{ className: `pill ${addsUp ? 'good' : 'bad'}` },
		addsUp ? 'adds up' : 'does not add up',
	);
	return element(
		'table',
		{ className: 'account' },
		element('caption', {}, `${currency} `, verdict),
		...bodies.map((rows) => element('tbody', {}, ...rows)),
	);
}

function closing({ accounts, differences }) {
	const why = differences.map((one) =>
		element('li', {}, `${money(one.difference, one.currency)}, ${one.movement} ${one.invoice}: ${one.why}`),
	);
	if (accounts.length === 0) return [element('p', {}, 'Nothing has moved at Dodo Payments yet. Pay something first.')];
	return [
		element('div', { className: 'accounts' }, ...accounts.map(account)),
		element('p', {}, why.length === 0 ? 'Every cent is in both books.' : 'Every cent that differs has its reason:'),
		...(why.length === 0 ? [] : [element('ul', {}, ...why)]),
	];
}

const moment = (at, timeZone) =>
	new Date(at).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short', timeZone });

function reminding(mails) {
	if (mails.length === 0) return [element('p', {}, 'Nobody. Issue an invoice, and let days pass until it is overdue.')];
	const heads = ['Customer', 'Subject', 'Invoices', 'Goes out'];
	const rows = mails.map(({ customer, subject, invoices, sendAt, timeZone }) => {
		const cells = [subject, invoices.join(', '), `${moment(sendAt, timeZone)}, ${timeZone}`];
		return element(
			'tr',
			{},
			element('th', { scope: 'row' }, customer),
			...cells.map((text) => element('td', {}, text)),
		);
	});
	return [tableOf(heads, rows)];
}

function tableOf(heads, rows) {
	const cells = heads.map((text) => element('th', { scope: 'col' }, text));
	return element(
		'table',
		{ className: 'mails' },
		element('thead', {}, element('tr', {}, ...cells)),
		element('tbody', {}, ...rows),
	);
}

function filling({ rows, message }) {
	if (rows.length === 0)
		return [
			element(
				'p',
				{},
				'Nothing. n8n has asked for all that is open; issue an invoice "From before" to have an old one.',
			),
		];
	const heads = ['What', 'Invoices', 'Amount', 'Why', 'Among them'];
	const lines = rows.map((one) => {
		const cells = [String(one.Invoices), `${one.Currency} ${one.Amount}`, one.Why, one.Examples];
		return element(
			'tr',
			{},
			element('th', { scope: 'row' }, one.What),
			...cells.map((text) => element('td', {}, text)),
		);
	});
	return [element('p', {}, message), tableOf(heads, lines)];
}

const REPORTS = {
	filling: {
		title: 'Back-fill: what collecting everything old would do',
		about: 'The same as the table of the template Back-fill, which then asks whether you agree. Nothing moves here.',
		draw: filling,
	},
	closing: {
		title: 'Month end: the last 31 days',
		about: 'The same as the template Month End writes into a sheet: Lago on one side, Dodo and your bank on the other.',
		draw: closing,
	},
	reminding: {
		title: 'Reminders: who would get a mail',
		about: 'The same as the preview of the template Reminders. Nothing is sent here.',
		draw: reminding,
	},
};

/** Opens a report of what the books hold now. */
export async function report(name) {
	const { title, about, draw } = REPORTS[name];
	const answer = await (await fetch(name)).json();
	$('reportTitle').textContent = title;
	$('reportAbout').textContent = about;
	$('reportContent').replaceChildren(...draw(answer));
	$('report').showModal();
}
