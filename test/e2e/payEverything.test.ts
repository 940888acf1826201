import { randomUUID } from 'node:crypto';
import type { WorkflowJson } from '../../scripts/n8n/provision';
import type { Payment } from '../../sandbox/dodo/state';
import type { Invoice, PaymentRequest } from '../../sandbox/lago/documents';
import { untilListening } from '../support/listening';
import { readTemplate, type ImportedWorkflow } from '../support/n8n';
import { startSmtpSink, type SmtpSink } from '../support/smtpSink';
import { letAMinutePass, register, startSync, waitFor, withoutClock, type Sync } from '../support/sync';

/** Payment requests of Lago, paid in one payment: by the template alone, and by its first lane beside the full sync. */
let sync: Sync;
let sink: SmtpSink;

beforeAll(async () => {
	sink = await startSmtpSink();
	sync = await startSync({ registration: 'manual', change: givingBack });
}, 900_000);

afterAll(async () => {
	await sync?.stop();
	await sink?.close();
});

/** What is paid twice goes back by itself, when a person has switched that on; no lane starts by the clock. */
function givingBack(workflow: WorkflowJson): void {
	withoutClock(workflow);
	for (const node of workflow.nodes) if (node.name === 'Return What Was Paid Twice') delete node.disabled;
}

/** The template as it is shipped, with the mail server that a person chooses. */
async function bring(change: (template: WorkflowJson) => WorkflowJson): Promise<ImportedWorkflow> {
	const template = change(readTemplate('pay-everything.json'));
	withoutClock(template);
	const address = { host: '127.0.0.1', port: sink.port };
	const smtp = await sync.n8n.addCredential('smtp', {
		...address,
		secure: false,
		disableStartTls: true,
		user: '',
		password: '',
	});
	for (const node of template.nodes)
		if (node.name === 'Mail the Link') {
			node.parameters.fromEmail = 'billing@merchant.example';
			Object.assign(node, { credentials: { smtp } });
		}
	const lane = await sync.n8n.importWorkflow(template);
	await lane.publish();
	return lane;
}

/** Without the two lanes that the full sync has, and at an address of its own. */
function firstLane({ nodes, connections, ...template }: WorkflowJson): WorkflowJson {
	const lane = ['Lago Trigger', 'Read What Is Due', 'Mail the Link', 'Tell Me: Lago', 'Mark as Processed'];
	const looks = [
		'Missed Request',
		'Every 15 Minutes',
		'Find What Was Missed',
		'Ask for Each',
		'Tell Me: Missed',
		'Keep the Marks',
	];
	const kept = [...lane, ...looks];
	for (const node of nodes) if (node.name === 'Lago Trigger') node.parameters.path = 'requests';
	return {
		...template,
		nodes: nodes.filter(({ name }) => kept.includes(name)),
		connections: Object.fromEntries(Object.entries(connections ?? {}).filter(([name]) => kept.includes(name))),
	};
}

/** Of a mail, which is quoted-printable. */
const textOf = (mail: SmtpSink['mails'][number] | undefined): string =>
	(mail?.raw ?? '').replace(/=\n/g, '').replace(/=3D/g, '=');

let customers = 0;
/** Overdue invoices of one customer, the oldest due first, each with a link of its own. */
async function issue(amounts: readonly number[]): Promise<Invoice[]> {
	const external_id = `everything_${(customers += 1)}`;
	const customer = { external_id, email: `${external_id}@example.com` };
	const invoices = amounts.map((amountCents, place) =>
		sync.lago.issueInvoice({ customer, fees: [{ amountCents }], dueInDays: place - amounts.length }),
	);
	await sync.quiet();
	for (const { lago_id } of invoices) sync.lago.markOverdue(lago_id);
	await sync.quiet();
	return invoices;
}
/** Lago asks for them, and the customer has a mail. */
async function ask(invoices: Invoice[]): Promise<{ request: PaymentRequest; link: string }> {
	const before = sink.mails.length;
	const request = sync.lago.requestPayment(invoices.map(({ lago_id }) => lago_id));
	await sync.quiet();
	await waitFor(() => sink.mails.length > before);
	const [mail] = sink.mails.slice(before);
	expect(mail?.to).toEqual([request.email]);
	const text = textOf(mail);
	return { request, link: /http\S+\/pay\?c=[\w-]+/.exec(text)?.[0] ?? text };
}
const checkoutsOf = ([first]: Invoice[]) =>
	[...sync.dodo.state.checkouts.values()].filter(({ metadata }) =>
		String(metadata.lago_invoices).includes(String(first?.lago_id)),
	);
