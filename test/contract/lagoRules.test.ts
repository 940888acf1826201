import { startLagoSimulator } from '../../sandbox/simulators';
import { callerOf } from './helpers';
import { call, eachWithItsOwnLago, lago, receiver, refused, told, validation } from './ownLago';

eachWithItsOwnLago();

describe('basics', () => {
	test('a wrong key, an unknown path, malformed JSON, a missing root', async () => {
		expect(await callerOf(lago.url, 'wrong')('GET', '/api/v1/organizations')).toMatchObject({
			status: 401,
			body: { status: 401, error: 'Unauthorized' },
		});
		expect((await call('GET', '/nonsense')).status).toBe(404);
		expect(await call('POST', '/payments', '{"payment":')).toMatchObject({ status: 400, body: null });
		expect((await call('POST', '/payments', { amount_cents: 1 })).body).toMatchObject({
			status: 400,
			error: expect.stringContaining('payment'),
		});
	});

	test('a billing entity by its code', async () => {
		expect((await call('GET', '/billing_entities/simulated')).body.billing_entity).toMatchObject({
			code: 'simulated',
			name: 'Simulated',
			logo_url: null,
			taxes: [],
		});
		expect(await call('GET', '/billing_entities/nobody')).toMatchObject(refused(404, 'billing_entity_not_found'));
	});

	test('the organisation and the premium probe', async () => {
		expect((await call('GET', '/organizations')).body.organization.lago_id).toBe(lago.state.organizationId);
		expect((await call('GET', '/analytics/invoice_collection?months=1')).status).toBe(200);
		lago.premium = false;
		expect(await call('GET', '/analytics/invoice_collection?months=1')).toMatchObject(
			refused(403, 'feature_unavailable'),
		);
	});

	test('too many calls', async () => {
		const busy = await startLagoSimulator({ rateLimit: { perMinute: 100, perSecond: 1 } });
		const ask = callerOf(busy.url, busy.apiKey);
		expect([
			(await ask('GET', '/api/v1/organizations')).status,
			(await ask('GET', '/api/v1/organizations')).status,
		]).toEqual([200, 429]);
		await busy.close();
	});
});

describe('webhook endpoints', () => {
	const create = async (webhook_endpoint: object) => await call('POST', '/webhook_endpoints', { webhook_endpoint });

	test('defaults, normalised events, and changes that keep the rest', async () => {
		const { webhook_endpoint: plain } = (await create({ webhook_url: 'https://a.example' })).body;
		expect(plain).toMatchObject({ signature_algo: 'jwt', event_types: null, name: null });
		const { webhook_endpoint: chosen } = (
			await create({ webhook_url: 'https://b.example', event_types: [' Invoice.Created ', 'invoice.created'] })
		).body;
		expect(chosen.event_types).toEqual(['invoice.created']);
		expect(
			(await call('PUT', `/webhook_endpoints/${chosen.lago_id}`, { webhook_endpoint: { signature_algo: 'hmac' } })).body
				.webhook_endpoint,
		).toMatchObject({ webhook_url: 'https://b.example', signature_algo: 'hmac', event_types: ['invoice.created'] });
		expect((await call('DELETE', `/webhook_endpoints/${chosen.lago_id}`)).body.webhook_endpoint.lago_id).toBe(
			chosen.lago_id,
		);
		expect(await call('DELETE', `/webhook_endpoints/${chosen.lago_id}`)).toMatchObject(
			refused(404, 'webhook_endpoint_not_found'),
		);
	});

	test.each<[string, object, object]>([
		['no URL', { name: 'x' }, validation({ webhook_url: ['value_is_mandatory', 'url_is_invalid'] })],
		['another scheme', { webhook_url: 'ftp://a.example' }, validation({ webhook_url: ['url_is_invalid'] })],
		[
			'an unknown event',
			{ webhook_url: 'https://a.example', event_types: ['x'] },
			validation({ event_types: ['contains invalid types: ["x"]'] }),
		],
		[
			'no list of events',
			{ webhook_url: 'https://a.example', event_types: 'invoice.created' },
			validation({ event_types: ['must_be_array'] }),
		],
		['an unknown algorithm', { webhook_url: 'https://a.example', signature_algo: 'md5' }, { status: 500 }],
	])('refused: %s', async (_case, body, answer) => {
		expect(await create(body)).toMatchObject(answer);
	});

	test('a URL once, and ten endpoints at most', async () => {
		expect(await create({ webhook_url: receiver.url })).toMatchObject(
			validation({ webhook_url: ['value_already_exist'] }),
		);
		for (let n = 1; n < 10; n++) expect((await create({ webhook_url: `https://${n}.example` })).status).toBe(200);
		expect(await create({ webhook_url: 'https://11.example' })).toMatchObject(
			validation({ base: ['Maximum number of webhook endpoints was reached'] }),
		);
	});
});

