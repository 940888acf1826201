import { createHmac, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { seededRandom } from '../../sandbox/shared/faults';
import { madeFor } from '../support/madeFor';
import { ENCRYPTION_KEY } from '../support/migrated';
import { runs } from '../support/runs';
import { signedByDodo, startSync, waitFor, type Sync } from '../support/sync';

/** The same seed makes the same requests. */
const SEED = Number(process.env.HOSTILE_SEED ?? 20_261_123);
const REQUESTS = runs(600, 2_000);
const AT_ONCE = 8;

let sync: Sync;
const random = seededRandom(SEED);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

beforeAll(async () => {
	// n8n's other engine takes 20 ms of a core for every refused request.
	sync = await startSync({
		registration: 'manual',
		env: { N8N_EXPRESSION_ENGINE: 'legacy', N8N_PAYLOAD_SIZE_MAX: '1' },
	});
}, 900_000);
afterAll(async () => {
	await sync?.stop();
});

interface Hostile {
	family: string;
	path: 'dodo' | 'lago';
	method?: string;
	headers: Record<string, string>;
	body: Buffer;
	/** Signed by the service itself: it may be executed, but must not do anything. */
	genuine?: boolean;
}

/** An event that would book something if it were taken, and the headers that would make it be taken. */
function valid(path: Hostile['path'], event?: object): { headers: Record<string, string>; body: Buffer } {
	const [invoice] = [...sync.lago.state.invoices.values()];
	const text = JSON.stringify(
		event ??
			(path === 'dodo'
				? {
						business_id: 'bus',
						type: 'payment.succeeded',
						timestamp: new Date().toISOString(),
						data: {
							payload_type: 'Payment',
							payment_id: 'pay_hostile',
							status: 'succeeded',
							total_amount: 10_000,
							currency: 'EUR',
							checkout_session_id: 'cks_x',
							metadata: invoice === undefined ? {} : madeFor(sync.lago, invoice),
						},
					}
				: {
						webhook_type: 'invoice.created',
						object_type: 'invoice',
						organization_id: 'org',
						invoice: { lago_id: invoice?.lago_id },
					}),
	);
	const signed =
		path === 'dodo'
			? signedByDodo(sync.dodo, text, sync.dodoSecret)
			: { ...sync.lago.sign(text), 'X-Lago-Unique-Key': randomUUID() };
	return { headers: { 'content-type': 'application/json', ...signed }, body: Buffer.from(text) };
}

const flipBit = (buffer: Buffer): Buffer => {
	const copy = Buffer.from(buffer);
	const at = Math.floor(random() * copy.length);
	copy.writeUInt8(copy.readUInt8(at) ^ (1 << Math.floor(random() * 8)), at);
	return copy;
};
const signatureOf = (path: Hostile['path']): string => (path === 'dodo' ? 'webhook-signature' : 'X-Lago-Signature');
const nested = (depth: number): Buffer => Buffer.from(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);

type Bend = (path: Hostile['path']) => Partial<Hostile>;
const unsigned =
	(body: Buffer | string): Bend =>
	() => ({ headers: { 'content-type': 'application/json' }, body: Buffer.from(body) });
const withHeader =
	(name: (path: Hostile['path']) => string, value: (before: string) => string): Bend =>
	(path) => {
		const { headers, body } = valid(path);
		return { headers: { ...headers, [name(path)]: value(headers[name(path)] ?? '') }, body };
	};

/** What somebody without the secret can send. */
const FORGED: Readonly<Record<string, Bend>> = {
	'no headers': (path) => ({ headers: {}, body: valid(path).body }),
	'no signature': (path) => ({
		headers: {
			'content-type': 'application/json',
			'webhook-id': 'msg_1',
			'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
		},
		body: valid(path).body,
	}),
	'another key': (path) => {
		const { headers, body } = valid(path);
		return {
			headers: {
				...headers,
				[signatureOf(path)]:
					`${path === 'dodo' ? 'v1,' : ''}${createHmac('sha256', 'guess').update(body).digest('base64')}`,
			},
			body,
		};
	},
	'one bit of the body': (path) => {
		const { headers, body } = valid(path);
		return { headers, body: flipBit(body) };
	},
	'a signature of other bytes': (path) => ({
		headers: valid(path).headers,
		body: Buffer.from(JSON.stringify({ type: 'payment.succeeded', timestamp: 'now', data: { payment_id: 'pay_2' } })),
	}),
	'a truncated body': (path) => {
		const { headers, body } = valid(path);
		return { headers, body: body.subarray(0, Math.floor(random() * body.length)) };
	},
	'a truncated signature': withHeader(signatureOf, (before) => before.slice(0, Math.floor(random() * before.length))),
	'an empty signature': withHeader(signatureOf, () => ''),
	'a huge signature': withHeader(signatureOf, (before) => before + 'A'.repeat(8_000)),
	'a strange signature': withHeader(signatureOf, () =>
		pick([
			'v1,',
			',',
			'v1a,AAAA',
			'=====',
			'null',
			'[object Object]',
			'../../etc/passwd',
			'${7*7}',
			"' OR 1=1 --",
			'%00',
		]),
	),
	'a stale time': (path) => {
		const { body } = valid(path);
		return path === 'dodo'
			? {
					headers: {
						'content-type': 'application/json',
						...signedByDodo(sync.dodo, body.toString(), sync.dodoSecret, {
							atS: Math.floor(Date.now() / 1000) + pick([-400, -86_400, 4_000, 1e9]),
						}),
					},
					body,
				}
			: { headers: {}, body };
	},
	'a strange time': withHeader(
		(path) => (path === 'dodo' ? 'webhook-timestamp' : 'X-Lago-Signature-Algorithm'),
		() => pick(['', 'NaN', '-1', '1e99', 'Infinity', 'none', 'RS256', '0x10']),
	),
	'nothing at all': unsigned(''),
	'no JSON': unsigned('{"type":'),
	'a number': unsigned('7'),
	'deep nesting': unsigned(nested(5_000)),
	'keys of objects': unsigned('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
	'invalid UTF-8': unsigned(Buffer.from([0x7b, 0xff, 0xfe, 0x80, 0x7d])),
	'another content type': (path) => ({
		headers: {
			...valid(path).headers,
			'content-type': pick([
				'text/plain',
				'application/xml',
				'multipart/form-data; boundary=x',
				'application/x-www-form-urlencoded',
				'application/json; charset=utf-7',
			]),
			[signatureOf(path)]: 'v1,AAAA',
		},
		body: valid(path).body,
	}),
	'broken compression': (path) => ({
		headers: { 'content-type': 'application/json', 'content-encoding': pick(['gzip', 'deflate', 'br']) },
		body: valid(path).body,
	}),
};

const STRANGE = [
	null,
	true,
	-1,
	1.5,
	1e308,
	'',
	'x'.repeat(5_000),
	[],
	{},
	[[]],
	'../../invoices',
	'__proto__',
	{ $gt: '' },
	'\u0000',
	"'; DROP TABLE x; --",
	'{{ $env.SECRET }}',
	'={{ 7*7 }}',
];
const PAYMENT_FIELDS = [
	'payment_id',
	'status',
	'total_amount',
	'tax',
	'currency',
	'metadata',
	'checkout_session_id',
	'subscription_id',
	'refunds',
];

/** What the service itself would sign but never means: wrong types, strange ids. */
const GENUINE: Readonly<Record<string, () => { path: Hostile['path']; event: object }>> = {
	'a payment with a strange field': () => ({
		path: 'dodo',
		event: {
			business_id: 'bus',
			type: 'payment.succeeded',
			timestamp: 'now',
			data: {
				payload_type: 'Payment',
				payment_id: `pay_${randomUUID()}`,
				status: 'succeeded',
				total_amount: 1,
				currency: 'EUR',
				metadata: { lago_invoice_id: pick(STRANGE) },
				[pick(PAYMENT_FIELDS)]: pick(STRANGE),
			},
		},
	}),
	'an event of a strange shape': () => ({
		path: 'dodo',
		event: {
			business_id: pick(STRANGE),
			type: pick(['payment.succeeded', pick(STRANGE)]),
			timestamp: pick(STRANGE),
			data: pick(STRANGE),
		},
	}),
	'an invoice with a strange id': () => ({
		path: 'lago',
		event: {
			webhook_type: pick(STRANGE),
			object_type: pick(['invoice', pick(STRANGE)]),
			organization_id: pick(STRANGE),
			invoice: pick([{ lago_id: pick(STRANGE) }, pick(STRANGE)]),
		},
	}),
};

function hostile(index: number): Hostile {
	const path = pick(['dodo', 'lago'] as const);
	if (index % 12 === 0) {
		const [family, make] = pick(Object.entries(GENUINE));
		const { path: where, event } = make();
		return { family, path: where, genuine: true, ...valid(where, event) };
	}
	const [family, bend] = pick(Object.entries(FORGED));
	return { family, path, headers: {}, body: Buffer.alloc(0), ...bend(path) };
}

async function send({ path, method = 'POST', headers, body }: Hostile): Promise<{ status: number; text: string }> {
	const response = await fetch(sync.n8n.hook(path), {
		method,
		headers,
		body: new Uint8Array(body),
		signal: AbortSignal.timeout(30_000),
	});
	return { status: response.status, text: await response.text() };
}

/** What must never leave n8n. */
const secrets = (): string[] => [
	sync.dodo.apiKey,
	sync.lago.apiKey,
	sync.lago.hmacKey,
	sync.dodoSecret,
	sync.dodoSecret.slice(6),
	ENCRYPTION_KEY,
];
const expectClean = (text: string): void => {
	for (const secret of secrets()) expect(text).not.toContain(secret);
	expect(text).not.toMatch(/\n\s+at .+:\d+:\d+|node_modules/);
	expect(text).not.toContain(homedir());
};
const booksNow = (): string => {
	const { dodo, lago } = sync;
	return JSON.stringify([
		dodo.state.payments.size,
		dodo.state.checkouts.size,
		dodo.state.refunds.size,
		[...lago.state.payments.values()],
		[...lago.state.invoices.values()].map(({ payment_status, total_paid_amount_cents, metadata }) => [
			payment_status,
			total_paid_amount_cents,
			metadata,
		]),
		lago.state.creditNotes.size,
	]);
};

test(`${REQUESTS} hostile requests (seed ${SEED}): none does anything, none shows anything, and n8n lives on`, async () => {
	const invoice = await sync.issue();
	const before = booksNow();
	const newest = await sync.n8n.newestId();
	const answers = new Map<string, number>();
	const requests = Array.from({ length: REQUESTS }, (_, index) => hostile(index));
	const work = async (): Promise<void> => {
		for (let request = requests.pop(); request !== undefined; request = requests.pop()) {
			const { status, text } = await send(request);
			expectClean(text);
			// What cannot be unpacked n8n itself answers with 500, before any trigger sees it.
			if (request.family === 'broken compression' && status === 500)
				expect(text).toContain('There was a problem executing the workflow');
			else if (!request.genuine)
				expect([request.family, status >= 400 && status < 500 ? 'refused' : `${status} ${text.slice(0, 200)}`]).toEqual(
					[request.family, 'refused'],
				);
			// Held or ignored, or not even an event; never an endless redelivery.
			else
				expect([
					request.family,
					status === 200 || status === 400 ? 'ignored' : `${status} ${request.body.toString().slice(0, 300)}`,
				]).toEqual([request.family, 'ignored']);
			answers.set(String(status), (answers.get(String(status)) ?? 0) + 1);
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, work));
	console.log(`Answers: ${[...answers].map(([status, count]) => `${count} x ${status}`).join(', ')}`);
	expect([...answers.values()].reduce((sum, count) => sum + count, 0)).toBe(REQUESTS);
	expect(booksNow()).toBe(before);
	expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
	// Only what was signed by the service itself led to executions.
	const executed = Number(
		sync.n8n.sql(`SELECT COUNT(*) AS n FROM execution_entity WHERE id > ${newest} AND mode = 'webhook'`)[0]?.n,
	);
	expect(executed).toBeLessThanOrEqual(REQUESTS / 12 + 1);
	await sync.pay(invoice);
	expect(invoice.payment_status).toBe('succeeded');
});

test('a header that comes twice, a body longer or shorter than announced, and more than n8n takes', async () => {
	const { headers, body } = valid('dodo');
	const raw = async (lines: string[], payload: Buffer, isComplete: boolean): Promise<string> =>
		await new Promise((resolve, reject) => {
			const { hostname, port } = new URL(sync.n8n.url);
			const socket = connect(Number(port), hostname, () => {
				socket.write(
					`POST /webhooks/dodo HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n${lines.join('\r\n')}\r\n\r\n`,
				);
				socket.write(payload);
			});
			let answer = '';
			socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
			// Whoever announces more than he sends hangs up at last.
			if (!isComplete) socket.setTimeout(2_000, () => socket.destroy());
			socket.on('close', () => resolve(answer));
			socket.on('error', reject);
		});
	const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
	const before = booksNow();
	for (const [name, sent, payload] of [
		[
			'two signatures',
			[
				...lines.filter((line) => !line.startsWith('webhook-signature')),
				'webhook-signature: v1,AAAA',
				'webhook-signature: v1,BBBB',
				`Content-Length: ${body.length}`,
			],
			body,
		],
		['two ids', [...lines, 'webhook-id: msg_other', `Content-Length: ${body.length}`], body],
		[
			'two times',
			[...lines, `webhook-timestamp: ${headers['webhook-timestamp']}`, `Content-Length: ${body.length}`],
			body,
		],
		['shorter than announced', [...lines, `Content-Length: ${body.length + 50}`], body],
		['longer than announced', [...lines, `Content-Length: ${body.length - 5}`], body],
	] as const) {
		const isComplete = name !== 'shorter than announced';
		const answer = await raw([...sent], payload, isComplete);
		expectClean(answer);
		// A connection that ends before the body does gets no answer.
		expect([name, answer.slice(0, 10)]).toEqual([
			name,
			isComplete ? 'HTTP/1.1 4' : expect.stringMatching(/^$|^HTTP\/1\.1 4/),
		]);
	}
	const tooMuch = await send({
		family: 'too much',
		path: 'dodo',
		headers,
		body: Buffer.concat([body, Buffer.alloc(2_000_000, 32)]),
	});
	expect(tooMuch.status).toBeGreaterThanOrEqual(400);
	expectClean(tooMuch.text);
	for (const method of ['GET', 'PUT', 'DELETE', 'PATCH'])
		expect((await fetch(sync.n8n.hook('dodo'), { method, headers })).status).toBe(404);
	expect(booksNow()).toBe(before);
});

test('no secret and no stack trace in the database, the logs and the executions, after successes and failures of every kind', async () => {
	const paid = await sync.issue();
	await sync.pay(paid);
	for (const kind of ['500', 'reset', '429'] as const) {
		const failed = (): number => sync.lago.deliveries.filter(({ status }) => status === 500).length;
		const before = failed();
		sync.dodo.faults.add({ kind, times: 30 });
		sync.lago.faults.add({ kind, times: 30 });
		sync.lago.issueInvoice();
		await waitFor(() => failed() > before);
		for (const { faults } of [sync.dodo, sync.lago]) faults.clear();
		await sync.quiet();
	}
	// Both keys are refused, then both services cannot be reached; the wrong keys are secrets as well.
	const wrong = `wrong-${randomUUID()}`;
	await sync.n8n.setCredential('lagoBillingApi', {
		baseUrl: sync.lago.url,
		apiKey: wrong,
		webhookHmacKey: sync.lago.hmacKey,
	});
	sync.lago.issueInvoice();
	await sync.quiet();
	await sync.n8n.setCredential('lagoBillingApi', {
		baseUrl: 'http://127.0.0.1:1',
		apiKey: wrong,
		webhookHmacKey: sync.lago.hmacKey,
	});
	sync.lago.issueInvoice();
	const executions = (): string =>
		sync.n8n
			.sql('SELECT data FROM execution_data')
			.map(({ data }) => String(data))
			.join('\n');
	await waitFor(() => executions().includes('did not answer'));
	for (const secret of [...secrets().slice(0, -1), wrong])
		expect([secret.slice(0, 6), sync.n8n.filesWith(secret)]).toEqual([secret.slice(0, 6), []]);
	const told = executions();
	for (const secret of [...secrets(), wrong]) expect(told).not.toContain(secret);
	expect(told).not.toContain('Bearer ');
});
