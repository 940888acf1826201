import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { verifySignature, type SignedDelivery } from '../../nodes/DodoPayments/helpers/verifySignature';
import { decodePublicKey, verifyHmac, verifyJwt } from '../../nodes/Lago/helpers/verifySignature';
import { decodeSecret, signatureOf } from '../../nodes/shared/transport/standardWebhooks';

describe('Dodo Payments: Standard Webhooks', () => {
	const SECRET = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
	const AT = 1_793_869_207;
	const body =
		'{"business_id":"bus_1","type":"refund.succeeded","timestamp":"2026-11-05T09:00:07.000000Z","data":{"payload_type":"Refund","refund_id":"ref_1","payment_id":"pay_1","amount":5000}}';
	const delivery: SignedDelivery = {
		id: 'msg_test_1',
		timestamp: String(AT),
		signature: 'v1,7I2mkNKmeAgT1scED+WnMyW3r6UaRs18qy4ZQhxmBhg=',
		rawBody: Buffer.from(body),
	};
	const verify = (change: Partial<SignedDelivery> = {}, { secret = SECRET, nowMs = AT * 1000 } = {}) =>
		verifySignature({ ...delivery, ...change }, decodeSecret(secret), nowMs);

	test('the known vector, with and without prefix', () => {
		expect(verify()).toBe('ok');
		expect(verify({}, { secret: SECRET.slice(6) })).toBe('ok');
		expect(verify({}, { secret: ` ${SECRET}\n` })).toBe('ok');
	});

	test('agrees with the official library both ways', () => {
		const official = new Webhook(SECRET);
		const nowMs = Date.now();
		const signature = official.sign('msg_2', new Date(nowMs), body);
		const timestamp = String(Math.floor(nowMs / 1000));
		expect(verify({ id: 'msg_2', timestamp, signature }, { nowMs })).toBe('ok');
		expect(() =>
			official.verify(body, { 'webhook-id': 'msg_2', 'webhook-timestamp': timestamp, 'webhook-signature': signature }),
		).not.toThrow();
	});

	test('during a rotation either signature is enough; other versions are passed over', () => {
		const other = 'v1,AAAAkNKmeAgT1scED+WnMyW3r6UaRs18qy4ZQhxmBhg=';
		expect(verify({ signature: `${other} ${delivery.signature}` })).toBe('ok');
		expect(verify({ signature: `${delivery.signature} ${other}` })).toBe('ok');
		expect(verify({ signature: delivery.signature?.replace('v1,', 'v1a,') })).toBe('mismatch');
		expect(verify({ signature: `${Array(10).fill(other).join(' ')} ${delivery.signature}` })).toBe('mismatch');
	});

	test.each([
		[300, 'ok'],
		[301, 'stale'],
		[-300, 'ok'],
		[-301, 'stale'],
	])('%i s away from now: %s', (seconds, verdict) => {
		expect(verify({}, { nowMs: (AT + seconds) * 1000 })).toBe(verdict);
	});

	test.each<[string, Partial<SignedDelivery>]>([
		['id', { id: undefined }],
		['timestamp', { timestamp: '' }],
		['signature', { signature: undefined }],
		['a timestamp that is a number', { timestamp: 'now' }],
	])('without %s it is refused', (_case, change) => {
		expect(verify(change)).toBe('missing_headers');
	});

	test.each([`x${AT}`, `${AT}x`, ` ${AT}`, `${AT}.0`, `+${AT}`, `1${'0'.repeat(12)}`])(
		'a timestamp that is written %j is none, even if it was signed',
		(timestamp) => {
			const nowMs = Number(timestamp) * 1000 || AT * 1000;
			expect(
				verify({ timestamp, signature: signatureOf(decodeSecret(SECRET), 'msg_test_1', timestamp, body) }, { nowMs }),
			).toBe('missing_headers');
		},
	);

	test('only at its beginning a secret says what it is', () => {
		const secret = 'MDEywhsec_MzQ1Njc4OWFiY2RlZjAxMjM0NTY3';
		expect(decodeSecret(secret)).toEqual(Buffer.from(secret, 'base64'));
	});

	test('without a secret everything is refused, even what is signed with an empty key', () => {
		const signature = `v1,${createHmac('sha256', '').update(`msg_test_1.${AT}.${body}`).digest('base64')}`;
		for (const secret of ['', 'whsec_', '  ']) expect(verify({ signature }, { secret })).toBe('missing_secret');
	});

	test('every flipped bit of body, id and signature is refused', () => {
		for (const index of delivery.rawBody.keys())
			for (let bit = 0; bit < 8; bit++) {
				const rawBody = Buffer.from(delivery.rawBody);
				rawBody[index] = (rawBody[index] ?? 0) ^ (1 << bit);
				expect(verify({ rawBody })).toBe('mismatch');
			}
		for (const name of ['id', 'signature'] as const)
			for (const flipped of flips(delivery[name] ?? '')) expect(verify({ [name]: flipped })).not.toBe('ok');
	});

	test('a body that is longer, shorter or empty is refused', () => {
		for (const rawBody of [Buffer.from(`${body} `), Buffer.from(body.slice(0, -1)), Buffer.alloc(0)])
			expect(verify({ rawBody })).toBe('mismatch');
	});
});

