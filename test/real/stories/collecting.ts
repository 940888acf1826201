import { entryOf } from '../shop';
import type { Stage } from '../stage';

/** Collect and settle, with taxes and after days of grace. */
export function collecting({ world, premium, licensed }: Stage): void {
	describe('collect and settle', () => {
		test('a one-off invoice gets one link over exactly what is due, is paid by it and booked once', async () => {
			const { shop, api, dodo } = world();
			const issued = await shop.oneOff(await shop.customer());
			const checkout = await world().collected(issued);
			expect(checkout.cart[0]?.amount).toBe(issued.total_due_amount_cents);
			expect(checkout.metadata).toMatchObject({ lago_invoice_id: issued.lago_id, lago_invoice_number: issued.number });
			const { payment, invoice } = await world().pay(issued);
			expect(world().checkoutsFor(invoice)).toHaveLength(1);
			if (!premium) return expect(invoice.total_paid_amount_cents ?? 0).toBe(0);
			const booked = await api.list<{ reference: string; amount_cents: number }>(
				`/payments?invoice_id=${invoice.lago_id}`,
				'payments',
			);
			expect(booked).toMatchObject([{ reference: payment.payment_id, amount_cents: invoice.total_amount_cents }]);
			// The same event once more books nothing more.
			const answered = async (times: number) =>
				await world().until(
					`the event of payment ${payment.payment_id} to be answered 200, ${times} times`,
					() =>
						dodo.deliveries.filter(
							({ event, status, body }) =>
								event === 'payment.succeeded' && status === 200 && body.includes(payment.payment_id),
						),
					({ length }) => length >= times,
				);
			const [delivery] = await answered(1);
			dodo.redeliver(delivery?.id ?? '');
			await answered(2);
			expect(await api.list(`/payments?invoice_id=${invoice.lago_id}`, 'payments')).toHaveLength(1);
		});

		test('an invoice with two taxes is collected with them', async () => {
			const { shop } = world();
			const [high, low] = [await shop.tax(20), await shop.tax(7)];
			const lines = [{ amount: 12_995, taxes: [high] }, { amount: 4_999, taxes: [low] }, { amount: 333 }];
			const issued = await shop.oneOff(await shop.customer(), lines);
			expect(issued.taxes_amount_cents).toBeGreaterThan(0);
			const { payment } = await world().pay(issued);
			expect(payment.total_amount).toBe(issued.total_amount_cents);
		});

		test("the merchant's own metadata stays", async () => {
			const { shop, api } = world();
			const issued = await shop.oneOff(await shop.customer());
			await world().collected(issued);
			const { metadata = [] } = await shop.invoice(issued.lago_id);
			const entries = metadata.map(({ lago_id: id, key, value }) => ({ id, key, value }));
			const own = { key: 'po', value: '4711' };
			await api.call('PUT', `/invoices/${issued.lago_id}`, 'invoice', { invoice: { metadata: [...entries, own] } });
			const { invoice } = await world().pay(issued);
			expect(entryOf(invoice, 'po')).toBe('4711');
		});

		licensed('a draft is left alone until it is finalized', 'days of grace need one', async () => {
			const { shop, api } = world();
			const customer = await shop.customer({ billing_configuration: { invoice_grace_period: 3 } });
			await shop.subscribe(customer, await shop.plan({ amount_cents: 4_900, pay_in_advance: true }));
			const [draft] = await world().until(
				'a draft',
				async () => await shop.invoicesOf(customer),
				(all) => all.some(({ status }) => status === 'draft'),
			);
			expect(draft).toBeDefined();
			if (draft === undefined) return;
			expect(world().checkoutsFor(draft)).toEqual([]);
			await api.call('PUT', `/invoices/${draft.lago_id}/finalize`, 'invoice');
			const finalized = await world().untilInvoice(draft, 'to be finalized', ({ status }) => status === 'finalized');
			const checkout = await world().collected(finalized);
			expect(checkout.cart[0]?.amount).toBe(finalized.total_amount_cents);
		});
	});
}
