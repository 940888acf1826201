/** What a click on a pay link asks of Lago, and what its visitor reads: our code against the simulator. */
import { randomUUID } from 'node:crypto';
import type { IDataObject, IExecuteFunctions, IN8nHttpFullResponse } from 'n8n-workflow';
import { operations } from '../../nodes/Lago/actions/operations';
import { signPayLink } from '../../nodes/Lago/helpers/payLinkToken';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { startLagoSimulator, type LagoSimulator } from '../../sandbox/simulators';
import type { Invoice } from '../../sandbox/lago/documents';
import { API_KEY, executeContext, itemsOf } from '../support/executeContext';

const HMAC_KEY = 'hmac-key-of-the-test';
const LOGO = 'https://files.example/rails/active_storage/blobs/redirect/logo.png';
const ENTITY = 'GET /api/v1/billing_entities/simulated';

let lago: LagoSimulator;
/** What is known of an account lives as long as the process. */
let account: string;
beforeAll(async () => {
	lago = await startLagoSimulator({ apiKey: API_KEY });
});
afterAll(async () => {
	await lago.close();
});
beforeEach(() => {
	account = randomUUID();
	lago.reset();
	Object.assign(lago.state.billingEntities.get('simulated') ?? {}, { name: 'Acme & Söhne', logo_url: LOGO });
});

/** Runs an operation of the lane behind a click. */
async function run(
	parameters: IDataObject,
	{ input = {}, began = {} }: { input?: IDataObject; began?: IDataObject },
): Promise<{ item: IDataObject; sent: IN8nHttpFullResponse[]; asked: string[] }> {
	const sent: IN8nHttpFullResponse[] = [];
	const context = executeContext({
		input: [input],
		parameters: { resource: 'invoice', ...parameters },
		credential: { baseUrl: lago.url, webhookHmacKey: HMAC_KEY },
		credentialId: account,
	});
	Object.assign(context, {
		getParentNodes: () => [{ name: 'Pay Page', type: 'n8n-nodes-dodo-lago.lagoPayPageTrigger' }],
		getWorkflowDataProxy: () => ({ $: () => ({ isExecuted: true, all: () => [{ json: began }] }) }),
		sendResponse: async (response: IN8nHttpFullResponse) => await Promise.resolve(void sent.push(response)),
	} satisfies Partial<Record<keyof IExecuteFunctions, unknown>>);
	lago.calls.length = 0;
	const [item] = await itemsOf(context, operations, LagoClient.of);
	const asked = lago.calls.map(({ method, path }) => `${method} ${path}`);
	return { item: item?.json ?? {}, sent, asked };
}
const began = ({ lago_id }: Invoice, language: string): IDataObject => ({ invoiceId: lago_id, language });
const open = async (invoice: Invoice, language: string) =>
	await run(
		{
			operation: 'openPayLink',
			link: new URL(signPayLink('https://n8n.example/pay', invoice.lago_id, HMAC_KEY)).searchParams.get('t'),
		},
		{ began: began(invoice, language) },
	);
const answer = async (invoice: Invoice, language: string, input: IDataObject) =>
	await run({ operation: 'answerPayLink' }, { input, began: began(invoice, language) });
const paid = (): Invoice => {
	const invoice = lago.issueInvoice({ emit: false });
	lago.payManually(invoice.lago_id, invoice.total_amount_cents);
	return invoice;
};
const READ = (invoice: Invoice): string => `GET /api/v1/invoices/${invoice.lago_id}`;

test('whoever can pay is led on as fast as ever: who bills is not asked', async () => {
	const invoice = lago.issueInvoice({ emit: false });
	const opened = await open(invoice, 'de');
	// Whose the invoice is goes along with its payment; asked once by a process.
	expect([opened.item.outcome, opened.asked]).toEqual(['payable', [READ(invoice), 'GET /api/v1/organizations']]);
	expect((await open(invoice, 'de')).asked).toEqual([READ(invoice)]);
	const led = await answer(invoice, 'de', { checkoutUrl: 'https://checkout.example/session/cks_1' });
	expect(led.sent).toMatchObject([{ statusCode: 302 }]);
	expect(led.asked).toEqual([]);
});

