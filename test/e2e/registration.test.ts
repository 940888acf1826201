import { startSync, waitFor, type Sync } from '../support/sync';

let sync: Sync;

beforeAll(async () => {
	sync = await startSync({ registration: 'automatic' });
}, 900_000);

afterAll(async () => {
	await sync?.stop();
});

const lagoEndpoints = () => [...sync.lago.state.endpoints.values()];
const dodoEndpoints = () => [...sync.dodo.state.webhooks.values()];

test('publishing registers one endpoint on each side, with the selected events and HMAC', async () => {
	// n8n answers on the webhook before it has registered it outside.
	await waitFor(() => lagoEndpoints().length > 0 && dodoEndpoints().length > 0);
	expect(lagoEndpoints()).toMatchObject([
		{
			webhook_url: sync.n8n.hook('lago'),
			signature_algo: 'hmac',
			event_types: [
				'credit_note.created',
				'invoice.created',
				'invoice.one_off_created',
				'invoice.paid_credit_added',
				'invoice.payment_failure',
			],
		},
	]);
	expect(dodoEndpoints()).toMatchObject([
		{
			url: sync.n8n.hook('dodo'),
			disabled: false,
			filter_types: [
				...['accepted', 'cancelled', 'challenged', 'expired', 'lost', 'opened', 'won'].map((end) => `dispute.${end}`),
				...['cancelled', 'failed', 'processing', 'succeeded'].map((end) => `payment.${end}`),
				...['failed', 'succeeded'].map((end) => `refund.${end}`),
				...['active', 'cancelled', 'expired', 'failed'].map((end) => `subscription.${end}`),
			],
		},
	]);
});

test('an invoice is collected and settled with the secret that Dodo tells, also after it was rotated', async () => {
	const first = await sync.issue();
	await sync.pay(first);
	expect(first.payment_status).toBe('succeeded');
	const endpoint = dodoEndpoints()[0];
	if (!endpoint) throw new Error('no endpoint');
	sync.dodo.rotateSecret(endpoint.id);
	const second = await sync.issue();
	await sync.pay(second);
	expect(second.payment_status).toBe('succeeded');
});

test('unpublishing removes both endpoints, publishing again brings back exactly one each, and a disabled one is switched on', async () => {
	await sync.n8n.setPublished(false);
	// n8n works off unpublishing in the background.
	await waitFor(() => lagoEndpoints().length === 0 && dodoEndpoints().length === 0);
	const disabled = sync.dodo.addWebhook({ url: sync.n8n.hook('dodo') });
	disabled.disabled = true;
	sync.lago.addEndpoint({ url: sync.n8n.hook('lago'), signatureAlgo: 'jwt' });
	await sync.n8n.setPublished(true);
	await waitFor(() => lagoEndpoints()[0]?.signature_algo === 'hmac' && !disabled.disabled);
	expect(lagoEndpoints()).toMatchObject([{ signature_algo: 'hmac' }]);
	expect(dodoEndpoints()).toMatchObject([{ id: disabled.id, disabled: false }]);
});

test('an invoice is collected and settled with the secret of the endpoint that publishing anew has made', async () => {
	const before = dodoEndpoints()[0]?.id;
	await sync.n8n.setPublished(false);
	await waitFor(() => lagoEndpoints().length === 0 && dodoEndpoints().length === 0);
	await sync.n8n.setPublished(true);
	await waitFor(() => lagoEndpoints().length === 1 && dodoEndpoints().length === 1);
	await Promise.all([sync.n8n.process.waitForWebhook('lago'), sync.n8n.process.waitForWebhook('dodo')]);
	expect(dodoEndpoints()[0]?.id).not.toBe(before);
	sync.reset();
	const invoice = await sync.issue();
	await sync.pay(invoice);
	expect(sync.dodo.deliveries.map(({ status }) => status)).toEqual([200]);
	expect(invoice.payment_status).toBe('succeeded');
});

