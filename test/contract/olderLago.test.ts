import { CredentialTestContext } from 'n8n-core';
import type { IDataObject, IHookFunctions } from 'n8n-workflow';
import { LagoTrigger } from '../../nodes/Lago/LagoTrigger.node';
import { testLagoCredential } from '../../nodes/Lago/helpers/testCredential';
import { lagoSources } from '../../nodes/Lago/helpers/books';
import { LagoClient } from '../../nodes/Lago/transport/client';
import type { Payment } from '../../sandbox/dodo/state';
import type { Invoice } from '../../sandbox/lago/documents';
import { API_KEY, executeContext } from '../support/executeContext';
import { World } from '../support/world';
import { callerOf, eventually, startReceiver, type Caller } from './helpers';

// More calls than Dodo takes in a minute.
jest.mock('../../nodes/DodoPayments/transport/rateLimit', () => ({ takeTurn: async () => await Promise.resolve() }));

/** Lagos of several versions, from one of November 2025 to today's (null). */
const VERSIONS = ['1.36', '1.40', '1.41', '1.44', null] as const;

let world: World;
let call: Caller;
const start = async (version: string | null): Promise<void> => {
	world = await World.start(version);
	call = callerOf(world.lago.url, API_KEY);
};
afterEach(async () => await world.stop());

async function paid(invoice = world.issue({ fees: [{ amountCents: 10_000, taxRate: 20 }] })): Promise<Payment> {
	const intent = await world.link(invoice);
	await world.save(intent);
	const payment = world.dodo.payCheckout(String(intent.checkoutSessionId));
	expect(await world.settle(payment)).toMatchObject({ outcome: 'settled' });
	return payment;
}
const invoiceOf = (payment: Payment): Invoice =>
	world.lago.state.invoices.get(String(payment.metadata.lago_invoice_id)) as Invoice;
const clientOf = async (): Promise<LagoClient> =>
	await LagoClient.of(
		executeContext({ parameters: {}, credential: { baseUrl: world.lago.url }, credentialId: world.lago.url }),
	);
/** What the lane of Lago's credit notes does with one. */
async function told(note: string): Promise<IDataObject> {
	const read = await world.onLago('creditNote', 'get', { creditNote: note });
	const fields = { source: 'creditNote', creditNote: '={{ $json }}' };
	const made = await world.onDodo('refund', 'create', fields, read);
	return await world.onLago('creditNote', 'saveRefund', { refund: '={{ $json }}' }, made);
}
const atDodo = (): Array<number | null> => [...world.dodo.state.refunds.values()].map(({ amount }) => amount);

