// The entries of both books: what they say, and what can be done with them.
import { $, element } from './dom.js';
import { ACCESS, collection, day, inMajor, minorUnits, money, tone } from './words.js';
import { act, ask } from './acting.js';

const shownCard = () => $('card').value || undefined;
const withCard = (input) => () => ({ ...input, card: shownCard() });

/** A button that acts; `input` may be a function that asks first, and gives null to leave it. */
function button(label, action, input = {}, id = input.id ?? '') {
	const made = element('button', { type: 'button', onclick: () => void act(action, input) }, label);
	made.dataset.key = `${action} ${id} ${label}`;
	return made;
}

/** What is needed now and then, behind "More". */
function more(id, ...content) {
	const made = element('details', {}, element('summary', {}, 'More'), ...content);
	made.firstChild.dataset.key = `more ${id}`;
	return made;
}

/** Asks how much; all of it is said without an amount. */
const askAmount = (currency, all, input) => async () => {
	const text = await ask(`How much of ${money(all, currency)}?`, inMajor(all, currency));
	if (text === null) return null;
	const amount = minorUnits(text, currency);
	return amount === all ? input : { ...input, amount };
};
/** Where the cart leaves the amount open. */
const askChosen = (currency, id) => async () => {
	const text = await ask(`How much in ${currency}?`, '');
	return text === null ? null : { id, card: shownCard(), amount: minorUnits(text, currency) };
};

const pill = (word, text = word) => element('span', { className: `pill ${tone(word)}` }, text.replace(/^dispute_/, ''));
const lines = (metadata) =>
	Object.entries(metadata)
		.map(([key, value]) => `${key} = ${value}`)
		.join('\n');
const code = (text) => (text ? element('code', {}, text) : null);
/** Only what a browser may open without harm. */
const link = (href, text) =>
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

const TYPES = { one_off: 'one-off', credit: 'wallet top-up' };
export function invoice(one) {
	const {
		id,
		number,
		customer,
		type,
		status,
		paymentStatus,
		due,
		overdue,
		total,
		paid,
		currency,
		fees,
		metadata,
		state,
	} = one;
	const isOpen = status === 'finalized';
	const isUnpaid = isOpen && paymentStatus !== 'succeeded';
	const left = total - paid;
	const buttons = [];
	if (isUnpaid && left > 0)
		buttons.push(button('Pay by hand', 'payByHand', askAmount(currency, left, { id, amount: left }), id));
	if (isOpen && paid > 0) buttons.push(button('Credit note', 'creditNote', askAmount(currency, paid, { id }), id));
	const rare = [];
	if (isUnpaid) rare.push(button('Retry payment', 'retryPayment', { id }));
	if (state?.nextTryAt) rare.push(button('Make the next try due', 'dueNow', { id }));
	if (isUnpaid && state?.payLink) rare.push(button('Follow the pay link', 'followPayLink', { id }));
	if (isOpen) rare.push(button('Void', 'void', { id }));
	// A link that is out says nothing any more when the invoice is paid.
	const tells = state && (isUnpaid || !['open', 'charging', 'processing'].includes(state.phase));
	const feeWords = fees.map((fee) => `${fee.name} ${money(fee.amount, currency)} + ${fee.taxRate} %`).join(', ');
	const links = [link(state?.payLink, 'pay link'), link(state?.url, 'checkout')].filter(Boolean);
	return {
		document: number,
		name: number,
		about: `${customer}${TYPES[type] ? `, ${TYPES[type]}` : ''}`,
		pills: [
			isOpen ? pill(paymentStatus) : pill(status),
			isUnpaid && overdue ? pill('overdue') : null,
			one.disputeLost ? pill('dispute lost') : null,
		],
		amount: money(total, currency),
		below: paid > 0 ? `paid ${money(paid, currency)}` : isUnpaid ? `due ${day(due)}` : '',
		detail: [tells ? element('p', {}, collection(state, currency), ...links.flatMap((each) => [' · ', each])) : null],
		buttons: [...buttons, more(id, ...rare, element('p', { className: 'hint' }, feeWords), code(lines(metadata)))],
	};
}

/** The states of a customer, from the past into the future, with now between them. */
function bar({ segments, now }) {
	const words = segments.map(({ state, from, to }) => `${ACCESS[state]} ${day(from)} to ${day(to)}`).join(', ');
	const made = element('div', { className: 'bar', role: 'img', 'aria-label': words });
	const add = ({ from, to, state, why }, toCome) => {
		const title = `${ACCESS[state]}, ${day(from)} to ${day(to)}${why ? `: ${why}` : ''}`;
		const piece = element('span', { className: `is-${state}${toCome ? ' to-come' : ''}`, title });
		piece.style.flexGrow = to - from;
		made.append(piece);
	};
	for (const one of segments.filter(({ from }) => from < now)) add({ ...one, to: Math.min(one.to, now) }, false);
	made.append(element('span', { className: 'now', title: 'now' }));
	for (const one of segments.filter(({ to }) => to > now)) add({ ...one, from: Math.max(one.from, now) }, true);
	return made;
}

