import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { startSandbox, type Sandbox } from '../sandbox/server';
import { startDodoSimulator, startLagoSimulator, type DodoSimulator, type LagoSimulator } from '../simulators';

/** The page without n8n: its buttons act on the simulators, and it shows what they hold. */
let dodo: DodoSimulator;
let lago: LagoSimulator;
let sandbox: Sandbox;

beforeAll(async () => {
	dodo = await startDodoSimulator({ chargeDelayMs: 1 });
	lago = await startLagoSimulator();
	sandbox = await startSandbox({ port: 0, dodo, lago, n8nUrl: 'http://127.0.0.1:5678' });
});
afterAll(async () => {
	await sandbox.close();
	await Promise.all([dodo.close(), lago.close()]);
});

async function act(action: string, input: object = {}, headers: Record<string, string> = {}): Promise<{ status: number; message?: string }> {
	const response = await fetch(`${sandbox.url}/act`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify({ action, ...input }) });
	return { status: response.status, ...((await response.json()) as { message?: string }) };
}
const done = { status: 200, done: true };
const state = async (): Promise<Record<string, Array<Record<string, unknown>>>> => (await (await fetch(`${sandbox.url}/state`)).json()) as Record<string, Array<Record<string, unknown>>>;
const last = <T>(map: Map<string, T>): T => [...map.values()].at(-1) as T;
const until = async (condition: () => boolean): Promise<void> => {
	while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
};

/** A checkout as the workflow would make it. */
async function checkout(invoiceNumber: string, amount: number): Promise<string> {
	const ask = async (path: string, body: object) =>
		(await (await fetch(`${dodo.url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${dodo.apiKey}`, 'content-type': 'application/json' }, body: JSON.stringify(body) })).json()) as Record<string, string>;
	const { product_id } = await ask('/products', { name: 'Invoice', tax_category: 'saas', price: { type: 'one_time_price', currency: 'EUR', price: 50, pay_what_you_want: true, tax_inclusive: true, discount: 0, purchasing_power_parity: false } });
	const { session_id } = await ask('/checkouts', { product_cart: [{ product_id, quantity: 1, amount }], metadata: { lago_invoice_number: invoiceNumber } });
	return session_id as string;
}

test('invoices: any currency and type, a burst, void, pay by hand, credit note, retry', async () => {
	expect(await act('issue', { amount: 5_000, taxRate: 0, currency: 'JPY', type: 'one_off', customer: 'tokyo' })).toEqual(done);
	expect(last(lago.state.invoices)).toMatchObject({ currency: 'JPY', total_amount_cents: 5_000, invoice_type: 'one_off' });
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
	expect((await state()).invoices?.at(-1)).toMatchObject({ state: { phase: 'failed', nextTryAt: 1_999_999_999, failedTries: 1 } });
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
	expect(await act('payByDebit', { id: debit })).toEqual(done);
	expect(last(dodo.state.payments).status).toBe('processing');
	expect(await state()).toMatchObject({ disputes: [{ invoice: 'SIM-1', status: 'dispute_lost' }], refunds: [{ status: 'failed' }, { status: 'succeeded', amount: 2_500 }] });
});

test('mandates: set up, another card, cancel', async () => {
	expect(await act('setUpMandate', { customer: 'tokyo', currency: 'JPY' })).toEqual(done);
	const mandate = last(dodo.state.subscriptions);
	expect(mandate).toMatchObject({ status: 'active', currency: 'JPY', metadata: { lago_customer_external_id: 'tokyo' } });
	expect(await act('mandateCard', { id: mandate.subscription_id, card: 'INSUFFICIENT_FUNDS' })).toEqual(done);
	expect(mandate.card).toBe('INSUFFICIENT_FUNDS');
	expect(await act('cancelMandate', { id: mandate.subscription_id })).toEqual(done);
	expect(mandate.status).toBe('cancelled');
});

test('what cannot be done is said in the words of the service, and nothing else is taken', async () => {
	expect(await act('pay', { id: 'cks_none' })).toMatchObject({ status: 400, message: expect.stringMatching(/\w{4}/) });
	expect(await act('issue', { amount: -1 })).toMatchObject({ status: 400, message: expect.stringContaining('amount') });
	for (const name of ['reboot', 'constructor', '__proto__']) expect(await act(name)).toMatchObject({ status: 400, message: expect.stringContaining(name) });
});

test('only the page itself may act or read', async () => {
	const foreign: Array<Record<string, string>> = [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }];
	for (const headers of foreign) expect((await act('issue', {}, headers)).status).toBe(403);
	expect((await act('issue', {}, { origin: sandbox.url })).status).toBe(200);
});

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const inBrowser = existsSync(CHROMIUM) ? test : test.skip;
if (!existsSync(CHROMIUM)) console.warn(`The sandbox page is not tried in a browser: there is no Chromium at ${CHROMIUM}.`);

inBrowser('in a browser: every part is drawn, and a click of each kind works', async () => {
	const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
	try {
		const page = await browser.newPage();
		const problems: string[] = [];
		page.on('pageerror', (error) => problems.push(error.message));
		page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
		await page.goto(sandbox.url);
		const before = lago.state.invoices.size;
		await page.getByLabel('Amount').fill('12.345');
		await page.getByLabel('Currency').selectOption('KWD');
		await page.getByLabel('Customer', { exact: true }).fill('kuwait');
		await page.getByRole('button', { name: 'Issue' }).click();
		await page.getByText('kuwait').first().waitFor();
		expect(lago.state.invoices.size).toBe(before + 1);
		expect(last(lago.state.invoices)).toMatchObject({ currency: 'KWD', fees_amount_cents: 12_345 });
		await page.getByLabel("The customer's card").selectOption('INSUFFICIENT_FUNDS');
		await checkout('SIM-BROWSER', 700);
		await page.locator('#checkouts tr', { hasText: 'SIM-BROWSER' }).getByRole('button', { name: 'Pay', exact: true }).click();
		await page.locator('#payments', { hasText: 'INSUFFICIENT_FUNDS' }).waitFor();
		await page.locator('#customers tr', { hasText: 'kuwait' }).getByRole('button').click();
		await page.locator('#mandates', { hasText: 'kuwait' }).waitFor();
		await page.getByLabel('premium').uncheck();
		await until(() => !lago.premium);
		expect(problems).toEqual([]);
		await page.setViewportSize({ width: 800, height: 900 });
		expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
	} finally {
		await browser.close();
	}
}, 60_000);
