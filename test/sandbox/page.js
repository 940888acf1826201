// One page, no framework: the state is drawn anew whenever it has changed.
const $ = (id) => document.getElementById(id);
const element = (tag, properties = {}, ...children) => { const made = Object.assign(document.createElement(tag), properties); made.append(...children); return made; };
const decimals = (currency) => new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits;
const money = (amount, currency) => (currency ? `${currency} ${(amount / 10 ** decimals(currency)).toFixed(decimals(currency))}` : String(amount ?? ''));
const minorUnits = (text, currency) => { const value = Math.round(Number(String(text).replace(',', '.')) * 10 ** decimals(currency)); if (!(value > 0)) throw new Error(`"${text}" is not an amount.`); return value; };
const time = (seconds) => new Date(seconds * 1000).toLocaleString();
const shownCard = () => $('card').value || undefined;

/** A button that acts; `input` may be a function that asks first, and returns null to leave it. */
const button = (label, action, input = {}) => element('button', { type: 'button', onclick: () => void act(action, input) }, label);
const askAmount = (currency, all, more = {}) => () => {
	const text = prompt(`How much of ${money(all, currency)}? Leave as it is for all of it.`, (all / 10 ** decimals(currency)).toFixed(decimals(currency)));
	if (text === null) return null;
	const amount = minorUnits(text, currency);
	return amount === all ? more : { ...more, amount };
};

/** The state of the collection, in words. */
function inWords({ phase, attempt, nextTryAt, failedTries, declineCode, expiresAt, refunded }) {
	const phases = { waiting: 'waiting for the next try', open: 'a link is out', charging: 'the mandate is being charged', processing: 'money is on its way', failed: 'the last try failed', paid: 'paid', overpaid: 'paid twice: a payment must go back', returned: 'the surplus payment went back' };
	const words = [`${phases[phase] ?? phase}, try ${attempt}`];
	if (declineCode) words.push(declineCode);
	if (failedTries) words.push(`${failedTries} failed`);
	if (nextTryAt) words.push(`next try ${time(nextTryAt)}`);
	if (expiresAt && phase === 'open') words.push(`checkout until ${time(expiresAt)}`);
	if (refunded) words.push(`${refunded} refunded in all`);
	return words.join(' · ');
}

function table(id, empty, head, rows) {
	const body = rows.flatMap((cells) => (Array.isArray(cells[0]) ? cells : [cells])).map((cells) => {
		const row = element('tr');
		for (const cell of cells) {
			const { content, className = '', colSpan = 1 } = cell !== null && typeof cell === 'object' && 'content' in cell ? cell : { content: cell };
			row.append(element('td', { className, colSpan }, ...(Array.isArray(content) ? content : [content ?? ''])));
		}
		return row;
	});
	const shown = rows.length === 0 ? element('p', { className: 'empty' }, empty) : element('table', {}, element('thead', {}, element('tr', {}, ...head.map((text) => element('th', {}, text)))), element('tbody', {}, ...body));
	$(id).replaceChildren(shown);
}

const status = (word, text = word) => ({ content: text ?? '', className: word ?? '' });
const amountCell = (amount, currency) => ({ content: money(amount, currency), className: 'amount' });
const code = (text) => element('code', {}, text);

