import type { IDataObject } from 'n8n-workflow';
import { tokenOfDebtor } from '../../nodes/Lago/helpers/payLinkToken';
import type { Payment } from '../../sandbox/dodo/state';
import type { Invoice } from '../../sandbox/lago/documents';
import { paymentRequestView } from '../../sandbox/lago/views/paymentRequests';
import { world } from '../support/oneWorld';
import { issue, now } from './debts';

/** Everything that is due of a customer is paid in one payment: booked, refunded and disputed over its invoices. */
beforeEach(() => {
	world.lago.premium = true;
});

const customerOf = ([first]: Invoice[]): string => String(first?.customer.external_id);
const bookedOn = ({ lago_id }: Invoice): Array<[unknown, number]> =>
	[...world.lago.state.payments.values()]
		.filter(({ lago_payable_id }) => lago_payable_id === lago_id)
		.map(({ reference, amount_cents }) => [reference, amount_cents]);

/** One checkout for all of them, saved. */
async function linked(invoices: Invoice[]): Promise<string> {
	return String((await world.linkAll(await world.allDue(customerOf(invoices)))).checkoutSessionId);
}
async function paid(invoices: Invoice[]): Promise<Payment> {
	return structuredClone(world.dodo.payCheckout(await linked(invoices)));
}

