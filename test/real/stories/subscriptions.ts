import type { Stage } from '../stage';

const DAY_MS = 86_400_000;

export function subscriptions({ world, licensed }: Stage): void {
	describe('subscriptions', () => {
		test('in advance: the first invoice, less a coupon and with tax, is collected and paid', async () => {
			const { shop } = world();
			const customer = await shop.customer();
			await shop.coupon(customer, 12.5);
			const plan = await shop.plan({ amount_cents: 4_999, pay_in_advance: true, tax_codes: [await shop.tax(20)] });
			const subscription = await shop.subscribe(customer, plan);
			const issued = await shop.billed(customer, 'subscription');
			expect(issued.taxes_amount_cents).toBeGreaterThan(0);
			expect(issued.coupons_amount_cents).toBeGreaterThan(0);
			const { payment } = await world().pay(issued);
			expect(payment.total_amount).toBe(issued.total_amount_cents);
			await shop.unsubscribe(subscription);
		});

		licensed(
			'in advance: what is left of the month goes back when the subscription ends',
			'what was only marked as paid is not refunded',
			async () => {
				const { shop, dodo } = world();
				const customer = await shop.customer();
				const subscription = await shop.subscribe(
					customer,
					await shop.plan({ amount_cents: 30_000, pay_in_advance: true }),
				);
				const { payment } = await world().pay(await shop.billed(customer, 'subscription'));
				await shop.unsubscribe(subscription, 'on_termination_credit_note=refund');
				const [note] = await world().until(
					'the refund of the unused days to be carried out by Dodo and noted in Lago',
					async () => await shop.notesOf(customer),
					(notes) => notes.length === 1 && notes[0]?.refund_status === 'succeeded',
				);
				expect(note?.refund_amount_cents).toBeGreaterThan(0);
				const refunds = [...dodo.state.refunds.values()].filter(({ payment_id }) => payment_id === payment.payment_id);
				expect(refunds).toMatchObject([{ amount: note?.refund_amount_cents, status: 'succeeded' }]);
			},
		);

		test('in arrears: the days and the usage since a start in the past are billed at the end, collected and paid', async () => {
			const { shop } = world();
			const customer = await shop.customer();
			const metric = await shop.metric();
			const plan = await shop.plan({
				amount_cents: 30_000,
				pay_in_advance: false,
				charges: [{ billable_metric_id: metric.lago_id, charge_model: 'standard', properties: { amount: '1.5' } }],
			});
			const subscription_at = new Date(Date.now() - 10 * DAY_MS).toISOString();
			const subscription = await shop.subscribe(customer, plan, { subscription_at });
			await shop.use(subscription, metric.code, 20);
			await shop.unsubscribe(subscription);
			const issued = await shop.billed(customer, 'subscription');
			const used = issued.fees?.find(({ item }) => item.type === 'charge');
			expect(used?.amount_cents).toBe(3_000);
			expect(issued.fees?.some(({ item, amount_cents }) => item.type === 'subscription' && amount_cents > 0)).toBe(
				true,
			);
			const { payment } = await world().pay(issued);
			expect(payment.total_amount).toBe(issued.total_amount_cents);
		});
	});
}
