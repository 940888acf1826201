import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkflowJson } from '../../scripts/n8n/provision';
import { madeFor } from '../support/madeFor';
import { ACCESS, readTemplate, type ImportedWorkflow } from '../support/n8n';
import { startSync, waitFor, withoutClock, type Sync } from '../support/sync';
import type { Payment } from '../../sandbox/dodo/state';
import type { Invoice } from '../../sandbox/lago/documents';

const FILES = readdirSync(join(__dirname, '..', '..', 'workflows')).filter((name) => name.endsWith('.json'));

let sync: Sync;
let published: ImportedWorkflow[] = [];

beforeAll(async () => {
	// Nothing is published from the start: every template comes in as a person brings it in.
	sync = await startSync({ registration: 'automatic', template: null });
}, 900_000);

afterAll(async () => {
	await sync?.stop();
});

beforeEach(() => {
	sync.reset();
});

afterEach(async () => {
	await sync.quiet();
	// No redelivery may meet an n8n that is just taking its webhooks down.
	sync.reset();
	for (const workflow of published) await workflow.unpublish();
	published = [];
	// n8n works off unpublishing in the background.
	await waitFor(() => sync.lago.state.endpoints.size === 0 && sync.dodo.state.webhooks.size === 0);
});

/** Imports a file as it is shipped unless changed, at addresses that the tests know, chooses the credentials, publishes, and waits until both services know the address. */
const publish = async (
	file: string,
	change: (template: WorkflowJson) => WorkflowJson = (template) => template,
): Promise<ImportedWorkflow> => {
	const template = change(readTemplate(file));
	withoutClock(template);
	const listensTo = (type: string): boolean => template.nodes.some((node) => node.type.endsWith(`.${type}`));
	const workflow = await sync.n8n.importWorkflow(template);
	published.push(workflow);
	await workflow.publish();
	await waitFor(() => !listensTo('lagoTrigger') || sync.lago.state.endpoints.size === 1);
	await waitFor(() => !listensTo('dodoPaymentsTrigger') || sync.dodo.state.webhooks.size === 1);
	return workflow;
};
/** An invoice that another workflow has collected and booked: as a payment, or on a Lago without licence as its status. */
const collectedElsewhere = (): { invoice: Invoice; payment: Payment } => {
	const invoice = sync.lago.issueInvoice({ emit: false });
	const metadata = { lago_invoice_id: invoice.lago_id, lago_invoice_number: invoice.number, attempt: '1' };
	const payment = sync.dodo.createPayment({
		status: 'succeeded',
		total_amount: 10_000,
		checkout_session_id: 'cks_x',
		metadata,
	});
	if (sync.lago.premium) sync.lago.payManually(invoice.lago_id, 10_000, payment.payment_id);
	else {
		sync.lago.setMetadata(invoice.lago_id, { dodo_payment_id: payment.payment_id, dodo_state: 'v1;paid;a=1;m=10000' });
		invoice.payment_status = 'succeeded';
	}
	return { invoice, payment };
};
const refundsOf = (payment: Payment) =>
	[...sync.dodo.state.refunds.values()].filter(({ payment_id }) => payment_id === payment.payment_id);
const statuses = (): Array<number | null> =>
	[...sync.lago.deliveries, ...sync.dodo.deliveries].map(({ status }) => status);

test('every shipped template is tried here', () => {
	expect(FILES.sort()).toEqual([
		'access.json',
		// In a file of its own, with a person at its form.
		'back-fill.json',
		'collect-only.json',
		'lago-dodo-sync.json',
		'month-end.json',
		// In a file of its own, beside the full sync.
		'pay-everything.json',
		'pay-link.json',
		'prepaid-top-ups.json',
		'refunds-only.json',
		// In a file of its own, with a mail server.
		'reminders.json',
		'retries.json',
		'tell-me.json',
	]);
});

