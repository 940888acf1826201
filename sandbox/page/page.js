// One page, no framework: each part is drawn anew when what it shows has changed.
const $ = (id) => document.getElementById(id);
const element = (tag, properties = {}, ...children) => {
	const made = Object.assign(document.createElement(tag), properties);
	made.append(...children);
	return made;
};

const decimals = (currency) =>
	new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits;
const inMajor = (amount, currency) => (amount / 10 ** decimals(currency)).toFixed(decimals(currency));
const money = (amount, currency) => (currency ? `${currency} ${inMajor(amount, currency)}` : String(amount ?? ''));
const minorUnits = (text, currency) => {
	const value = Math.round(Number(String(text).replace(',', '.')) * 10 ** decimals(currency));
	if (!(value > 0)) throw new Error(`"${text}" is not an amount.`);
	return value;
};
const time = (seconds) => new Date(seconds * 1000).toLocaleString();
const shownCard = () => $('card').value || undefined;

/** A button that acts; `input` may be a function that asks first, and gives null to leave it. */
function button(label, action, input = {}, id = input.id ?? '') {
	const made = element('button', { type: 'button', onclick: () => void act(action, input) }, label);
	made.dataset.key = `${action} ${id} ${label}`;
	return made;
}

/** Buttons that are needed now and then, behind "More". */
function more(id, ...buttons) {
	const made = element('details', {}, element('summary', {}, 'More'), ...buttons);
	made.firstChild.dataset.key = `more ${id}`;
	return made;
}

/** Asks for one line; null when it was left. */
async function ask(question, value) {
	$('question').textContent = question;
	$('answer').value = value;
	$('ask').returnValue = '';
	$('ask').showModal();
	$('answer').select();
	await new Promise((resolve) => $('ask').addEventListener('close', resolve, { once: true }));
	return $('ask').returnValue === 'ok' ? $('answer').value : null;
}

/** Asks how much; all of it is said without an amount. */
const askAmount = (currency, all, input) => async () => {
	const text = await ask(`How much of ${money(all, currency)}?`, inMajor(all, currency));
	if (text === null) return null;
	const amount = minorUnits(text, currency);
	return amount === all ? input : { ...input, amount };
};

const PHASES = {
	waiting: 'waiting for the next try',
	open: 'a link is out',
	charging: 'the mandate is being charged',
	processing: 'money is on its way',
	failed: 'the last try failed',
	paid: 'paid',
	overpaid: 'paid twice: a payment must go back',
	returned: 'the surplus payment went back',
};

/** The state of the collection, in words. */
function inWords(
	{ phase, attempt, amount, nextTryAt, failedTries, declineCode, expiresAt, refunded, taxOnTop },
	currency,
) {
	const words = [`${PHASES[phase] ?? phase}, try ${attempt}`];
	if (amount) words.push(`asks for ${money(amount, currency)}${taxOnTop ? ' plus tax' : ''}`);
	if (declineCode) words.push(`declined: ${declineCode}`);
	if (failedTries) words.push(failedTries === 1 ? '1 try failed' : `${failedTries} tries failed`);
	if (nextTryAt) words.push(`next try ${time(nextTryAt)}`);
	if (expiresAt && phase === 'open') words.push(`checkout until ${time(expiresAt)}`);
	if (refunded) words.push(`${money(refunded, currency)} refunded`);
	return words.join(' · ');
}

const AMOUNTS = ['Total', 'Paid', 'Amount', 'Refund', 'Balance'];
function table(empty, head, rows) {
	if (rows.length === 0) return element('p', { className: 'empty' }, empty);
	const body = rows.map(({ cells, detail }) => {
		const [first, ...rest] = cells.map((cell) => (cell instanceof Node ? cell : element('td', {}, cell ?? '')));
		const name = element('th', { scope: 'row' }, ...first.childNodes);
		const shown = [element('tr', {}, name, ...rest)];
		if (detail) shown.push(element('tr', { className: 'detail' }, element('td', { colSpan: head.length }, ...detail)));
		return element('tbody', {}, ...shown);
	});
	const heads = head.map((text) =>
		element('th', { scope: 'col', className: AMOUNTS.includes(text) ? 'amount' : '' }, text),
	);
	return element('table', {}, element('thead', {}, element('tr', {}, ...heads)), ...body);
}

