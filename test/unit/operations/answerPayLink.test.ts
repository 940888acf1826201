import type { IDataObject, IN8nHttpFullResponse, INodeExecutionData } from 'n8n-workflow';
import { operations } from '../../../nodes/Lago/actions/operations';
import { LagoClient } from '../../../nodes/Lago/transport/client';
import { API_KEY, executeContext, itemsOf } from '../../support/executeContext';

interface Start {
	type?: string;
	isExecuted?: boolean;
	/** What the trigger handed on. */
	began?: IDataObject;
}

/** Runs Answer Pay Link over these items, behind this trigger. */
async function answer(
	input: IDataObject[],
	{ type = 'n8n-nodes-dodo-lago.lagoPayPageTrigger', isExecuted = true, began = {} }: Start = {},
): Promise<{ sent: IN8nHttpFullResponse[]; items: INodeExecutionData[] }> {
	const sent: IN8nHttpFullResponse[] = [];
	const context = Object.assign(
		executeContext({ input, parameters: { resource: 'invoice', operation: 'answerPayLink' } }),
		{
			getParentNodes: () => [
				{ name: 'Open Pay Link', type: 'n8n-nodes-dodo-lago.lago' },
				{ name: 'Start', type },
			],
			getWorkflowDataProxy: () => ({ $: () => ({ isExecuted, all: () => [{ json: began }] }) }),
			sendResponse: async (response: IN8nHttpFullResponse) => await Promise.resolve(void sent.push(response)),
		},
	);
	return { sent, items: await itemsOf(context, operations, LagoClient.of) };
}

