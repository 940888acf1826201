import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CredentialTestContext } from 'n8n-core';
import type { ICredentialTestFunction, INodeCredentialTestResult } from 'n8n-workflow';
import nock from 'nock';
import { testDodoCredential } from '../../nodes/DodoPayments/helpers/testCredential';
import { testLagoCredential } from '../../nodes/Lago/helpers/testCredential';

const API_KEY = 'api-key-SECRET-of-the-test';
const HMAC_KEY = '0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9';
const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 'secret').toString('base64')}`;
const HTML = '<!DOCTYPE html><html><head><title>Lago</title></head><body></body></html>';
const N8N = '<!DOCTYPE html><html lang="en"><head><title>n8n.io - Workflow Automation</title></head></html>';

/** Answers every request so, and remembers what was asked. */
let answer: { status: number; body?: string | object; headers?: Record<string, string> };
let asked: IncomingMessage[] = [];
let server: Server;
let url: string;

beforeAll(async () => {
	server = createServer((request: IncomingMessage, response: ServerResponse) => {
		asked.push(request);
		const isText = typeof answer.body === 'string';
		response.writeHead(answer.status, { 'content-type': isText ? 'text/html' : 'application/json', ...answer.headers });
		response.end(isText ? answer.body : answer.body === undefined ? '' : JSON.stringify(answer.body));
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	nock.disableNetConnect();
	nock.enableNetConnect('127.0.0.1');
});

beforeEach(() => {
	asked = [];
});

afterEach(() => nock.cleanAll());

afterAll(async () => {
	nock.enableNetConnect();
	nock.restore();
	await new Promise((resolve) => server.close(resolve));
});

const run = async (test: ICredentialTestFunction, type: string, data: object): Promise<INodeCredentialTestResult> => {
	const result = await test.call(new CredentialTestContext(), {
		id: '1',
		name: 'Mine',
		type,
		data: data as Record<string, string>,
	});
	for (const secret of [API_KEY, HMAC_KEY, WEBHOOK_SECRET]) expect(result.message).not.toContain(secret);
	// n8n replaces messages with one of the network's words by a stock text.
	expect(result.message).not.toMatch(/\bE[A-Z]{5,}\b|ERR_|undefined|\[object/);
	return result;
};
const lago = async (change: object = {}): Promise<INodeCredentialTestResult> =>
	await run(testLagoCredential, 'lagoBillingApi', {
		baseUrl: url,
		apiKey: API_KEY,
		webhookHmacKey: HMAC_KEY,
		...change,
	});
const dodo = async (change: object = {}): Promise<INodeCredentialTestResult> =>
	await run(testDodoCredential, 'dodoPaymentsApi', {
		environment: 'test',
		baseUrl: url,
		apiKey: API_KEY,
		webhookSecret: '',
		...change,
	});

const ORGANIZATION = { organization: { lago_id: '1a901a90-1a90-4a90-8a90-1a901a901a90', name: 'Mine' } };
const PRODUCTS = { items: [{ product_id: 'pdt_1', business_id: 'bus_1' }] };

describe('the right key', () => {
	test.each(['', '/', '/api/v1', '/api/v1/', ' '])('Lago, with "%s" behind the address', async (end) => {
		answer = { status: 200, body: ORGANIZATION };
		expect(await lago({ baseUrl: `${url}${end}` })).toMatchObject({ status: 'OK' });
		expect(asked).toMatchObject([
			{ method: 'GET', url: '/api/v1/organizations', headers: { authorization: `Bearer ${API_KEY}` } },
		]);
	});

	test.each([{ items: [] }, PRODUCTS])('Dodo Payments: %j', async (body) => {
		answer = { status: 200, body };
		expect(await dodo({ apiKey: `${API_KEY}\n`, webhookSecret: WEBHOOK_SECRET })).toMatchObject({ status: 'OK' });
		expect(asked).toMatchObject([
			{ method: 'GET', url: '/products?page_size=1', headers: { authorization: `Bearer ${API_KEY}` } },
		]);
	});
});

test.each([
	['HUF, mga', { status: 'OK' }],
	[
		'HUF, forint',
		{ status: 'Error', message: expect.stringContaining('"forint" in Currencies Counted Alike') as string },
	],
])('Lago, with %j as currencies that are counted alike', async (currenciesCountedAlike, expected) => {
	answer = { status: 200, body: ORGANIZATION };
	expect(await lago({ currenciesCountedAlike })).toMatchObject(expected);
});

describe('what is not the service, and what it refuses', () => {
	// [what, answer, words for Lago, words for Dodo]
	test.each<[string, typeof answer, RegExp, RegExp]>([
		[
			'wrong key',
			{ status: 401, body: { status: 401, error: 'Unauthorized', code: 'UNAUTHORIZED' } },
			/Lago was reached but does not accept this API key.*Developers > API keys/,
			/Dodo Payments was reached but does not accept this API key.*set to Test, where only test keys work/,
		],
		[
			'a key that may not read',
			{ status: 403, body: { status: 403, error: 'Forbidden', code: 'read_action_not_allowed_for_organization' } },
			/knows this API key, but the key may not read the organisation/,
			/knows this API key, but the key may not read products/,
		],
		[
			'a login of a proxy',
			{ status: 401, body: '<html>Login</html>', headers: { 'www-authenticate': 'Basic' } },
			/not in the words of Lago.*a proxy/,
			/not in the words of Dodo Payments.*a proxy/,
		],
		[
			'a firewall',
			{ status: 403, body: '<html>Forbidden</html>' },
			/not in the words of Lago/,
			/not in the words of Dodo Payments/,
		],
		[
			'a web page',
			{ status: 200, body: HTML },
			/with a web page, so it is not the API of Lago.*LAGO_API_URL/,
			/with a web page, so it is not the API of Dodo Payments.*Leave the Base URL empty/,
		],
		['n8n', { status: 200, body: N8N }, /is n8n itself, not Lago/, /is n8n itself, not Dodo Payments/],
		[
			"n8n's own API",
			{ status: 401, body: { message: "'X-N8N-API-KEY' header required" } },
			/is n8n itself/,
			/is n8n itself/,
		],
		[
			'JSON of something else',
			{ status: 200, body: { ok: true, items: [{ id: 1 }] } },
			/with other data, so it is not the API of Lago/,
			/with other data, so it is not the API/,
		],
		['a list', { status: 200, body: [] }, /other data/, /other data/],
		['text', { status: 200, body: 'OK' }, /with text/, /with text/],
		['nothing', { status: 204 }, /with nothing/, /with nothing/],
		[
			'404',
			{ status: 404, body: { status: 404, error: 'Not Found' } },
			/answers 404, so it is not the API of Lago/,
			/answers 404, so it is not the API of Dodo/,
		],
		['410', { status: 410 }, /answers 410/, /answers 410/],
		[
			'429',
			{ status: 429, body: {} },
			/limits the number of requests right now. Wait a minute/,
			/limits the number of requests/,
		],
		[
			'500',
			{ status: 500, body: HTML },
			/Lago has trouble right now.*answers 500/,
			/Dodo Payments has trouble right now/,
		],
		['503', { status: 503 }, /answers 503/, /answers 503/],
		[
			'a redirect',
			{ status: 301, headers: { location: 'https://elsewhere.example/login?to=x' } },
			/redirects the request to https:\/\/elsewhere\.example instead/,
			/redirects the request to https:\/\/elsewhere\.example instead/,
		],
		[
			'a redirect to a path',
			{ status: 302, headers: { location: '/login' } },
			/redirects the request instead/,
			/redirects the request instead/,
		],
	])('%s', async (_, given, forLago, forDodo) => {
		answer = given;
		for (const [result, words] of [
			[await lago(), forLago],
			[await dodo(), forDodo],
		] as const) {
			expect(result.status).toBe('Error');
			expect(result.message).toMatch(words);
		}
		expect(asked).toHaveLength(2);
	});

	test('an address behind a wrong host is named, without what else stands in it', async () => {
		answer = { status: 404 };
		expect((await lago()).message).toContain(new URL(url).host);
	});
});

describe('no answer', () => {
	test.each([
		['ENOTFOUND', /the host name is unknown.*spelling/],
		['EAI_AGAIN', /the host name is unknown/],
		['ECONNRESET', /the connection broke/],
		['ETIMEDOUT', /it took too long/],
		['EHOSTUNREACH', /cannot be reached/],
		['DEPTH_ZERO_SELF_SIGNED_CERT', /vouches for its certificate.*NODE_EXTRA_CA_CERTS/],
		['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /vouches for its certificate/],
		['CERT_HAS_EXPIRED', /its certificate has expired/],
		['ERR_TLS_CERT_ALTNAME_INVALID', /belongs to another host name/],
		['SOMETHING_NEW', /no answer came/],
	])('%s', async (code, words) => {
		nock('https://lago.example')
			.get('/api/v1/organizations')
			.replyWithError(Object.assign(new Error(`${code} ${API_KEY}`), { code }));
		const { status, message } = await lago({ baseUrl: 'https://lago.example' });
		expect(status).toBe('Error');
		expect(message).toMatch(/^Lago did not answer at lago\.example: /);
		expect(message).toMatch(words);
	});

	test('nothing listens, and TLS spoken to a port without it', async () => {
		const free = await new Promise<number>((resolve) => {
			const other = createServer().listen(0, '127.0.0.1', () => {
				const { port } = other.address() as AddressInfo;
				other.close(() => resolve(port));
			});
		});
		expect((await dodo({ baseUrl: `http://127.0.0.1:${free}` })).message).toMatch(
			new RegExp(`did not answer at 127\\.0\\.0\\.1:${free}: nothing listens there`),
		);
		expect((await lago({ baseUrl: url.replace('http:', 'https:') })).message).toContain(
			'it does not speak TLS on this port',
		);
	});
});

