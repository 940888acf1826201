import { wordsOfCall } from '../../sandbox/page/callWords';
import { Executions, type AskN8n, type ReadExecution } from '../../sandbox/page/executions';

test.each([
	['GET', '/payments/pay_1', undefined, ''],
	['POST', '/checkouts', {}, 'ask for the money'],
	['POST', '/payments', {}, 'book the payment'],
	['POST', '/api/v1/payments', {}, 'book the payment'],
	['POST', '/subscriptions/sub_1/charge', {}, 'charge the mandate'],
	['POST', '/api/v1/invoices/1/lose_dispute', {}, 'the dispute is lost'],
	['PUT', '/api/v1/invoices/1', { invoice: { metadata: [] } }, 'note it on the invoice'],
	['PUT', '/api/v1/invoices/1', { invoice: { payment_status: 'failed' } }, 'the payment failed'],
	['PUT', '/api/v1/credit_notes/1', null, 'note the refund'],
	['POST', '/api/v1/wallets', {}, 'order credits'],
	['PATCH', '/api/v1/wallets/1/metadata', {}, 'note it on the wallet'],
	['DELETE', '/api/v1/wallets/1/metadata/dodo_top_up_1', null, 'the note on the wallet is done'],
	['PATCH', '/products/1', {}, 'PATCH /products/1'],
])('%s %s %j in words: "%s"', (method, path, body, words) => expect(wordsOfCall({ method, path, body })).toBe(words));

describe('what n8n did with a delivery', () => {
	/** An n8n whose executions carry these texts; 1 is the oldest. */
	function n8nWith(...texts: string[]): AskN8n & { reads: string[]; texts: string[] } {
		const made = {
			texts,
			reads: [] as string[],
			ended: async () => await Promise.resolve(made.texts.map((_, index) => String(index + 1)).reverse()),
			read: async (id: string): Promise<ReadExecution> => {
				made.reads.push(id);
				const said: Record<string, unknown[]> = {
					Book: ['settled', 'no word of ours'],
					Look: ['unchanged'],
					Quiet: [7],
				};
				return await Promise.resolve({
					id,
					status: 'success',
					nodes: Object.keys(said),
					text: made.texts[Number(id) - 1] as string,
					items: (node) => (said[node] ?? []).map((outcome) => ({ outcome })),
				});
			},
			urlOf: (id: string) => `http://n8n/${id}`,
		};
		return made;
	}

	beforeEach(() => jest.useFakeTimers());
	afterEach(() => jest.useRealTimers());

	test('is found by the id that it carries, with the words of our operations and what they mean', async () => {
		const executions = new Executions(n8nWith('{"eventId":"msg_1"}', '{"eventId":"msg_2"}'));
		expect(await executions.find('msg_2')).toEqual({
			id: '2',
			url: 'http://n8n/2',
			status: 'success',
			outcomes: [
				{ node: 'Book', outcome: 'settled', meaning: 'done' },
				{ node: 'Look', outcome: 'unchanged', meaning: 'nothing done' },
			],
		});
	});

	test('each execution is read once, though written down late or asked for late, and belongs to one attempt', async () => {
		const n8n = n8nWith('msg_late', 'msg_twice', 'msg_twice');
		const executions = new Executions(n8n);
		const [first, second] = [executions.find('msg_twice'), executions.find('msg_twice')];
		const coming = executions.find('msg_coming');
		expect([(await first)?.id, (await second)?.id]).toEqual(['2', '3']);
		n8n.texts.push('msg_coming');
		await jest.advanceTimersByTimeAsync(300);
		expect((await coming)?.id).toBe('4');
		expect((await executions.find('msg_late'))?.id).toBe('1');
		expect(n8n.reads).toEqual(['1', '2', '3', '4']);
	});

	test('nothing is found for what began none, nor while n8n does not answer; nobody waits for ever', async () => {
		const n8n = n8nWith('msg_1');
		const none = new Executions(n8n).find('msg_copy');
		const silent = new Executions({ ...n8n, ended: async () => await Promise.reject(new Error('stopped')) }).find(
			'msg_1',
		);
		await jest.advanceTimersByTimeAsync(6_000);
		expect([await none, await silent]).toEqual([null, null]);
		expect(jest.getTimerCount()).toBe(0);
	});
});