test('one checkout over all that is due, named on each invoice; asked again it is the same one', async () => {
	const invoices = issue([10_000, 2_500, 499]);
	const before = world.dodo.calls.length;
	const due = await world.allDue(customerOf(invoices));
	expect(due).toMatchObject({ outcome: 'payable', amount: 12_999, invoiceCount: 3 });
	const made = await world.linkAll(due);
	expect(made).toMatchObject({ outcome: 'created', amount: 12_999, saved: true });
	const created = world.dodo.calls.slice(before).filter(({ method }) => method === 'POST');
	expect(created.filter(({ path }) => path === '/checkouts')).toHaveLength(1);
	for (const invoice of invoices) {
		expect(world.stateOf(invoice)).toMatch(/;q=[0-9a-z]{5}\.12999;/);
		expect(world.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(made.checkoutSessionId);
		expect(world.stateOf(invoice).length).toBeLessThanOrEqual(140);
		expect(world.stateOf(invoice)).toContain(';l=');
	}
	const again = await world.linkAll(await world.allDue(customerOf(invoices)));
	expect(again).toMatchObject({ outcome: 'existing', checkoutSessionId: made.checkoutSessionId });
});

test.each([true, false])('its success books each invoice, once (licence: %p)', async (premium) => {
	world.lago.premium = premium;
	const amounts = [10_000, 2_500, 499];
	const invoices = issue(amounts);
	const payment = await paid(invoices);
	for (const outcome of ['settled', 'already_settled']) {
		expect(await world.settleAll(payment)).toEqual(invoices.map(() => expect.objectContaining({ outcome })));
		for (const [place, invoice] of invoices.entries()) {
			expect(now(invoice)).toMatchObject({ payment_status: 'succeeded' });
			expect(bookedOn(invoice)).toEqual(premium ? [[payment.payment_id, amounts[place]]] : []);
		}
	}
});

test('less than was asked for: the oldest due first', async () => {
	const invoices = issue([1_000, 2_000, 3_000]);
	const payment = { ...(await paid(invoices)), total_amount: 2_500 };
	for (let told = 0; told < 2; told++) {
		await world.settleAll(payment);
		expect(invoices.map((one) => now(one).total_paid_amount_cents)).toEqual([1_000, 1_500, 0]);
	}
});

test.each<[string, (invoice: Invoice) => void, number]>([
	['paid by bank', ({ lago_id }) => void world.lago.payManually(lago_id, 2_000, 'bank'), 2_000],
	['paid in part by bank', ({ lago_id }) => void world.lago.payManually(lago_id, 500, 'bank'), 500],
	['voided', ({ lago_id }) => void world.lago.voidInvoice(lago_id), 2_000],
])('an invoice that was %s meanwhile: exactly its part goes back, once', async (_case, happens, surplus) => {
	const invoices = issue([1_000, 2_000, 3_000]);
	const [, second] = invoices as [Invoice, Invoice, Invoice];
	const payment = await paid(invoices);
	happens(second);
	for (let told = 0; told < 2; told++) {
		const items = await world.settleAll(payment);
		const over = items.filter(({ outcome }) => outcome === 'overpaid');
		expect(over).toMatchObject([{ surplus, invoiceId: second.lago_id }]);
		const fields = { source: 'overpayment', overpayment: '={{ $json }}' };
		const back = await world.onDodo('refund', 'create', fields, over[0]);
		expect(back).toMatchObject({ paymentId: payment.payment_id, refundAmount: surplus });
		expect(await world.ended(world.dodo.state.refunds, back.refundId)).toMatchObject({ amount: surplus });
	}
	expect(
		[...world.dodo.state.refunds.values()].filter(({ payment_id }) => payment_id === payment.payment_id),
	).toHaveLength(1);
});

/** What a click on the link of everything that is due comes to. */
async function opened(link: string, isConfirmed: boolean): Promise<IDataObject> {
	const began = { language: 'de', isConfirmed };
	const given = { link: String(new URL(link).searchParams.get('c')) };
	return await world.onLago('invoice', 'openPayLink', given, {}, { began, trigger: 'lagoPayPageTrigger' });
}

test('the customer sees what is due before they pay it, and the page of a paid invoice leads there', async () => {
	const invoices = issue([1_000, 2_000, 30]);
	const { payLink } = await world.allDue(customerOf(invoices));
	const page = await opened(String(payLink), false);
	expect(page).toMatchObject({ outcome: 'listed', statusCode: 200, language: 'de', title: 'Alles, was fällig ist' });
	for (const { number } of invoices) expect(page.html).toContain(`<td>${number}</td>`);
	expect(page.html).toMatch(/<td>0,30.€<\/td>.*pay=1">30,30.€ bezahlen<\/a>/);
	expect(page.html).not.toMatch(/https?:|<script/);
	const paying = await opened(String(payLink), true);
	expect(await world.linkAll(paying)).toMatchObject({ outcome: 'created', amount: 3_030, saved: true });
	const [first] = invoices as [Invoice];
	world.lago.payManually(first.lago_id, 1_000, 'bank');
	const own = String(
		(
			await world.onLago('invoice', 'createPayLink', {
				invoice: { invoiceId: invoices[1]?.lago_id },
				payLinkAddress: 'https://n8n.example/pay',
			})
		).payLink,
	);
	world.lago.payManually(String(invoices[1]?.lago_id), 2_000, 'bank');
	const token = String(new URL(own).searchParams.get('t'));
	const paidPage = await world.onLago(
		'invoice',
		'openPayLink',
		{ link: token },
		{},
		{ began: { language: 'en' }, trigger: 'lagoPayPageTrigger' },
	);
	expect(paidPage.html).toMatch(/<a href="\?c=[\w-]+">Everything that is due<\/a>/);
	world.lago.payManually(String(invoices[2]?.lago_id), 30, 'bank');
	expect(await opened(String(payLink), true)).toMatchObject({
		outcome: 'paid',
		html: expect.stringContaining('Es ist nichts zu zahlen'),
	});
});

test.each([
	['cut', (token: string) => token.slice(0, -1)],
	['with another last character', (token: string) => token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A')],
	['of another key', () => tokenOfDebtor({ customerId: 'c', currency: 'EUR', billingEntity: null }, 'another')],
])('a link of everything that is due, %s, opens nothing', async (_case, bend) => {
	const { payLink } = await world.allDue(customerOf(issue([1_000])));
	const token = String(new URL(String(payLink)).searchParams.get('c'));
	const began = { language: 'en', isConfirmed: true };
	const page = await world.onLago(
		'invoice',
		'openPayLink',
		{ link: bend(token) },
		{},
		{ began, trigger: 'lagoPayPageTrigger' },
	);
	expect(page).toMatchObject({ outcome: 'forged', statusCode: 403 });
});

test('a payment request of Lago: one checkout for what is still open of it; it stays pending', async () => {
	const invoices = issue([1_000, 2_000, 3_000]);
	for (const { lago_id } of invoices) world.lago.markOverdue(lago_id);
	const request = world.lago.requestPayment(invoices.map(({ lago_id }) => lago_id));
	world.lago.payManually(String(invoices[1]?.lago_id), 2_000, 'bank');
	const event = {
		event: 'payment_request.created',
		data: paymentRequestView(request),
		webhookBaseUrl: 'https://n8n.example/webhook',
	};
	const fields = { source: 'request', request: '', payLinkAddress: '/pay' };
	const due = await world.onLago('paymentRequest', 'get', fields, {}, { began: event as never });
	expect(due).toMatchObject({
		outcome: 'payable',
		amount: 4_000,
		invoiceCount: 2,
		paymentRequestId: request.lago_id,
		email: 'billing@globex.example',
		payLink: expect.stringMatching(/^https:\/\/n8n\.example\/webhook\/pay\?c=[\w-]+$/),
	});
	const session = String((await world.linkAll(due)).checkoutSessionId);
	expect(world.dodo.state.checkouts.get(session)?.metadata).toMatchObject({ lago_payment_request_id: request.lago_id });
	await world.settleAll(structuredClone(world.dodo.payCheckout(session)));
	expect(invoices.map((one) => now(one).payment_status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
	expect(world.lago.state.paymentRequests.get(request.lago_id)?.payment_status).toBe('pending');
});

test('its own link and the one of all are both paid at the same second: one of them is too much, and goes back', async () => {
	const invoices = issue([1_000, 2_000]);
	const [first] = invoices as [Invoice, Invoice];
	const own = await world.link(first);
	await world.save(own);
	const all = await paid(invoices);
	const single = structuredClone(world.dodo.payCheckout(String(own.checkoutSessionId)));
	const [ofAll, ofOwn] = await Promise.all([world.settleAll(all), world.settleAll(single)]);
	expect(invoices.map((one) => now(one).total_paid_amount_cents)).toEqual([1_000, 2_000]);
	const over = [...ofAll, ...ofOwn].filter(({ outcome }) => outcome === 'overpaid');
	expect(over).toHaveLength(1);
	const fields = { source: 'overpayment', overpayment: '={{ $json }}' };
	const back = await world.onDodo('refund', 'create', fields, over[0]);
	expect(await world.ended(world.dodo.state.refunds, back.refundId)).toMatchObject({ amount: 1_000 });
});

test('a declined card and a bank debit under way are on each invoice; nobody else pays meanwhile', async () => {
	const invoices = issue([1_000, 2_000]);
	const session = await linked(invoices);
	const running = structuredClone(world.dodo.payCheckout(session, { settleAfterMs: 60_000 }));
	expect(running.status).toBe('processing');
	await world.settleAll(running);
	for (const invoice of invoices) {
		expect(world.stateOf(invoice)).toMatch(/^v1;processing;/);
		expect(await world.link(invoice)).toMatchObject({ outcome: 'skipped', reason: 'payment_under_way' });
	}
	expect(await world.allDue(customerOf(invoices))).toMatchObject({ outcome: 'skipped', leftOut: [{}, {}] });
	world.dodo.movePayment(running.payment_id, 'failed');
	await world.settleAll(structuredClone(world.dodo.state.payments.get(running.payment_id) as Payment));
	for (const invoice of invoices) expect(now(invoice).payment_status).toBe('failed');
	expect(await world.linkAll(await world.allDue(customerOf(invoices)))).toMatchObject({ outcome: 'created' });
});

test('who types invoices into a checkout of their own gets nothing booked', async () => {
	const invoices = issue([1_000, 2_000]);
	const payment = await paid(invoices);
	const typed = {
		...payment,
		metadata: { ...payment.metadata, lago_invoices: String(payment.metadata.lago_invoices).replace(':1000', ':10') },
	};
	expect(await world.settleAll(typed)).toMatchObject([{ outcome: 'held', reason: 'unknown_origin' }]);
	expect(await world.settleAll({ ...payment, metadata: { lago_invoices: 'x' } })).toMatchObject([{ outcome: 'held' }]);
	for (const invoice of invoices) expect(now(invoice).total_paid_amount_cents).toBe(0);
});