describe.each(VERSIONS)('Lago %s', (version) => {
	beforeEach(async () => await start(version));

	test('refunds in parts, each told three times, are one note each; no money goes back for them', async () => {
		const payment = await paid();
		const invoice = invoiceOf(payment);
		for (const amount of [5_000, 3_000, 4_000]) {
			const refund = await world.refund(payment, amount);
			const first = await world.mirror(refund);
			expect(first).toMatchObject({ outcome: 'credited', refundAmount: amount });
			expect(await told(String(first.creditNoteId))).toMatchObject({ outcome: 'refund_confirmed' });
			expect(await world.mirror(refund)).toMatchObject({ outcome: 'already_credited' });
			expect(await world.mirror(refund)).toMatchObject({ outcome: 'already_credited' });
		}
		expect(world.notesOf(invoice).map((note) => [note.refund_amount_cents, note.refund_status])).toEqual([
			[5_000, 'succeeded'],
			[3_000, 'succeeded'],
			[4_000, 'succeeded'],
		]);
		expect(atDodo()).toEqual([5_000, 3_000, 4_000]);
	});

	test('the reconciliation knows the note of a refund, and none is made in Lago for it', async () => {
		const refund = await world.refund(await paid(), 2_400);
		await world.mirror(refund);
		const sources = lagoSources(await clientOf(), () => Math.floor(Date.now() / 1000));
		const about = { id: refund.refund_id, createdAt: Math.floor(Date.parse(refund.created_at) / 1000) };
		const { rows } = await sources.notes([about as never], {});
		expect(rows.get(refund.refund_id)).toBe('succeeded');
	});

	test('a note whose own event came before its refund status was written gives nothing back', async () => {
		const refund = await world.refund(await paid(), 2_400);
		const made = await world.mirror(refund);
		const [note] = world.notesOf(invoiceOf(world.dodo.state.payments.get(refund.payment_id) as Payment));
		if (note !== undefined) note.refund_status = 'pending';
		expect(await told(String(made.creditNoteId))).toMatchObject({ outcome: 'refund_confirmed' });
		expect(atDodo()).toEqual([2_400]);
	});

	test('of two notes for one refund the second is held', async () => {
		const refund = await world.refund(await paid(), 2_400);
		await world.mirror(refund);
		const [note] = world.notesOf(invoiceOf(world.dodo.state.payments.get(refund.payment_id) as Payment));
		const { description, metadata, items } = note as NonNullable<typeof note>;
		const second = world.lago.createCreditNoteInUi(String(note?.invoice.lago_id), {
			items: items.map(({ fee, precise_amount_cents }) => ({
				fee_id: fee.lago_id,
				amount_cents: precise_amount_cents,
			})),
			refund_amount_cents: 2_400,
			description: description ?? '',
			metadata: metadata as Record<string, string>,
		});
		expect(await told(second.lago_id)).toMatchObject({ outcome: 'held', reason: 'duplicate_credit_note' });
		expect(await told(String(note?.lago_id))).toMatchObject({ outcome: 'refund_confirmed' });
		expect(atDodo()).toEqual([2_400]);
	});

	test('a refund that begins in Lago is made once, and its note told, however often it comes', async () => {
		const invoice = invoiceOf(await paid());
		const [fee] = invoice.fees;
		const note = world.lago.createCreditNoteInUi(invoice.lago_id, {
			items: [{ fee_id: fee?.lago_id ?? '', amount_cents: 2_000 }],
			refund_amount_cents: 2_400,
		});
		expect(await told(note.lago_id)).toMatchObject({ outcome: 'refunding', saved: true });
		await told(note.lago_id);
		const [made] = [...world.dodo.state.refunds.values()];
		await eventually(() => world.dodo.state.refunds.get(made?.refund_id ?? '')?.status === 'succeeded');
		expect(await world.mirror(await world.ended(world.dodo.state.refunds, made?.refund_id))).toMatchObject({
			outcome: 'refund_confirmed',
		});
		expect([atDodo(), world.notesOf(invoice).length, note.refund_status]).toEqual([[2_400], 1, 'succeeded']);
	});

	test('more than was paid is held, a refund of an invoice that was voided since is mirrored', async () => {
		const payment = await paid();
		world.lago.voidInvoice(invoiceOf(payment).lago_id);
		expect(await world.mirror(await world.refund(payment, 7_000))).toMatchObject({ outcome: 'credited' });
		const other = await world.refund(payment, 5_000);
		expect(await world.mirror({ ...other, amount: 5_100 })).toMatchObject({
			outcome: 'held',
			reason: 'refund_exceeds_booked',
		});
		expect(await world.mirror(other)).toMatchObject({ outcome: 'credited', refundAmount: 5_000 });
	});

	test('no call more than on today’s for a refund', async () => {
		const refund = await world.refund(await paid(), 2_400);
		world.lago.calls.length = 0;
		await world.mirror(refund);
		expect(world.lago.calls.map(({ method, path }) => `${method} ${path.split('/')[3]}`)).toEqual([
			'GET credit_notes',
			'GET invoices',
			'GET payments',
			'POST credit_notes',
			'PUT credit_notes',
		]);
	});

	test('a lost dispute restricts access', async () => {
		const payment = await paid();
		const invoice = invoiceOf(payment);
		const dispute = world.dodo.openDispute(payment.payment_id);
		const lost = world.dodo.moveDispute(dispute.dispute_id, 'lost');
		expect(await world.record(lost)).toMatchObject({ outcome: 'dispute_lost' });
		const fields = { customer: invoice.customer.external_id, restrictImmediately: true };
		const access = await world.onLago('access', 'getCustomer', fields);
		expect(access.customer).toMatchObject({
			state: 'restricted',
			reasons: [{ amount_cents: 12_000, invoice_id: invoice.lago_id }],
		});
	});
});