describe('customers', () => {
	test('an upsert changes only what it names, and is told even without a change', async () => {
		const upsert = async (customer: object) => (await call('POST', '/customers', { customer })).body.customer;
		const created = await upsert({
			external_id: 'c',
			name: 'Gamma',
			email: 'g@c.example',
			metadata: [{ key: 'dodo_customer_id', value: 'cus_1' }],
		});
		expect(await upsert({ external_id: 'c', name: 'Gamma' })).toMatchObject({
			lago_id: created.lago_id,
			email: 'g@c.example',
			metadata: [{ key: 'dodo_customer_id' }],
		});
		expect(await told()).toEqual(['customer.created', 'customer.updated']);
		expect((await call('GET', '/customers?metadata[dodo_customer_id]=cus_1')).body.customers).toHaveLength(1);
		expect((await call('GET', '/customers?metadata[dodo_customer_id]=cus_2')).body.customers).toEqual([]);
		expect(await call('POST', '/customers', { customer: { name: 'nobody' } })).toMatchObject(
			validation({ external_id: ['value_is_mandatory'] }),
		);
		expect(
			await call('POST', '/customers', {
				customer: { external_id: 'c', metadata: [{ key: 'long', value: 'x'.repeat(101) }] },
			}),
		).toMatchObject(validation({ value: ['value_is_too_long'] }));
	});

	test('an unknown provider clears the known one', async () => {
		lago.issueInvoice({ customer: { external_id: 'p' }, paymentProvider: 'stripe' });
		const { customer } = (
			await call('POST', '/customers', {
				customer: { external_id: 'p', billing_configuration: { payment_provider: 'dodo' } },
			})
		).body;
		expect(customer.billing_configuration.payment_provider).toBeNull();
	});

	test('an id with a slash or a dot is found when both are encoded; what follows a dot as it is, is a format', async () => {
		lago.issueInvoice({ customer: { external_id: 'a.b/c' } });
		expect((await call('GET', '/customers/a%2Eb%2Fc')).body.customer.external_id).toBe('a.b/c');
		expect(await call('GET', '/customers/a.b%2Fc')).toMatchObject(refused(404, 'customer_not_found'));
	});
});

test('every control is also there over HTTP', async () => {
	const control = async (name: string, body: object) =>
		(await callerOf(lago.url, lago.apiKey)('POST', `/_sim/${name}`, body)).body;
	const invoice = await control('issue-invoice', { fees: [{ amountCents: 700 }] });
	expect(invoice.total_amount_cents).toBe(700);
	expect(await control('pay-manually', { id: invoice.lago_id, amountCents: 700, reference: 'cash' })).toMatchObject({
		reference: 'cash',
	});
	expect(
		await control('create-credit-note-in-ui', {
			invoiceId: invoice.lago_id,
			refund_amount_cents: 700,
			items: [{ fee_id: invoice.fees[0].lago_id, amount_cents: 700 }],
		}),
	).toMatchObject({ refund_status: 'pending' });
	expect(await control('premium', { value: false })).toEqual({ premium: false });
	const state = await (await fetch(`${lago.url}/_sim/state`)).json();
	expect(state).toMatchObject({ organizationId: lago.state.organizationId, invoices: [{ lago_id: invoice.lago_id }] });
});