const row = (...cells) => ({ cells });
const status = (word, text = word) => element('td', { className: word ?? '' }, text ?? '');
const amountCell = (amount, currency) => element('td', { className: 'amount' }, money(amount, currency));
const code = (text) => element('td', {}, element('code', {}, text));
const buttonCell = (...buttons) => element('td', {}, ...buttons);
const lines = (metadata) =>
	Object.entries(metadata)
		.map(([key, value]) => `${key} = ${value}`)
		.join('\n');
/** Only what a browser may open without harm. */
const link = (href, text) =>
	/^https?:\/\//.test(href) ? [element('a', { href, target: '_blank', rel: 'noreferrer' }, text)] : [];

const TYPES = { one_off: 'one-off', credit: 'wallet top-up' };
function invoice({
	id,
	number,
	customer,
	type,
	status: kept,
	paymentStatus,
	total,
	paid,
	currency,
	fees,
	disputeLost,
	metadata,
	state,
}) {
	const isOpen = kept === 'finalized';
	const buttons = isOpen ? [button('Void', 'void', { id })] : [];
	if (isOpen && paymentStatus !== 'succeeded') {
		buttons.push(button('Retry payment', 'retryPayment', { id }));
		if (total > paid)
			buttons.push(
				button('Pay by hand', 'payByHand', askAmount(currency, total - paid, { id, amount: total - paid }), id),
			);
	}
	if (isOpen && paid > 0) buttons.push(button('Credit note', 'creditNote', askAmount(currency, paid, { id }), id));
	if (state?.nextTryAt) buttons.push(button('Make the next try due', 'dueNow', { id }));
	const about = `${TYPES[type] ?? type}, ${kept}${disputeLost ? ', dispute lost' : ''}`;
	const feeWords = fees.map((fee) => `${fee.name} ${money(fee.amount, currency)} + ${fee.taxRate} %`).join(', ');
	const entries = lines(metadata);
	return {
		cells: [
			`${number} (${customer})`,
			status(kept, about),
			status(paymentStatus),
			amountCell(total, currency),
			amountCell(paid, currency),
			buttonCell(...buttons),
		],
		detail: [
			element('span', { className: 'hint' }, feeWords),
			...(state
				? [
						element(
							'div',
							{},
							inWords(state, currency),
							' ',
							...link(state.payLink ?? '', 'pay link'),
							...link(state.url ?? '', 'checkout'),
						),
					]
				: []),
			...(entries === '' ? [] : [element('div', {}, element('code', {}, entries))]),
		],
	};
}

function customer({ id, timeZone, currency, metadata, mandates }) {
	const zone = async () => {
		const answer = await ask(`Time zone of ${id}, such as Asia/Tokyo; empty for the organisation's`, timeZone);
		return answer === null ? null : { id, zone: answer };
	};
	const setUp = () => ({ customer: id, card: shownCard() });
	const words = mandates.map((mandate) => `${mandate.status} mandate in ${mandate.currency}`).join(', ');
	const buttons = [
		button('Set up automatic payment', 'setUpMandate', setUp, id),
		button('Time zone', 'timeZone', zone, id),
	];
	const about = [currency, timeZone, words].filter(Boolean).join(' · ');
	return { cells: [id, about, code(lines(metadata)), buttonCell(...buttons)] };
}

