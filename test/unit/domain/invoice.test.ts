import { collectability, type InvoiceFacts } from '../../../nodes/shared/domain/invoice';
import { MAX_DODO_AMOUNT } from '../../../nodes/shared/domain/money';
import { invoice as invoiceFacts } from './facts';

const foreign = (count: number): InvoiceFacts['metadata'] =>
	Array.from({ length: count }, (_, index) => ({ id: `m${index}`, key: `key${index}`, value: 'x' }));

describe('collectability', () => {
	it.each<[string, Partial<InvoiceFacts>]>([
		['an open invoice', {}],
		['one whose last try failed', { paymentStatus: 'failed' }],
		['one that is partly paid: only the rest', { totalDue: 50 }],
		['the smallest payment in yen', { currency: 'JPY', totalDue: 50 }],
		[
			'forints of which the merchant says that both count them alike',
			{ currency: 'HUF', totalDue: 175, countedAlike: true },
		],
		['a currency whose smallest payment nobody publishes', { currency: 'UGX', totalDue: 1 }],
		['the largest amount that Dodo carries', { totalDue: MAX_DODO_AMOUNT }],
		['three entries of the merchant', { metadata: foreign(3) }],
		[
			'five entries, two of them ours',
			{
				metadata: [
					...foreign(3),
					{ id: 'a', key: 'dodo_payment_id', value: 'cks_1' },
					{ id: 'b', key: 'dodo_state', value: 'x' },
				],
			},
		],
	])('collects %s', (_, changes) => {
		const invoice = invoiceFacts(changes);
		expect(collectability(invoice)).toEqual({ decision: 'collect', amount: invoice.totalDue });
	});

	it.each<[string, Partial<InvoiceFacts>, string]>([
		['a draft', { status: 'draft' }, 'not_finalized'],
		['a voided invoice', { status: 'voided' }, 'not_finalized'],
		['a failed invoice', { status: 'failed' }, 'not_finalized'],
		['a pending invoice', { status: 'pending' }, 'not_finalized'],
		['a status that Lago invents later', { status: 'archived' }, 'not_finalized'],
		['a paid invoice, although its total is still due', { paymentStatus: 'succeeded' }, 'already_paid'],
		['nothing due', { totalDue: 0 }, 'nothing_due'],
		['a negative amount', { totalDue: -1 }, 'nothing_due'],
		['a self-billed invoice', { selfBilled: true }, 'self_billed'],
		['a customer that Lago charges itself', { nativeProvider: 'stripe' }, 'native_provider'],
	])('leaves %s alone', (_, changes, reason) => {
		expect(collectability(invoiceFacts(changes))).toMatchObject({
			decision: 'skip',
			reason,
			message: expect.stringContaining('ACM-1'),
		});
	});

	it.each<[string, Partial<InvoiceFacts>, string]>([
		['more than Dodo can carry', { totalDue: MAX_DODO_AMOUNT + 1 }, 'amount_above_dodo_limit'],
		['forints: whole ones in Lago, hundredths at Dodo', { currency: 'HUF', totalDue: 49_990 }, 'currency_unit_unclear'],
		['ariary', { currency: 'MGA' }, 'currency_unit_unclear'],
		['three decimals', { currency: 'KWD' }, 'currency_unit_unclear'],
		['what Dodo contradicts itself about', { currency: 'CLP' }, 'currency_unit_unclear'],
		['what Dodo does not write about', { currency: 'COP' }, 'currency_unit_unclear'],
		['what Dodo does not have', { currency: 'ISK' }, 'currency_unit_unclear'],
		[
			'what Dodo does not have, whatever the merchant says',
			{ currency: 'ISK', countedAlike: true },
			'currency_unit_unclear',
		],
		['less than the smallest payment', { totalDue: 49 }, 'amount_below_dodo_minimum'],
		['less than the smallest payment in koruna', { currency: 'CZK', totalDue: 1_499 }, 'amount_below_dodo_minimum'],
		[
			'less than the smallest payment in forints',
			{ currency: 'HUF', totalDue: 174, countedAlike: true },
			'amount_below_dodo_minimum',
		],
		[
			'an unclear unit before all else',
			{ currency: 'HUF', totalDue: 1, metadata: foreign(5) },
			'currency_unit_unclear',
		],
		['no room for our metadata', { metadata: foreign(4) }, 'metadata_full'],
		['no room at all', { metadata: foreign(5) }, 'metadata_full'],
	])('holds %s', (_, changes, reason) => {
		expect(collectability(invoiceFacts(changes))).toMatchObject({
			decision: 'held',
			held: {
				outcome: 'held',
				reason,
				message: expect.stringContaining('ACM-1'),
				nextStep: expect.stringMatching(/\w+/),
			},
		});
	});

	it('names the reason not to collect before the lack of room', () => {
		expect(collectability(invoiceFacts({ paymentStatus: 'succeeded', metadata: foreign(5) }))).toMatchObject({
			decision: 'skip',
		});
	});
});