function draw(state) {
	$('editor').href = state.n8nUrl;
	$('premium').checked = state.premium;
	table('invoices', 'None yet. Issue one above.', ['Number', 'Status', 'Payment', 'Total', 'Paid', ''], state.invoices.map((invoice) => {
		const isOpen = invoice.status === 'finalized';
		const buttons = isOpen ? [button('Void', 'void', { id: invoice.id })] : [];
		if (isOpen && invoice.paymentStatus !== 'succeeded') buttons.push(button('Retry payment', 'retryPayment', { id: invoice.id }), button('Pay by hand', 'payByHand', { id: invoice.id }));
		if (isOpen && invoice.paid > 0) buttons.push(button('Credit note ...', 'creditNote', askAmount(invoice.currency, invoice.paid, { id: invoice.id })));
		if (invoice.state?.nextTryAt) buttons.push(button('Make the next try due', 'dueNow', { id: invoice.id }));
		const rows = [[`${invoice.number} (${invoice.customer})`, status(invoice.status, `${invoice.type}, ${invoice.status}${invoice.disputeLost ? ', dispute lost' : ''}`), status(invoice.paymentStatus), amountCell(invoice.total, invoice.currency), amountCell(invoice.paid, invoice.currency), { content: buttons }]];
		const entries = Object.entries(invoice.metadata).map(([key, value]) => `${key} = ${value}`).join('\n');
		if (entries !== '') {
			const link = invoice.state?.payLink ? [' · ', element('a', { href: invoice.state.payLink, target: '_blank', rel: 'noreferrer' }, 'pay link')] : [];
			rows.push([{ content: [invoice.state ? inWords(invoice.state) : '', ...link, element('br'), code(entries)], colSpan: 6, className: 'detail' }]);
		}
		return rows;
	}));
	table('creditNotes', 'None. Refund a payment at Dodo, or make a credit note on a paid invoice.', ['Number', 'Refund', 'Refund status', 'Metadata'], state.creditNotes.map((note) => [note.number, amountCell(note.refund, note.currency), status(note.status), { content: [code(Object.entries(note.metadata).map(([key, value]) => `${key} = ${value}`).join('\n'))] }]));
	table('customers', 'They come with their first invoice.', ['Customer', 'Metadata', ''], state.customers.map((customer) => [customer.id, { content: [code(Object.entries(customer.metadata).map(([key, value]) => `${key} = ${value}`).join('\n'))] }, { content: customer.metadata.dodo_subscription_id ? '' : [button('Set up automatic payment', 'setUpMandate', () => ({ customer: customer.id, card: shownCard() }))] }]));
	table('checkouts', 'None. One is made for each invoice that is collected by link.', ['Invoice', 'Checkout', 'Amount', ''], state.checkouts.map((checkout) => [checkout.isMandate ? 'set-up' : checkout.invoice, { content: [code(checkout.id)] }, amountCell(checkout.amount, checkout.currency), { content: checkout.open ? checkout.isMandate ? 'open' : [button('Pay', 'pay', () => ({ id: checkout.id, card: shownCard() })), button('Pay by bank debit', 'payByDebit', { id: checkout.id })] : 'used' }]));
	table('payments', 'None yet.', ['Invoice', 'Payment', 'Amount', 'Status', ''], state.payments.map((payment) => {
		const canRefund = payment.status === 'succeeded' && payment.refunded !== 'full';
		const buttons = canRefund ? [button('Refund ...', 'refund', askAmount(payment.currency, payment.amount, { id: payment.id })), button('Refund that fails', 'refund', { id: payment.id, fail: true }), button('Open dispute', 'openDispute', { id: payment.id })] : [];
		return [payment.invoice, { content: [code(payment.id)] }, amountCell(payment.amount, payment.currency), status(payment.status, [payment.status, payment.code, payment.byMandate && 'by mandate', payment.refunded && `refunded: ${payment.refunded}`].filter(Boolean).join(', ')), { content: buttons }];
	}));
	table('mandates', 'None. Set one up for a customer.', ['Customer', 'Mandate', 'Status', 'Card', ''], state.mandates.map((mandate) => [mandate.customer, { content: [code(mandate.id)] }, status(mandate.status), mandate.card, { content: ['active', 'on_hold'].includes(mandate.status) ? [button('Give the chosen card', 'mandateCard', () => ({ id: mandate.id, card: shownCard() })), button('Cancel', 'cancelMandate', { id: mandate.id })] : '' }]));
	table('refunds', 'None yet.', ['Invoice', 'Refund', 'Amount', 'Status', 'Reason'], state.refunds.map((refund) => [refund.invoice, { content: [code(refund.id)] }, amountCell(refund.amount, refund.currency), status(refund.status), refund.reason ?? '']));
	table('disputes', 'None. Open one on a payment.', ['Invoice', 'Dispute', 'Amount', 'Status', ''], state.disputes.map((dispute) => {
		const isOpen = /opened|challenged/.test(dispute.status);
		const moves = ['challenged', 'won', 'lost', 'accepted', 'expired', 'cancelled'].map((to) => button(to, 'moveDispute', { id: dispute.id, status: to }));
		return [dispute.invoice, { content: [code(dispute.id)] }, amountCell(dispute.amount, dispute.currency), dispute.status.replace('dispute_', ''), { content: isOpen ? [...moves, button('lost by RDR', 'moveDispute', { id: dispute.id, status: 'lost', rdr: true })] : '' }];
	}));
	$('timeline').replaceChildren(...[...state.timeline].reverse().map((entry) => element('div', { className: entry.status >= 200 && entry.status < 300 ? '' : 'bad' }, `${entry.at.slice(11, 23)}  ${entry.from.padStart(4)} → ${entry.to.padEnd(4)}  ${entry.status || '---'}  ${entry.what}`)));
}

let shown = '';
async function refresh() {
	const text = await fetch('state').then((response) => response.text()).catch(() => null);
	if (text === null || text === shown) return;
	shown = text;
	draw(JSON.parse(text));
}

async function act(action, input) {
	let words = '';
	try {
		const chosen = typeof input === 'function' ? input() : input;
		if (chosen === null) return;
		const response = await fetch('act', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...chosen, action }) });
		if (!response.ok) words = (await response.json()).message;
	} catch (caught) {
		words = caught.message;
	}
	$('message').textContent = words;
	await refresh();
}

$('issue').addEventListener('submit', (event) => {
	event.preventDefault();
	const { currency, type, customer, ...numbers } = Object.fromEntries(new FormData(event.target, event.submitter));
	void act('issue', () => ({ currency, type, customer, amount: minorUnits(numbers.amount, currency), taxRate: Number(numbers.taxRate), count: Number(numbers.count ?? 1) }));
});
$('premium').addEventListener('change', (event) => void act('premium', { value: event.target.checked }));
void refresh();
setInterval(refresh, 500);
