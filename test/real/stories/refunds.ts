import type { Payment } from '../../../sandbox/dodo/state';
import { entryOf, type Invoice, type Note } from '../shop';
import type { Stage } from '../stage';

export function refunds({ world, premium, licensed }: Stage): void {
	const refundsOf = ({ payment_id }: Payment) =>
		[...world().dodo.state.refunds.values()].filter((refund) => refund.payment_id === payment_id);
	const sum = (notes: Note[]): number => notes.reduce((total, note) => total + note.refund_amount_cents, 0);
	/** Waits until all credit notes of a customer are carried out. */
	const untilDone = async (customer: string, count: number): Promise<Note[]> =>
		await world().until(
			`${count} credit notes of customer ${customer}, each with refund_status succeeded`,
			async () => await world().shop.notesOf(customer),
			(notes) => notes.length === count && notes.every(({ refund_status }) => refund_status === 'succeeded'),
		);
	const paidWithTaxes = async () => {
		const { shop } = world();
		const [high, low] = [await shop.tax(20), await shop.tax(7)];
		return await world().paidOneOff([
			{ amount: 8_000, taxes: [high] },
			{ amount: 4_000, taxes: [low] },
		]);
	};

	describe('refunds', () => {
		if (premium)
			test('made at Dodo in three parts: a credit note for each, which add up to what was paid', async () => {
				const { dodo } = world();
				const { customer, payment, invoice } = await paidWithTaxes();
				const parts = [3_000, 5_000, invoice.total_amount_cents - 8_000];
				for (const [index, amount] of parts.entries()) {
					const { refund_id } = dodo.refundPayment(payment.payment_id, { amount });
					const notes = await untilDone(customer, index + 1);
					expect(notes.filter(({ metadata }) => metadata?.dodo_refund_id === refund_id)).toHaveLength(1);
				}
				expect(sum(await world().shop.notesOf(customer))).toBe(invoice.total_amount_cents);
				// The notes led to no further refund.
				expect(refundsOf(payment)).toHaveLength(parts.length);
			});
		else
			test('made at Dodo, where Lago takes no credit note: what came back is written on the invoice, and a person is told', async () => {
				const { dodo, n8n } = world();
				const { payment, invoice } = await paidWithTaxes();
				const since = await n8n.newestId();
				const { refund_id } = dodo.refundPayment(payment.payment_id, { amount: 3_000 });
				const said = await world().said(
					since,
					'Make the Credit Note',
					refund_id,
					({ refundId }) => refundId === refund_id,
				);
				expect(said).toMatchObject({ outcome: 'needs_premium' });
				await world().untilInvoice(invoice, 'to say that 30.00 came back', (seen) =>
					entryOf(seen, 'dodo_state').includes(';r=3000'),
				);
			});

		licensed('made in Lago in two parts: Dodo carries out each once', 'its API makes no credit notes', async () => {
			const { customer, payment, invoice } = await paidWithTaxes();
			const [first, second] = (await world().shop.invoice(invoice.lago_id)).fees ?? [];
			if (!first || !second) throw new Error(`Invoice ${invoice.number} has lost its fees`);
			await giveBack(invoice, [{ fee_id: first.lago_id, amount_cents: 1_000 }]);
			await untilDone(customer, 1);
			await giveBack(invoice, [
				{ fee_id: first.lago_id, amount_cents: first.amount_cents - 1_000 },
				{ fee_id: second.lago_id, amount_cents: second.amount_cents },
			]);
			const notes = await untilDone(customer, 2);
			expect(sum(notes)).toBe(invoice.total_amount_cents);
			const amounts = refundsOf(payment).map(({ amount }) => amount);
			expect(amounts.sort()).toEqual(notes.map(({ refund_amount_cents }) => refund_amount_cents).sort());
		});

		licensed(
			'an invoice that is voided with a refund: Dodo gives the money back once',
			'voiding makes no refund',
			async () => {
				const { api } = world();
				const { customer, payment, invoice } = await world().paidOneOff();
				await api.call('POST', `/invoices/${invoice.lago_id}/void`, 'invoice', {
					generate_credit_note: true,
					refund_amount: invoice.total_amount_cents,
					credit_amount: 0,
				});
				expect(sum(await untilDone(customer, 1))).toBe(invoice.total_amount_cents);
				expect(refundsOf(payment)).toMatchObject([{ amount: invoice.total_amount_cents, status: 'succeeded' }]);
			},
		);
	});

	/** A credit note that refunds all that its items are worth. */
	async function giveBack({ lago_id }: Invoice, items: Array<{ fee_id: string; amount_cents: number }>): Promise<void> {
		const { api } = world();
		const credit_note = { invoice_id: lago_id, items };
		const { max_refundable_amount_cents } = await api.call<{ max_refundable_amount_cents: number }>(
			'POST',
			'/credit_notes/estimate',
			'estimated_credit_note',
			{ credit_note },
		);
		await api.call('POST', '/credit_notes', 'credit_note', {
			credit_note: { ...credit_note, reason: 'other', refund_amount_cents: max_refundable_amount_cents },
		});
	}
}