/** A click on the link, and one on the button of the page. */
async function checkoutBy(link: string, invoices: Invoice[]): Promise<string> {
	const page = await fetch(link, { redirect: 'manual' });
	const html = await page.text();
	expect([page.status, invoices.filter(({ number }) => !html.includes(`<td>${number}</td>`))]).toEqual([200, []]);
	expect(checkoutsOf(invoices)).toHaveLength(0);
	const clicks = await Promise.all([1, 2, 3].map(async () => await fetch(`${link}&pay=1`, { redirect: 'manual' })));
	expect(clicks.map(({ status }) => status)).toEqual([302, 302, 302]);
	const [made, ...others] = checkoutsOf(invoices);
	expect(others).toEqual([]);
	return String(made?.id);
}
const paidOn = (invoices: Invoice[]): number[] =>
	invoices.map((one) => sync.bookedOn(one).reduce((sum, { amount_cents }) => sum + amount_cents, 0));
const creditedOn = (invoices: Invoice[]): number[] =>
	invoices.map((one) => sync.notesOf(one).reduce((sum, { refund_amount_cents }) => sum + refund_amount_cents, 0));
const refundsOf = ({ payment_id }: Payment): number[] =>
	[...sync.dodo.state.refunds.values()].filter((one) => one.payment_id === payment_id).map(({ amount }) => amount);

const AMOUNTS = [1_000, 2_000, 3_000];

test('the template alone: a request of three invoices is one mail, one checkout, and all three are paid', async () => {
	await sync.n8n.setPublished(false);
	await untilListening(sync.n8n.hook('pay'), false);
	const alone = await bring((template) => {
		register(template, 'manual');
		return template;
	});
	const invoices = await issue(AMOUNTS);
	const before = sync.dodo.calls.length;
	const { request, link } = await ask(invoices);
	expect(sync.dodo.calls).toHaveLength(before);
	const payment = sync.dodo.payCheckout(await checkoutBy(link, invoices));
	await sync.quiet();
	expect(payment.total_amount).toBe(6_000);
	expect(invoices.map(({ payment_status }) => payment_status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
	for (const [place, invoice] of invoices.entries())
		expect(sync.bookedOn(invoice)).toMatchObject([{ reference: payment.payment_id, amount_cents: AMOUNTS[place] }]);
	// What a person sees in Lago.
	expect(request.payment_status).toBe('pending');
	const page = await fetch(link, { redirect: 'manual' });
	expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('nothing to pay')]);
	await alone.unpublish();
	await sync.n8n.setPublished(true);
	await untilListening(sync.n8n.hook('pay'), true);
});

