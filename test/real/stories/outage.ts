import type { Invoice } from '../shop';
import type { Stage } from '../stage';

/** A look leaves alone what is younger than a minute, and Lago needs its time. */
const HEALED_MS = 180_000;

/** n8n is away for longer than Lago tries. */
export function outage({ world }: Stage): { begins(): void; ends(): void } {
	let missed: Invoice | undefined;
	return {
		begins() {
			describe('an outage of n8n', () => {
				test('longer than Lago tries: "Retry payment" collects what was missed', async () => {
					const { shop, api, n8n, outageMs } = world();
					const customer = await shop.customer();
					await n8n.kill();
					missed = await shop.oneOff(customer);
					const pressed = await shop.oneOff(customer);
					await new Promise((resolve) => setTimeout(resolve, outageMs));
					await n8n.restart();
					if (world().checkoutsFor(pressed).length > 0)
						console.log('Lago was still trying when n8n came back: its third try came later than 75 s');
					expect((await api.ask('POST', `/invoices/${pressed.lago_id}/retry_payment`, {})).status).toBe(200);
					await world().pay(pressed);
				});
			});
		},
		ends() {
			describe('an outage of n8n', () => {
				test('the look of the template finds what is still missing, once', async () => {
					const { n8n } = world();
					if (missed === undefined) throw new Error('There was no outage: see the failure above');
					const invoice = missed;
					await world().until(
						`the look to find invoice ${invoice.number} (${invoice.lago_id})`,
						async () => {
							await n8n.executeFrom('Every 5 Minutes');
							return world().checkoutsFor(invoice).length;
						},
						(checkouts) => checkouts > 0,
						HEALED_MS,
					);
					await world().pay(invoice);
					expect(world().checkoutsFor(invoice)).toHaveLength(1);
				});
			});
		},
	};
}
