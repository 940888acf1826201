import type { Stage } from '../stage';

export function disputes({ world }: Stage): void {
	describe('disputes', () => {
		const opened = async () => {
			const { dodo, n8n } = world();
			const { payment, invoice } = await world().paidOneOff();
			const since = await n8n.newestId();
			const { dispute_id } = dodo.openDispute(payment.payment_id);
			await world().said(since, 'Record the Dispute', dispute_id, ({ outcome }) => outcome === 'dispute_open');
			return { invoice, dispute_id };
		};

		test('an open one changes nothing; a lost one is marked on the invoice', async () => {
			const { shop, dodo } = world();
			const { invoice, dispute_id } = await opened();
			expect((await shop.invoice(invoice.lago_id)).payment_dispute_lost_at).toBeNull();
			dodo.moveDispute(dispute_id, 'lost');
			await world().untilInvoice(
				invoice,
				'to be marked as a lost dispute',
				({ payment_dispute_lost_at }) => payment_dispute_lost_at !== null,
			);
		});

		test('one that is won leaves the invoice as it is', async () => {
			const { shop, dodo, n8n } = world();
			const { invoice, dispute_id } = await opened();
			const since = await n8n.newestId();
			dodo.moveDispute(dispute_id, 'won');
			await world().said(since, 'Record the Dispute', dispute_id, ({ outcome }) => outcome === 'dispute_won');
			expect(await shop.invoice(invoice.lago_id)).toMatchObject({
				payment_dispute_lost_at: null,
				payment_status: 'succeeded',
			});
		});
	});
}