function checkout({
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
	const withCard = (input) => ({ ...input, card: shownCard() });
	const chosen = customerChooses ? askChosen(currency, id) : () => withCard({ id });
	const buttons = isMandate
		? [button('Give card', 'giveCard', () => withCard({ id }), id)]
		: [button('Pay', 'pay', chosen, id), button('Pay by bank debit', 'payByDebit', chosen, id)];
	const name = isMandate ? `set-up (${payer})` : number;
	const where = element('td', {}, ...link(page, id));
	return row(
		name,
		where,
		isMandate ? '' : amountCell(amount, currency),
		buttonCell(...(open ? buttons : [used ? 'used' : 'expired'])),
	);
}

/** Where the cart leaves the amount open. */
const askChosen = (currency, id) => async () => {
	const text = await ask(`How much in ${currency}?`, '');
	return text === null ? null : { id, card: shownCard(), amount: minorUnits(text, currency) };
};

function payment({ id, invoice: number, amount, left, currency, status: kept, code: reason, refunded, byMandate }) {
	const buttons = [];
	if (kept === 'succeeded') {
		if (left > 0) buttons.push(button('Refund', 'refund', askAmount(currency, left, { id }), id));
		const rare = [button('Open dispute', 'openDispute', { id })];
		if (left > 0)
			rare.push(
				button('Refund that fails', 'refund', { id, fail: true }),
				button('Let the next refund fail', 'failNextRefund', { id }),
			);
		buttons.push(more(id, ...rare));
	}
	const words = [kept ?? 'not begun', reason, byMandate && 'by mandate', refunded && `refunded: ${refunded}`]
		.filter(Boolean)
		.join(', ');
	return row(number, code(id), amountCell(amount, currency), status(kept, words), buttonCell(...buttons));
}

function mandate({ id, customer: payer, currency, status: kept, card, planned, dues }) {
	const plan = (debit) => () => ({ id, code: shownCard(), debit });
	const buttons = [];
	if (['active', 'on_hold'].includes(kept))
		buttons.push(button('Change card', 'mandateCard', () => ({ id, card: shownCard() }), id));
	if (!['cancelled', 'failed', 'expired'].includes(kept)) {
		buttons.push(button('Cancel', 'moveMandate', { id, status: 'cancelled' }));
		const rare = [
			button('Next charge as the card above', 'planCharge', plan(false), id),
			button('Next charge by bank debit', 'planCharge', plan(true), id),
		];
		const pause =
			kept === 'paused'
				? button('Unpause', 'moveMandate', { id, status: 'active' })
				: button('Pause', 'moveMandate', { id, status: 'paused' });
		buttons.push(
			more(
				id,
				...rare,
				pause,
				button('Expire', 'moveMandate', { id, status: 'expired' }),
				button('Fail', 'moveMandate', { id, status: 'failed' }),
			),
		);
	}
	const next =
		planned && `next charge ${planned.settleAfterMs ? 'by bank debit' : 'by card'}: ${planned.code ?? 'pays'}`;
	const words = [kept, dues && `${money(dues, currency)} are due`, next].filter(Boolean).join(', ');
	return row(`${payer} (${currency})`, code(id), status(kept, words), code(card), buttonCell(...buttons));
}

function dispute({ id, invoice: number, amount, currency, status: kept, rdr }) {
	const moves = ['challenged', 'won', 'lost', 'accepted', 'expired', 'cancelled'].map((to) =>
		button(to, 'moveDispute', { id, status: to }),
	);
	const isOpen = /opened|challenged/.test(kept);
	const buttons = isOpen ? [...moves, button('lost by RDR', 'moveDispute', { id, status: 'lost', rdr: true })] : [];
	return row(
		number,
		code(id),
		amountCell(amount, currency),
		`${kept.replace('dispute_', '')}${rdr ? ' by RDR' : ''}`,
		buttonCell(...buttons),
	);
}

const shownDay = (at) => new Date(at).toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
const STATES = {
	none: 'no customer yet',
	active: 'active',
	grace: 'grace',
	restricted: 'restricted',
	pending_payment: 'waiting for the first payment',
	paid_until: 'cancelled, but paid',
	ended: 'ended',
};
/** The states of a customer, from the past into the future, with now between them. */
function bar({ segments, now }) {
	const made = element('div', {
		className: 'bar',
		role: 'img',
		ariaLabel: segments
			.map(({ state, from, to }) => `${STATES[state]} ${shownDay(from)} to ${shownDay(to)}`)
			.join(', '),
	});
	const add = ({ from, to, state, why }, toCome) => {
		const piece = element('span', {
			className: `is-${state}${toCome ? ' to-come' : ''}`,
			title: `${STATES[state]}, ${shownDay(from)} to ${shownDay(to)}${why ? `: ${why}` : ''}`,
		});
		piece.style.flexGrow = to - from;
		made.append(piece);
	};
	for (const segment of segments.filter(({ from }) => from < now))
		add({ ...segment, to: Math.min(segment.to, now) }, false);
	made.append(element('span', { className: 'now', title: 'now' }));
	for (const segment of segments.filter(({ to }) => to > now))
		add({ ...segment, from: Math.max(segment.from, now) }, true);
	return made;
}

function accessOf({ id, state, until, reasons, segments, now }) {
	const words = reasons.map(({ rule, invoice_number, clears_when }) =>
		[rule.replaceAll('_', ' '), invoice_number, clears_when && `until ${clears_when}`].filter(Boolean).join(', '),
	);
	const about = `${STATES[state]}${until ? ` until ${shownDay(until)}` : ''}`;
	const buttons = [
		button('Start subscription', 'startSubscription', { customer: id }, id),
		button('End subscription', 'endSubscription', { id: `sub_${id}` }, id),
	];
	return {
		cells: [
			id,
			status(state, about),
			element('td', {}, bar({ segments, now })),
			element('td', {}, words.join('; ')),
			buttonCell(...buttons),
		],
	};
}

/** Each part of the page: what to do while it is empty, the head of its table, and a row for each thing. */
const PARTS = {
	invoices: ['None yet. Issue one above.', ['Number', 'Status', 'Payment', 'Total', 'Paid', 'Do'], invoice],
	creditNotes: [
		'None. Refund a payment at Dodo, or make a credit note on a paid invoice.',
		['Number', 'Refund', 'Refund status', 'Metadata'],
		(note) => row(note.number, amountCell(note.refund, note.currency), status(note.status), code(lines(note.metadata))),
	],
	customers: ['None. They come with their first invoice.', ['Customer', 'About', 'Metadata', 'Do'], customer],
	access: [
		'Nobody yet. Customers come with their first invoice.',
		['Customer', 'State', '30 days back and ahead', 'Why', 'Do'],
		accessOf,
	],
	wallets: [
		'None. Issue a wallet top-up.',
		['Customer', 'Balance', 'Do'],
		({ id, customer: owner, balance, currency }) =>
			row(
				owner,
				amountCell(balance, currency),
				buttonCell(...(balance > 0 ? [button('Spend', 'spendWallet', askAmount(currency, balance, { id }), id)] : [])),
			),
	],
	checkouts: [
		'None. One is made for each invoice that is collected by link.',
		['Invoice', 'Checkout', 'Amount', 'Do'],
		checkout,
	],
	payments: [
		'None. Pay a checkout, or set up automatic payment and issue an invoice.',
		['Invoice', 'Payment', 'Amount', 'Status', 'Do'],
		payment,
	],
	mandates: [
		'None. Set up automatic payment for a customer.',
		['Customer', 'Mandate', 'Status', 'Card', 'Do'],
		mandate,
	],
	refunds: [
		'None. Refund a payment above, or make a credit note in Lago.',
		['Invoice', 'Id', 'Amount', 'Status', 'Reason'],
		(refund) =>
			row(
				refund.invoice,
				code(refund.id),
				amountCell(refund.amount, refund.currency),
				status(refund.status),
				refund.reason ?? '',
			),
	],
	disputes: ['None. Open one on a payment.', ['Invoice', 'Dispute', 'Amount', 'Status', 'Do'], dispute],
};

const byKey = (place, key) => [...place.querySelectorAll('[data-key]')].find((one) => one.dataset.key === key);

/** Puts new content in place; what was open stays open, and the keyboard stays where it was. */
function replace(place, content) {
	const open = [...place.querySelectorAll('details[open] > summary')].map((one) => one.dataset.key);
	const isInside = place !== document.activeElement && place.contains(document.activeElement);
	const focused = isInside ? document.activeElement.dataset.key : undefined;
	place.replaceChildren(...content);
	for (const key of open) byKey(place, key)?.parentElement.setAttribute('open', '');
	if (isInside) (byKey(place, focused) ?? place).focus();
}

const drawn = {};
/** Draws a part if what it shows has changed. */
function part(id, shown, content) {
	const text = JSON.stringify(shown);
	if (drawn[id] === text) return;
	drawn[id] = text;
	replace($(id), content());
}

/** `restrictAfterDays: 7` -> `restrict after days: 7`. */
function rulesInWords(rules) {
	const words = Object.entries(rules).map(
		([name, value]) => `${name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}: ${value}`,
	);
	return `Rules: ${words.join(', ') || 'none'}. Other ones with ACCESS_... variables.`;
}

function draw(state) {
	$('editor').href = state.n8nUrl;
	$('rules').textContent = rulesInWords(state.rules);
	$('premium').checked = state.premium;
	if ($('card').length === 1) $('card').append(...state.declineCodes.map((each) => element('option', {}, each)));
	for (const [id, [empty, head, toRow]] of Object.entries(PARTS))
		part(id, state[id], () => [table(empty, head, state[id].map(toRow))]);
	part('timeline', state.timeline, () =>
		state.timeline.toReversed().map(({ at, from, to, what, status: answer }) => {
			const good = answer >= 200 && answer < 300;
			return element(
				'div',
				{ className: good ? '' : 'bad' },
				`${at.slice(11, 23)}  ${from.padStart(4)} → ${to.padEnd(4)}  ${answer || '---'}  ${what}`,
			);
		}),
	);
}

const LOST = 'The sandbox does not answer any more. Start it again with npm start.';
async function refresh() {
	const state = await fetch('state').then(
		(response) => response.json(),
		() => null,
	);
	if (state !== null) draw(state);
	if (state === null) $('message').textContent = LOST;
	else if ($('message').textContent === LOST) $('message').textContent = '';
}

async function act(action, input) {
	let words = '';
	try {
		const chosen = typeof input === 'function' ? await input() : input;
		if (chosen === null) return;
		const headers = { 'content-type': 'application/json' };
		const response = await fetch('act', { method: 'POST', headers, body: JSON.stringify({ ...chosen, action }) });
		if (!response.ok) words = (await response.json()).message;
	} catch (caught) {
		words = caught.message;
	}
	$('message').textContent = words;
	await refresh();
}

$('issue').addEventListener('submit', (event) => {
	event.preventDefault();
	const {
		currency,
		type,
		customer: payer,
		...numbers
	} = Object.fromEntries(new FormData(event.target, event.submitter));
	const input = () => ({
		currency,
		type,
		customer: payer,
		amount: minorUnits(numbers.amount, currency),
		taxRate: Number(numbers.taxRate.replace(',', '.')),
		count: Number(numbers.count ?? 1),
	});
	void act('issue', input);
});
$('day').addEventListener('click', () => void act('passDays', { days: 1 }));
$('week').addEventListener('click', () => void act('passDays', { days: 7 }));
$('premium').addEventListener('change', (event) => void act('premium', { value: event.target.checked }));

async function keepFresh() {
	await refresh().catch((caught) => void ($('message').textContent = caught.message));
	setTimeout(keepFresh, 500);
}
void keepFresh();