describe('without asking anybody', () => {
	test.each([
		['api.getlago.com', /does not begin with https:\/\/ or http:\/\//],
		['localhost:3000', /does not begin with/],
		['htps://api.getlago.com', /does not begin with/],
		['https:// api.getlago.com', /has a blank in it/],
		['https://', /is not an address/],
		['https://api.getlago.com/?key=x', /goes on after the path/],
		['https://me:pass@api.getlago.com', /has a user name in it/],
	])('the base URL "%s"', async (baseUrl, words) => {
		for (const result of [await lago({ baseUrl }), await dodo({ baseUrl })]) {
			expect(result).toMatchObject({ status: 'Error', message: expect.stringMatching(words) });
			expect(result.message).not.toContain('pass');
		}
		expect(asked).toEqual([]);
	});

	test.each(['schlüssel–1', '"key"', "'key'", '<key>', 'a key', 'a\nkey'])('the API key %j', async (apiKey) => {
		for (const result of [await lago({ apiKey }), await dodo({ apiKey })])
			expect(result.message).toContain('The API Key has a character in it that no key has');
		expect(asked).toEqual([]);
	});

	test('an empty API key', async () => {
		for (const result of [await lago({ apiKey: ' ' }), await dodo({ apiKey: '' }), await dodo({ apiKey: undefined })])
			expect(result.message).toContain('The API Key is empty');
		expect(asked).toEqual([]);
	});
});

describe('a key of the other world of Dodo Payments', () => {
	const at = (mode: string): nock.Interceptor => nock(`https://${mode}.dodopayments.com`).get('/products?page_size=1');

	test.each([
		['live', 'test', 'This is a test key, but the Environment is Live. Set Environment to Test'],
		['test', 'live', 'This is a live key, but the Environment is Test. Set Environment to Live'],
	])('%s', async (environment, other, words) => {
		at(environment).reply(401);
		at(other).reply(200, PRODUCTS);
		expect((await dodo({ environment, baseUrl: ' ' })).message).toContain(words);
	});

	test('a key that neither knows', async () => {
		at('live').reply(401, { code: 'UNAUTHORIZED' });
		at('test').reply(401, { code: 'UNAUTHORIZED' });
		expect((await dodo({ environment: 'live', baseUrl: '' })).message).toContain(
			'set to Live, where only live keys work',
		);
	});

	test('the other world is asked for nothing else than a refusal', async () => {
		at('live').reply(500);
		expect((await dodo({ environment: 'live', baseUrl: '' })).message).toContain('has trouble right now');
		expect(nock.isDone()).toBe(true);
	});
});

describe('what signs webhooks', () => {
	const PLACE = 'Copy it from Lago > Developers > Webhooks > HMAC key';

	test.each([
		['', /the Webhook HMAC Key is missing.*Signature: JWT/],
		['   ', /is empty/],
		[`"${HMAC_KEY}"`, /has quotation marks/],
		[` ${HMAC_KEY}`, /has a blank at its beginning or end/],
		[`${HMAC_KEY}\n`, /has a blank at its beginning or end/],
		['two words', /has a blank or a line break in it/],
		['changeme', /is a placeholder/],
		['CHANGE_ME', /is a placeholder/],
		['<your key>', /is a placeholder/],
		['your-hmac-key', /is a placeholder/],
		['xxxxxxxx', /is a placeholder/],
		['https://api.getlago.com', /is an address/],
		[API_KEY, /is the API key once more/],
		[WEBHOOK_SECRET, /begins with whsec_/],
		['-----BEGIN', /is the public key/],
	])('Lago: "%s"', async (webhookHmacKey, words) => {
		answer = { status: 200, body: ORGANIZATION };
		const { status, message } = await lago({ webhookHmacKey });
		expect(status).toBe('Error');
		expect(message).toMatch(/^Lago accepts the API key, but /);
		expect(message).toMatch(words);
		expect(message).toContain(PLACE);
	});

	test.each([
		['"whsec_x"', /quotation marks/],
		['v1,abcdefgh', /begins with "v1,"/],
		[API_KEY, /is the API key once more/],
		['changeme', /placeholder/],
		['whsec_', /not a whole one/],
		['whsec_c2hvcnQ=', /not a whole one/],
		['https://n8n.example/webhook/dodo', /is an address/],
	])('Dodo Payments: "%s"', async (webhookSecret, words) => {
		answer = { status: 200, body: PRODUCTS };
		expect(await dodo({ webhookSecret })).toMatchObject({ status: 'Error', message: expect.stringMatching(words) });
	});
});