test('lago-dodo-sync.json collects from its first day on, also when n8n is killed: what was open before stays as it is', async () => {
	const ago = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();
	const issued = (at: string): Invoice =>
		Object.assign(sync.lago.issueInvoice({ emit: false }), { created_at: at, issuing_date: at.slice(0, 10) });
	// It was published two hours ago, and n8n has lost its data since.
	sync.lago.addEndpoint({ url: sync.n8n.hook('lago') }).created_at = ago(2);
	const [before, since] = [issued(ago(3)), issued(ago(1))];
	const { id } = await publish('lago-dodo-sync.json');
	for (const restart of [false, true]) {
		if (restart) await sync.n8n.killAndRestart();
		expect((await sync.n8n.executeFrom('Every 5 Minutes', id)).status).toBe('success');
		await sync.quiet();
		expect([before, since].map((invoice) => sync.checkoutsOf(invoice).length)).toEqual([0, 1]);
	}
});

/** Premium first: that a Lago has no licence is remembered for a while. */
describe.each([
	['premium', true],
	['free', false],
])('on a %s Lago', (_name, premium) => {
	beforeEach(() => {
		sync.lago.premium = premium;
	});

	const expectPaid = (invoice: Invoice, payment: Payment): void => {
		expect(invoice.payment_status).toBe('succeeded');
		if (premium)
			expect(sync.bookedOn(invoice)).toMatchObject([{ reference: payment.payment_id, amount_cents: 10_000 }]);
		else expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(payment.payment_id);
		expect(sync.bookedOn(invoice)).toHaveLength(premium ? 1 : 0);
	};

	test.each(['collect-only.json', 'lago-dodo-sync.json'])(
		'%s: an invoice gets one link; a declined card fails it, a good one settles it',
		async (file) => {
			await publish(file);
			const invoice = await sync.issue();
			expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(sync.checkoutOf(invoice).id);
			// The small template has no pay page, so the link on the invoice is the one of Dodo.
			expect(sync.stateOf(invoice)).toContain(
				file === 'collect-only.json' ? `;u=${sync.dodo.url}/session/` : `;l=${sync.n8n.hook('pay')}?t=`,
			);
			await sync.pay(invoice, { card: '4000000000009995' });
			expect(invoice.payment_status).toBe('failed');
			expectPaid(invoice, await sync.pay(invoice));
			sync.dodo.createPayment({
				status: 'succeeded',
				total_amount: 10_000,
				checkout_session_id: 'cks_other',
				metadata: madeFor(sync.lago, invoice),
			});
			await sync.quiet();
			expect((await sync.n8n.lastExecution()).items('Tell Me')).toMatchObject([
				{ outcome: 'overpaid', reason: 'paid_twice', invoiceNumber: invoice.number },
			]);
			expect(sync.dodo.calls.filter(({ path }) => path === '/refunds')).toHaveLength(0);
			expect(sync.checkoutsOf(invoice)).toHaveLength(1);
			expect(statuses().every((status) => status === 200)).toBe(true);
		},
	);

	test('access.json: nobody is restricted as it is shipped; with a rule the change comes out once, the endpoint answers by the same rule, and the back test agrees', async () => {
		const askable = (template: WorkflowJson): WorkflowJson => ({
			...template,
			nodes: template.nodes.map(({ disabled: _off, ...node }) => node),
		});
		const workflow = await publish('access.json', askable);
		const customer = `c-access-${premium}`;
		const ask = async () =>
			(await (
				await fetch(`${sync.n8n.hook('access')}?external_customer_id=${customer}`, {
					headers: { authorization: `Bearer ${ACCESS.token}` },
				})
			).json()) as { customer: { state: string } };
		const invoice = await sync.issue({ customer: { external_id: customer } });
		sync.lago.passDays(40);
		await sync.quiet();
		expect((await sync.n8n.lastExecution()).nodes).toEqual(['Lago Trigger', 'Update Access']);
		expect((await ask()).customer.state).toBe('active');
		await workflow.unpublish();
		published = [];
		await waitFor(() => sync.lago.state.endpoints.size === 0);

		// Only in one place: the other nodes take the rules from there.
		const ruled = await publish('access.json', (template) => {
			for (const { name, parameters } of template.nodes) if (name === 'Update Access') parameters.restrictAfterDays = 7;
			return askable(template);
		});
		expect((await ask()).customer.state).toBe('restricted');
		sync.lago.passDays(1);
		sync.lago.voidInvoice((await sync.issue({ customer: { external_id: customer } })).lago_id);
		await sync.quiet();
		const changes = await sync.n8n.lastRunOf('Access Changed');
		expect(changes.items('Access Changed')).toMatchObject([
			{ outcome: 'access_changed', customerExternalId: customer, customer: { state: 'restricted' } },
		]);
		const tested = await sync.n8n.executeFrom('Back-Test the Rules', ruled.id);
		expect(tested.items('Back-Test Policy')).toEqual(
			expect.arrayContaining([expect.objectContaining({ customer_external_id: customer, restricted_now: true })]),
		);
		sync.lago.voidInvoice(invoice.lago_id);
		await sync.quiet();
		expect((await ask()).customer.state).toBe('active');
	});

	test('pay-link.json: the link is on the invoice, the checkout is made when it is clicked, the payment settles', async () => {
		await publish('pay-link.json');
		// Who owes nothing else, so that there is nothing to choose.
		const invoice = await sync.issue({ customer: { external_id: `c-clicks-${premium}` } });
		expect(sync.dodo.calls.filter(({ path }) => path === '/checkouts')).toHaveLength(0);
		const link = /;l=(.+)$/.exec(sync.stateOf(invoice))?.[1] ?? '';
		expect(link).toMatch(new RegExp(`^${sync.n8n.hook('pay')}\\?t=`));
		for (let clicks = 0; clicks < 2; clicks++) {
			const response = await fetch(link, { redirect: 'manual' });
			expect([response.status, response.headers.get('location')]).toEqual([
				302,
				`${sync.dodo.url}/session/${sync.checkoutOf(invoice).id}`,
			]);
		}
		expectPaid(invoice, await sync.pay(invoice));
		const page = await fetch(link, { redirect: 'manual' });
		expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('is paid')]);
	});

	test('refunds-only.json: both ways, once each; without licence a refund is recorded and told', async () => {
		const { invoice, payment } = collectedElsewhere();
		await sync.quiet();
		await publish('refunds-only.json');
		const made = sync.dodo.refundPayment(payment.payment_id, { amount: 4_000 });
		await sync.quiet();
		const run = await sync.n8n.lastRunOf('Make the Credit Note');
		if (!premium) {
			expect(run.items('Tell Me')).toMatchObject([{ outcome: 'needs_premium', invoiceId: invoice.lago_id }]);
			expect(sync.stateOf(invoice)).toContain(';r=4000');
			expect(sync.notesOf(invoice)).toHaveLength(0);
			return;
		}
		expect(run.items('Make the Credit Note')).toMatchObject([{ outcome: 'credited', refundAmount: 4_000 }]);
		expect(sync.notesOf(invoice)).toMatchObject([
			{ refund_amount_cents: 4_000, refund_status: 'succeeded', metadata: { dodo_refund_id: made.refund_id } },
		]);
		const note = sync.lago.createCreditNoteInUi(invoice.lago_id, {
			refund_amount_cents: 6_000,
			items: [{ fee_id: invoice.fees[0]?.lago_id ?? '', amount_cents: 6_000 }],
		});
		await sync.quiet();
		expect(refundsOf(payment).map(({ amount, status }) => [amount, status])).toEqual([
			[4_000, 'succeeded'],
			[6_000, 'succeeded'],
		]);
		expect(note.refund_status).toBe('succeeded');
		expect(sync.notesOf(invoice)).toHaveLength(2);
	});

	test('retries.json: a failure is planned, and when it is due a link is made once', async () => {
		const { id } = await publish('retries.json');
		const invoice = sync.lago.issueInvoice({ emit: false });
		sync.dodo.createPayment({
			status: 'failed',
			error_code: 'INSUFFICIENT_FUNDS',
			total_amount: 10_000,
			checkout_session_id: 'cks_x',
			metadata: { ...madeFor(sync.lago, invoice), attempt: '1' },
		});
		await sync.quiet();
		expect(invoice.payment_status).toBe('failed');
		expect(sync.stateOf(invoice)).toMatch(/^v1;failed;a=1;.*n=\d+;f=1/);
		expect(
			(await sync.n8n.executeFrom('Every Hour', id))
				.items('Find What Is Due')
				.filter(({ lago_id }) => lago_id === invoice.lago_id),
		).toHaveLength(0);
		sync.lago.setMetadata(invoice.lago_id, {
			dodo_state: sync.stateOf(invoice).replace(/n=\d+/, `n=${Math.floor(Date.now() / 1000) - 60}`),
		});
		expect((await sync.n8n.executeFrom('Every Hour', id)).status).toBe('success');
		expect(sync.checkoutOf(invoice).metadata).toMatchObject({ attempt: '2' });
		expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(sync.checkoutOf(invoice).id);
		expect(sync.stateOf(invoice)).toContain(';f=2');
		await sync.n8n.executeFrom('Every Hour', id);
		expect(sync.checkoutsOf(invoice)).toHaveLength(1);
	});
});

