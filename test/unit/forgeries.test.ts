import { createHmac, generateKeyPairSync, createSign } from 'node:crypto';
import { verifySignature, type SignedDelivery as DodoDelivery } from '../../nodes/DodoPayments/helpers/verifySignature';
import { invoiceOfToken, signPayLink } from '../../nodes/Lago/helpers/payLinkToken';
import { paymentProof, sharesProof } from '../../nodes/Lago/transport/derivedKey';
import { verifyHmac, verifyJwt, type SignedDelivery as LagoDelivery } from '../../nodes/Lago/helpers/verifySignature';
import { seededRandom } from '../../sandbox/shared/faults';
import { runs } from '../support/runs';

const NOW_S = 1_793_869_207;
const DODO_KEY = Buffer.from('0123456789abcdef0123456789abcdef');
const LAGO_KEY = '0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9';
const BODY = Buffer.from(
	'{"type":"payment.succeeded","timestamp":"2026-11-05T09:00:07Z","data":{"payment_id":"pay_1","total_amount":12995,"currency":"EUR"}}',
);

const dodo: DodoDelivery = {
	id: 'msg_1',
	timestamp: String(NOW_S),
	rawBody: BODY,
	signature: `v1,${createHmac('sha256', DODO_KEY).update(`msg_1.${NOW_S}.`).update(BODY).digest('base64')}`,
};
const lago: LagoDelivery = {
	algorithm: 'hmac',
	rawBody: BODY,
	signature: createHmac('sha256', LAGO_KEY).update(BODY).digest('base64'),
};
const INVOICE = '8a3f0c6e-2b1d-4f7a-b0c9-1f2e3d4c5b6a';
const token = new URL(signPayLink('https://n8n.example/webhook/pay', INVOICE, LAGO_KEY)).searchParams.get(
	't',
) as string;

const isDodo = (delivery: DodoDelivery): boolean => verifySignature(delivery, DODO_KEY, NOW_S * 1000) === 'ok';
const isLago = (delivery: LagoDelivery): boolean => verifyHmac(delivery, LAGO_KEY) === 'ok';
const flipped = (bytes: Buffer, bit: number): Buffer => {
	const copy = Buffer.from(bytes);
	copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
	return copy;
};
/** Every text that differs from a given one in a single bit. */
const flips = (text: string): string[] =>
	Array.from({ length: text.length * 8 }, (_, bit) => flipped(Buffer.from(text, 'latin1'), bit).toString('latin1'));

test('the genuine ones are taken', () => {
	expect([isDodo(dodo), isLago(lago), invoiceOfToken(token, LAGO_KEY)]).toEqual([true, true, INVOICE]);
});

test("the proof that a payment was made for an invoice is that invoice's and that secret's", () => {
	const proof = paymentProof(LAGO_KEY, INVOICE);
	expect(proof).toMatch(/^[\w-]{22}$/);
	expect(paymentProof(LAGO_KEY, INVOICE)).toBe(proof);
	const key = createHmac('sha256', LAGO_KEY).update('n8n-nodes-dodo-lago payment proof v1').digest();
	expect(Buffer.from(proof, 'base64url')).toEqual(createHmac('sha256', key).update(INVOICE).digest().subarray(0, 16));
	expect([paymentProof(`${LAGO_KEY} `, INVOICE), paymentProof(LAGO_KEY, INVOICE.replace('8a', '8b'))]).not.toContain(
		proof,
	);
});

test('the proof of a payment of several invoices is that of exactly these shares, and never that of an invoice', () => {
	const shares = `${INVOICE}:6000 ${INVOICE.replace('8a', '8b')}:4000`;
	const proof = sharesProof(LAGO_KEY, shares);
	const key = createHmac('sha256', LAGO_KEY).update('n8n-nodes-dodo-lago payment proof of several v1').digest();
	expect(Buffer.from(proof, 'base64url')).toEqual(createHmac('sha256', key).update(shares).digest().subarray(0, 16));
	const others = [
		sharesProof(LAGO_KEY, shares.replace('6000', '6001')),
		sharesProof(`${LAGO_KEY} `, shares),
		paymentProof(LAGO_KEY, shares),
	];
	expect(others).not.toContain(proof);
});

/** Of this invoice, made with this key before the id was hidden. */
const OLD_TOKEN = 'ij8MbisdT3qwyR8uPUxbakOgNaSz-AOcb39cUw';

test('a pay link hides the id of its invoice, is the same each time, and those of old go on', () => {
	const other = INVOICE.replace('8a', '8b');
	const tokens = [INVOICE, INVOICE, other].map((id) =>
		new URL(signPayLink('https://n8n.example/pay', id, LAGO_KEY)).searchParams.get('t'),
	);
	expect(tokens).toEqual([token, token, expect.not.stringContaining(token.slice(0, 8))]);
	expect(Buffer.from(token, 'base64url').toString('hex')).not.toContain(INVOICE.slice(0, 8));
	expect(tokens.map((one) => invoiceOfToken(String(one), LAGO_KEY))).toEqual([INVOICE, INVOICE, other]);
	expect(Buffer.from(OLD_TOKEN, 'base64url').toString('hex')).toContain(INVOICE.slice(0, 8));
	expect(invoiceOfToken(OLD_TOKEN, LAGO_KEY)).toBe(INVOICE);
});