test.each(['1.40', '1.41', null])('Lago %s: what a credit note took off was not paid', async (version) => {
	await start(version);
	const invoice = world.issue({ fees: [{ amountCents: 10_000 }] });
	world.lago.createCreditNoteInUi(invoice.lago_id, {
		items: [{ fee_id: invoice.fees[0]?.lago_id ?? '', amount_cents: 4_000 }],
		offset_amount_cents: 4_000,
	});
	const payment = await paid(invoice);
	const refund = await world.refund(payment, 6_000);
	expect(await world.mirror({ ...refund, amount: 6_100 })).toMatchObject({ reason: 'refund_exceeds_booked' });
	expect(await world.mirror(refund)).toMatchObject({ outcome: 'credited', refundAmount: 6_000 });
});

/** [version, OK or not, versions that the sentence names] */
test.each<[string | null, string, string[]]>([
	['1.20', 'Error', ['1.22', '1.37', '1.44']],
	['1.36', 'OK', ['1.37', '1.44']],
	['1.41', 'OK', ['1.44']],
	['1.44', 'OK', []],
	[null, 'OK', []],
])('Lago %s: what does not work is said by the test of the credential', async (version, status, lacks) => {
	await start(version);
	world.issue();
	world.lago.addEndpoint({ url: 'https://n8n.example/webhooks/lago' });
	const data = { baseUrl: world.lago.url, apiKey: API_KEY, webhookHmacKey: '0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9' };
	const result = await testLagoCredential.call(new CredentialTestContext(), {
		id: '1',
		name: 'Mine',
		type: 'lagoBillingApi',
		data,
	});
	expect(result.status).toBe(status);
	expect((result.message.match(/before ([\d.]+)/g) ?? []).map((one) => one.slice('before '.length))).toEqual(lacks);
	expect(world.lago.calls.length).toBe(version === null ? 1 : 3);
});

test.each([
	['1.36', 'before 1.37'],
	['1.41', 'before 1.44'],
	['1.44', null],
	[null, null],
])('Lago %s: and when the trigger is published, once it is registered', async (version, words) => {
	await start(version);
	world.issue();
	const warned: string[] = [];
	const parameters = { signature: 'hmac', events: ['invoice.created'] };
	const ctx = executeContext({
		parameters,
		credential: { baseUrl: world.lago.url, webhookHmacKey: '0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9' },
		credentialId: world.lago.url,
	});
	const kept: IDataObject = {};
	Object.assign(ctx, {
		getNodeWebhookUrl: () => 'https://n8n.example/webhooks/lago',
		getWorkflowStaticData: () => kept,
		logger: { warn: (one: string) => warned.push(one) },
	});
	delete (ctx as Partial<typeof ctx>).getInputData;
	const { create, checkExists } = new LagoTrigger().webhookMethods.default;
	await create.call(ctx as unknown as IHookFunctions);
	if (words === null) expect(warned).toEqual([]);
	else expect(warned).toEqual([expect.stringContaining(words)]);
	// An endpoint that cannot say its events is as it should be.
	expect(await checkExists.call(ctx as unknown as IHookFunctions)).toBe(true);
});

