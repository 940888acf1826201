import { actions } from '../../sandbox/page/actions';
import { startSandbox, type Sandbox } from '../../sandbox/page/server';
import {
	startDodoSimulator,
	startLagoSimulator,
	type DodoSimulator,
	type LagoSimulator,
} from '../../sandbox/simulators';
import { DECLINE_CODES } from '../../sandbox/dodo/cards';
import { findChromium, startChromium } from '../support/chromium';
import { startReceiver } from './helpers';

/** The page without n8n: its buttons act on the simulators, and it shows what they hold. */
let dodo: DodoSimulator;
let lago: LagoSimulator;
let sandbox: Sandbox;

beforeAll(async () => {
	dodo = await startDodoSimulator({ chargeDelayMs: 1 });
	lago = await startLagoSimulator();
	sandbox = await startSandbox({
		port: 0,
		dodo,
		lago,
		n8nUrl: 'http://127.0.0.1:5678',
		executions: null,
		rules: { restrictAfterDays: 7, waitForFirstPayment: true },
	});
});
afterAll(async () => {
	await sandbox.close();
	await Promise.all([dodo.close(), lago.close()]);
});

/** Every action that was pushed with success. */
const pushed = new Set<string>();
async function act(
	action: string,
	input: object = {},
	headers: Record<string, string> = {},
): Promise<{ status: number; message?: string }> {
	const response = await fetch(`${sandbox.url}/act`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', ...headers },
		body: JSON.stringify({ action, ...input }),
	});
	if (response.ok) pushed.add(action);
	return { status: response.status, ...((await response.json()) as { message?: string }) };
}
const done = { status: 200, done: true };
const state = async (): Promise<Record<string, Array<Record<string, unknown>>>> =>
	(await (await fetch(`${sandbox.url}/state`)).json()) as Record<string, Array<Record<string, unknown>>>;
const last = <T>(map: Map<string, T>): T => [...map.values()].at(-1) as T;
const until = async (condition: () => boolean): Promise<void> => {
	while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
};

