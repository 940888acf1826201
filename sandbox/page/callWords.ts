import type { CallRecord } from '../simulators';

/** What a call means for the books. The first row that fits counts. */
const CALLS: ReadonlyArray<[method: string, path: RegExp, words: string]> = [
	['POST', /^\/products$/, 'make the product'],
	['POST', /^\/checkouts$/, 'ask for the money'],
	['POST', /^\/subscriptions\/[^/]+\/charge$/, 'charge the mandate'],
	['POST', /^\/refunds$/, 'give money back'],
	['POST', /\/invoices\/[^/]+\/lose_dispute$/, 'the dispute is lost'],
	['PUT', /\/invoices\/[^/]+$/, 'note it on the invoice'],
	['POST', /\/payments$/, 'book the payment'],
	['POST', /\/credit_notes$/, 'book the credit note'],
	['PUT', /\/credit_notes\/[^/]+$/, 'note the refund'],
	['POST', /\/customers$/, 'note it on the customer'],
	['POST', /\/wallets$/, 'order credits'],
	['PATCH', /\/wallets\/[^/]+\/metadata$/, 'note it on the wallet'],
	['DELETE', /\/wallets\/[^/]+\/metadata\/[^/]+$/, 'the note on the wallet is done'],
];

/** A call in the words of a bookkeeper; nothing for one that only reads. */
export function wordsOfCall({ method, path, body }: Pick<CallRecord, 'method' | 'path' | 'body'>): string {
	if (method === 'GET') return '';
	const status = (body as { invoice?: { payment_status?: string } } | null)?.invoice?.payment_status;
	if (status !== undefined) return `the payment ${status}`;
	return CALLS.find(([verb, where]) => verb === method && where.test(path))?.[2] ?? `${method} ${path}`;
}
