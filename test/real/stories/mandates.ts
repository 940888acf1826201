import { entryOf } from '../shop';
import type { Stage } from '../stage';
import { nextTryOf } from './failures';

export function mandates({ world }: Stage): void {
	describe('mandates', () => {
		let mandate = '';
		const mandateInLago = async (): Promise<string> => {
			const customer = await world().api.call<{ metadata: Array<{ lago_id: string; key: string; value: string }> }>(
				'GET',
				`/customers/${world().setUpCustomer}`,
				'customer',
			);
			return entryOf(customer, 'dodo_subscription_id');
		};

		test('the set-up link of the template leads to a mandate, which is saved on the customer', async () => {
			const { shop, n8n, dodo, setUpCustomer } = world();
			await shop.customer({
				external_id: setUpCustomer,
				metadata: [{ key: 'crm', value: '4711', display_in_invoice: false }],
			});
			const [link] = (await n8n.executeFrom('Set Up Automatic Payment')).items('Make the Link');
			expect(link).toMatchObject({ outcome: 'created', customerExternalId: setUpCustomer });
			mandate = dodo.activateMandate(String(link?.checkoutSessionId)).subscription_id;
			await world().until(`the mandate on customer ${setUpCustomer}`, mandateInLago, (saved) => saved === mandate);
		});

		test('the next invoice is charged without a link', async () => {
			const { shop, setUpCustomer } = world();
			const invoice = await world().settled(await shop.oneOff(setUpCustomer));
			expect(world().paymentsFor(invoice)).toMatchObject([
				{ status: 'succeeded', subscription_id: mandate, total_amount: invoice.total_amount_cents },
			]);
			expect(world().checkoutsFor(invoice)).toEqual([]);
		});

		test('a declined charge fails the invoice and plans a try; "Retry payment" makes one at once, by link, as the mandate is on hold', async () => {
			const { shop, api, dodo, setUpCustomer } = world();
			dodo.planCharge(mandate, { code: 'INSUFFICIENT_FUNDS' });
			const issued = await shop.oneOff(setUpCustomer);
			await world().untilInvoice(
				issued,
				'to be failed with a next try planned',
				(seen) => seen.payment_status === 'failed' && nextTryOf(seen) > 0,
			);
			expect((await api.ask('POST', `/invoices/${issued.lago_id}/retry_payment`, {})).status).toBe(200);
			const { invoice } = await world().pay(issued);
			expect(
				world()
					.paymentsFor(invoice)
					.filter(({ status }) => status === 'succeeded'),
			).toHaveLength(1);
		});

		test('a mandate that is cancelled leaves the customer, and the next invoice goes by link', async () => {
			const { shop, dodo, setUpCustomer } = world();
			dodo.moveMandate(mandate, 'cancelled');
			await world().until(`the mandate to leave customer ${setUpCustomer}`, mandateInLago, (saved) => saved === '');
			await world().pay(await shop.oneOff(setUpCustomer));
		});
	});
}
