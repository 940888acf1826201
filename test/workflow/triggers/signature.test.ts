import {
	API_KEY,
	dodoTrigger,
	expectRefused,
	lagoEvent,
	lagoTrigger,
	signDodo,
	TRIGGERS,
	type ServiceTrigger,
} from '../../support/triggers';
import { strictNock } from '../../support/nock';

strictNock();

type Headers = Record<string, string | string[]>;
const nowS = (): number => Math.floor(Date.now() / 1000);

/** Forgeries that only one of the two knows, because of what it signs. */
const OWN: Readonly<Record<string, Array<[string, (trigger: ServiceTrigger) => Headers, string?]>>> = {
	[dodoTrigger.name]: [
		['a missing id', ({ body, sign }) => ({ ...sign(body), 'webhook-id': '' })],
		['a stale one', ({ body }) => signDodo(body, { atS: nowS() - 301 })],
		['one from the future', ({ body }) => signDodo(body, { atS: nowS() + 310 })],
		['another id than was signed', ({ body, sign }) => ({ ...sign(body), 'webhook-id': 'msg_other' })],
	],
	[lagoTrigger.name]: [
		['another spelling of the same JSON', ({ body, sign }) => sign(body), JSON.stringify(lagoEvent)],
		[
			'an algorithm that the sender chose',
			({ body, sign }) => ({ ...sign(body), 'x-lago-signature-algorithm': 'jwt' }),
		],
		['no algorithm', ({ body, sign }) => ({ 'x-lago-signature': sign(body)['x-lago-signature'] as string })],
	],
};

/** Signed, and no event all the same. */
const NO_EVENTS: Readonly<Record<string, Array<[string, string]>>> = {
	[dodoTrigger.name]: [
		['no object', '[1]'],
		['nothing', 'null'],
		['no type', '{"timestamp":"x","data":{}}'],
		['a type of the wrong kind', '{"type":5,"timestamp":"x","data":{}}'],
		['no data', '{"type":"payment.succeeded","timestamp":"x"}'],
		['a list for data', '{"type":"payment.succeeded","timestamp":"x","data":[]}'],
	],
	[lagoTrigger.name]: [
		['no type', '{"object_type":"invoice","invoice":{}}'],
		['no object type', '{"webhook_type":"invoice.created"}'],
		['no object', '{"webhook_type":"invoice.created","object_type":"invoice"}'],
		['a list for an object', '{"webhook_type":"invoice.created","object_type":"invoice","invoice":[]}'],
	],
};

describe.each(TRIGGERS)('%s starts no execution for', (name, trigger) => {
	const { body, sign, signatureHeader, tampered } = trigger;

	it.each<[string, (trigger: ServiceTrigger) => Headers, string?]>([
		['an unsigned delivery', () => ({})],
		[
			'a header that came twice',
			() => ({ ...sign(body), [signatureHeader]: [sign(body)[signatureHeader] as string, 'x'] }),
		],
		[
			'a header that came as a list of one',
			() => ({ ...sign(body), [signatureHeader]: [sign(body)[signatureHeader] as string] }),
		],
		['another key', () => sign(body, { key: trigger.foreignKey })],
		['the API key as key', () => sign(body, { key: API_KEY })],
		['a signature of nobody', () => ({ ...sign(body), [signatureHeader]: trigger.forged })],
		['a tampered body', () => sign(body), tampered],
		...(OWN[name] ?? []),
	])('%s: 401', async (_, headers, sent = body) => {
		expectRefused(await trigger.bench().deliver(sent, headers(trigger)), 401);
	});

	it('anything while the credential has no key: 401, and a line in the log', async () => {
		for (const key of ['', undefined, ...(name === dodoTrigger.name ? ['whsec_'] : [])]) {
			for (const guessed of ['', 'whsec_', 'undefined']) {
				const bench = trigger.bench({}, { [trigger.keyField]: key });
				expectRefused(await bench.deliver(body, sign(body, { key: guessed })), 401);
				expect(bench.warnings).toEqual([expect.stringContaining('refuses everything')]);
			}
		}
	});

	it.each([['no JSON', 'hello'], ['a list', '[]'], ...(NO_EVENTS[name] ?? [])])(
		'a signed body with %s: 400',
		async (_, sent) => {
			expectRefused(await trigger.bench().deliver(sent, sign(sent)), 400);
		},
	);

	it.each(trigger.unchosen)('%s, which was not chosen: 200', async (type) => {
		const sent = trigger.ofEvent(type);
		expectRefused(await trigger.bench().deliver(sent, sign(sent)), 200);
	});
});
