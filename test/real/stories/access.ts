import { ACCESS } from '../../support/n8n';
import type { Stage } from '../stage';

export function access({ world }: Stage): void {
	describe('access', () => {
		test('with "Wait for First Payment" it begins when the first invoice is paid', async () => {
			const { shop, n8n } = world();
			const customer = await shop.customer();
			const stateOf = async (): Promise<string> => {
				const response = await fetch(`${n8n.hook('access')}?external_customer_id=${customer}`, {
					headers: { authorization: `Bearer ${ACCESS.token}` },
				});
				const { customer: view } = (await response.json()) as { customer: { state: string } | null };
				return view?.state ?? `answered ${response.status}`;
			};
			const plan = await shop.plan({ amount_cents: 4_900, pay_in_advance: true });
			const subscription = await shop.subscribe(customer, plan);
			const first = await shop.billed(customer, 'subscription');
			await world().collected(first);
			await world().until(
				`customer ${customer} to wait for the first payment`,
				stateOf,
				(state) => state === 'pending_payment',
			);
			await world().pay(first);
			await world().until(`customer ${customer} to have access`, stateOf, (state) => state === 'active');
			await shop.unsubscribe(subscription);
		});
	});
}