describe('Lago: HMAC', () => {
	const KEY = '0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9';
	const rawBody = Buffer.from(
		'{"webhook_type":"customer.updated","object_type":"customer","organization_id":"5f6b1c1e-7d7c-4a54-9c1e-0d1b2a3c4d5e","customer":{"name":"A \\u0026 B"}}',
	);
	const delivery = { signature: 'D+RAerzrKGp+IZyyIXAwmwsxu20wHwIGZJ01YfmCuiw=', algorithm: 'hmac', rawBody };

	test('the known vector, over the raw bytes', () => {
		expect(verifyHmac(delivery, KEY)).toBe('ok');
		expect(verifyHmac({ ...delivery, rawBody: Buffer.from(JSON.stringify(JSON.parse(rawBody.toString()))) }, KEY)).toBe(
			'mismatch',
		);
	});

	test('another key, no key, no signature, another algorithm are refused', () => {
		expect(verifyHmac(delivery, 'other')).toBe('mismatch');
		expect(verifyHmac(delivery, '')).toBe('missing_secret');
		expect(verifyHmac({ ...delivery, signature: undefined }, KEY)).toBe('missing_headers');
		for (const algorithm of ['jwt', 'none', undefined])
			expect(verifyHmac({ ...delivery, algorithm }, KEY)).toBe('wrong_algorithm');
	});

	test('every flipped bit is refused', () => {
		for (const signature of flips(delivery.signature))
			expect(verifyHmac({ ...delivery, signature }, KEY)).toBe('mismatch');
		for (const index of rawBody.keys()) {
			const bent = Buffer.from(rawBody);
			bent[index] = (bent[index] ?? 0) ^ 1;
			expect(verifyHmac({ ...delivery, rawBody: bent }, KEY)).toBe('mismatch');
		}
	});
});

describe('Lago: JWT', () => {
	const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
	const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
	const key = decodePublicKey(
		(
			Buffer.from(pem)
				.toString('base64')
				.match(/.{1,60}/g) ?? []
		).join('\n'),
	);
	const rawBody = Buffer.from('{"webhook_type":"invoice.created","name":"Zoë"}');
	const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
	const token = (payload: unknown, header: unknown = { alg: 'RS256' }) => signedAsIs(part(payload), part(header));
	const signedAsIs = (payload: string, header = part({ alg: 'RS256' })) => {
		const signed = `${header}.${payload}`;
		return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey).toString('base64url')}`;
	};
	const verify = (signature: string | undefined, algorithm: string | undefined = 'jwt') =>
		verifyJwt({ signature, algorithm, rawBody }, key);
	const good = token({ data: rawBody.toString(), iss: 'https://lago.example' });

	test('a token over exactly this body', () => {
		expect(verify(good)).toBe('ok');
	});

	test('a token is enough where nothing says that it is one', () => {
		expect(verifyJwt({ signature: good, algorithm: undefined, rawBody }, key)).toBe('ok');
	});

	test('refused: parts that are empty, no JSON or no object, even if they are signed', () => {
		const payload = part({ data: rawBody.toString() });
		for (const odd of [null, 7, 'text', [rawBody.toString()]]) {
			expect(verify(token(odd))).toBe('mismatch');
			expect(verify(token({ data: rawBody.toString() }, odd))).toBe('wrong_algorithm');
		}
		expect(verify(signedAsIs('no-json'))).toBe('mismatch');
		expect(verify(signedAsIs(payload, 'no-json'))).toBe('wrong_algorithm');
		expect(verify(signedAsIs(''))).toBe('mismatch');
		expect(verify(signedAsIs(payload, ''))).toBe('mismatch');
	});

	test('refused: another body, no data, not a token, no signature', () => {
		expect(verify(token({ data: `${rawBody.toString()} ` }))).toBe('mismatch');
		expect(verify(token({ iss: 'x' }))).toBe('mismatch');
		for (const bad of ['x', 'a.b', `${good}.x`, `${good.split('.').slice(0, 2).join('.')}.`])
			expect(verify(bad)).not.toBe('ok');
		expect(verify(undefined)).toBe('missing_headers');
		expect(verify(good, 'hmac')).toBe('wrong_algorithm');
	});

	test('refused: no algorithm, and the public key used as an HMAC secret', () => {
		const payload = part({ data: rawBody.toString() });
		expect(verify(`${part({ alg: 'none' })}.${payload}.`)).not.toBe('ok');
		const signed = `${part({ alg: 'HS256' })}.${payload}`;
		expect(verify(`${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`)).toBe('wrong_algorithm');
		expect(verify(token({ data: rawBody.toString() }, { alg: 'RS512' }))).toBe('wrong_algorithm');
	});

	test('every flipped bit of the token is refused', () => {
		for (const bent of flips(good)) expect(verify(bent)).not.toBe('ok');
	});
});

/** Every text that differs from this one in a single bit. */
function* flips(text: string): Generator<string> {
	for (let index = 0; index < text.length; index++)
		for (let bit = 0; bit < 7; bit++)
			yield text.slice(0, index) + String.fromCharCode(text.charCodeAt(index) ^ (1 << bit)) + text.slice(index + 1);
}
