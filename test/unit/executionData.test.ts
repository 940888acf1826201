import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { tellWhatItIsAbout } from '../../nodes/shared/node/executionData';
import { executeContext } from '../support/executeContext';

/** What an execution is labelled with after nodes of it have given out these items, one list a node. */
function labels(
	nodes: IDataObject[][],
	{ type = 'n8n-nodes-dodo-lago.lago', customData }: { type?: string; customData?: unknown } = {},
): Record<string, string> {
	const kept: Record<string, string> = {};
	const own = { get: (key: string) => kept[key], set: (key: string, value: string) => void (kept[key] = value) };
	const context = executeContext({ parameters: {} });
	Object.assign(context, { customData: customData ?? own, getNode: () => ({ type }) });
	for (const items of nodes) tellWhatItIsAbout(context as IExecuteFunctions, [items.map((json) => ({ json })), []]);
	return kept;
}

const invoice = (number: string, external_id = 'cust_1'): IDataObject => ({
	lago_id: 'i',
	number,
	total_due_amount_cents: 1,
	customer: { external_id },
});

test.each<[string, IDataObject, Record<string, string>]>([
	['an invoice', invoice('ACM-1'), { invoice: 'ACM-1', customer: 'cust_1' }],
	[
		'an invoice that needs a link',
		{ outcome: 'needs_link', invoice: invoice('ACM-1') },
		{ outcome: 'needs_link', invoice: 'ACM-1', customer: 'cust_1' },
	],
	[
		'a settled payment',
		{ outcome: 'settled', invoiceNumber: 'ACM-1', paymentId: 'pay_1' },
		{ outcome: 'settled', invoice: 'ACM-1', payment: 'pay_1' },
	],
	[
		'a payment of Dodo',
		{ payment_id: 'pay_1', metadata: { lago_invoice_number: 'ACM-1' } },
		{ invoice: 'ACM-1', payment: 'pay_1' },
	],
	['a credit note', { lago_id: 'c', number: 'ACM-1-CN001', invoice_number: 'ACM-1' }, { invoice: 'ACM-1' }],
	[
		"a customer's access",
		{ outcome: 'access_changed', customer: { external_id: 'cust_1' } },
		{ outcome: 'access_changed', customer: 'cust_1' },
	],
	[
		'a row of the back test',
		{ outcome: 'would_restrict', customer_external_id: 'cust_1' },
		{ outcome: 'would_restrict', customer: 'cust_1' },
	],
	['a mandate', { outcome: 'saved', customerExternalId: 'cust_1' }, { outcome: 'saved', customer: 'cust_1' }],
	['nothing of ours', { number: 7, outcome: null, customer: 'x', invoice: [], paymentId: 5 }, {}],
	['an item that failed', { error: 'no' }, {}],
])('of %s', (_name, item, expected) => {
	expect(labels([[item]])).toEqual(expected);
});

test.each<[string[][], string]>([
	[[['created'], ['created']], 'created'],
	[[['needs_link'], ['created']], 'created'],
	[[['settled'], ['access_changed']], 'settled'],
	[[['access_changed'], ['settled']], 'settled'],
	[[['held'], ['settled']], 'held'],
	[[['settled', 'held', 'settled']], 'held'],
	[[['ignored'], ['access_changed']], 'access_changed'],
	[[['failed', 'skipped']], 'failed'],
])('of the outcomes %j the word that matters is %s', (words, expected) => {
	expect(labels(words.map((ofNode) => ofNode.map((outcome) => ({ outcome }))))).toEqual({ outcome: expected });
});

test('several are listed once each, and as many as n8n keeps', () => {
	expect(
		labels([
			[invoice('A-1', 'c1'), invoice('A-2', 'c1')],
			[{ invoiceNumber: 'A-1' }, { invoiceNumber: 'A-3' }],
		]),
	).toEqual({ invoice: 'A-1, A-2, A-3', customer: 'c1' });
	const { invoice: many = '' } = labels([
		Array.from({ length: 10_000 }, (_, index) => ({ invoiceNumber: `ACM-${index}` })),
	]);
	expect(many.length).toBeLessThanOrEqual(255);
	expect(many).toMatch(/^ACM-0, ACM-1, .*ACM-\d+$/);
	expect(labels([[{ paymentId: 'x'.repeat(999) }]]).payment).toHaveLength(255);
});

test("a tool tells nothing, and n8n's refusal fails nothing", () => {
	expect(labels([[invoice('A-1')]], { type: 'n8n-nodes-dodo-lago.lagoTool' })).toEqual({});
	const refuses = () => {
		throw new Error('no');
	};
	expect(labels([[invoice('A-1')]], { customData: { get: refuses, set: refuses } })).toEqual({});
});
