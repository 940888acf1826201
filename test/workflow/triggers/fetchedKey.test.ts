import { createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import nock from 'nock';
import type { TriggerBench } from '../../support/n8nCore';
import { strictNock } from '../../support/nock';
import {
	API_KEY,
	DODO,
	DODO_SECRET,
	dodoTrigger,
	expectRefused,
	LAGO,
	lagoTrigger,
	signDodo,
} from '../../support/triggers';

strictNock();

type Which = 'first' | 'second';

/** A service that hands out what its signatures are verified with. */
interface KeyService {
	bench(): TriggerBench;
	body: string;
	/** The body of another event. */
	anew(): string;
	/** Signed with a key; `atS`: seconds since 1970. */
	sign(body: string, which: Which, atS?: number): Record<string, string>;
	/** A signature of the right form that fits no key. */
	forge(body: string): Record<string, string>;
	/** Answers the one question for the key. */
	answers(which: Which): void;
	/** Answers whose key it is that signs. */
	answersWhose(): void;
	fails(): void;
	/** What gives no key, and is no passing failure. */
	useless: Array<[string, () => void]>;
}

const SECRETS = {
	first: DODO_SECRET,
	second: `whsec_${Buffer.from('fedcba9876543210fedcba9876543210').toString('base64')}`,
};
const dodoLists = (data: object[]): void =>
	void nock(DODO).get('/webhooks').query({ limit: 100 }).reply(200, { data, iterator: 'x', done: true });
const dodo: KeyService = {
	bench: () => dodoTrigger.bench({ registration: 'automatic' }, { webhookSecret: '' }),
	body: dodoTrigger.body,
	anew: dodoTrigger.anew,
	sign: (body, which, atS) => signDodo(body, { key: SECRETS[which], atS }),
	forge: (body) => ({ ...signDodo(body), 'webhook-signature': 'v1,AAAA' }),
	answers(which) {
		const filter_types = ['payment.failed', 'payment.succeeded'];
		dodoLists([{ id: 'ep_1', url: dodoTrigger.url, disabled: false, filter_types }]);
		nock(DODO).get('/webhooks/ep_1/secret').reply(200, { secret: SECRETS[which] });
	},
	answersWhose: () => undefined,
	fails: () => void nock(DODO).get('/webhooks').query(true).reply(500, 'trouble'),
	useless: [
		['Dodo knows no endpoint', () => dodoLists([])],
		[
			'the API key is wrong',
			() => void nock(DODO).get('/webhooks').query(true).reply(401, { code: 'UNAUTHORIZED', message: 'No.' }),
		],
	],
};

const PAIRS = {
	first: generateKeyPairSync('rsa', { modulusLength: 2048 }),
	second: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};
const keyRequest = (): nock.Interceptor =>
	nock(LAGO, { reqheaders: { authorization: `Bearer ${API_KEY}` } }).get('/api/v1/webhooks/json_public_key');
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
/** A body in a JWT, as Lago sends it; `none`: without signature. */
const token = (data: string, which: Which, alg: 'RS256' | 'none' = 'RS256'): Record<string, string> => {
	const signed = `${part({ alg })}.${part({ data, iss: LAGO })}`;
	const { privateKey } = PAIRS[which];
	return {
		'x-lago-signature': `${signed}.${alg === 'none' ? '' : createSign('RSA-SHA256').update(signed).sign(privateKey).toString('base64url')}`,
		'x-lago-signature-algorithm': 'jwt',
		'x-lago-unique-key': randomUUID(),
	};
};
const answersOrganization = (lago_id: string): void =>
	void nock(LAGO).get('/api/v1/organizations').reply(200, { organization: { lago_id } });
const lago: KeyService = {
	bench: () => lagoTrigger.bench({ signature: 'jwt' }, { webhookHmacKey: '' }),
	body: lagoTrigger.body,
	anew: lagoTrigger.anew,
	sign: (body, which) => token(body, which),
	forge: (body) => token(`${body} `, 'first'),
	answers(which) {
		const pem = PAIRS[which].publicKey.export({ type: 'spki', format: 'pem' });
		const public_key = Buffer.from(pem).toString('base64').replace(/.{60}/g, '$&\n');
		keyRequest().reply(200, { webhook: { public_key } });
	},
	answersWhose: () => answersOrganization('org_1'),
	fails: () => void keyRequest().reply(502, 'bad gateway'),
	useless: [
		['the API key is wrong', () => void keyRequest().reply(401, { status: 401, error: 'Unauthorized' })],
		['there is no key in the answer', () => void keyRequest().reply(200, { webhook: { public_key: 'bm90IGEga2V5' } })],
	],
};

describe.each<[string, KeyService]>([
	['Dodo Payments Trigger fetches the signing secret', dodo],
	['Lago Trigger fetches the public key of its JWT', lago],
])('%s', (_name, service) => {
	const { bench, body, anew, sign, forge } = service;

	it('once for all deliveries', async () => {
		service.answers('first');
		service.answersWhose();
		const trigger = bench();
		for (let delivery = 0; delivery < 3; delivery++) {
			const event = anew();
			expect((await trigger.deliver(event, sign(event, 'first'))).items).toHaveLength(1);
		}
	});

	it('without asking anybody for whoever sends no signature at all', async () => {
		expectRefused(await bench().deliver(body, {}), 401);
	});

	it('again, a minute later, when it does not match any more', async () => {
		const trigger = bench();
		const now = Date.now();
		const clock = jest.spyOn(Date, 'now').mockReturnValue(now);
		try {
			service.answers('first');
			service.answersWhose();
			expect((await trigger.deliver(body, sign(body, 'first'))).items).toHaveLength(1);
			expectRefused(await trigger.deliver(body, sign(body, 'second')), 401);
			clock.mockReturnValue(now + 60_000);
			service.answers('second');
			const event = anew();
			const later = sign(event, 'second', Math.floor(now / 1000) + 60);
			expect((await trigger.deliver(event, later)).items).toHaveLength(1);
		} finally {
			clock.mockRestore();
		}
	});

	it('again, a minute later, when the very first delivery did not match', async () => {
		const trigger = bench();
		const now = Date.now();
		const clock = jest.spyOn(Date, 'now').mockReturnValue(now);
		try {
			service.answers('first');
			expectRefused(await trigger.deliver(body, sign(body, 'second')), 401);
			clock.mockReturnValue(now + 60_000);
			service.answers('second');
			service.answersWhose();
			const later = sign(body, 'second', Math.floor(now / 1000) + 60);
			expect((await trigger.deliver(body, later)).items).toHaveLength(1);
		} finally {
			clock.mockRestore();
		}
	});

	it('and is not made to ask without end by forgeries', async () => {
		service.answers('first');
		const trigger = bench();
		for (let delivery = 0; delivery < 5; delivery++) expectRefused(await trigger.deliver(body, forge(body)), 401);
	});

	it('and asks for a later copy while the service cannot be asked: 503', async () => {
		service.fails();
		expectRefused(await bench().deliver(body, sign(body, 'first')), 503);
	});

	it.each(service.useless)('and refuses everything while %s: 401', async (_, answers) => {
		answers();
		expectRefused(await bench().deliver(body, sign(body, 'first')), 401);
	});
});

describe('Lago Trigger with JWT', () => {
	const { body, sign } = lagoTrigger;

	it.each<[string, () => Record<string, string>]>([
		['a token over another body', () => token(`${body} `, 'first')],
		['a token without signature', () => token(body, 'first', 'none')],
		['an HMAC instead', () => ({ ...sign(body), 'x-lago-signature-algorithm': 'jwt' })],
		['an HMAC that says so', () => sign(body)],
	])('refuses %s: 401', async (_, headers) => {
		lago.answers('first');
		expectRefused(await lago.bench().deliver(body, headers()), 401);
	});

	it.each<[string, string | null, number]>([
		['another organisation of the same server: its key is one for all', 'org_2', 401],
		['the own organisation', 'org_1', 200],
		['any organisation, where the key may not read whose it is', null, 200],
	])('takes what is signed for %s', async (_, ours, status) => {
		lago.answers('first');
		if (ours === null)
			nock(LAGO).get('/api/v1/organizations').reply(403, { code: 'read_action_not_allowed_for_organization' });
		else answersOrganization(ours);
		const delivered = await lago.bench().deliver(body, lago.sign(body, 'first'));
		if (status === 401) expectRefused(delivered, 401);
		else expect(delivered.items).toHaveLength(1);
	});

	it('can be published without an HMAC key', async () => {
		expect(await lago.bench().hook('checkExists')).toBe(true);
	});
});
