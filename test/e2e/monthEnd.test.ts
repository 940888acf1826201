import { DAY_MS } from '../../nodes/shared/domain/calendar';
import { readTemplate } from '../support/n8n';
import { startSync, waitFor, type Sync } from '../support/sync';
import { withinOne } from '../support/waiting';

let sync: Sync;

beforeAll(async () => {
	sync = await startSync({ registration: 'automatic', template: null });
	await withinOne(DAY_MS, 6 * 60_000);
}, 900_000);

afterAll(async () => {
	await sync?.stop();
});

test("month-end.json: a month of both services becomes a CSV, a sheet and a summary, by n8n's own nodes", async () => {
	const { dodo, lago, n8n } = sync;
	const pay = (amount: number, currency = 'EUR') => {
		const invoice = lago.issueInvoice({ fees: [{ amountCents: amount, taxRate: 0 }], currency, emit: false });
		const metadata = { lago_invoice_id: invoice.lago_id, lago_invoice_number: invoice.number };
		return {
			invoice,
			payment: dodo.createPayment({ status: 'succeeded', total_amount: amount, currency, tax: 0, metadata }),
		};
	};
	const booked = pay(10_000);
	lago.payManually(booked.invoice.lago_id, 10_000, booked.payment.payment_id);
	const held = pay(5_000, 'JPY');
	const byHand = lago.issueInvoice({ fees: [{ amountCents: 700, taxRate: 0 }], emit: false });
	lago.payManually(byHand.lago_id, 700, 'cheque 1');
	const refund = dodo.refundPayment(booked.payment.payment_id, { amount: 2_500 });
	await waitFor(() => dodo.state.refunds.get(refund.refund_id)?.status === 'succeeded');
	const payout = dodo.payOut();

	const template = readTemplate('month-end.json');
	for (const node of template.nodes)
		if (node.name === 'Month')
			node.parameters = JSON.parse(JSON.stringify(node.parameters).replace('.minus({ months: 1 })', ''));
	const last = template.nodes.at(-1);
	template.nodes.push({
		...(last as NonNullable<typeof last>),
		id: 'read-back',
		name: 'Read Back',
		type: 'n8n-nodes-base.extractFromFile',
		parameters: { operation: 'csv', options: {} },
	});
	(template.connections as Record<string, unknown>).CSV = { main: [[{ node: 'Read Back', type: 'main', index: 0 }]] };
	const { id } = await n8n.importWorkflow(template);
	const run = await n8n.executeFrom('Close the Month', id);
	expect(run.nodes).toEqual(expect.arrayContaining(['CSV', 'Sheet', 'Sheet of Sums', 'Tell Me']));

	const rows = run.items('Read Back');
	const of = (dodoId: string) => rows.find((row) => row['Dodo ID'] === dodoId);
	expect(of(booked.payment.payment_id)).toMatchObject({
		Movement: 'payment',
		Invoice: booked.invoice.number,
		Currency: 'EUR',
		Gross: '100',
		Fee: '-4.4',
		Lago: '100',
		Difference: '0',
		'Payout ID': payout.payout_id,
	});
	// What is empty in the file is not there when it is read back.
	expect(of(booked.payment.payment_id)).not.toHaveProperty('Reason');
	expect(of(held.payment.payment_id)).toMatchObject({
		Currency: 'USD',
		Gross: '33.5',
		Charged: '5000',
		'Charged Currency': 'JPY',
		Rate: '0.0067',
		Difference: '33.5',
		Reason: 'held',
	});
	expect(of(refund.refund_id)).toMatchObject({ Refund: '-25', Reason: 'no_credit_note' });
	expect(rows.find((row) => row.Movement === 'Lago payment')).toMatchObject({
		Lago: '7',
		'Lago Document': 'cheque 1',
		Reason: 'by_hand',
	});
	expect(run.items('Tell Me')).toMatchObject([
		{ outcome: 'adds_up', message: expect.stringContaining('1 held'), nextStep: expect.stringContaining('held') },
	]);
});