export function customer({ id, timeZone, currency, metadata, mandates, access }) {
	const zone = async () => {
		const answer = await ask(`Time zone of ${id}, such as Asia/Tokyo; empty for the organisation's`, timeZone);
		return answer === null ? null : { id, zone: answer };
	};
	const why = access.reasons.map(({ rule, invoice_number, clears_when }) =>
		[rule.replaceAll('_', ' '), invoice_number, clears_when && `until ${clears_when}`].filter(Boolean).join(', '),
	);
	return {
		document: id,
		name: id,
		about: [currency, timeZone, ...mandates.map((one) => `${one.status} mandate in ${one.currency}`)]
			.filter(Boolean)
			.join(' · '),
		pills: [pill(access.state, `${ACCESS[access.state]}${access.until ? ` until ${day(access.until)}` : ''}`)],
		detail: [bar(access), why.length > 0 ? element('p', {}, why.join('; ')) : null],
		buttons: [
			button('Set up automatic payment', 'setUpMandate', withCard({ customer: id }), id),
			more(
				`customer ${id}`,
				button('Start subscription', 'startSubscription', { customer: id }, id),
				button('End subscription', 'endSubscription', { id: `sub_${id}` }, id),
				button('Time zone', 'timeZone', zone, id),
				code(lines(metadata)),
			),
		],
	};
}

export function checkout({
	id,
	invoice: number,
	customer: payer,
	isMandate,
	page,
	amount,
	currency,
	open,
	used,
	customerChooses,
}) {
	const chosen = customerChooses ? askChosen(currency, id) : withCard({ id });
	const buttons = isMandate
		? [button('Give card', 'giveCard', withCard({ id }), id)]
		: [button('Pay', 'pay', chosen, id), button('Pay by bank debit', 'payByDebit', chosen, id)];
	return {
		document: number,
		name: isMandate ? `Set-up for ${payer}` : number,
		pills: [pill(open ? 'open' : used ? 'used' : 'expired')],
		amount: isMandate ? '' : money(amount, currency),
		detail: [element('p', {}, link(page, id) ?? '')],
		buttons: open ? buttons : [],
	};
}

export function payment({ id, invoice: number, amount, left, currency, status, code: reason, refunded, byMandate }) {
	const buttons = [];
	if (status === 'succeeded') {
		if (left > 0) buttons.push(button('Refund', 'refund', askAmount(currency, left, { id }), id));
		const rare = [button('Open dispute', 'openDispute', { id })];
		if (left > 0)
			rare.push(
				button('Refund that fails', 'refund', { id, fail: true }),
				button('Let the next refund fail', 'failNextRefund', { id }),
			);
		buttons.push(more(id, ...rare));
	}
	return {
		document: number,
		name: number,
		pills: [pill(status ?? 'not begun')],
		amount: money(amount, currency),
		below: refunded ? `${refunded} refund` : '',
		detail: [
			element(
				'p',
				{},
				code(id),
				...[byMandate && 'by mandate', reason].filter(Boolean).flatMap((word) => [' · ', word]),
			),
		],
		buttons,
	};
}

export function mandate({ id, customer: payer, currency, status, card, planned, dues }) {
	const plan = (debit) => () => ({ id, code: shownCard(), debit });
	const move = (label, to) => button(label, 'moveMandate', { id, status: to });
	const buttons = ['active', 'on_hold'].includes(status)
		? [button('Change card', 'mandateCard', withCard({ id }), id)]
		: [];
	if (!['cancelled', 'failed', 'expired'].includes(status)) {
		const rare = [
			button('Next charge as the card above', 'planCharge', plan(false), id),
			button('Next charge by bank debit', 'planCharge', plan(true), id),
			status === 'paused' ? move('Unpause', 'active') : move('Pause', 'paused'),
			move('Expire', 'expired'),
			move('Fail', 'failed'),
		];
		buttons.push(move('Cancel', 'cancelled'), more(id, ...rare));
	}
	const by = planned?.settleAfterMs ? 'by bank debit' : 'by card';
	const words = [`card ${card}`, planned && `next charge ${by}: ${planned.code ?? 'pays'}`].filter(Boolean).join(' · ');
	return {
		document: payer,
		name: `${payer} (${currency})`,
		pills: [pill(status)],
		amount: dues ? money(dues, currency) : '',
		below: dues ? 'are due' : '',
		detail: [element('p', {}, code(id), ' · ', words)],
		buttons,
	};
}

export function dispute({ id, invoice: number, amount, currency, status, rdr }) {
	const moves = ['challenged', 'won', 'lost', 'accepted', 'expired', 'cancelled'].map((to) =>
		button(to, 'moveDispute', { id, status: to }),
	);
	const byRdr = button('lost by RDR', 'moveDispute', { id, status: 'lost', rdr: true });
	return {
		document: number,
		name: number,
		detail: [element('p', {}, code(id))],
		pills: [pill(status, `${status.replace('dispute_', '')}${rdr ? ' by RDR' : ''}`)],
		amount: money(amount, currency),
		buttons: /opened|challenged/.test(status) ? [...moves, byRdr] : [],
	};
}

export const creditNote = ({ number, invoice: document, refund, currency, status, metadata }) => ({
	document,
	name: number,
	about: document,
	detail: [element('p', {}, code(lines(metadata)) ?? '')],
	pills: [status ? pill(status) : null],
	amount: `− ${money(refund, currency)}`,
});
export const refund = ({ id, invoice: document, amount, currency, status, reason }) => ({
	document,
	name: document,
	pills: [pill(status)],
	amount: `− ${money(amount, currency)}`,
	detail: [element('p', {}, code(id), reason ? ` · ${reason}` : '')],
});
export const wallet = ({ id, customer: owner, balance, currency }) => ({
	name: owner,
	amount: money(balance, currency),
	buttons: balance > 0 ? [button('Spend', 'spendWallet', askAmount(currency, balance, { id }), id)] : [],
});