test.each([
	['1.36', /; nothing was missed\. This Lago is older than 1\.41: before 1\.37 .*; before 1\.44 .*\.$/],
	[null, /; nothing was missed\.$/],
])('Lago %s: and by every look at both books', async (version, words) => {
	await start(version);
	world.issue({ metadata: { dodo_payment_id: 'cks_1', dodo_state: 'v1;open;a=1' } });
	const look = async (on: 'onLago' | 'onDodo', operation: string): Promise<IDataObject> =>
		await world[on]('event', operation, { since: '' }, {}, { execution: `look ${version}` });
	await look('onLago', 'getMissed');
	await look('onDodo', 'getMissed');
	expect((await look('onDodo', 'saveProgress')).message).toMatch(words);
});

test.each(['1.30', '1.36', null])(
	'Lago %s: what is paid is not among the unpaid, whatever it filters by',
	async (version) => {
		await start(version);
		const open = world.issue();
		await paid();
		world.lago.voidInvoice(world.issue().lago_id);
		const sources = lagoSources(await clientOf(), () => Math.floor(Date.now() / 1000));
		expect([...(await sources.unpaid([], {})).keys()]).toEqual([open.lago_id]);
	},
);

test('a Lago before 1.22, which does not say what is due, is refused for good, in words', async () => {
	await start('1.20');
	const invoice = world.issue();
	await expect(world.read(invoice)).rejects.toThrow(/older than 1\.22: before 1\.22 nothing is collected/);
});

describe('the simulator is as old as it is told to be', () => {
	test('before 1.37 "Retry payment" tells nobody, before 1.44 an endpoint gets every event', async () => {
		for (const [version, events] of [
			['1.36', ['invoice.voided']],
			['1.37', ['invoice.payment_failure', 'invoice.voided']],
			[null, ['invoice.payment_failure']],
		] as const) {
			await start(version);
			const receiver = await startReceiver();
			const endpoint = { webhook_url: receiver.url, signature_algo: 'hmac', event_types: ['invoice.payment_failure'] };
			await call('POST', '/api/v1/webhook_endpoints', { webhook_endpoint: endpoint });
			const invoice = world.issue();
			world.lago.retryPayment(invoice.lago_id);
			await world.lago.idle();
			world.lago.voidInvoice(invoice.lago_id);
			await world.lago.idle();
			expect([version, receiver.received.map(({ body }) => JSON.parse(body).webhook_type)]).toEqual([version, events]);
			await receiver.close();
			if (version !== null) await world.stop();
		}
	});

	test.each<[string | null, string[], number, number]>([
		['1.20', [], 200, 404],
		['1.36', ['total_due_amount_cents'], 200, 404],
		['1.40', ['total_due_amount_cents'], 200, 200],
		['1.41', ['total_due_amount_cents', 'total_paid_amount_cents'], 200, 200],
		['1.51', ['total_due_amount_cents', 'total_paid_amount_cents'], 200, 200],
		[null, ['total_due_amount_cents', 'total_paid_amount_cents'], 405, 200],
	])('Lago %s', async (version, figures, putOnVoided, noteMetadata) => {
		await start(version);
		const invoice = world.issue();
		const path = `/api/v1/invoices/${invoice.lago_id}`;
		const { body } = await call('GET', path);
		expect(
			Object.keys(body.invoice)
				.filter((name) => /^total_(due|paid)_/.test(name))
				.sort(),
		).toEqual(figures);
		world.lago.payManually(invoice.lago_id, invoice.total_amount_cents);
		const { credit_note } = (
			await call('POST', '/api/v1/credit_notes', {
				credit_note: {
					invoice_id: invoice.lago_id,
					items: [{ fee_id: invoice.fees[0]?.lago_id, amount_cents: 100 }],
					refund_amount_cents: 100,
					metadata: { a: 'b' },
				},
			})
		).body;
		expect(credit_note.metadata).toEqual(noteMetadata === 404 ? undefined : { a: 'b' });
		const route = `/api/v1/credit_notes/${credit_note.lago_id}/metadata`;
		expect(await call('PATCH', route, { metadata: { c: 'd' } })).toMatchObject({ status: noteMetadata });
		world.lago.voidInvoice(invoice.lago_id);
		expect((await call('PUT', path, { invoice: { metadata: [] } })).status).toBe(putOnVoided);
	});
});
