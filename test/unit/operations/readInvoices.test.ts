import type { IDataObject } from 'n8n-workflow';
import { operations } from '../../../nodes/Lago/actions/operations';
import { LagoClient } from '../../../nodes/Lago/transport/client';
import { executeContext, itemsOf } from '../../support/executeContext';
import { strictNock } from '../../support/nock';
import { ID, lagoInvoice } from './lagoInvoice';
import { lago, reads, run } from './onInvoice';

strictNock();

describe('Get Many', () => {
	test('payable and not yet collected: Lago filters what it can, we the rest', async () => {
		const query = {
			'statuses[]': 'finalized',
			'payment_statuses[]': ['pending', 'failed'],
			'metadata[dodo_payment_id]': '',
			per_page: '100',
			page: '1',
		};
		const other = (lago_id: string, change: IDataObject) => lagoInvoice({ lago_id, ...change });
		const asked = jest.fn(() => true);
		lago()
			.get('/invoices')
			.query(asked)
			.reply(200, {
				invoices: [
					lagoInvoice(),
					other('b', { total_due_amount_cents: 0, total_paid_amount_cents: 0 }),
					other('c', { self_billed: true }),
				],
				meta: { next_page: null },
			});
		const context = executeContext({
			parameters: {
				resource: 'invoice',
				operation: 'getAll',
				show: 'payable',
				returnAll: false,
				limit: 50,
				filters: {},
			},
		});
		const items = await itemsOf(context, operations, LagoClient.of);
		expect(items?.map(({ json }) => json.lago_id)).toEqual([ID]);
		expect(asked).toHaveBeenCalledWith(query);
	});

	test('all, page by page, without repeating one that moved, up to the limit', async () => {
		// A server that puts two on a page, however many are asked for.
		const page = (number: number, ids: string[]) =>
			lago()
				.get('/invoices')
				.query({ page: number, per_page: 3, currency: 'EUR' })
				.reply(200, {
					invoices: ids.map((lago_id) => lagoInvoice({ lago_id })),
					meta: { total_pages: 3, total_count: 5 },
				});
		page(1, ['a', 'b']);
		page(2, ['b', 'c']);
		const context = executeContext({
			parameters: {
				resource: 'invoice',
				operation: 'getAll',
				show: 'all',
				returnAll: false,
				limit: 3,
				filters: { currency: 'EUR' },
			},
		});
		const items = await itemsOf(context, operations, LagoClient.of);
		expect(items?.map(({ json }) => json.lago_id)).toEqual(['a', 'b', 'c']);
	});
});

describe('Get', () => {
	test('one invoice', async () => {
		reads();
		expect(await run('get', {}, { invoice: ID })).toMatchObject({ lago_id: ID });
	});

	test('a number is not an id: said before any call', async () => {
		await expect(run('get', {}, { invoice: 'ACM-7' })).rejects.toMatchObject({
			message: '"ACM-7" is not the ID of a Lago invoice',
		});
	});

	test('an answer that is no invoice is an outage, not data', async () => {
		lago()
			.get(`/invoices/${ID}`)
			.reply(200, { invoice: { lago_id: ID } });
		await expect(run('get', {}, { invoice: ID })).rejects.toMatchObject({
			message: expect.stringContaining('not what Lago documents'),
		});
	});
});

test('Continue On Fail turns an error into an item of its own', async () => {
	lago().get(`/invoices/${ID}`).reply(500, {});
	reads();
	const context = executeContext({
		input: [{}, {}],
		continueOnFail: true,
		parameters: { resource: 'invoice', operation: 'get', invoice: ID },
	});
	const items = await itemsOf(context, operations, LagoClient.of);
	expect(items?.map(({ json, pairedItem }) => [typeof json.error, pairedItem])).toEqual([
		['string', { item: 0 }],
		['undefined', { item: 1 }],
	]);
});