test('one flipped bit anywhere is enough to be refused', () => {
	for (let bit = 0; bit < BODY.length * 8; bit++) {
		const rawBody = flipped(BODY, bit);
		expect([bit, isDodo({ ...dodo, rawBody }), isLago({ ...lago, rawBody })]).toEqual([bit, false, false]);
	}
	for (const field of ['id', 'timestamp', 'signature'] as const)
		for (const text of flips(dodo[field] as string))
			expect([text, isDodo({ ...dodo, [field]: text })]).toEqual([text, false]);
	for (const field of ['algorithm', 'signature'] as const)
		for (const text of flips(lago[field] as string))
			expect([text, isLago({ ...lago, [field]: text })]).toEqual([text, false]);
	for (const text of [...flips(token), ...flips(OLD_TOKEN)])
		expect([text, invoiceOfToken(text, LAGO_KEY)]).toEqual([text, null]);
});

test('one flipped bit of a JWT is enough to be refused', () => {
	const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
	const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
	const signed = `${part({ alg: 'RS256' })}.${part({ data: BODY.toString(), iss: 'https://lago.example' })}`;
	const signature = `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey).toString('base64url')}`;
	const verdict = (change: Partial<LagoDelivery>) =>
		verifyJwt({ algorithm: 'jwt', rawBody: BODY, signature, ...change }, publicKey);
	expect(verdict({})).toBe('ok');
	for (const text of flips(signature)) expect([text, verdict({ signature: text }) === 'ok']).toEqual([text, false]);
	for (let bit = 0; bit < BODY.length * 8; bit += 3) expect(verdict({ rawBody: flipped(BODY, bit) })).not.toBe('ok');
});

const PAIRS = runs(20_000, 1_000_000);
test(`${PAIRS.toLocaleString('en')} pairs of headers and bodies that nobody signed: none is taken, none crashes`, () => {
	const random = seededRandom(20_261_123);
	const below = (count: number): number => Math.floor(random() * count);
	const text = (length: number): string =>
		String.fromCharCode(...Array.from({ length }, () => below(random() < 0.1 ? 65_536 : 128)));
	const bent = (genuine: string): string | undefined => {
		const at = below(genuine.length + 1);
		switch (below(9)) {
			case 0:
				return undefined;
			case 1:
				return '';
			case 2:
				return text(below(40));
			case 3:
				return genuine.slice(0, at);
			case 4:
				return genuine.slice(0, at) + text(1) + genuine.slice(at);
			case 5:
				return genuine.slice(0, at) + genuine.slice(at + 1);
			case 6:
				return `${text(below(8))} ${genuine}`;
			case 7:
				return `${genuine},${genuine}`;
			default:
				return genuine.split('').reverse().join('');
		}
	};
	const bodies = [
		BODY,
		Buffer.alloc(0),
		Buffer.from('{}'),
		Buffer.from('[]'),
		Buffer.from('null'),
		Buffer.alloc(2_000, '['),
	];
	let taken = 0;
	for (let pair = 0; pair < PAIRS; pair++) {
		// Another body with genuine headers, or the genuine body with one bent header.
		const rawBody =
			random() < 0.5
				? BODY
				: random() < 0.5
					? (bodies[1 + below(bodies.length - 1)] as Buffer)
					: flipped(BODY, below(BODY.length * 8));
		if (pair % 2 === 0) {
			const field = (['id', 'timestamp', 'signature'] as const)[below(3)] ?? 'id';
			const value = bent(dodo[field] as string);
			// A genuine signature among others is what a rotation looks like.
			const stillGenuine =
				rawBody === BODY &&
				(value === dodo[field] ||
					(field === 'signature' && value?.split(' ', 10).includes(dodo.signature as string) === true));
			if (!stillGenuine && isDodo({ ...dodo, rawBody, [field]: value })) taken++;
		} else {
			const field = (['algorithm', 'signature'] as const)[below(2)] ?? 'signature';
			const value = bent(lago[field] as string);
			const stillGenuine = rawBody === BODY && value === lago[field];
			if (!stillGenuine && isLago({ ...lago, rawBody, [field]: value })) taken++;
		}
	}
	expect(taken).toBe(0);
}, 120_000);

test('pay links that nobody signed open nothing', () => {
	const random = seededRandom(7);
	const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
	for (let one = 0; one < runs(10_000, 100_000); one++) {
		const guess = Array.from({ length: 38 }, () => alphabet[Math.floor(random() * 64)]).join('');
		if (invoiceOfToken(guess, LAGO_KEY) !== null) throw new Error(`${guess} was taken`);
	}
	for (const other of [
		'',
		token.slice(1),
		`${token}A`,
		`${token.slice(0, -1)}=`,
		` ${token}`,
		token.replace(/-/g, '+'),
	])
		expect(other === token ? INVOICE : invoiceOfToken(other, LAGO_KEY)).toBe(other === token ? INVOICE : null);
	expect(invoiceOfToken(token, '')).toBeNull();
	// Without a key everybody could sign.
	const unsigned = new URL(signPayLink('https://n8n.example/pay', INVOICE, '')).searchParams.get('t');
	expect(invoiceOfToken(String(unsigned), '')).toBeNull();
	expect(invoiceOfToken(token, `${LAGO_KEY} `)).toBeNull();
});
