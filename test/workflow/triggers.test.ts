import { createHmac, createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import { Expression, WebhookPathTakenError, type INodeTypes } from 'n8n-workflow';
import nock from 'nock';
import { signPayLink } from '../../nodes/Lago/helpers/payLink';
import { loadNodeTypes, TriggerBench, WEBHOOK_BASE, type Delivered } from '../support/n8nCore';
import { strictNock } from '../support/nock';

strictNock();

const DODO = 'https://dodo.example';
const LAGO = 'https://lago.example';
const DODO_SECRET = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
const HMAC_KEY = '0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9';
const API_KEY = 'key_SECRET_0123456789';
const INVOICE_ID = '1a901a90-1a90-4a90-8a90-1a901a901a90';

let nodeTypes: INodeTypes;
beforeAll(async () => {
	nodeTypes = await loadNodeTypes();
});

/** The error that publishing shows. */
const failureOf = async (work: Promise<unknown>): Promise<Error & { description?: string }> =>
	await work.then(
		() => Promise.reject(new Error('Did not fail')),
		(caught: unknown) => caught as Error,
	);

const refused = ({ items, response }: Delivered, status: number): void => {
	expect(items).toBeNull();
	expect(response.statusCode).toBe(status);
	expect(response.body).toEqual({ message: expect.stringMatching(/\w/) });
};

describe('Dodo Payments Trigger', () => {
	const URL = `${WEBHOOK_BASE}/dodo`;
	const event = {
		business_id: 'bus_1',
		type: 'payment.succeeded',
		timestamp: '2026-11-01T10:01:11.123456Z',
		data: { payload_type: 'Payment', payment_id: 'pay_1', metadata: { lago_invoice_id: INVOICE_ID } },
	};
	const bench = (parameters: object = {}, credential: object = {}, account: string = randomUUID()): TriggerBench =>
		new TriggerBench(
			nodeTypes,
			'dodoPaymentsTrigger',
			{ events: ['payment.succeeded', 'payment.failed'], registration: 'manual', path: 'dodo', ...parameters },
			{
				dodoPaymentsApi: {
					environment: 'test',
					apiKey: API_KEY,
					webhookSecret: DODO_SECRET,
					baseUrl: DODO,
					...credential,
				},
			},
			account,
		);
	const sign = (
		body: string,
		{ secret = DODO_SECRET, id = `msg_${randomUUID()}`, atS = Math.floor(Date.now() / 1000) } = {},
	): Record<string, string> => {
		const mac = createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64'))
			.update(`${id}.${atS}.${body}`)
			.digest('base64');
		return { 'webhook-id': id, 'webhook-timestamp': String(atS), 'webhook-signature': `v1,${mac}` };
	};
	const body = JSON.stringify(event);

	it('gives one item with what the next node needs', async () => {
		const headers = sign(body, { id: 'msg_first' });
		const { items } = await bench().deliver(body, headers);
		expect(items).toEqual([
			{
				event: 'payment.succeeded',
				eventId: 'msg_first',
				occurredAt: event.timestamp,
				mode: 'test',
				lagoInvoiceId: INVOICE_ID,
				delivery: { id: expect.stringMatching(/^dodo \S+ msg_first$/) as string, about: 'payment pay_1 not started' },
				data: event.data,
			},
		]);
	});

	it('tells the mode of its credential, and no invoice where there is none', async () => {
		const foreign = JSON.stringify({ ...event, data: { payment_id: 'pay_2' } });
		const { items } = await bench({}, { environment: 'live' }).deliver(foreign, sign(foreign));
		expect(items).toMatchObject([{ mode: 'live', lagoInvoiceId: null }]);
	});

	describe('starts no execution for', () => {
		it.each<[string, () => Record<string, string | string[]>, string?]>([
			['an unsigned delivery', () => ({})],
			['a missing id', () => ({ ...sign(body), 'webhook-id': '' })],
			[
				'a header that came twice',
				() => ({ ...sign(body), 'webhook-signature': [sign(body)['webhook-signature'] as string, 'v1,x'] }),
			],
			['another secret', () => sign(body, { secret: `whsec_${Buffer.alloc(32).toString('base64')}` })],
			['a stale one', () => sign(body, { atS: Math.floor(Date.now() / 1000) - 301 })],
			['one from the future', () => sign(body, { atS: Math.floor(Date.now() / 1000) + 310 })],
			['a tampered body', () => sign(body), body.replace('pay_1', 'pay_2')],
			['another id than was signed', () => ({ ...sign(body), 'webhook-id': 'msg_other' })],
		])('%s: 401', async (_, headers, sent = body) => {
			refused(await bench().deliver(sent, headers()), 401);
		});

		it('anything while the credential has no secret: 401', async () => {
			for (const webhookSecret of ['', 'whsec_', undefined]) {
				const trigger = bench({}, { webhookSecret });
				refused(await trigger.deliver(body, sign(body, { secret: 'whsec_' })), 401);
				expect(trigger.warnings).toEqual([expect.stringContaining('refuses everything')]);
			}
		});

		it.each([
			['no JSON', 'hello'],
			['no object', '[1]'],
			['nothing', 'null'],
			['no type', '{"timestamp":"x","data":{}}'],
			['a type of the wrong kind', '{"type":5,"timestamp":"x","data":{}}'],
			['no data', '{"type":"payment.succeeded","timestamp":"x"}'],
			['a list for data', '{"type":"payment.succeeded","timestamp":"x","data":[]}'],
		])('a signed body with %s: 400', async (_, sent) => {
			refused(await bench().deliver(sent, sign(sent)), 400);
		});

		it.each(['subscription.renewed', 'refund.succeeded', 'something.invented'])(
			'%s, which was not chosen: 200',
			async (type) => {
				const sent = JSON.stringify({ ...event, type });
				refused(await bench().deliver(sent, sign(sent)), 200);
			},
		);
	});

	describe('copies of a delivery', () => {
		it('wait while the first runs, need nothing once it is done', async () => {
			const trigger = bench();
			const headers = sign(body);
			const first = await trigger.deliver(body, headers);
			expect(first.items).toHaveLength(1);
			const meanwhile = await trigger.deliver(body, headers);
			refused(meanwhile, 503);
			expect(meanwhile.response.headers['retry-after']).toBe('5');
			first.response.end(200);
			const after = await trigger.deliver(body, headers);
			expect(after).toMatchObject({ items: null, response: { statusCode: 200, body: { duplicate: true } } });
		});

		it('run again when the first failed', async () => {
			const trigger = bench();
			const headers = sign(body);
			for (const status of [500, 503, 500]) {
				const copy = await trigger.deliver(body, headers);
				expect(copy.items).toHaveLength(1);
				copy.response.end(status);
			}
			expect((await trigger.deliver(body, headers)).items).toHaveLength(1);
		});

		it('need the right signature as well: a duplicate is no back door', async () => {
			const trigger = bench();
			const headers = sign(body);
			(await trigger.deliver(body, headers)).response.end(200);
			refused(await trigger.deliver(body, { ...headers, 'webhook-signature': 'v1,AAAA' }), 401);
		});

		it('are known by their id, signed anew at each attempt', async () => {
			const trigger = bench();
			const now = Math.floor(Date.now() / 1000);
			(await trigger.deliver(body, sign(body, { id: 'msg_again', atS: now - 60 }))).response.end(200);
			expect((await trigger.deliver(body, sign(body, { id: 'msg_again', atS: now }))).items).toBeNull();
			expect((await trigger.deliver(body, sign(body))).items).toHaveLength(1);
		});

		it('are told apart by workflow', async () => {
			const headers = sign(body);
			for (let workflow = 0; workflow < 2; workflow++)
				expect((await bench().deliver(body, headers)).items).toHaveLength(1);
		});

		it('all run for somebody who tests by hand', async () => {
			const trigger = bench();
			const headers = sign(body);
			for (let copy = 0; copy < 2; copy++)
				expect((await trigger.deliver(body, headers, 'manual')).items).toHaveLength(1);
		});

		it('do not hide an event that a forger announced before under the same id', async () => {
			const trigger = bench();
			const headers = sign(body);
			refused(await trigger.deliver(body, { ...headers, 'webhook-signature': 'v1,AAAA' }), 401);
			expect((await trigger.deliver(body, headers)).items).toHaveLength(1);
		});
	});

	describe('payment.refunded', () => {
		it.each([
			[['payment.refunded'], 'refund.succeeded', 'payment.refunded'],
			[['payment.refunded'], 'payment.refunded', 'payment.refunded'],
			[['refund.succeeded', 'payment.refunded'], 'refund.succeeded', 'refund.succeeded'],
			[['refund.succeeded'], 'payment.refunded', 'refund.succeeded'],
			[['payment.succeeded'], 'payment.refunded', null],
		])('with %j chosen, %s leaves as %s', async (events, type, name) => {
			const sent = JSON.stringify({ ...event, type });
			const { items } = await bench({ events }).deliver(sent, sign(sent));
			if (name === null) expect(items).toBeNull();
			else expect(items).toMatchObject([{ event: name }]);
		});
	});

	describe('registers itself', () => {
		const automatic = (parameters: object = {}, account?: string): TriggerBench =>
			bench({ registration: 'automatic', ...parameters }, { webhookSecret: '' }, account);
		const endpoint = (changes: object = {}): object => ({
			id: 'ep_1',
			url: URL,
			disabled: false,
			filter_types: ['payment.failed', 'payment.succeeded'],
			...changes,
		});
		const list = (data: object[], times = 1): nock.Scope =>
			nock(DODO, { reqheaders: { authorization: `Bearer ${API_KEY}` } })
				.get('/webhooks')
				.query({ limit: 100 })
				.times(times)
				.reply(200, { data, iterator: 'x', done: true });

		it('creates the endpoint with exactly the chosen events', async () => {
			list([endpoint({ id: 'ep_other', url: 'https://other.example' })], 2);
			let sent: unknown;
			nock(DODO)
				.post('/webhooks', (given: unknown) => ((sent = given), true))
				.reply(200, endpoint());
			const trigger = automatic();
			await trigger.publish();
			expect(sent).toEqual({
				url: URL,
				description: 'n8n: Dodo Payments Trigger',
				filter_types: ['payment.failed', 'payment.succeeded'],
			});
			expect(trigger.staticData.endpointId).toBe('ep_1');
		});

		it('never sends the derived name to Dodo, whose list does not know it', async () => {
			list([], 2);
			let sent: { filter_types?: string[] } = {};
			nock(DODO)
				.post('/webhooks', (given: object) => ((sent = given), true))
				.reply(200, endpoint());
			await automatic({ events: ['payment.refunded', 'refund.succeeded', 'payment.failed'] }).publish();
			expect(sent.filter_types).toEqual(['payment.failed', 'refund.succeeded']);
		});

		it('leaves one that is right as it is', async () => {
			list([endpoint({ filter_types: ['payment.succeeded', 'payment.failed'] })]);
			await automatic().publish();
		});

		it.each([
			['has other events', { filter_types: ['payment.failed'] }],
			['has no filter', { filter_types: null }],
			['was switched off by Dodo', { disabled: true }],
		])('mends one that %s, and makes no second', async (_, changes) => {
			list([endpoint(changes)], 2);
			let sent: unknown;
			nock(DODO)
				.patch('/webhooks/ep_1', (given: unknown) => ((sent = given), true))
				.reply(200, endpoint());
			await automatic().publish();
			expect(sent).toEqual({ filter_types: ['payment.failed', 'payment.succeeded'], disabled: false });
		});

		it('finds it on a later page', async () => {
			nock(DODO)
				.get('/webhooks')
				.query({ limit: 100 })
				.reply(200, { data: [endpoint({ id: 'ep_a', url: 'https://a.example' })], iterator: 'next', done: false });
			nock(DODO)
				.get('/webhooks')
				.query({ limit: 100, iterator: 'next' })
				.reply(200, { data: [endpoint()], iterator: 'end', done: true });
			await automatic().publish();
		});

		it('takes the short cut of the stored id, but not when it belongs to another URL', async () => {
			const trigger = automatic();
			trigger.staticData.endpointId = 'ep_1';
			nock(DODO).get('/webhooks/ep_1').reply(200, endpoint());
			expect(await trigger.hook('checkExists')).toBe(true);
			nock(DODO)
				.get('/webhooks/ep_1')
				.reply(200, endpoint({ url: 'https://moved.example' }));
			list([]);
			expect(await trigger.hook('checkExists')).toBe(false);
			nock(DODO).get('/webhooks/ep_1').reply(404, { code: 'NOT_FOUND', message: 'No.' });
			list([endpoint()]);
			expect(await trigger.hook('checkExists')).toBe(true);
		});

		it('removes its endpoint and no other', async () => {
			list([endpoint({ id: 'ep_other', url: 'https://other.example' }), endpoint()]);
			nock(DODO).delete('/webhooks/ep_1').reply(200);
			expect(await automatic().hook('delete')).toBe(true);
		});

		it('does not mind that it is gone already', async () => {
			list([]);
			expect(await automatic().hook('delete')).toBe(true);
			list([endpoint()]);
			nock(DODO).delete('/webhooks/ep_1').reply(404, { code: 'NOT_FOUND', message: 'No.' });
			expect(await automatic().hook('delete')).toBe(true);
		});

		it('moves along when this n8n has another address, and removes what it had under both', async () => {
			const old = endpoint({ url: URL.replace('n8n.example', 'tunnel-1.example') });
			const trigger = automatic();
			trigger.staticData.endpointId = 'ep_1';
			nock(DODO).get('/webhooks/ep_1').times(2).reply(200, old);
			list([old], 2);
			let sent: unknown;
			nock(DODO)
				.patch('/webhooks/ep_1', (given: unknown) => ((sent = given), true))
				.reply(200, endpoint());
			await trigger.publish();
			expect(sent).toEqual({ url: URL, filter_types: ['payment.failed', 'payment.succeeded'], disabled: false });
			nock(DODO).get('/webhooks/ep_1').reply(200, old);
			list([
				endpoint({ id: 'ep_2' }),
				endpoint({ id: 'ep_3', url: 'https://N8N.Example:443/webhook/dodo' }),
				endpoint({ id: 'ep_other', url: 'https://other.example/webhook/dodo' }),
			]);
			for (const id of ['ep_1', 'ep_2', 'ep_3']) nock(DODO).delete(`/webhooks/${id}`).reply(200);
			expect(await trigger.hook('delete')).toBe(true);
			expect(trigger.staticData.endpointId).toBeUndefined();
		});

		it('knows its endpoint in whatever spelling', async () => {
			for (const url of [
				'https://N8N.Example/webhook/dodo',
				'https://n8n.example:443/webhook/dodo',
				`${URL}/`,
				'https://n8n.example/webhook/d%6Fdo',
			]) {
				list([endpoint({ url })]);
				await automatic().publish();
			}
		});

		it('says what is wrong when Dodo refuses, without the key', async () => {
			nock(DODO).get('/webhooks').query(true).reply(401, { code: 'UNAUTHORIZED', message: 'Bad key.' });
			const error = await failureOf(automatic().publish());
			expect(error.message).toMatch(/Bad key\. .*Test keys work in test mode only/);
			expect(error).toBeInstanceOf(WebhookPathTakenError);
			expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(API_KEY);
		});

		it('with manual registration calls nobody, but insists on a secret', async () => {
			const trigger = bench();
			expect(await trigger.hook('checkExists')).toBe(true);
			expect(await trigger.hook('delete')).toBe(true);
			for (const [webhookSecret, why] of [
				['', 'is missing'],
				['changeme', 'is a placeholder'],
				['v1,abc', 'begins with "v1,"'],
			]) {
				const error = await failureOf(bench({}, { webhookSecret }).hook('checkExists'));
				// The editor shows the message only, and n8n tries every other class five times before.
				expect(error.message).toContain(`The Webhook Secret in the Dodo Payments credential ${why}`);
				expect(error.message).toContain('Developer > Webhooks > your endpoint > Signing Secret');
				expect(error).toBeInstanceOf(WebhookPathTakenError);
			}
		});

		it.each([`"${DODO_SECRET}"`, `v1,${DODO_SECRET}`, API_KEY, 'changeme', 'whsec_c2hvcnQ=', `${DODO_SECRET} x`])(
			'with manual registration refuses %s for a secret, by the name of the field',
			async (webhookSecret) => {
				const error = await failureOf(bench({}, { webhookSecret }).hook('checkExists'));
				expect(error.message).toMatch(/^The Webhook Secret in the Dodo Payments credential \w/);
				expect(error.message).toMatch(/Developer > Webhooks/);
				expect(`${error.message} ${error.description}`).not.toContain(webhookSecret);
			},
		);

		describe('and fetches the signing secret', () => {
			const secret = (value: string): nock.Scope =>
				nock(DODO).get('/webhooks/ep_1/secret').reply(200, { secret: value });

			it('once for all deliveries', async () => {
				list([endpoint()]);
				secret(DODO_SECRET);
				const trigger = automatic();
				for (let delivery = 0; delivery < 3; delivery++)
					expect((await trigger.deliver(body, sign(body))).items).toHaveLength(1);
			});

			it('without asking Dodo for whoever sends no signature at all', async () => {
				refused(await automatic().deliver(body, {}), 401);
			});

			it('again, a minute later, when it does not match any more', async () => {
				const rotated = `whsec_${Buffer.from('fedcba9876543210fedcba9876543210').toString('base64')}`;
				const trigger = automatic();
				const now = Date.now();
				const clock = jest.spyOn(Date, 'now').mockReturnValue(now);
				try {
					list([endpoint()]);
					secret(DODO_SECRET);
					expect((await trigger.deliver(body, sign(body))).items).toHaveLength(1);
					refused(await trigger.deliver(body, sign(body, { secret: rotated })), 401);
					clock.mockReturnValue(now + 60_000);
					list([endpoint()]);
					secret(rotated);
					expect(
						(await trigger.deliver(body, sign(body, { secret: rotated, atS: Math.floor(now / 1000) + 60 }))).items,
					).toHaveLength(1);
				} finally {
					clock.mockRestore();
				}
			});

			it('is not made to ask without end by forgeries', async () => {
				list([endpoint()]);
				secret(DODO_SECRET);
				const trigger = automatic();
				for (let delivery = 0; delivery < 5; delivery++)
					refused(await trigger.deliver(body, { ...sign(body), 'webhook-signature': 'v1,AAAA' }), 401);
			});

			it('and asks for a later copy while Dodo cannot be asked: 503', async () => {
				nock(DODO).get('/webhooks').query(true).reply(500, 'trouble');
				refused(await automatic().deliver(body, sign(body)), 503);
			});

			it('and refuses everything while Dodo knows no endpoint or the key is wrong: 401', async () => {
				list([]);
				refused(await automatic().deliver(body, sign(body)), 401);
				nock(DODO).get('/webhooks').query(true).reply(401, { code: 'UNAUTHORIZED', message: 'No.' });
				refused(await automatic().deliver(body, sign(body)), 401);
			});
		});
	});
});

describe('Lago Trigger', () => {
	const URL = `${WEBHOOK_BASE}/lago`;
	const EVENTS = ['invoice.created', 'invoice.one_off_created', 'credit_note.created'];
	const bench = (parameters: object = {}, credential: object = {}, account: string = randomUUID()): TriggerBench =>
		new TriggerBench(
			nodeTypes,
			'lagoTrigger',
			{ events: EVENTS, registration: 'manual', signature: 'hmac', path: 'lago', ...parameters },
			{ lagoBillingApi: { baseUrl: `${LAGO}/api/v1/`, apiKey: API_KEY, webhookHmacKey: HMAC_KEY, ...credential } },
			account,
		);
	const event = {
		webhook_type: 'invoice.created',
		object_type: 'invoice',
		organization_id: 'org_1',
		invoice: { lago_id: INVOICE_ID, number: 'ACM-1', name: 'A & B' },
	};
	// Rails escapes these characters, so the bytes differ from what JSON.stringify makes of the object.
	const body = JSON.stringify(event).replace('&', '\\u0026');
	const sign = (text: string, { key = HMAC_KEY, uniqueKey = randomUUID() as string } = {}): Record<string, string> => ({
		'x-lago-signature': createHmac('sha256', key).update(text).digest('base64'),
		'x-lago-signature-algorithm': 'hmac',
		'x-lago-unique-key': uniqueKey,
	});

	it('gives one item with what the next node needs', async () => {
		const { items } = await bench().deliver(body, sign(body, { uniqueKey: 'key_1' }));
		expect(items).toEqual([
			{
				event: 'invoice.created',
				eventId: 'key_1',
				objectType: 'invoice',
				organizationId: 'org_1',
				lagoInvoiceId: INVOICE_ID,
				webhookBaseUrl: 'https://n8n.example/webhook',
				delivery: {
					id: expect.stringMatching(/^lago key_1 \S{44}$/) as string,
					about: expect.stringContaining(`invoice ${INVOICE_ID}`) as string,
				},
				data: event.invoice,
			},
		]);
	});

	it.each([
		['credit_note', { lago_id: 'cn_1', lago_invoice_id: INVOICE_ID }, INVOICE_ID],
		['credit_note', { lago_id: 'cn_1', invoice: { lago_id: INVOICE_ID } }, INVOICE_ID],
		['credit_note', { lago_id: 'cn_1' }, null],
		['invoice', { lago_id: 5 }, null],
	])('finds the invoice of a %s in %j', async (object_type, object, lagoInvoiceId) => {
		const sent = JSON.stringify({
			webhook_type: `${object_type}.created`,
			object_type,
			organization_id: 'org_1',
			[object_type]: object,
		});
		expect((await bench().deliver(sent, sign(sent))).items).toMatchObject([{ lagoInvoiceId }]);
	});

	describe('starts no execution for', () => {
		it.each<[string, () => Record<string, string | string[]>, string?]>([
			['an unsigned delivery', () => ({})],
			['another key', () => sign(body, { key: 'other' })],
			['the API key as key', () => sign(body, { key: API_KEY })],
			['a tampered body', () => sign(body), body.replace('ACM-1', 'ACM-2')],
			['another spelling of the same JSON', () => sign(body), JSON.stringify(event)],
			['an algorithm that the sender chose', () => ({ ...sign(body), 'x-lago-signature-algorithm': 'jwt' })],
			['no algorithm', () => ({ 'x-lago-signature': sign(body)['x-lago-signature'] as string })],
			[
				'a header that came twice',
				() => ({ ...sign(body), 'x-lago-signature': [sign(body)['x-lago-signature'] as string] }),
			],
		])('%s: 401', async (_, headers, sent = body) => {
			refused(await bench().deliver(sent, headers()), 401);
		});

		it('anything while the credential has no key: 401', async () => {
			for (const webhookHmacKey of ['', undefined])
				refused(await bench({}, { webhookHmacKey }).deliver(body, sign(body, { key: '' })), 401);
		});

		it.each([
			['no JSON', 'hello'],
			['a list', '[]'],
			['no type', '{"object_type":"invoice","invoice":{}}'],
			['no object type', '{"webhook_type":"invoice.created"}'],
			['no object', '{"webhook_type":"invoice.created","object_type":"invoice"}'],
			['a list for an object', '{"webhook_type":"invoice.created","object_type":"invoice","invoice":[]}'],
		])('a signed body with %s: 400', async (_, sent) => {
			refused(await bench().deliver(sent, sign(sent)), 400);
		});

		it.each(['customer.updated', 'invoice.invented'])('%s, which was not chosen: 200', async (webhook_type) => {
			const sent = JSON.stringify({ ...event, webhook_type });
			refused(await bench().deliver(sent, sign(sent)), 200);
		});
	});

	describe('copies of a delivery', () => {
		it('wait while the first runs, need nothing once it is done, run again when it failed', async () => {
			const trigger = bench();
			const headers = sign(body);
			const first = await trigger.deliver(body, headers);
			expect(first.items).toHaveLength(1);
			const meanwhile = await trigger.deliver(body, headers);
			refused(meanwhile, 503);
			expect(meanwhile.response.headers['retry-after']).toBe('5');
			first.response.end(500);
			const second = await trigger.deliver(body, headers);
			expect(second.items).toHaveLength(1);
			second.response.end(200);
			expect(await trigger.deliver(body, headers)).toMatchObject({
				items: null,
				response: { statusCode: 200, body: { duplicate: true } },
			});
		});

		it('are not what has the same key, which Lago does not sign, and another body', async () => {
			const trigger = bench();
			const other = body.replace('ACM-1', 'ACM-2');
			(await trigger.deliver(body, sign(body, { uniqueKey: 'same' }))).response.end(200);
			expect((await trigger.deliver(other, sign(other, { uniqueKey: 'same' }))).items).toHaveLength(1);
		});

		it('are told from a new event with the same body by the key', async () => {
			const trigger = bench();
			(await trigger.deliver(body, sign(body))).response.end(200);
			expect((await trigger.deliver(body, sign(body))).items).toHaveLength(1);
		});
	});

	describe('with JWT', () => {
		const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
		const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
		const answer = (key = publicKey): object => ({
			webhook: {
				public_key: Buffer.from(key.export({ type: 'spki', format: 'pem' }))
					.toString('base64')
					.replace(/.{60}/g, '$&\n'),
			},
		});
		const keyRequest = (): nock.Interceptor =>
			nock(LAGO, { reqheaders: { authorization: `Bearer ${API_KEY}` } }).get('/api/v1/webhooks/json_public_key');
		const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
		const token = (data: string, { key = privateKey, alg = 'RS256' } = {}): Record<string, string> => {
			const signed = `${part({ alg })}.${part({ data, iss: LAGO })}`;
			const signature = alg === 'RS256' ? createSign('RSA-SHA256').update(signed).sign(key).toString('base64url') : '';
			return {
				'x-lago-signature': `${signed}.${signature}`,
				'x-lago-signature-algorithm': 'jwt',
				'x-lago-unique-key': randomUUID(),
			};
		};
		const jwt = (): TriggerBench => bench({ signature: 'jwt' }, { webhookHmacKey: '' });

		it('fetches the public key once', async () => {
			keyRequest().reply(200, answer());
			const trigger = jwt();
			for (let delivery = 0; delivery < 3; delivery++)
				expect((await trigger.deliver(body, token(body))).items).toHaveLength(1);
		});

		it('fetches it again, a minute later, after a mismatch', async () => {
			const trigger = jwt();
			const now = Date.now();
			const clock = jest.spyOn(Date, 'now').mockReturnValue(now);
			try {
				keyRequest().reply(200, answer());
				refused(await trigger.deliver(body, token(body, { key: other.privateKey })), 401);
				clock.mockReturnValue(now + 60_000);
				keyRequest().reply(200, answer(other.publicKey));
				expect((await trigger.deliver(body, token(body, { key: other.privateKey }))).items).toHaveLength(1);
			} finally {
				clock.mockRestore();
			}
		});

		it.each<[string, () => Record<string, string>]>([
			['a token over another body', () => token(`${body} `)],
			['a token without signature', () => token(body, { alg: 'none' })],
			['an HMAC instead', () => ({ ...sign(body), 'x-lago-signature-algorithm': 'jwt' })],
			['an HMAC that says so', () => sign(body)],
		])('refuses %s: 401', async (_, headers) => {
			keyRequest().reply(200, answer());
			refused(await jwt().deliver(body, headers()), 401);
		});

		it('asks nobody for whoever sends no signature', async () => {
			refused(await jwt().deliver(body, {}), 401);
		});

		it('asks for a later copy while Lago cannot be asked: 503', async () => {
			keyRequest().reply(502, 'bad gateway');
			refused(await jwt().deliver(body, token(body)), 503);
		});

		it.each([
			['the API key is wrong', 401, { status: 401, error: 'Unauthorized' }],
			['there is no key in the answer', 200, { webhook: { public_key: 'bm90IGEga2V5' } }],
		])('refuses everything while %s: 401', async (_, status, given) => {
			keyRequest().reply(status, given);
			refused(await jwt().deliver(body, token(body)), 401);
		});

		it('can be published without an HMAC key', async () => {
			expect(await jwt().hook('checkExists')).toBe(true);
		});
	});

	describe('registers itself', () => {
		const automatic = (parameters: object = {}, credential: object = {}): TriggerBench =>
			bench({ registration: 'automatic', ...parameters }, credential);
		const api = (): nock.Scope => nock(LAGO, { reqheaders: { authorization: `Bearer ${API_KEY}` } });
		const endpoint = (changes: object = {}): object => ({
			lago_id: 'we_1',
			webhook_url: URL,
			signature_algo: 'hmac',
			event_types: [...EVENTS],
			...changes,
		});
		const list = (webhook_endpoints: object[], times = 1): nock.Scope =>
			api()
				.get('/api/v1/webhook_endpoints')
				.query({ page: 1, per_page: 100 })
				.times(times)
				.reply(200, { webhook_endpoints, meta: { current_page: 1, next_page: null } });
		const wanted = {
			webhook_endpoint: {
				webhook_url: URL,
				signature_algo: 'hmac',
				name: 'n8n: Lago Trigger',
				event_types: [...EVENTS].sort(),
			},
		};

		it('creates the endpoint', async () => {
			list([endpoint({ lago_id: 'we_0', webhook_url: 'https://other.example/webhook/lago' })], 2);
			api().post('/api/v1/webhook_endpoints', wanted).reply(200, { webhook_endpoint: endpoint() });
			await automatic().publish();
		});

		it('leaves one that is right as it is, in whatever order its events are', async () => {
			list([endpoint({ event_types: [...EVENTS].reverse() })]);
			await automatic().publish();
		});

		it.each([
			['signs in another way', { signature_algo: 'jwt' }],
			['has other events', { event_types: ['invoice.created'] }],
			['has all events', { event_types: null }],
		])('updates one that %s, and makes no second', async (_, changes) => {
			list([endpoint(changes)], 2);
			api().put('/api/v1/webhook_endpoints/we_1', wanted).reply(200, { webhook_endpoint: endpoint() });
			await automatic().publish();
		});

		it('updates the one that somebody made at the same moment', async () => {
			list([], 2);
			api()
				.post('/api/v1/webhook_endpoints')
				.reply(422, {
					status: 422,
					error: 'Unprocessable Entity',
					code: 'validation_errors',
					error_details: { webhook_url: ['value_already_exist'] },
				});
			list([endpoint()]);
			api().put('/api/v1/webhook_endpoints/we_1', wanted).reply(200, { webhook_endpoint: endpoint() });
			await automatic().publish();
		});

		it('moves along when this n8n has another address, and removes what it had under both', async () => {
			const old = endpoint({ webhook_url: URL.replace('n8n.example', 'tunnel-1.example') });
			const trigger = automatic();
			list([endpoint()]);
			await trigger.publish();
			expect(trigger.staticData.endpointId).toBe('we_1');
			list([old], 2);
			api().put('/api/v1/webhook_endpoints/we_1', wanted).reply(200, { webhook_endpoint: endpoint() });
			await trigger.publish();
			list([
				old,
				endpoint({ lago_id: 'we_2', webhook_url: 'https://N8N.Example:443/webhook/lago' }),
				endpoint({ lago_id: 'we_3', webhook_url: 'https://other.example/webhook/lago' }),
			]);
			for (const id of ['we_1', 'we_2']) api().delete(`/api/v1/webhook_endpoints/${id}`).reply(200, {});
			expect(await trigger.hook('delete')).toBe(true);
			expect(trigger.staticData.endpointId).toBeUndefined();
		});

		it('knows its endpoint in whatever spelling, and gives Lago one that it takes', async () => {
			for (const webhook_url of ['https://N8N.Example/webhook/lago', 'https://n8n.example:443/webhook/lago']) {
				list([endpoint({ webhook_url })]);
				await automatic().publish();
			}
			list([], 2);
			const spelled = {
				webhook_endpoint: { ...wanted.webhook_endpoint, webhook_url: 'https://n8n.example/webhook/my%20lago' },
			};
			api().post('/api/v1/webhook_endpoints', spelled).reply(200, { webhook_endpoint: endpoint() });
			await automatic({ path: 'my lago' }).publish();
		});

		it('says that Lago has no room for another', async () => {
			list([], 2);
			api()
				.post('/api/v1/webhook_endpoints')
				.reply(422, {
					status: 422,
					error: 'Unprocessable Entity',
					code: 'validation_errors',
					error_details: { base: ['Maximum number of webhook endpoints was reached'] },
				});
			const error = await failureOf(automatic().publish());
			expect(`${error.message} ${error.description}`).toContain('Maximum number of webhook endpoints was reached');
		});

		it('removes its endpoint and no other; one that is gone is fine', async () => {
			list([endpoint({ lago_id: 'we_0', webhook_url: 'https://other.example/webhook/lago' }), endpoint()]);
			api().delete('/api/v1/webhook_endpoints/we_1').reply(200, {});
			expect(await automatic().hook('delete')).toBe(true);
			list([]);
			expect(await automatic().hook('delete')).toBe(true);
			list([endpoint()]);
			api()
				.delete('/api/v1/webhook_endpoints/we_1')
				.reply(404, { status: 404, error: 'Not Found', code: 'webhook_endpoint_not_found' });
			expect(await automatic().hook('delete')).toBe(true);
		});

		it('refuses to be published without an HMAC key, and says where it is', async () => {
			for (const registration of ['automatic', 'manual'])
				for (const [webhookHmacKey, why] of [
					['', 'is missing'],
					[undefined, 'is missing'],
					['"key"', 'has quotation marks'],
					['changeme', 'is a placeholder'],
				] as const) {
					const error = await failureOf(bench({ registration }, { webhookHmacKey }).publish());
					expect(error.message).toContain(`The Webhook HMAC Key in the Lago credential ${why}`);
					expect(error.message).toContain('Lago > Developers > Webhooks > HMAC key');
					expect(error).toBeInstanceOf(WebhookPathTakenError);
				}
		});

		it.each([
			[
				'an address that is none',
				'lago.example',
				/the base URL in its credential does not begin with https:.*In the Lago credential, correct the base URL/,
			],
			['nobody there', 'http://127.0.0.1:9', /Lago did not answer: nothing listens there\. Check host and port/],
		])('says all of it in the message: %s', async (_, baseUrl, words) => {
			nock.enableNetConnect('127.0.0.1:9');
			const error = await failureOf(bench({ registration: 'automatic' }, { baseUrl }).publish());
			nock.disableNetConnect();
			expect(error.message).toMatch(words);
			// What may pass is tried again by n8n.
			expect(error instanceof WebhookPathTakenError).toBe(baseUrl === 'lago.example');
		});

		it.each([
			`"${HMAC_KEY}"`,
			`whsec_${HMAC_KEY}`,
			API_KEY,
			'your-hmac-key',
			`${HMAC_KEY.slice(0, 8)} ${HMAC_KEY.slice(8)}`,
		])('refuses to be published with %s for an HMAC key, by the name of the field', async (webhookHmacKey) => {
			const error = await failureOf(bench({}, { webhookHmacKey }).publish());
			expect(error.message).toMatch(/^The Webhook HMAC Key in the Lago credential \w/);
			expect(error.message).toContain('Lago > Developers > Webhooks > HMAC key');
			expect(`${error.message} ${error.description}`).not.toContain(webhookHmacKey);
		});

		it('with manual registration calls nobody', async () => {
			const trigger = bench();
			await trigger.publish();
			expect(await trigger.hook('delete')).toBe(true);
		});

		it('says what is wrong when Lago refuses, without the key', async () => {
			api().get('/api/v1/webhook_endpoints').query(true).reply(401, { status: 401, error: 'Unauthorized' });
			const error = await failureOf(automatic().publish());
			expect(error.message).toContain('Unauthorized');
			expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(API_KEY);
		});
	});
});

describe('Lago Pay Page Trigger', () => {
	const bench = (credential: object = {}, account: string = randomUUID()): TriggerBench =>
		new TriggerBench(
			nodeTypes,
			'lagoPayPageTrigger',
			{ path: 'pay' },
			{ lagoBillingApi: { baseUrl: LAGO, apiKey: API_KEY, webhookHmacKey: HMAC_KEY, ...credential } },
			account,
		);
	const tokenFor = (invoiceId: string, key = HMAC_KEY): string =>
		new URL(signPayLink('https://n8n.example/webhook/pay', invoiceId, key)).searchParams.get('t') as string;
	const token = tokenFor(INVOICE_ID);
	/** What the visitor reads: a page of ours, with its headers. */
	const showsPage = (response: Delivered['response'], status: number, words: RegExp): void => {
		expect(response.statusCode).toBe(status);
		expect(response.headers).toMatchObject({
			'content-type': 'text/html; charset=utf-8',
			'cache-control': 'no-store',
			'referrer-policy': 'no-referrer',
		});
		expect(response.body).toMatch(/^<!doctype html>/);
		expect(response.body).toMatch(words);
	};

	it('gives what Open Pay Link needs of a genuine link, and nothing else of the request; without the expression engine', async () => {
		const asked = jest.spyOn(Expression.prototype, 'resolveSimpleParameterValue');
		const { items, response } = await bench().visit({ t: token, utm_source: 'mail' });
		const expressions = asked.mock.calls
			.map(([value]) => value)
			.filter((value) => typeof value === 'string' && value.startsWith('='));
		asked.mockRestore();
		expect(items).toEqual([{ query: { t: token }, invoiceId: INVOICE_ID }]);
		expect(response.body).toBeUndefined();
		expect(expressions).toEqual([]);
		response.end(302);
	});

	const bent = (at: number): string => token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
	it.each<[string, object]>([
		['no parameter', {}],
		['an empty one', { t: '' }],
		['one that is cut', { t: token.slice(0, -1) }],
		['a longer one', { t: `${token}A` }],
		['one with a space', { t: ` ${token}` }],
		['another invoice under the old signature', { t: bent(3) }],
		['another signature', { t: bent(30) }],
		['another last character', { t: bent(37) }],
		['the id of the invoice', { t: INVOICE_ID }],
		['one that comes twice', { t: [token, token] }],
		['a list of one', { t: [token] }],
		['an object', { t: { toString: token } }],
		['markup', { t: '<script>alert(1)</script>' }],
		['a genuine one under another name', { c: token }],
		['a link of another organisation', { t: tokenFor(INVOICE_ID, 'its-own-hmac-key') }],
		['the link that this key signed before it was replaced', { t: tokenFor(INVOICE_ID, `${HMAC_KEY} `) }],
	])('%s: a page with 403, no execution', async (_case, query) => {
		const { items, response } = await bench().visit(query);
		expect(items).toBeNull();
		showsPage(response, 403, /not valid/);
		expect(response.body).not.toMatch(/<script/);
	});

	it('without a key in the credential nothing is genuine: a page that asks to try again, and a line in the log', async () => {
		for (const webhookHmacKey of ['', undefined]) {
			const trigger = bench({ webhookHmacKey });
			for (const t of [token, tokenFor(INVOICE_ID, 'undefined')]) {
				const { items, response } = await trigger.visit({ t });
				expect(items).toBeNull();
				showsPage(response, 503, /try again/);
			}
			expect(trigger.warnings).toHaveLength(2);
			const error = await failureOf(trigger.publish());
			expect(`${error.message} ${error.description}`).toMatch(
				/HMAC Key in the Lago credential is missing.*Developers > Webhooks/,
			);
		}
		await bench().publish();
	});

	it('what n8n says of an execution that failed, or ended without an answer, is a page for the visitor', async () => {
		for (const words of [{ message: 'Error in workflow' }, undefined]) {
			const { response } = await bench().visit({ t: token });
			response.status(500).json(words);
			showsPage(response, 503, /cannot be paid right now/);
		}
	});

	it('more than can be done at once: a page with 503 and Retry-After; with events of Lago and Dodo it is one count', async () => {
		const trigger = bench();
		const visits = await Promise.all(Array.from({ length: 70 }, async () => await trigger.visit({ t: token })));
		// Those that other tests here have begun and not ended are in the same count.
		const open = visits.filter(({ items }) => items !== null);
		expect(open.length).toBeGreaterThan(1);
		const late = await trigger.visit({ t: token });
		expect(late.items).toBeNull();
		showsPage(late.response, 503, /try again in a moment/);
		expect(late.response.headers['retry-after']).toBe('5');
		showsPage((await trigger.visit({ t: 'forged' })).response, 403, /not valid/);
		const event = JSON.stringify({
			webhook_type: 'invoice.created',
			object_type: 'invoice',
			invoice: { lago_id: INVOICE_ID },
		});
		const lagoTrigger = new TriggerBench(
			nodeTypes,
			'lagoTrigger',
			{ events: ['invoice.created'], registration: 'manual', signature: 'hmac', path: 'lago' },
			{ lagoBillingApi: { webhookHmacKey: HMAC_KEY } },
			randomUUID(),
		);
		const headers = {
			'x-lago-signature': createHmac('sha256', HMAC_KEY).update(event).digest('base64'),
			'x-lago-signature-algorithm': 'hmac',
			'x-lago-unique-key': randomUUID(),
		};
		refused(await lagoTrigger.deliver(event, headers), 503);
		// Whoever listens for a test sees it all the same.
		expect((await trigger.visit({ t: token }, 'manual')).items).toHaveLength(1);
		// Some are answered, the others' visitors go away.
		open.pop()?.response.end(302);
		for (const { response } of open) response.emit('close');
		expect((await trigger.visit({ t: token })).items).toHaveLength(1);
	});
});

it('both triggers share nothing but the registry: the same id of two services is two deliveries', async () => {
	const id = 'same-id';
	const dodoBody = JSON.stringify({ type: 'payment.succeeded', timestamp: 'x', data: {} });
	const atS = String(Math.floor(Date.now() / 1000));
	const mac = createHmac('sha256', Buffer.from(DODO_SECRET.slice(6), 'base64'))
		.update(`${id}.${atS}.${dodoBody}`)
		.digest('base64');
	const workflowId = randomUUID();
	const dodo = new TriggerBench(
		nodeTypes,
		'dodoPaymentsTrigger',
		{ events: ['payment.succeeded'], registration: 'manual', path: 'dodo' },
		{ dodoPaymentsApi: { webhookSecret: DODO_SECRET } },
		'a',
		workflowId,
	);
	const lago = new TriggerBench(
		nodeTypes,
		'lagoTrigger',
		{ events: ['invoice.created'], registration: 'manual', signature: 'hmac', path: 'lago' },
		{ lagoBillingApi: { webhookHmacKey: HMAC_KEY } },
		'b',
		workflowId,
	);
	const lagoBody = JSON.stringify({
		webhook_type: 'invoice.created',
		object_type: 'invoice',
		invoice: { lago_id: INVOICE_ID },
	});
	expect(
		(await dodo.deliver(dodoBody, { 'webhook-id': id, 'webhook-timestamp': atS, 'webhook-signature': `v1,${mac}` }))
			.items,
	).toHaveLength(1);
	const signature = createHmac('sha256', HMAC_KEY).update(lagoBody).digest('base64');
	expect(
		(
			await lago.deliver(lagoBody, {
				'x-lago-signature': signature,
				'x-lago-signature-algorithm': 'hmac',
				'x-lago-unique-key': id,
			})
		).items,
	).toHaveLength(1);
});
