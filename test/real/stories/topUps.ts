import type { Stage } from '../stage';

export function topUps({ world, licensed }: Stage): void {
	describe('top-ups', () => {
		test('the invoice of a top-up is collected, and its payment grants the credits', async () => {
			const { shop } = world();
			const customer = await shop.customer();
			const wallet = await shop.wallet(customer, 50);
			const issued = await shop.billed(customer, 'credit');
			expect(await shop.creditsOf(wallet)).toBe(0);
			await world().pay(issued);
			await world().until(
				'the credits to be granted',
				async () => await shop.creditsOf(wallet),
				(credits) => credits === 50,
			);
		});

		licensed(
			'one that must be paid first is shown to nobody; when its payment is booked the credits are granted, and nobody is asked to pay again',
			'it cannot book a payment on such an invoice',
			async () => {
				const { shop, api, n8n } = world();
				const customer = await shop.customer();
				const wallet = await shop.wallet(customer, 10, { invoice_requires_successful_payment: true });
				const [bought] = await world().until(
					'the top-up to have its invoice',
					async () =>
						await api.list<{ lago_invoice_id: string | null }>(
							`/wallets/${wallet}/wallet_transactions`,
							'wallet_transactions',
						),
					(all) => typeof all[0]?.lago_invoice_id === 'string',
				);
				const invoice_id = String(bought?.lago_invoice_id);
				expect((await api.ask('GET', `/invoices/${invoice_id}`)).status).toBe(404);
				expect(await shop.invoicesOf(customer)).toEqual([]);
				const since = await n8n.newestId();
				await api.call('POST', '/payments', 'payment', {
					payment: { invoice_id, amount_cents: 1_000, reference: 'bank transfer' },
				});
				await world().until(
					'the credits to be granted',
					async () => await shop.creditsOf(wallet),
					(credits) => credits === 10,
				);
				const invoice = await shop.invoice(invoice_id);
				expect(invoice).toMatchObject({ invoice_type: 'credit', payment_status: 'succeeded' });
				await world().said(
					since,
					'Read the Invoice',
					invoice.number,
					(item) => item.lagoInvoiceId === invoice_id || item.lago_id === invoice_id,
				);
				expect(world().checkoutsFor(invoice)).toEqual([]);
			},
		);
	});
}
