// The entries of Lago: what they say, and what can be done with them.
import { ask } from './acting.js';
import { element } from './dom.js';
import { askAmount, button, code, lines, link, more, pill, withCard } from './entry.js';
import { ACCESS, collection, day, money } from './words.js';

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
	const credits = async () => {
		const answer = await ask(`How many credits does ${id} order? They are granted when they are paid.`, '50');
		return answer === null ? null : { customer: id, amount: Number(answer), ...(currency && { currency }) };
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
				button('Pay everything that is due', 'payEverything', { customer: id }, id),
				button('Order credits', 'orderCredits', credits, id),
				code(lines(metadata)),
			),
		],
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

export const wallet = ({ id, customer: owner, balance, currency, waiting }) => {
	const buttons = balance > 0 ? [button('Spend', 'spendWallet', askAmount(currency, balance, { id }), id)] : [];
	if (waiting > 0) buttons.push(button('Open the link of the top-up', 'followTopUpLink', { id }, id));
	return {
		document: owner,
		name: owner,
		pills: waiting > 0 ? [pill('pending')] : [],
		amount: money(balance, currency),
		below: waiting > 0 ? `${money(waiting, currency)} when paid` : '',
		buttons,
	};
};
