import type { Invoice } from '../../sandbox/lago/documents';
import { call, eachWithItsOwnLago, lago, put, refused, told, validation } from './ownLago';

eachWithItsOwnLago();

describe('POST /payments', () => {
	const book = async (payment: object) => await call('POST', '/payments', { payment });

	test.each<[string, (invoice: Invoice) => object, object]>([
		['no invoice', () => ({ amount_cents: 1, reference: 'r' }), validation({ invoice_id: ['value_is_mandatory'] })],
		[
			'an amount as text',
			({ lago_id }) => ({ invoice_id: lago_id, amount_cents: '1', reference: 'r' }),
			validation({ amount_cents: ['invalid_value'] }),
		],
		[
			'zero',
			({ lago_id }) => ({ invoice_id: lago_id, amount_cents: 0, reference: 'r' }),
			validation({ amount_cents: ['invalid_value'] }),
		],
		[
			'no reference',
			({ lago_id }) => ({ invoice_id: lago_id, amount_cents: 1 }),
			validation({ reference: ['value_is_mandatory'] }),
		],
		[
			'41 characters',
			({ lago_id }) => ({ invoice_id: lago_id, amount_cents: 1, reference: 'r'.repeat(41) }),
			validation({ reference: ['value_is_too_long'] }),
		],
		[
			'more than is due',
			({ lago_id }) => ({ invoice_id: lago_id, amount_cents: 10_001, reference: 'r' }),
			validation({ amount_cents: ['value_is_out_of_range'] }),
		],
		[
			'no date',
			({ lago_id }) => ({ invoice_id: lago_id, amount_cents: 1, reference: 'r', paid_at: 'soon' }),
			validation({ paid_at: ['invalid_date'] }),
		],
		[
			'an unknown invoice',
			() => ({ invoice_id: 'x', amount_cents: 1, reference: 'r' }),
			refused(404, 'invoice_not_found'),
		],
	])('refused: %s', async (_case, payment, answer) => {
		expect(await book(payment(lago.issueInvoice()))).toMatchObject(answer);
	});

	test('403 for want of a licence, and for a draft or a voided invoice alike', async () => {
		const draft = lago.issueInvoice({ status: 'draft' });
		const voided = lago.issueInvoice();
		lago.voidInvoice(voided.lago_id);
		for (const { lago_id } of [draft, voided])
			expect(await book({ invoice_id: lago_id, amount_cents: 1, reference: 'r' })).toMatchObject(
				refused(403, 'feature_unavailable'),
			);
		lago.premium = false;
		expect(await book({ invoice_id: lago.issueInvoice().lago_id, amount_cents: 1, reference: 'r' })).toMatchObject(
			refused(403, 'feature_unavailable'),
		);
	});

	test('only its receipt tells of a partial payment; a reference is not unique', async () => {
		const invoice = lago.issueInvoice();
		await told();
		await book({ invoice_id: invoice.lago_id, amount_cents: 4_000, reference: 'same' });
		expect(invoice).toMatchObject({ payment_status: 'pending', total_paid_amount_cents: 4_000 });
		expect(await told()).toEqual(['payment_receipt.created']);
		await book({ invoice_id: invoice.lago_id, amount_cents: 6_000, reference: 'same' });
		expect(invoice).toMatchObject({ payment_status: 'succeeded', total_paid_amount_cents: 10_000 });
		expect(await told()).toEqual(['invoice.payment_status_updated', 'payment_receipt.created']);
		expect((await call('GET', `/payments?invoice_id=${invoice.lago_id}&reference=other`)).body.payments).toHaveLength(
			2,
		);
	});

	test('an invoice that was PUT to succeeded can still be paid, without another webhook about it', async () => {
		const invoice = lago.issueInvoice();
		await put(invoice, { payment_status: 'succeeded' });
		await told();
		expect((await book({ invoice_id: invoice.lago_id, amount_cents: 10_000, reference: 'repair' })).status).toBe(200);
		expect(await told()).toEqual(['payment_receipt.created']);
	});
});

describe('top-ups', () => {
	test('paid as a whole only, credits granted once', async () => {
		const invoice = lago.issueInvoice({ type: 'credit' });
		const wallet = [...lago.state.wallets.values()][0];
		expect(
			await call('POST', '/payments', { payment: { invoice_id: invoice.lago_id, amount_cents: 1, reference: 'r' } }),
		).toMatchObject(validation({ amount_cents: ['invalid_amount'] }));
		for (const payment_status of ['failed', 'succeeded', 'pending', 'succeeded'])
			await put(invoice, { payment_status });
		expect(wallet?.credits).toBe(100);
	});

	test('one that must be paid first is invisible until it is, and then announced without a status webhook', async () => {
		lago.issueInvoice({ customer: { external_id: 'prepaid' } });
		const { wallet } = (
			await call('POST', '/wallets', {
				wallet: {
					external_customer_id: 'prepaid',
					currency: 'EUR',
					rate_amount: '1.0',
					paid_credits: '10.0',
					invoice_requires_successful_payment: true,
				},
			})
		).body;
		const {
			wallet_transactions: [transaction],
		} = (await call('GET', `/wallets/${wallet.lago_id}/wallet_transactions`)).body;
		expect((await call('GET', `/invoices/${transaction.lago_invoice_id}`)).status).toBe(404);
		await told();
		expect(
			(
				await call('POST', '/payments', {
					payment: { invoice_id: transaction.lago_invoice_id, amount_cents: 1_000, reference: 'r' },
				})
			).status,
		).toBe(200);
		expect((await told()).filter((event) => event.startsWith('invoice.'))).toEqual(['invoice.paid_credit_added']);
		expect((await call('GET', `/wallets/${wallet.lago_id}`)).body.wallet).toMatchObject({
			credits_balance: '10.0',
			balance_cents: 1_000,
		});
	});
});
