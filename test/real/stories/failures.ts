import { entryOf, type Invoice } from '../shop';
import type { Stage } from '../stage';
import type { RealWorld } from '../world';

const AN_HOUR_S = 3_600;

/** When the next try is due by what is written on the invoice, seconds since 1970; 0 when none is. */
export function nextTryOf(invoice: Invoice): number {
	return Number(/;n=(\d+)/.exec(entryOf(invoice, 'dodo_state'))?.[1] ?? 0);
}

/** Moves the planned try into the past, by the API, as if the day had come. */
async function makeDue({ api }: RealWorld, { lago_id, metadata = [] }: Invoice): Promise<void> {
	const due = Math.floor(Date.now() / 1000) - AN_HOUR_S;
	const entries = metadata.map(({ lago_id: id, key, value }) => ({
		id,
		key,
		value: key === 'dodo_state' ? value.replace(/;n=\d+/, `;n=${due}`) : value,
	}));
	await api.call('PUT', `/invoices/${lago_id}`, 'invoice', { invoice: { metadata: entries } });
}

export function failures({ world }: Stage): void {
	describe('failure and retry', () => {
		test('a declined card makes the invoice failed, the due try hands out a link again and plans the next one, and another card pays', async () => {
			const { shop, dodo, n8n } = world();
			const issued = await shop.oneOff(await shop.customer());
			dodo.payCheckout((await world().collected(issued)).id, { code: 'INSUFFICIENT_FUNDS' });
			const failed = await world().untilInvoice(
				issued,
				'to be failed with a next try planned',
				(seen) => seen.payment_status === 'failed' && nextTryOf(seen) > 0,
			);
			await makeDue(world(), failed);
			await n8n.executeFrom('Every Hour');
			await world().untilInvoice(issued, 'to have its next try planned', (seen) => nextTryOf(seen) > Date.now() / 1000);
			const { payment } = await world().pay(issued);
			expect(payment.total_amount).toBe(issued.total_amount_cents);
		});

		test('"Retry payment" is heard, and what it finds is one link that works', async () => {
			const { shop, api, dodo, n8n } = world();
			const issued = await shop.oneOff(await shop.customer());
			dodo.payCheckout((await world().collected(issued)).id, { code: 'GENERIC_DECLINE' });
			await world().untilInvoice(issued, 'to be failed', ({ payment_status }) => payment_status === 'failed');
			const since = await n8n.newestId();
			expect((await api.ask('POST', `/invoices/${issued.lago_id}/retry_payment`, {})).status).toBe(200);
			await world().said(
				since,
				'Lago Trigger',
				`the button (invoice.payment_failure) on invoice ${issued.number}; a Lago before 1.38 tells nobody`,
				({ event, lagoInvoiceId }) => event === 'invoice.payment_failure' && lagoInvoiceId === issued.lago_id,
			);
			await world().pay(issued);
			expect(
				world()
					.paymentsFor(issued)
					.filter(({ status }) => status === 'succeeded'),
			).toHaveLength(1);
		});
	});
}