/** A call as the workflow would make it. */
async function ask(path: string, body: object): Promise<Record<string, string>> {
	const headers = { authorization: `Bearer ${dodo.apiKey}`, 'content-type': 'application/json' };
	return (await (
		await fetch(`${dodo.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
	).json()) as Record<string, string>;
}

/** A checkout as the workflow would make it. */
async function checkout(invoiceNumber: string, amount: number): Promise<string> {
	const { product_id } = await ask('/products', {
		name: 'Invoice',
		tax_category: 'saas',
		price: {
			type: 'one_time_price',
			currency: 'EUR',
			price: 50,
			pay_what_you_want: true,
			tax_inclusive: true,
			discount: 0,
			purchasing_power_parity: false,
		},
	});
	const { session_id } = await ask('/checkouts', {
		product_cart: [{ product_id, quantity: 1, amount }],
		metadata: { lago_invoice_number: invoiceNumber },
	});
	return session_id as string;
}

test('invoices: any currency and type, a burst, void, pay by hand, credit note, retry', async () => {
	expect(
		await act('issue', { amount: 5_000, taxRate: 0, currency: 'JPY', type: 'one_off', customer: 'tokyo' }),
	).toEqual(done);
	expect(last(lago.state.invoices)).toMatchObject({
		currency: 'JPY',
		total_amount_cents: 5_000,
		invoice_type: 'one_off',
	});
	expect(await act('issue', { count: 50 })).toEqual(done);
	expect(lago.state.invoices.size).toBe(51);
	const invoice = last(lago.state.invoices);
	expect(await act('payByHand', { id: invoice.lago_id })).toEqual(done);
	expect(invoice.payment_status).toBe('succeeded');
	expect(await act('creditNote', { id: invoice.lago_id, amount: 2_400 })).toEqual(done);
	expect(last(lago.state.creditNotes)).toMatchObject({ refund_amount_cents: 2_400, refund_status: 'pending' });
	const [other] = [...lago.state.invoices.values()];
	expect(await act('retryPayment', { id: other?.lago_id })).toEqual(done);
	lago.setMetadata(String(other?.lago_id), { dodo_state: 'v1;failed;a=1;n=1999999999;f=1' });
	expect((await state()).invoices?.at(-1)).toMatchObject({
		state: { phase: 'failed', nextTryAt: 1_999_999_999, failedTries: 1 },
	});
	expect(await act('dueNow', { id: other?.lago_id })).toEqual(done);
	expect(lago.metadataOf(String(other?.lago_id), 'dodo_state')).toMatch(/;n=1[78]\d{8};/);
	expect(await act('void', { id: other?.lago_id })).toEqual(done);
	expect(other?.status).toBe('voided');
	expect(await act('premium', { value: false })).toEqual(done);
	expect(lago.premium).toBe(false);
	await act('premium', { value: true });
});

test('payments: decline by any code, pay, refund in part, a refund that fails, disputes', async () => {
	const session = await checkout('SIM-1', 10_000);
	expect(await act('pay', { id: session, card: 'STOLEN_CARD' })).toEqual(done);
	expect(last(dodo.state.payments)).toMatchObject({ status: 'failed', error_code: 'STOLEN_CARD' });
	expect(await act('pay', { id: session })).toEqual(done);
	const payment = last(dodo.state.payments);
	expect(payment.status).toBe('succeeded');
	expect(await act('refund', { id: payment.payment_id, amount: 2_500 })).toEqual(done);
	await until(() => last(dodo.state.refunds).status === 'succeeded');
	expect(payment.refund_status).toBe('partial');
	expect(await act('refund', { id: payment.payment_id, fail: true })).toEqual(done);
	await until(() => last(dodo.state.refunds).status === 'failed');
	expect(await act('openDispute', { id: payment.payment_id })).toEqual(done);
	const dispute = last(dodo.state.disputes);
	expect(await act('moveDispute', { id: dispute.dispute_id, status: 'lost', rdr: true })).toEqual(done);
	expect(dispute).toMatchObject({ dispute_status: 'dispute_lost', is_resolved_by_rdr: true });
	const debit = await checkout('SIM-2', 500);
	expect(await act('payByDebit', { id: debit, card: 'INVALID_ACCOUNT' })).toEqual(done);
	expect(last(dodo.state.payments)).toMatchObject({ status: 'processing', payment_method_type: 'sepa' });
	expect(await act('pay', { id: debit })).toMatchObject({
		status: 400,
		message: expect.stringContaining('CHECKOUT_SESSION_CONSUMED'),
	});
	expect(await state()).toMatchObject({
		disputes: [{ invoice: 'SIM-1', status: 'dispute_lost' }],
		refunds: [{ status: 'failed' }, { status: 'succeeded', amount: 2_500 }],
	});
});

test('a pay link is followed to n8n and to nobody else', async () => {
	const n8n = await startReceiver();
	const followed = async (link: string): Promise<unknown> => {
		const invoice = lago.issueInvoice({ customer: { external_id: 'clicker' } });
		lago.setMetadata(invoice.lago_id, { dodo_state: `v1;open;a=1;l=${link}` });
		return await actions.followPayLink?.({ id: invoice.lago_id }, { dodo, lago, n8nUrl: n8n.url }).then(
			() => 'followed',
			({ message }: Error) => message,
		);
	};
	n8n.answer = () => 302;
	expect(await followed(n8n.url.replace('/hook', '/pay?t=1'))).toBe('followed');
	expect(n8n.received).toHaveLength(1);
	n8n.answer = () => 503;
	expect(await followed(n8n.url)).toContain('answered 503');
	expect(await followed('http://127.0.0.1:1/pay?t=1')).toContain('no pay link of this n8n');
	expect(n8n.received).toHaveLength(2);
	await n8n.close();
	expect(await act('followPayLink', { id: last(lago.state.invoices).lago_id })).toMatchObject({ status: 400 });
	pushed.add('followPayLink');
});

test('credits are ordered, and their link and the one to everything due lead to a checkout', async () => {
	const n8n = await startReceiver();
	n8n.answer = () => 302;
	const world = { dodo, lago, n8nUrl: n8n.url.replace('/hook', '') };
	const opened = async (action: string, input: object): Promise<unknown> =>
		await actions[action]?.(input, world).then(
			() => n8n.received.length,
			({ message }: Error) => message,
		);
	expect(await act('orderCredits', { customer: 'buyer', amount: 50 })).toEqual(done);
	const wallet = last(lago.state.wallets);
	expect((await state()).wallets).toEqual(
		expect.arrayContaining([expect.objectContaining({ customer: 'buyer', balance: 0, waiting: 5_000 })]),
	);
	// Lago shows nobody its invoice.
	await until(() => last(lago.state.walletTransactions).lago_invoice_id !== null);
	expect((await state()).invoices).not.toContainEqual(expect.objectContaining({ customer: 'buyer' }));
	expect(await opened('followTopUpLink', { id: wallet.lago_id })).toBe(1);
	expect(await opened('followTopUpLink', { id: 'another' })).toContain('No top-up');
	expect(await opened('payEverything', { customer: 'buyer' })).toBe('Nothing of buyer is open.');
	lago.issueInvoice({ customer: { external_id: 'buyer' } });
	expect(await opened('payEverything', { customer: 'buyer' })).toBe(2);
	await n8n.close();
	for (const action of ['followTopUpLink', 'payEverything']) pushed.add(action);
});

test('a refund that n8n asks for fails when the bank was told so, once', async () => {
	const payment = dodo.payCheckout(await checkout('SIM-3', 900));
	expect(await act('failNextRefund', { id: payment.payment_id })).toEqual(done);
	for (const status of ['failed', 'succeeded']) {
		await ask('/refunds', { payment_id: payment.payment_id });
		await until(() => last(dodo.state.refunds).status !== 'pending');
		expect(last(dodo.state.refunds).status).toBe(status);
	}
	expect((await state()).payments).toEqual(
		expect.arrayContaining([expect.objectContaining({ id: payment.payment_id, left: 0 })]),
	);
});

test('disputes: to every end there is', async () => {
	for (const status of ['challenged', 'won', 'lost', 'accepted', 'expired', 'cancelled']) {
		const payment = dodo.payCheckout(await checkout('SIM-4', 900));
		await act('openDispute', { id: payment.payment_id });
		const { dispute_id } = last(dodo.state.disputes);
		expect(await act('moveDispute', { id: dispute_id, status })).toEqual(done);
		expect(payment.disputes).toEqual([
			expect.objectContaining({ dispute_status: `dispute_${status}`, is_resolved_by_rdr: false }),
		]);
	}
});

test('a card declines with every code that Dodo has, and with no other', async () => {
	const session = await checkout('SIM-5', 900);
	for (const code of DECLINE_CODES) {
		expect(await act('pay', { id: session, card: code })).toEqual(done);
		expect(last(dodo.state.payments)).toMatchObject({ status: 'failed', error_code: code });
	}
	expect(await act('pay', { id: session, card: 'BAD_HAIR_DAY' })).toMatchObject({
		status: 400,
		message: expect.stringContaining('decline code'),
	});
	expect(() => dodo.payCheckout(session, { code: 'BAD_HAIR_DAY' })).toThrow('BAD_HAIR_DAY');
	expect(dodo.payCheckout(session, { code: 'TRY_AGAIN_LATER' })).toMatchObject({
		status: 'failed',
		error_code: 'TRY_AGAIN_LATER',
	});
});

test('the next charge of a mandate goes as planned: declined, then by bank debit', async () => {
	expect(await act('setUpMandate', { customer: 'planned' })).toEqual(done);
	const mandate = last(dodo.state.subscriptions);
	const charge = async () => await ask(`/subscriptions/${mandate.subscription_id}/charge`, { product_price: 1_000 });
	expect(await act('planCharge', { id: mandate.subscription_id, code: 'LOST_CARD' })).toEqual(done);
	await charge();
	await until(() => mandate.status === 'on_hold');
	expect(last(dodo.state.payments)).toMatchObject({ status: 'failed', error_code: 'LOST_CARD' });
	expect(await state()).toMatchObject({ mandates: [{ status: 'on_hold', dues: 1_000, planned: null }] });
	// The card itself is good: the same one pays what is due.
	expect(await act('mandateCard', { id: mandate.subscription_id })).toEqual(done);
	expect(await act('expireCard', { id: mandate.subscription_id })).toEqual(done);
	expect(dodo.state.paymentMethods.get(mandate.payment_method_id)?.expires.join('')).toBe(
		new Date().toISOString().slice(2, 7).split('-').reverse().join(''),
	);
	expect(mandate.status).toBe('active');
	dodo.planCharge(mandate.subscription_id, { settleAfterMs: 500, code: 'INSUFFICIENT_FUNDS' });
	await charge();
	expect(last(dodo.state.payments)).toMatchObject({ status: 'processing', payment_method_type: 'sepa' });
	expect(await charge()).toMatchObject({ code: 'PREVIOUS_PAYMENT_PENDING' });
	await until(() => mandate.status === 'on_hold');
	expect(last(dodo.state.payments)).toMatchObject({ status: 'failed', error_code: 'INSUFFICIENT_FUNDS' });
	expect(await act('planCharge', { id: mandate.subscription_id, debit: true })).toEqual(done);
	expect(mandate.plannedCharge).toEqual({ settleAfterMs: 5_000 });
});

test('mandates: set up in the currency of the customer, another card, pause, expire, fail, cancel', async () => {
	expect(await act('setUpMandate', { customer: 'tokyo' })).toEqual(done);
	const mandate = last(dodo.state.subscriptions);
	const move = async (status: string): Promise<void> => {
		expect(await act('moveMandate', { id: mandate.subscription_id, status })).toEqual(done);
		expect(mandate.status).toBe(status);
	};
	expect(mandate).toMatchObject({
		status: 'active',
		currency: 'JPY',
		metadata: { lago_customer_external_id: 'tokyo' },
	});
	expect(await act('mandateCard', { id: mandate.subscription_id, card: 'INSUFFICIENT_FUNDS' })).toEqual(done);
	expect(mandate.card).toBe('INSUFFICIENT_FUNDS');
	await move('paused');
	expect(mandate.paused_at).not.toBeNull();
	expect(await ask(`/subscriptions/${mandate.subscription_id}/charge`, { product_price: 900 })).toMatchObject({
		code: 'SUBSCRIPTION_INACTIVE',
	});
	for (const status of ['active', 'failed', 'cancelled', 'expired']) await move(status);
	expect(await ask(`/subscriptions/${mandate.subscription_id}/charge`, { product_price: 900 })).toMatchObject({
		code: 'SUBSCRIPTION_EXPIRED',
	});
	expect((await state()).customers).toEqual(
		expect.arrayContaining([
			expect.objectContaining({ id: 'tokyo', mandates: [{ currency: 'JPY', status: 'expired' }] }),
		]),
	);
});

test('a set-up link of the workflow takes a card, or refuses it', async () => {
	for (const [card, status] of [
		['4000000000000002', 'failed'],
		[undefined, 'active'],
	] as const) {
		const { product_id } = [...dodo.state.products.values()].find(({ is_recurring }) => is_recurring) ?? {};
		const { session_id } = await ask('/checkouts', {
			product_cart: [{ product_id, quantity: 1 }],
			subscription_data: { on_demand: { mandate_only: true } },
		});
		expect(await act('giveCard', { id: session_id, card })).toEqual(done);
		expect(last(dodo.state.subscriptions).status).toBe(status);
	}
});

test('customers: another time zone, and the dates of their invoices follow', async () => {
	expect(await act('timeZone', { id: 'tokyo', zone: 'Pacific/Kiritimati' })).toEqual(done);
	const there = lago.issueInvoice({ customer: { external_id: 'tokyo' } });
	expect(there.customer.applicable_timezone).toBe('Pacific/Kiritimati');
	expect(await act('timeZone', { id: 'tokyo', zone: 'Pacific/Pago_Pago' })).toEqual(done);
	const elsewhere = lago.issueInvoice({ customer: { external_id: 'tokyo' } });
	// The first and the last zone of the world are never on the same day.
	expect(there.issuing_date > elsewhere.issuing_date).toBe(true);
	expect(await act('timeZone', { id: 'tokyo', zone: 'Mars/Olympus' })).toMatchObject({
		status: 400,
		message: 'There is no time zone "Mars/Olympus"',
	});
	expect(await act('timeZone', { id: 'tokyo', zone: '' })).toEqual(done);
	expect(there.customer).toMatchObject({ timezone: null, applicable_timezone: 'UTC' });
});

test('a wallet that was spent: what is gone cannot be refunded, and Lago says so', async () => {
	expect(await act('issue', { type: 'credit', customer: 'topper', amount: 5_000 })).toEqual(done);
	const invoice = last(lago.state.invoices);
	await act('payByHand', { id: invoice.lago_id });
	expect(await act('spendWallet', { id: last(lago.state.wallets).lago_id, amount: 2_000 })).toEqual(done);
	expect(last(lago.state.walletTransactions)).toMatchObject({
		credits: 20,
		transaction_status: 'invoiced',
		transaction_type: 'outbound',
	});
	expect((await state()).wallets).toEqual([
		{ id: expect.any(String), customer: 'topper', balance: 3_000, currency: 'EUR', waiting: 0 },
		expect.objectContaining({ customer: 'buyer' }),
	]);
	expect(await act('creditNote', { id: invoice.lago_id })).toMatchObject({
		status: 400,
		message: expect.stringContaining('higher_than_wallet_balance'),
	});
	expect(await act('creditNote', { id: invoice.lago_id, amount: 3_000 })).toEqual(done);
	expect(await act('spendWallet', { id: last(lago.state.wallets).lago_id })).toMatchObject({
		status: 400,
		message: 'The wallet holds 0 credits',
	});
});

test('access: the first payment, weeks that pass, a payment, the end', async () => {
	const bookOf = async (customer: string) =>
		(await state()).access?.find(({ id }) => id === customer) as {
			state: string;
			reasons: Array<Record<string, unknown>>;
			segments: Array<{ from: number; to: number; state: string; why: string }>;
		};
	expect(await act('startSubscription', { customer: 'late' })).toEqual(done);
	const first = last(lago.state.invoices);
	expect(await bookOf('late')).toMatchObject({
		state: 'pending_payment',
		reasons: [{ rule: 'first_payment', invoice_number: first.number }],
	});
	// Lago's times have whole seconds: within one the first payment would never have been missing.
	await act('passDays', { days: 1 });
	await act('payByHand', { id: first.lago_id });
	await act('issue', { customer: 'late' });
	const second = last(lago.state.invoices);
	expect(await act('passDays', { days: 15 })).toEqual(done);
	expect(second).toMatchObject({ payment_overdue: true });
	expect((await bookOf('late')).segments.map((segment) => segment.state)).toEqual([
		'none',
		'pending_payment',
		'active',
		'grace',
		'restricted',
	]);
	await act('passDays', { days: 7 });
	const restricted = await bookOf('late');
	expect(restricted).toMatchObject({ state: 'restricted', days_overdue: 8 });
	const { segments } = restricted;
	expect(segments.at(-1)?.why).toBe(`restrict_after_days ${second.number}`);
	segments.forEach(({ to }, index) => expect(segments[index + 1]?.from ?? to).toBe(to));
	await act('payByHand', { id: second.lago_id });
	expect(await bookOf('late')).toMatchObject({ state: 'active' });
	expect(await act('endSubscription', { id: 'sub_late' })).toEqual(done);
	expect(await bookOf('late')).toMatchObject({ state: 'ended' });
});

test('Dodo pays out what is in its wallets: once, then there is nothing left', async () => {
	dodo.createPayment({ status: 'succeeded', total_amount: 20_000, currency: 'USD' });
	expect(await act('payOut')).toEqual(done);
	const payout = last(dodo.state.payouts);
	expect(payout).toMatchObject({ currency: 'USD', fee: 500 });
	expect(last(dodo.state.ledger)).toMatchObject({ event_type: 'payout', amount: payout.amount, after_balance: 0 });
	expect(await act('payOut')).toMatchObject({
		status: 400,
		message: expect.stringContaining('nothing to pay out in USD'),
	});
});

test("what a customer's metadata says stands on the invoices", async () => {
	const body = JSON.stringify({
		customer: {
			external_id: 'tokyo',
			metadata: [{ key: 'dodo_customer_id', value: 'cus_1', display_in_invoice: false }],
		},
	});
	await fetch(`${lago.url}/api/v1/customers`, {
		method: 'POST',
		headers: { authorization: `Bearer ${lago.apiKey}`, 'content-type': 'application/json' },
		body,
	});
	const { lago_id } = lago.issueInvoice({ customer: { external_id: 'tokyo' } });
	const answer = await fetch(`${lago.url}/api/v1/invoices/${lago_id}`, {
		headers: { authorization: `Bearer ${lago.apiKey}` },
	});
	expect(await answer.json()).toMatchObject({
		invoice: { customer: { metadata: [{ key: 'dodo_customer_id', value: 'cus_1' }] } },
	});
});

test('every control is also a call; pages from elsewhere cannot make it', async () => {
	const payment = dodo.payCheckout(await checkout('SIM-6', 900));
	const control = async (url: string, body: object, headers = {}) =>
		await fetch(url, {
			method: 'POST',
			headers: { 'content-type': 'application/json', ...headers },
			body: JSON.stringify(body),
		});
	const mandate = last(dodo.state.subscriptions);
	for (const [path, body] of [
		['fail-next-refund', { paymentId: payment.payment_id }],
		['plan-charge', { subscriptionId: mandate.subscription_id, code: 'EXPIRED_CARD' }],
		['move-mandate', { subscriptionId: mandate.subscription_id, status: 'paused' }],
	] as const) {
		expect((await control(`${dodo.url}/_sim/${path}`, body, { origin: 'https://evil.example' })).status).toBe(403);
		expect((await control(`${dodo.url}/_sim/${path}`, body)).status).toBe(200);
	}
	expect(mandate).toMatchObject({ status: 'paused', plannedCharge: { code: 'EXPIRED_CARD' } });
	expect(
		await (await control(`${lago.url}/_sim/set-timezone`, { externalId: 'tokyo', timezone: 'Asia/Tokyo' })).json(),
	).toMatchObject({ applicable_timezone: 'Asia/Tokyo' });
	lago.state.wallets.forEach((wallet) => (wallet.credits = 5));
	const { lago_id } = last(lago.state.wallets);
	expect(
		await (await control(`${lago.url}/_sim/spend-wallet`, { walletId: lago_id, credits: 2 })).json(),
	).toMatchObject({ credits: 2 });
});

test('what the page did in a name is not taken for a call of n8n', () => {
	const setUps = sandbox.timeline.entries.filter(({ from }) => from === 'you');
	expect(setUps.length).toBeGreaterThan(0);
	expect(setUps.every(({ what }) => /^POST \/(products|checkouts|api\/v1\/(customers|wallets))$/.test(what))).toBe(
		true,
	);
});

test('what cannot be done is said in the words of the service, and nothing else is taken', async () => {
	expect(await act('pay', { id: 'cks_none' })).toMatchObject({ status: 400, message: expect.stringMatching(/\w{4}/) });
	expect(await act('issue', { amount: -1 })).toMatchObject({ status: 400, message: expect.stringContaining('amount') });
	expect(await act('void', { id: 'x', ids: [] })).toMatchObject({
		status: 400,
		message: expect.stringContaining('ids'),
	});
	expect(await act('setUpMandate', { customer: 'cust_1', card: '4242' })).toMatchObject({
		status: 400,
		message: expect.stringContaining('card'),
	});
	for (const name of ['reboot', 'constructor', '__proto__'])
		expect(await act(name)).toMatchObject({ status: 400, message: expect.stringContaining(name) });
});

test('only the page itself may act or read', async () => {
	const foreign: Array<Record<string, string>> = [
		{ origin: 'https://evil.example' },
		{ origin: 'null' },
		// Another port of this machine is another page, too.
		{ origin: 'http://127.0.0.1:5678' },
		{ 'sec-fetch-site': 'cross-site' },
		{ 'sec-fetch-site': 'same-site' },
	];
	for (const headers of foreign) {
		expect((await act('issue', {}, headers)).status).toBe(403);
		expect((await fetch(`${sandbox.url}/state`, { headers })).status).toBe(403);
	}
	const bodies = {
		'text/plain': '{"action":"issue"}',
		'application/x-www-form-urlencoded': 'action=issue',
		'application/json': '{"action":',
	};
	for (const [type, body] of Object.entries(bodies)) {
		const answer = await fetch(`${sandbox.url}/act`, { method: 'POST', headers: { 'content-type': type }, body });
		expect([answer.status, await answer.json()]).toEqual([400, { message: expect.any(String) }]);
	}
	const page = await fetch(sandbox.url);
	expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
	expect((await act('issue', {}, { origin: sandbox.url })).status).toBe(200);
});

test('no button was left out above', () => expect([...pushed].sort()).toEqual(Object.keys(actions).sort()));

const executablePath = findChromium();
const inBrowser = executablePath === null ? test.skip : test;

inBrowser(
	'in a browser: every part is drawn, and a click of each kind works',
	async () => {
		const browser = await startChromium(executablePath as string);
		try {
			const page = await browser.newPage();
			const problems: string[] = [];
			page.on('pageerror', (error) => problems.push(error.message));
			page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
			await page.goto(sandbox.url);
			const before = lago.state.invoices.size;
			await page.getByLabel('Amount', { exact: true }).fill('12.345');
			await page.getByLabel('Currency').selectOption('KWD');
			await page.getByLabel('Customer', { exact: true }).fill('kuwait');
			await page.getByRole('button', { name: 'Issue' }).click();
			await page.getByText('kuwait').first().waitFor();
			expect(lago.state.invoices.size).toBe(before + 1);
			expect(last(lago.state.invoices)).toMatchObject({ currency: 'KWD', fees_amount_cents: 12_345 });
			await page.getByLabel("The customer's card").selectOption('INSUFFICIENT_FUNDS');
			await checkout('SIM-BROWSER', 700);
			await page
				.locator('#checkouts tbody', { hasText: 'SIM-BROWSER' })
				.getByRole('button', { name: 'Pay', exact: true })
				.click();
			await page.locator('#payments', { hasText: 'INSUFFICIENT_FUNDS' }).waitFor();
			await page.getByLabel("The customer's card").selectOption('');
			await page
				.locator('#checkouts tbody', { hasText: 'SIM-BROWSER' })
				.getByRole('button', { name: 'Pay', exact: true })
				.click();
			const paid = page.locator('#payments tbody', { hasText: 'SIM-BROWSER' }).filter({ hasText: 'succeeded' });
			// By keyboard only: the amount is marked, so that typing replaces it.
			await paid.getByRole('button', { name: 'Refund', exact: true }).press('Enter');
			await page.getByRole('textbox', { name: 'How much of EUR 7.00?' }).waitFor();
			await page.keyboard.type('2.50');
			await page.keyboard.press('Enter');
			await page.locator('#refunds', { hasText: 'EUR 2.50' }).waitFor();
			await paid.filter({ hasText: 'partial' }).waitFor();
			// The page draws itself anew with every event; the focus comes back with the drawing that follows the last one.
			await page.waitForFunction("document.activeElement.textContent === 'Refund'");
			await paid.getByText('More').click();
			await paid.getByRole('button', { name: 'Open dispute' }).click();
			const dispute = page.locator('#disputes tbody', { hasText: 'SIM-BROWSER' });
			await dispute.getByRole('button', { name: 'lost by RDR' }).click();
			await dispute.getByRole('cell', { name: 'lost by RDR', exact: true }).waitFor();
			await page
				.locator('#customers tbody', { hasText: 'kuwait' })
				.getByRole('button', { name: 'Set up automatic payment' })
				.click();
			const mandate = page.locator('#mandates tbody', { hasText: 'kuwait (KWD)' });
			await mandate.getByRole('button', { name: 'Cancel' }).click();
			await mandate.filter({ hasText: 'cancelled' }).waitFor();
			const invoice = last(lago.state.invoices);
			const payLink = 'http://127.0.0.1:5678/webhooks/pay?t=abc';
			lago.setMetadata(invoice.lago_id, {
				dodo_state: `v1;failed;a=2;m=14814;n=1999999999;f=1;d=STOLEN_CARD;l=${payLink}`,
			});
			const row = page.locator('#invoices tbody', { hasText: 'kuwait' });
			await row
				.getByText('the last try failed, try 2 · asks for KWD 14.814 · declined: STOLEN_CARD · 1 try failed · next try')
				.waitFor();
			expect(await row.getByRole('link', { name: 'pay link' }).getAttribute('href')).toBe(payLink);
			lago.setMetadata(invoice.lago_id, { dodo_state: 'v1;open;a=2;l=javascript:alert(1)' });
			await row.getByText('a link is out').waitFor();
			expect(await row.getByRole('link').count()).toBe(0);
			await row.getByRole('button', { name: 'Pay by hand' }).click();
			await page.keyboard.press('Escape');
			await row.getByText('More').click();
			await row.getByRole('button', { name: 'Void' }).click();
			await row.getByText('voided').waitFor();
			expect(invoice.total_paid_amount_cents).toBe(0);
			lago.issueInvoice({ customer: { external_id: 'late-in-browser' } });
			const late = page.locator('#customers tbody', { hasText: 'late-in-browser' });
			await late.getByRole('img', { name: /active/ }).waitFor();
			for (let week = 0; week < 4; week++) await page.getByRole('button', { name: 'A week passes' }).click();
			await late.getByText('restrict after days').waitFor();
			expect(await late.locator('.bar > .is-restricted').count()).toBeGreaterThan(0);
			await page.getByLabel('premium').uncheck();
			await until(() => !lago.premium);
			expect(problems).toEqual([]);
			lago.issueInvoice({ customer: { external_id: 'refused' } });
			// What was refused is said in the words of the service, and the browser logs the 400.
			await page
				.locator('#invoices tbody', { hasText: 'refused' })
				.getByRole('button', { name: 'Pay by hand' })
				.click();
			await page.keyboard.press('Enter');
			await page.getByRole('alert').filter({ hasText: 'feature_unavailable' }).waitFor();
			expect(problems).toHaveLength(1);
			await page.setViewportSize({ width: 800, height: 900 });
			expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
		} finally {
			await browser.close();
		}
	},
	60_000,
);