test('a page names who bills, with their logo; Lago is asked once for many pages', async () => {
	const invoice = paid();
	const { item, asked } = await open(invoice, 'de-AT');
	// The last tells what else the customer owes.
	expect(asked).toEqual([READ(invoice), ENTITY, 'GET /api/v1/invoices']);
	expect(item).toMatchObject({
		outcome: 'paid',
		message: `Invoice ${invoice.number} is paid`,
		title: `Rechnung ${invoice.number} ist bezahlt`,
		text: 'Es ist nichts zu zahlen.',
		statusCode: 200,
		language: 'de',
		html: expect.stringContaining(`<header><img src="${LOGO}" alt=""><bdi>Acme &#38; Söhne</bdi></header>`),
	});
	const again = await open(invoice, 'ja');
	expect(again.asked).toEqual([READ(invoice), 'GET /api/v1/invoices']);
	expect(again.item.html).toMatch(/<html lang="ja".*Acme &#38; Söhne.*支払い済み/);
	const shown = await answer(invoice, 'ja', again.item);
	expect(shown.sent).toMatchObject([{ statusCode: 200, headers: { 'Content-Language': 'ja' }, body: again.item.html }]);
});

test('each invoice is of the billing entity that made it', async () => {
	const other = { lago_id: randomUUID(), code: 'acme eu', name: 'Acme EU', country: null, default_currency: 'EUR' };
	lago.state.billingEntities.set(other.code, { ...other, created_at: '2026-01-01T00:00:00Z' });
	const invoice = paid();
	invoice.billing_entity_code = other.code;
	const { item, asked } = await open(invoice, 'en');
	expect(asked).toEqual([READ(invoice), 'GET /api/v1/billing_entities/acme%20eu', 'GET /api/v1/invoices']);
	expect(item.html).toMatch(/<header><bdi>Acme EU<\/bdi><\/header>/);
});

test('when nothing came of a payable invoice the page comes without a call', async () => {
	const invoice = lago.issueInvoice({ emit: false });
	await open(invoice, 'pl');
	const { sent, asked, item } = await answer(invoice, 'pl', { outcome: 'held', reason: 'paid_at_dodo' });
	expect([asked, item.outcome]).toEqual([[], 'page_shown']);
	expect(sent).toMatchObject([
		{
			statusCode: 503,
			headers: { 'Content-Language': 'pl', Vary: 'Accept-Language' },
			body: expect.stringMatching(/<html lang="pl".*Być może/),
		},
	]);
});

test.each<[string, () => void]>([
	['is asked for too often', () => lago.faults.add({ method: 'GET', path: /billing_entities/, kind: '429', times: 9 })],
	['is not there', () => lago.state.billingEntities.clear()],
	['does not come', () => lago.faults.add({ method: 'GET', path: /billing_entities/, kind: '502', times: 9 })],
	['comes late', () => lago.faults.add({ method: 'GET', path: /billing_entities/, kind: 'timeout', times: 9 })],
])('who bills %s: the page comes without, and soon', async (_case, happens) => {
	const invoice = paid();
	happens();
	const began = Date.now();
	const { item } = await open(invoice, 'en');
	expect(Date.now() - began).toBeLessThan(3_000);
	expect(item).toMatchObject({ outcome: 'paid', statusCode: 200 });
	expect(item.html).not.toMatch(/<header>/);
});

test('behind the Webhook node of n8n it is English, as it was', async () => {
	const { item } = await open(paid(), '');
	expect(item).toMatchObject({ language: 'en', title: expect.stringMatching(/^Invoice .* is paid$/) });
});