describe('its first lane beside the full sync', () => {
	let lane: ImportedWorkflow;
	beforeAll(async () => {
		const endpoints = sync.lago.state.endpoints.size;
		lane = await bring(firstLane);
		await waitFor(() => sync.lago.state.endpoints.size > endpoints);
		// What tells the looks where the pay page is.
		await ask(await issue([1_000]));
	});

	const setAnnouncing = (announcing: boolean): void => {
		for (const endpoint of sync.dodo.state.webhooks.values()) endpoint.disabled = !announcing;
	};
	const paid = async (invoices: Invoice[]): Promise<Payment> => {
		const { link } = await ask(invoices);
		const payment = sync.dodo.payCheckout(await checkoutBy(link, invoices));
		await sync.quiet();
		return payment;
	};
	const look = async (): Promise<void> => {
		letAMinutePass(sync);
		const run = await sync.n8n.executeFrom('Look Back Now');
		expect(run.items('Save the Progress')).toMatchObject([{ failed: 0 }]);
		await sync.quiet();
	};

	test('the same event again is no second mail; where nothing is due any more there is none at all', async () => {
		const invoices = await issue([1_000]);
		await ask(invoices);
		const mails = sink.mails.length;
		const { body = '' } = sync.lago.deliveries.findLast(({ event }) => event === 'payment_request.created') ?? {};
		const headers = { 'content-type': 'application/json', 'X-Lago-Unique-Key': randomUUID(), ...sync.lago.sign(body) };
		const again = await fetch(sync.n8n.hook('requests'), { method: 'POST', body, headers });
		expect(again.status).toBe(200);
		sync.lago.requestPayment(invoices.map(({ lago_id }) => lago_id));
		sync.lago.payManually(String(invoices[0]?.lago_id), 1_000);
		await sync.quiet();
		const { nodes, items } = await sync.n8n.lastRunOf('Read What Is Due');
		expect(items('Read What Is Due')).toMatchObject([{ outcome: 'skipped', reason: 'nothing_due' }]);
		expect(nodes).toEqual(['Lago Trigger', 'Read What Is Due', 'Mark as Processed']);
		expect(sink.mails).toHaveLength(mails);
	});

	test('the link of one invoice lists all that is due: this one is paid by itself, then the rest in one payment', async () => {
		const invoices = await issue(AMOUNTS);
		const [first, ...others] = invoices as [Invoice, ...Invoice[]];
		const own = /;l=(.+)$/.exec(sync.stateOf(first))?.[1] ?? '';
		const buttons = async (): Promise<string[]> => {
			const page = await fetch(own, { redirect: 'manual' });
			return [...(await page.text()).matchAll(/<a href="([^"]+)"/g)].map(([, href]) =>
				new URL(String(href).replace('&#38;', '&'), own).toString(),
			);
		};
		const [only, all] = await buttons();
		const single = await fetch(String(only), { redirect: 'manual' });
		expect(single.headers.get('location')).toBe(`${sync.dodo.url}/session/${sync.checkoutOf(first).id}`);
		await sync.pay(first);
		expect(paidOn(invoices)).toEqual([1_000, 0, 0]);
		// The page is older than the payment: what is due is read anew.
		expect((await fetch(String(all), { redirect: 'manual' })).status).toBe(302);
		const [made] = checkoutsOf(others);
		sync.dodo.payCheckout(String(made?.id));
		await sync.quiet();
		expect(paidOn(invoices)).toEqual(AMOUNTS);
		expect(await buttons()).toEqual([]);
	});

	/** Lago asks, and no webhook of it comes. */
	async function askUnheard(invoices: Invoice[], change: Partial<PaymentRequest> = {}): Promise<PaymentRequest> {
		const endpoints = [...sync.lago.state.endpoints.values()];
		for (const endpoint of endpoints) Object.assign(endpoint, { event_types: ['plan.created'] });
		const request = sync.lago.requestPayment(invoices.map(({ lago_id }) => lago_id));
		await sync.quiet();
		for (const endpoint of endpoints) Object.assign(endpoint, { event_types: null });
		return Object.assign(request, { created_at: new Date(Date.now() - 120_000).toISOString() }, change);
	}
	const lookForRequests = async () => await sync.n8n.executeFrom('Every 15 Minutes', lane.id);

	test('a payment request that no webhook brought is one mail: not at once, not again, not after a restart', async () => {
		const invoices = await issue(AMOUNTS);
		const before = sink.mails.length;
		const request = await askUnheard(invoices, { created_at: new Date().toISOString() });
		expect((await lookForRequests()).nodes).toEqual(['Every 15 Minutes', 'Find What Was Missed']);
		request.created_at = new Date(Date.now() - 120_000).toISOString();
		await lookForRequests();
		expect(sink.mails.slice(before)).toMatchObject([{ to: [request.email] }]);
		await lookForRequests();
		await sync.n8n.kill();
		await sync.n8n.restart();
		await lookForRequests();
		expect(sink.mails).toHaveLength(before + 1);
		const payment = sync.dodo.payCheckout(
			await checkoutBy(/http\S+\/pay\?c=[\w-]+/.exec(textOf(sink.mails[before]))?.[0] ?? '', invoices),
		);
		await sync.quiet();
		expect([payment.total_amount, paidOn(invoices)]).toEqual([6_000, AMOUNTS]);
	});

	test('one payer without an address is told to a person, with the link; the other one has a mail', async () => {
		const [nobody, somebody] = [await issue([1_000]), await issue([2_000])];
		for (const { customer } of nobody) customer.email = null;
		const before = sink.mails.length;
		await askUnheard(nobody, { email: null });
		const heard = await askUnheard(somebody);
		await lookForRequests();
		expect(sink.mails.slice(before)).toMatchObject([{ to: [heard.email] }]);
		const { items } = await sync.n8n.lastRunOf('Tell Me: Lago');
		expect(items('Tell Me: Lago')).toMatchObject([
			{
				outcome: 'held',
				reason: 'no_email',
				payLink: expect.stringContaining('/pay?c='),
				nextStep: expect.any(String),
			},
		]);
		expect((await lookForRequests()).nodes).not.toContain('Ask for Each');
		expect(sink.mails).toHaveLength(before + 1);
	});

	test('refunds of a part are shared out over the invoices, the youngest due first', async () => {
		const invoices = await issue(AMOUNTS);
		const payment = await paid(invoices);
		expect(paidOn(invoices)).toEqual(AMOUNTS);
		for (const [amount, credited] of [
			[500, [0, 0, 500]],
			[3_001, [0, 501, 3_000]],
		] as const) {
			sync.dodo.refundPayment(payment.payment_id, { amount });
			await sync.quiet();
			expect(creditedOn(invoices)).toEqual(credited);
		}
	});

	test('its own link and the one of all are paid at the same time: what is too much goes back, once', async () => {
		const invoices = await issue(AMOUNTS);
		const [first] = invoices as [Invoice];
		const own = sync.checkoutOf(first);
		const { link } = await ask(invoices);
		const all = await checkoutBy(link, invoices);
		const payments = [own.id, all].map((session) => sync.dodo.payCheckout(session));
		await sync.quiet();
		expect(paidOn(invoices)).toEqual(AMOUNTS);
		await waitFor(() => payments.flatMap(refundsOf).length > 0);
		await sync.quiet();
		expect(payments.flatMap(refundsOf)).toEqual([1_000]);
		expect(creditedOn(invoices)).toEqual([0, 0, 0]);
	});

	test('n8n is killed between two invoices of a payment: the look books the rest, each once', async () => {
		const invoices = await issue(AMOUNTS);
		const { link } = await ask(invoices);
		const session = await checkoutBy(link, invoices);
		// One is booked, and n8n waits for answers that do not come.
		const booking = { method: 'POST', path: /\/payments$/, kind: 'timeout' } as const;
		sync.lago.faults.add({ ...booking, after: true });
		sync.lago.faults.add({ ...booking, times: 100 });
		sync.dodo.payCheckout(session);
		await waitFor(() => paidOn(invoices).some(Boolean));
		setAnnouncing(false);
		await sync.n8n.kill();
		expect(paidOn(invoices).filter(Boolean)).toHaveLength(1);
		sync.lago.faults.clear();
		await sync.n8n.restart();
		await look();
		expect(paidOn(invoices)).toEqual(AMOUNTS);
		await look();
		expect(invoices.map((one) => sync.bookedOn(one).length)).toEqual([1, 1, 1]);
		setAnnouncing(true);
	});

	test('a payment that no webhook brought is found, and shared out', async () => {
		const invoices = await issue(AMOUNTS);
		const { link } = await ask(invoices);
		const session = await checkoutBy(link, invoices);
		setAnnouncing(false);
		sync.dodo.payCheckout(session);
		await sync.quiet();
		expect(paidOn(invoices)).toEqual([0, 0, 0]);
		await look();
		expect(paidOn(invoices)).toEqual(AMOUNTS);
		setAnnouncing(true);
	});
});
