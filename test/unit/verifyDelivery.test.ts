import { createHmac, createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import type { IHttpRequestOptions, IWebhookFunctions } from 'n8n-workflow';
import * as dodo from '../../nodes/DodoPayments/helpers/verifyDelivery';
import * as lago from '../../nodes/Lago/helpers/verifyDelivery';

/** A service that answers with the next of what it is given, whatever it is asked; a failure is one of the network. */
interface Given {
	parameters?: Record<string, unknown>;
	credential?: Record<string, unknown>;
	answers?: Array<{ statusCode: number; body?: unknown } | 'silence'>;
}

function webhook({ parameters = {}, credential = {}, answers = [] }: Given) {
	const asked: string[] = [];
	const warned: string[] = [];
	const answered: unknown[] = [];
	const stored = { id: randomUUID(), name: 'test' };
	const node = { name: 'Trigger', credentials: { dodoPaymentsApi: stored, lagoBillingApi: stored } };
	const response = {
		status: (code: number) => (answered.push(code), response),
		json: (body: unknown) => (answered.push(body), response),
	};
	const ctx = {
		getNode: () => node,
		getNodeParameter: (name: string) => parameters[name],
		getRequestObject: () => ({}),
		getResponseObject: () => response,
		getNodeWebhookUrl: () => 'https://n8n.example/webhook/events',
		getWorkflowStaticData: () => ({}),
		getCredentials: async () => ({ baseUrl: 'https://service.example', environment: 'test', ...credential }),
		logger: { warn: (text: string) => void warned.push(text) },
		helpers: {
			httpRequestWithAuthentication: async (_type: string, { url }: IHttpRequestOptions) => {
				asked.push(new URL(url).pathname);
				const next = answers.shift() ?? 'silence';
				if (next === 'silence') throw Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
				return next;
			},
		},
	} as unknown as IWebhookFunctions;
	return { ctx, asked, warned, answered };
}

const ok = (body: unknown) => ({ statusCode: 200, body });

/** A minute passes: nobody is asked for a key more often. */
async function aMinuteLater<T>(work: () => Promise<T>): Promise<T> {
	const { now } = Date;
	const later = now() + 60_000;
	Date.now = () => later;
	try {
		return await work();
	} finally {
		Date.now = now;
	}
}

describe('Dodo Payments', () => {
	const SECRETS = ['a', 'b'].map((letter) => `whsec_${Buffer.from(letter.repeat(32)).toString('base64')}`) as [
		string,
		string,
	];
	const body = Buffer.from('{"type":"payment.succeeded"}');
	const signed = (secret: string, atMs = Date.now()) => {
		const timestamp = String(Math.floor(atMs / 1000));
		const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
		const mac = createHmac('sha256', key).update(`msg_1.${timestamp}.`).update(body).digest('base64');
		return { id: 'msg_1', timestamp, signature: `v1,${mac}`, rawBody: body };
	};
	const endpoint = { id: 'ep_1', url: 'https://n8n.example/webhook/events' };
	const listed = (...data: object[]) => ok({ data, done: true });
	const byHand = { registration: 'manual' };

	test.each([
		['by the secret of the credential', SECRETS[0], SECRETS[0], 'ok'],
		['by another', SECRETS[0], SECRETS[1], 'mismatch'],
		['without a secret in the credential', undefined, SECRETS[0], 'missing_secret'],
		['with an empty secret', '', SECRETS[0], 'missing_secret'],
	])('registered by hand, signed %s', async (_, webhookSecret, secret, verdict) => {
		const { ctx, asked } = webhook({ parameters: byHand, credential: { webhookSecret } });
		expect(await dodo.verifyDelivery(ctx, signed(secret))).toBe(verdict);
		expect(asked).toEqual([]);
	});

	test.each(['id', 'timestamp', 'signature'])('without its %s nobody is asked anything', async (name) => {
		for (const parameters of [{}, byHand]) {
			const { ctx, asked } = webhook({ parameters, credential: { webhookSecret: SECRETS[0] } });
			expect(await dodo.verifyDelivery(ctx, { ...signed(SECRETS[0]), [name]: undefined })).toBe('missing_headers');
			expect(asked).toEqual([]);
		}
	});

	test('registered by itself, Dodo tells the secret once; the one of the credential counts for nothing', async () => {
		const answers = [
			listed({ ...endpoint, id: 'ep_0', url: 'https://other.example/' }, endpoint),
			ok({ secret: SECRETS[0] }),
		];
		const { ctx, asked } = webhook({ answers, credential: { webhookSecret: SECRETS[1] } });
		expect(await dodo.verifyDelivery(ctx, signed(SECRETS[0]))).toBe('ok');
		expect(await dodo.verifyDelivery(ctx, signed(SECRETS[0]))).toBe('ok');
		expect(await dodo.verifyDelivery(ctx, signed(SECRETS[1]))).toBe('mismatch');
		expect(asked).toEqual(['/webhooks', '/webhooks/ep_1/secret']);
	});

	test('a secret that was rotated is asked for, a minute later', async () => {
		const answers = [listed(endpoint), ok({ secret: SECRETS[0] }), listed(endpoint), ok({ secret: SECRETS[1] })];
		const { ctx } = webhook({ answers });
		expect(await dodo.verifyDelivery(ctx, signed(SECRETS[1]))).toBe('mismatch');
		await aMinuteLater(async () => {
			expect(await dodo.verifyDelivery(ctx, signed(SECRETS[1]))).toBe('ok');
			expect(await dodo.verifyDelivery(ctx, signed(SECRETS[0]))).toBe('mismatch');
		});
	});

	test('an old one is refused, and that is no reason to ask again', async () => {
		const { ctx, asked } = webhook({ answers: [listed(endpoint), ok({ secret: SECRETS[0] })] });
		await dodo.verifyDelivery(ctx, signed(SECRETS[0]));
		await aMinuteLater(async () => {
			expect(await dodo.verifyDelivery(ctx, signed(SECRETS[0], Date.now() - 301_000))).toBe('stale');
		});
		expect(asked).toHaveLength(2);
	});

	test('without an endpoint there is no secret until there is one', async () => {
		const { ctx } = webhook({ answers: [listed(), listed(endpoint), ok({ secret: SECRETS[0] })] });
		expect(await dodo.verifyDelivery(ctx, signed(SECRETS[0]))).toBe('missing_secret');
		await aMinuteLater(async () => expect(await dodo.verifyDelivery(ctx, signed(SECRETS[0]))).toBe('ok'));
	});

	test('a secret without a key in it is asked for again, a minute later', async () => {
		const answers = [listed(endpoint), ok({ secret: 'whsec_' }), listed(endpoint), ok({ secret: SECRETS[0] })];
		const { ctx } = webhook({ answers });
		expect(await dodo.verifyDelivery(ctx, signed(SECRETS[0]))).toBe('missing_secret');
		await aMinuteLater(async () => expect(await dodo.verifyDelivery(ctx, signed(SECRETS[0]))).toBe('ok'));
	});

	test.each([
		['no answer', 'silence', 'secret_unavailable', 0],
		['a failure that passes', { statusCode: 500 }, 'secret_unavailable', 0],
		['a refusal', { statusCode: 401, body: { code: 'UNAUTHORIZED', message: 'No.' } }, 'missing_secret', 1],
	] as const)('%s instead of a secret lets nobody in', async (_, given, verdict, warnings) => {
		const { ctx, warned } = webhook({ answers: [given] });
		expect(await dodo.verifyDelivery(ctx, signed(SECRETS[0]))).toBe(verdict);
		expect(warned).toEqual(Array.from({ length: warnings }, () => expect.stringContaining('No.')));
	});

	test.each([
		['missing_headers', 401, 0],
		['stale', 401, 0],
		['mismatch', 401, 0],
		['missing_secret', 401, 1],
		['secret_unavailable', 503, 0],
	] as const)('%s is answered with %i', (verdict, status, warnings) => {
		const { ctx, answered, warned } = webhook({});
		expect(dodo.refusal(ctx, verdict)).toEqual({ noWebhookResponse: true });
		expect(answered).toEqual([status, { message: expect.stringMatching(/\w/) }]);
		expect(warned).toHaveLength(warnings);
	});
});

describe('Lago', () => {
	const rawBody = Buffer.from('{"webhook_type":"invoice.created","organization_id":"org_1"}');
	const hmac = (key: string, body = rawBody) => ({
		signature: createHmac('sha256', key).update(body).digest('base64'),
		algorithm: 'hmac',
		rawBody: body,
	});
	const pairs = [1, 2].map(() => generateKeyPairSync('rsa', { modulusLength: 2048 })) as [
		ReturnType<typeof generateKeyPairSync>,
		ReturnType<typeof generateKeyPairSync>,
	];
	const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
	const jwt = (which: 0 | 1, body = rawBody) => {
		const text = `${part({ alg: 'RS256' })}.${part({ data: body.toString() })}`;
		const signature = createSign('RSA-SHA256')
			.update(text)
			.sign(pairs[which].privateKey as never, 'base64url');
		return { signature: `${text}.${signature}`, algorithm: 'jwt', rawBody: body };
	};
	const key = (which: 0 | 1) => {
		const pem = pairs[which].publicKey.export({ type: 'spki', format: 'pem' } as never) as unknown as string;
		return ok({ webhook: { public_key: Buffer.from(pem).toString('base64') } });
	};
	const organization = (lago_id: string | null) => ok({ organization: { lago_id } });
	const byJwt = { signature: 'jwt' };

	test.each([
		['by the key of the credential', 'key', hmac('key'), 'ok'],
		['by another', 'key', hmac('other'), 'mismatch'],
		['without a key in the credential', undefined, hmac(''), 'missing_secret'],
		['with an empty key', '', hmac(''), 'missing_secret'],
		['not at all', 'key', { ...hmac('key'), signature: undefined }, 'missing_headers'],
		['as the sender likes', 'key', jwt(0), 'wrong_algorithm'],
	])('set to HMAC, signed %s', async (_, webhookHmacKey, delivery, verdict) => {
		for (const parameters of [{ signature: 'hmac' }, {}]) {
			const { ctx, asked } = webhook({ parameters, credential: { webhookHmacKey } });
			expect(await lago.verifyDelivery(ctx, delivery)).toBe(verdict);
			expect(asked).toEqual([]);
		}
	});

	test('set to JWT, the HMAC key of the credential opens nothing, and a delivery without signature asks nobody', async () => {
		const { ctx, asked } = webhook({ parameters: byJwt, credential: { webhookHmacKey: 'key' }, answers: [key(0)] });
		expect(await lago.verifyDelivery(ctx, { ...jwt(0), signature: undefined })).toBe('missing_headers');
		expect(asked).toEqual([]);
		expect(await lago.verifyDelivery(ctx, hmac('key'))).toBe('wrong_algorithm');
		expect(asked).toEqual(['/api/v1/webhooks/json_public_key']);
	});

	test('Lago tells its key and whose the credential is, once', async () => {
		const { ctx, asked } = webhook({ parameters: byJwt, answers: [key(0), organization('org_1')] });
		for (let times = 0; times < 2; times++) expect(await lago.verifyDelivery(ctx, jwt(0))).toBe('ok');
		expect(await lago.verifyDelivery(ctx, jwt(1))).toBe('mismatch');
		expect(asked).toEqual(['/api/v1/webhooks/json_public_key', '/api/v1/organizations']);
	});

	test('what matches, or cannot, is no reason to ask for another key', async () => {
		const { ctx, asked } = webhook({ parameters: byJwt, answers: [key(0), organization('org_1')] });
		await lago.verifyDelivery(ctx, jwt(0));
		await aMinuteLater(async () => {
			expect(await lago.verifyDelivery(ctx, jwt(0))).toBe('ok');
			expect(await lago.verifyDelivery(ctx, hmac('key'))).toBe('wrong_algorithm');
		});
		expect(asked).toHaveLength(2);
	});

	test('a key that was rotated is asked for, a minute later', async () => {
		const { ctx } = webhook({ parameters: byJwt, answers: [key(0), key(1), organization('org_1')] });
		expect(await lago.verifyDelivery(ctx, jwt(1))).toBe('mismatch');
		await aMinuteLater(async () => expect(await lago.verifyDelivery(ctx, jwt(1))).toBe('ok'));
	});

	test.each([
		['another organisation', 'org_2', rawBody, 'other_organization'],
		['one that Lago does not tell', null, rawBody, 'ok'],
		['ours, of an event without its own', 'org_1', Buffer.from('{}'), 'other_organization'],
		['ours, of what is no JSON', 'org_1', Buffer.from('no'), 'other_organization'],
	])('signed by this Lago for %s', async (_, ours, body, verdict) => {
		const { ctx } = webhook({ parameters: byJwt, answers: [key(0), organization(ours)] });
		expect(await lago.verifyDelivery(ctx, jwt(0, body))).toBe(verdict);
	});

	test.each([
		['no answer', 'silence', 'key_unavailable', []],
		['a failure that passes', { statusCode: 502 }, 'key_unavailable', []],
		['a refusal', { statusCode: 401, body: { error: 'Unauthorized' } }, 'missing_secret', ['Unauthorized']],
		['no key', ok({ webhook: { public_key: 'bm8=' } }), 'missing_secret', ['public key cannot be read']],
	] as const)('%s instead of a key lets nobody in', async (_, given, verdict, warnings) => {
		const { ctx, warned } = webhook({ parameters: byJwt, answers: [given] });
		expect(await lago.verifyDelivery(ctx, jwt(0))).toBe(verdict);
		expect(warned).toEqual(warnings.map((text) => expect.stringContaining(text)));
	});

	test('an organisation that cannot be asked for now lets nobody in', async () => {
		const { ctx } = webhook({ parameters: byJwt, answers: [key(0), { statusCode: 500 }] });
		expect(await lago.verifyDelivery(ctx, jwt(0))).toBe('key_unavailable');
	});

	test.each([
		['missing_headers', 401, 0],
		['wrong_algorithm', 401, 0],
		['mismatch', 401, 0],
		['other_organization', 401, 0],
		['missing_secret', 401, 1],
		['key_unavailable', 503, 0],
	] as const)('%s is answered with %i', (verdict, status, warnings) => {
		const { ctx, answered, warned } = webhook({});
		expect(lago.refusal(ctx, verdict)).toEqual({ noWebhookResponse: true });
		expect(answered).toEqual([status, { message: expect.stringMatching(/\w/) }]);
		expect(warned).toHaveLength(warnings);
	});
});