const CHECKOUT = 'https://checkout.example/session/cks_1?a=1&b=2';
const PRIVATE = { 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' };
const invoice = { invoiceId: '1a901a90-1a90-4a90-8a90-1a901a901a90', invoiceNumber: 'ACM-1' };
const page = { html: '<!doctype html><h1>Invoice ACM-1 is paid</h1>', statusCode: 410 };

test.each<[string, IDataObject]>([
	['made', { outcome: 'created', checkoutUrl: CHECKOUT, ...invoice }],
	[
		'held, as it cannot be noted on the invoice',
		{ outcome: 'held', reason: 'metadata_full', checkoutUrl: CHECKOUT, ...invoice },
	],
	['with an error field that is empty', { error: null, checkoutUrl: CHECKOUT, ...invoice }],
	['beside a page', { ...page, checkoutUrl: CHECKOUT, ...invoice }],
])('a checkout that is %s: the visitor is led there', async (_case, item) => {
	const { sent, items } = await answer([item]);
	expect(sent).toMatchObject([{ statusCode: 302, headers: { Location: CHECKOUT, ...PRIVATE } }]);
	// n8n answers with JSON of its own where an answer has no text.
	expect(sent[0]?.body).toMatch(/\w/);
	expect(items.map(({ json }) => json)).toMatchObject([{ outcome: 'redirected', checkoutUrl: CHECKOUT, ...invoice }]);
});

test.each<[string, IDataObject, number, RegExp]>([
	['a page', page, 410, /is paid/],
	['a page without a status', { html: page.html }, 200, /is paid/],
	['a page with a status that is none', { html: page.html, statusCode: '200; x' }, 200, /is paid/],
	['a page and a checkout of null', { ...page, checkoutUrl: null }, 410, /is paid/],
	['nothing', {}, 503, /cannot be paid right now/],
	[
		'held',
		{ outcome: 'held', reason: 'paid_at_dodo', message: 'API key of the merchant', ...invoice },
		503,
		/cannot be paid right now/,
	],
	['an error', { error: `Lago does not answer ${API_KEY}` }, 503, /cannot be paid right now/],
	[
		'an error, with the checkout that was not noted',
		{ error: 'Lago does not answer', checkoutUrl: CHECKOUT },
		503,
		/cannot be paid right now/,
	],
	['an error, with a page', { error: 'Lago does not answer', ...page }, 503, /cannot be paid right now/],
	['an address that runs code', { checkoutUrl: 'javascript:alert(1)' }, 503, /cannot be paid right now/],
	['an address of data', { checkoutUrl: 'data:text/html,x' }, 503, /cannot be paid right now/],
	['an address of a file', { checkoutUrl: 'file:///etc/passwd' }, 503, /cannot be paid right now/],
	['a path', { checkoutUrl: '/session/cks_1' }, 503, /cannot be paid right now/],
	['an address without its protocol', { checkoutUrl: '//evil.example' }, 503, /cannot be paid right now/],
	['an empty address', { checkoutUrl: '' }, 503, /cannot be paid right now/],
	['an address that is none', { checkoutUrl: { url: CHECKOUT } }, 503, /cannot be paid right now/],
	['an empty page', { html: '' }, 503, /cannot be paid right now/],
	['a page that is none', { html: ['<h1>'] }, 503, /cannot be paid right now/],
])('%s: a page', async (_case, item, status, words) => {
	const { sent, items } = await answer([item]);
	expect(sent).toMatchObject([
		{
			statusCode: status,
			headers: { 'Content-Type': 'text/html; charset=utf-8', ...PRIVATE },
			body: expect.stringMatching(words),
		},
	]);
	expect(JSON.stringify(sent)).not.toMatch(/Lago does not answer|API key|secret-key/);
	expect(items.map(({ json }) => json)).toMatchObject([{ outcome: 'page_shown', statusCode: status }]);
	expect(Object.keys(items[0]?.json ?? {})).not.toContain('checkoutUrl');
});

test.each<[string, IDataObject, IDataObject, string | undefined, RegExp]>([
	['nothing, for a visitor from Zürich', {}, { language: 'de-CH' }, 'de', /<html lang="de".*kann gerade nicht bezahlt/],
	['an error, for a visitor whose language is not known', { error: 'x' }, {}, 'en', /<html lang="en"/],
	['the page of Open Pay Link', { ...page, language: 'ja' }, { language: 'de' }, 'ja', /is paid/],
	['a page of their own', page, { language: 'de' }, undefined, /is paid/],
	['what is no language', { ...page, language: 'de\r\nSet-Cookie: a=b' }, {}, undefined, /is paid/],
])('%s: the language of the answer is told', async (_case, item, began, language, words) => {
	const { sent } = await answer([item], { began });
	expect(sent[0]?.headers).toEqual({
		'Content-Type': 'text/html; charset=utf-8',
		Vary: 'Accept-Language',
		...(language === undefined ? {} : { 'Content-Language': language }),
		...PRIVATE,
	});
	expect(sent[0]?.body).toMatch(words);
});

test('a line break in an address cannot add a header', async () => {
	const { sent } = await answer([{ checkoutUrl: 'https://checkout.example/\r\nSet-Cookie: a=b' }]);
	expect(String(sent[0]?.headers.Location)).not.toMatch(/[\r\n]/);
});

test('several items have one answer: a checkout goes before a page, a page before none', async () => {
	const both = await answer([{ outcome: 'held' }, page, { checkoutUrl: CHECKOUT }]);
	expect([both.sent.map(({ statusCode }) => statusCode), both.items.length]).toEqual([[302], 1]);
	expect((await answer([{ outcome: 'held' }, page])).sent).toMatchObject([{ statusCode: 410 }]);
});

test.each<[string, Start]>([
	['the Lago Trigger', { type: 'n8n-nodes-dodo-lago.lagoTrigger' }],
	['the Webhook node of n8n', { type: 'n8n-nodes-base.webhook' }],
	['a schedule, in a workflow that has a pay page too', { isExecuted: false }],
])('behind %s it says what is wrong, and answers nobody', async (_case, start) => {
	await expect(answer([page], start)).rejects.toMatchObject({
		message: expect.stringContaining('No visitor of a pay page'),
		description: expect.stringContaining('Lago Pay Page Trigger'),
	});
});