describe('credential tests in the editor', () => {
	const unreachable = 'http://127.0.0.1:9';
	type Ask = (change: object) => ReturnType<typeof sync.n8n.testCredential>;

	async function expectKeyAndAddress(ask: Ask, service: string): Promise<void> {
		expect(await ask({ apiKey: 'wrong' })).toMatchObject({
			status: 'Error',
			message: expect.stringContaining('was reached but does not accept this API key'),
		});
		expect((await ask({ baseUrl: unreachable })).message).toContain(
			`${service} did not answer at 127.0.0.1:9: nothing listens there`,
		);
	}

	test('Dodo Payments: right key, wrong key, nobody there, something else there', async () => {
		const ask = async (change: object) =>
			await sync.n8n.testCredential('dodoPaymentsApi', {
				environment: 'test',
				apiKey: sync.dodo.apiKey,
				webhookSecret: '',
				baseUrl: sync.dodo.url,
				...change,
			});
		expect(await ask({})).toMatchObject({ status: 'OK' });
		expect(await ask({ baseUrl: `${sync.dodo.url}/` })).toMatchObject({ status: 'OK' });
		await expectKeyAndAddress(ask, 'Dodo Payments');
		expect((await ask({ baseUrl: sync.lago.url })).message).toContain('it is not the API of Dodo Payments');
		expect((await ask({ baseUrl: sync.n8n.process.url })).message).toMatch(
			/is n8n itself, not Dodo Payments|it is not the API of Dodo Payments/,
		);
	});

	test('Lago: right key with any spelling of the address, wrong key, nobody there', async () => {
		const ask = async (change: object) =>
			await sync.n8n.testCredential('lagoBillingApi', {
				baseUrl: sync.lago.url,
				apiKey: sync.lago.apiKey,
				webhookHmacKey: sync.lago.hmacKey,
				...change,
			});
		for (const baseUrl of [sync.lago.url, `${sync.lago.url}/`, `${sync.lago.url}/api/v1`, `${sync.lago.url}/api/v1/`])
			expect(await ask({ baseUrl })).toMatchObject({ status: 'OK' });
		await expectKeyAndAddress(ask, 'Lago');
		expect((await ask({ baseUrl: '127.0.0.1:9' })).message).toContain(
			'The Base URL does not begin with https:// or http://',
		);
		expect((await ask({ baseUrl: sync.n8n.process.url })).message).toMatch(
			/is n8n itself, not Lago|it is not the API of Lago/,
		);
		expect((await ask({ webhookHmacKey: '' })).message).toContain('the Webhook HMAC Key is missing');
		expect((await ask({ webhookHmacKey: sync.lago.apiKey })).message).toContain('the API key once more');
	});
});

test('without a key nothing is published, so nothing is accepted', async () => {
	await sync.n8n.setPublished(false);
	await waitFor(() => lagoEndpoints().length === 0 && dodoEndpoints().length === 0);
	await sync.n8n.setCredential('lagoBillingApi', {
		baseUrl: sync.lago.url,
		apiKey: sync.lago.apiKey,
		webhookHmacKey: '',
	});
	const began = Date.now();
	await sync.n8n.setPublished(true);
	let told: string[] | null = null;
	await waitFor(async () => (told = await sync.n8n.publicationErrors())?.length === 2);
	// Any other error n8n tries again after 1, 2, 4 and 8 s before it says a word.
	expect(Date.now() - began).toBeLessThan(15_000);
	const missing = expect.stringMatching(
		/^The Webhook HMAC Key in the Lago credential is missing.*Copy it from Lago > Developers > Webhooks > HMAC key/,
	) as string;
	// Of Lago's trigger and of the pay page. The other trigger is published meanwhile; these never are.
	expect(told).toEqual([missing, missing]);
	await waitFor(() => dodoEndpoints().length === 1);
	expect(lagoEndpoints()).toEqual([]);
	// While n8n still tries, the path may answer; it then refuses (401), and it is gone when n8n has given up.
	const statuses: number[] = [];
	await waitFor(async () => {
		statuses.push(
			(await sync.postLago(JSON.stringify({ webhook_type: 'invoice.created', object_type: 'invoice', invoice: {} })))
				.status,
		);
		return statuses.at(-1) === 404;
	});
	expect(statuses.every((status) => status === 401 || status === 404)).toBe(true);
});
