import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePublicKey, verifyHmac, verifyJwt } from '../../nodes/Lago/helpers/verifySignature';
import { lagoEventSchema } from '../../nodes/shared/wire/lago/event';
import { startLagoSimulator, type LagoSimulator } from '../../sandbox/simulators';
import { play, storiesOf } from '../support/realLago';
import { startReceiver, type Receiver } from './helpers';

const ALL_BUT_DATE = [
	'hrtime',
	'nextTick',
	'performance',
	'queueMicrotask',
	'setImmediate',
	'clearImmediate',
	'setInterval',
	'clearInterval',
	'setTimeout',
	'clearTimeout',
] as const;

/** The simulator answers and tells what a real Lago did, and our verification takes what that one signed. */
let lago: LagoSimulator;
let receiver: Receiver;

beforeEach(async () => {
	// What a subscription gives back at its end is a question of the day.
	jest.useFakeTimers({ now: new Date('2026-11-28T03:50:00Z'), doNotFake: [...ALL_BUT_DATE] });
	lago = await startLagoSimulator();
	receiver = await startReceiver();
});

afterEach(async () => {
	await Promise.all([lago.close(), receiver.close()]);
	jest.useRealTimers();
});

test.each(storiesOf('rules').map((story) => [story.name, story] as const))(
	'rules: %s: every answer is the same',
	async (_name, story) => {
		expect(await play(story, lago)).toEqual([]);
	},
);

test.each(storiesOf('scenes').map((story) => [story.name, story] as const))(
	'scenes: %s: every answer and every webhook is the same, in the same order',
	async (_name, story) => {
		lago.addEndpoint({ url: receiver.url });
		lago.knobs.parallel = 1;
		expect(await play(story, lago)).toEqual([]);
	},
);

describe('signed deliveries', () => {
	interface Signed {
		hmac_key: string;
		public_key: string;
		issuer: string;
		deliveries: Array<{ body: string; hmac: string; jwt: string }>;
	}
	const signed = JSON.parse(readFileSync(join(__dirname, '../fixtures/real-lago/signed.json'), 'utf8')) as Signed;
	const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
	const cases = signed.deliveries.map((delivery) => {
		const { webhook_type: type } = JSON.parse(delivery.body) as { webhook_type: string };
		return [type, delivery] as const;
	});

	test('24 types, each signed in both ways', () => {
		expect(new Set(cases.map(([type]) => type)).size).toBe(24);
	});

	test.each(cases)('%s', (_type, { body, hmac, jwt }) => {
		const rawBody = Buffer.from(body);
		const token = `${part({ alg: 'RS256' })}.${part({ data: body, iss: signed.issuer })}.${jwt}`;
		const key = decodePublicKey(signed.public_key);
		expect(verifyHmac({ signature: hmac, algorithm: 'hmac', rawBody }, signed.hmac_key)).toBe('ok');
		expect(verifyJwt({ signature: token, algorithm: 'jwt', rawBody }, key)).toBe('ok');
		expect(lagoEventSchema.safeParse(JSON.parse(body)).success).toBe(true);
		const changed = Buffer.from(body.replace('"webhook_type"', '"webhook_typo"'));
		expect(verifyHmac({ signature: hmac, algorithm: 'hmac', rawBody: changed }, signed.hmac_key)).toBe('mismatch');
		expect(verifyJwt({ signature: token, algorithm: 'jwt', rawBody: changed }, key)).toBe('mismatch');
	});
});
