// The entries of Dodo Payments: what they say, and what can be done with them.
import { element } from './dom.js';
import { askAmount, askChosen, button, code, link, more, pill, shownCard, withCard } from './entry.js';
import { money } from './words.js';

const nameOf = (number, shares) => (shares.length > 0 ? `${shares.length} invoices in one` : number);

/** What one payment of several invoices has for each. */
const parts = (shares, currency) =>
	shares.length > 0
		? element('p', {}, shares.map((one) => `${one.invoice} ${money(one.amount, currency)}`).join(' · '))
		: null;

export function checkout({
	id,
	invoice: number,
	shares,
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
		name: isMandate ? `Set-up for ${payer}` : nameOf(number, shares),
		pills: [pill(open ? 'open' : used ? 'used' : 'expired')],
		amount: isMandate ? '' : money(amount, currency),
		detail: [element('p', {}, link(page, id) ?? ''), parts(shares, currency)],
		buttons: open ? buttons : [],
	};
}

export function payment(one) {
	const { id, invoice: number, shares, amount, left, currency, status, code: reason, refunded, byMandate } = one;
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
		name: nameOf(number, shares),
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
			parts(shares, currency),
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
			button('Card expires this month', 'expireCard', { id }, id),
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

export const refund = ({ id, invoice: document, amount, currency, status, reason }) => ({
	document,
	name: document,
	pills: [pill(status)],
	amount: `− ${money(amount, currency)}`,
	detail: [element('p', {}, code(id), reason ? ` · ${reason}` : '')],
});