describe('tell-me.json', () => {
	test('in the place of the node "Tell Me" it turns what needs a person into a message with a subject and a next step', async () => {
		const { id } = await publish('tell-me.json');
		const callIt = {
			type: 'n8n-nodes-base.executeWorkflow',
			typeVersion: 1.2,
			parameters: {
				source: 'database',
				workflowId: { __rl: true, mode: 'id', value: id },
				workflowInputs: { mappingMode: 'defineBelow', value: {} },
				options: {},
			},
		};
		await publish('lago-dodo-sync.json', (template) => ({
			...template,
			nodes: template.nodes.map((node) => (node.name === 'Tell Me' ? { ...node, ...callIt } : node)),
		}));
		const invoice = await sync.issue();
		sync.lago.voidInvoice(invoice.lago_id);
		const payment = await sync.pay(invoice);
		expect(sync.dodo.deliveries).toMatchObject([{ event: 'payment.succeeded', status: 200 }]);
		const [message] = (await sync.n8n.lastRunOf('Write Message')).items('Tell Me');
		expect(message).toMatchObject({
			subject: `overpaid · invoice voided · ${invoice.number}`,
			outcome: 'overpaid',
			paymentId: payment.payment_id,
		});
		expect(message?.text).toBe(`${String(message?.message)}\n\n${String(message?.nextStep)}`);
	});

	test('as error workflow it tells of a workflow that failed', async () => {
		const { id } = await publish('tell-me.json');
		await publish('collect-only.json', (template) => ({
			...template,
			settings: { ...(template.settings as object), errorWorkflow: id },
		}));
		sync.lago.faults.add({ method: 'GET', path: /invoices/, kind: '502', times: 50 });
		sync.lago.issueInvoice();
		// As long as Lago waits for the answer, it is tried again.
		await waitFor(() => sync.lago.deliveries.some(({ status }) => status === 500));
		await waitFor(async () => (await sync.n8n.lastExecution()).nodes.includes('Write Message'));
		const [message] = (await sync.n8n.lastRunOf('Write Message')).items('Tell Me');
		expect(message).toMatchObject({
			subject: `Failed: ${readTemplate('collect-only.json').name}`,
			text: expect.stringContaining('Lago'),
		});
	});
});
