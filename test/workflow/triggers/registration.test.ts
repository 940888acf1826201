import { WebhookPathTakenError } from 'n8n-workflow';
import nock from 'nock';
import type { TriggerBench } from '../../support/n8nCore';
import { strictNock } from '../../support/nock';
import {
	API_KEY,
	DODO,
	DODO_SECRET,
	dodoTrigger,
	failureOf,
	HMAC_KEY,
	LAGO,
	LAGO_EVENTS,
	lagoTrigger,
	type ServiceTrigger,
} from '../../support/triggers';

strictNock();

/** Of an endpoint; `id` and `url` go to the names that the service has for them. */
type Fields = { id?: string; url?: string; [field: string]: unknown };

/** How a service keeps the endpoints of an account, and what our trigger has to ask of it. */
interface Endpoints {
	trigger: ServiceTrigger;
	/** What the credential holds where the trigger registers itself. */
	credential: object;
	endpoint(changes?: Fields): object;
	list(endpoints: object[], times?: number): void;
	/** A stored id is looked up by itself. */
	looksUp(endpoint: object, times: number): void;
	/** The answer to the list while the key is wrong. */
	refusesKey(): void;
	/** What creates the endpoint of the trigger. */
	creates(): void;
	/** What mends one that exists; `moved`: with another address. */
	mends(moved?: boolean): void;
	removes(id: string, status?: number): void;
	/** The right one in another order. */
	reordered: Fields;
	wrong: Array<[string, Fields]>;
	/** What publishing says of a wrong key. */
	refusal: RegExp;
	/** The field of the key and where the key is found. */
	keyName: string;
	where: string;
	/** Registrations that need a key in the credential. */
	needKey: string[];
	badKeys: Array<[string | undefined, string]>;
	unlikelyKeys: string[];
}

const dodoWanted = { filter_types: ['payment.failed', 'payment.succeeded'] };
const dodo: Endpoints = {
	trigger: dodoTrigger,
	credential: { webhookSecret: '' },
	endpoint: (changes = {}) => ({ id: 'id_1', url: dodoTrigger.url, disabled: false, ...dodoWanted, ...changes }),
	list(data, times = 1) {
		nock(DODO, { reqheaders: { authorization: `Bearer ${API_KEY}` } })
			.get('/webhooks')
			.query({ limit: 100 })
			.times(times)
			.reply(200, { data, iterator: 'x', done: true });
	},
	looksUp: (endpoint, times) => void nock(DODO).get('/webhooks/id_1').times(times).reply(200, endpoint),
	refusesKey: () =>
		void nock(DODO).get('/webhooks').query(true).reply(401, { code: 'UNAUTHORIZED', message: 'Bad key.' }),
	creates: () =>
		void nock(DODO)
			.post('/webhooks', { url: dodoTrigger.url, description: 'n8n: Dodo Payments Trigger', ...dodoWanted })
			.reply(200, dodo.endpoint()),
	mends: (moved = false) =>
		void nock(DODO)
			.patch('/webhooks/id_1', { ...(moved ? { url: dodoTrigger.url } : {}), ...dodoWanted, disabled: false })
			.reply(200, dodo.endpoint()),
	removes: (id, status = 200) =>
		void nock(DODO)
			.delete(`/webhooks/${id}`)
			.reply(status, status === 200 ? undefined : { code: 'NOT_FOUND', message: 'No.' }),
	reordered: { filter_types: ['payment.succeeded', 'payment.failed'] },
	wrong: [
		['has other events', { filter_types: ['payment.failed'] }],
		['has no filter', { filter_types: null }],
		['was switched off by Dodo', { disabled: true }],
	],
	refusal: /Bad key\. .*Test keys work in test mode only/,
	keyName: 'Webhook Secret in the Dodo Payments credential',
	where: 'Developer > Webhooks > your endpoint > Signing Secret',
	needKey: ['manual'],
	badKeys: [
		['', 'is missing'],
		[undefined, 'is missing'],
		['changeme', 'is a placeholder'],
		['v1,abc', 'begins with "v1,"'],
	],
	unlikelyKeys: [`"${DODO_SECRET}"`, `v1,${DODO_SECRET}`, API_KEY, 'changeme', 'whsec_c2hvcnQ=', `${DODO_SECRET} x`],
};

const lagoApi = (): nock.Scope => nock(LAGO, { reqheaders: { authorization: `Bearer ${API_KEY}` } });
const lagoWanted = {
	webhook_endpoint: {
		webhook_url: lagoTrigger.url,
		signature_algo: 'hmac',
		name: 'n8n: Lago Trigger',
		event_types: [...LAGO_EVENTS].sort(),
	},
};
const lago: Endpoints = {
	trigger: lagoTrigger,
	credential: {},
	endpoint: ({ id: lago_id = 'id_1', url: webhook_url = lagoTrigger.url, ...changes } = {}) => ({
		lago_id,
		webhook_url,
		signature_algo: 'hmac',
		event_types: [...LAGO_EVENTS],
		...changes,
	}),
	list(webhook_endpoints, times = 1) {
		lagoApi()
			.get('/api/v1/webhook_endpoints')
			.query({ page: 1, per_page: 100 })
			.times(times)
			.reply(200, { webhook_endpoints, meta: { current_page: 1, next_page: null } });
	},
	looksUp() {
		// Lago's list is short: it is read whole.
	},
	refusesKey: () =>
		void lagoApi().get('/api/v1/webhook_endpoints').query(true).reply(401, { status: 401, error: 'Unauthorized' }),
	creates: () =>
		void lagoApi().post('/api/v1/webhook_endpoints', lagoWanted).reply(200, { webhook_endpoint: lago.endpoint() }),
	mends: () =>
		void lagoApi().put('/api/v1/webhook_endpoints/id_1', lagoWanted).reply(200, { webhook_endpoint: lago.endpoint() }),
	removes: (id, status = 200) =>
		void lagoApi()
			.delete(`/api/v1/webhook_endpoints/${id}`)
			.reply(status, status === 200 ? {} : { status, error: 'Not Found', code: 'webhook_endpoint_not_found' }),
	reordered: { event_types: [...LAGO_EVENTS].reverse() },
	wrong: [
		['signs in another way', { signature_algo: 'jwt' }],
		['has other events', { event_types: ['invoice.created'] }],
		['has all events', { event_types: null }],
	],
	refusal: /Unauthorized/,
	keyName: 'Webhook HMAC Key in the Lago credential',
	where: 'Lago > Developers > Webhooks > HMAC key',
	needKey: ['automatic', 'manual'],
	badKeys: [
		['', 'is missing'],
		[undefined, 'is missing'],
		['"key"', 'has quotation marks'],
		['changeme', 'is a placeholder'],
	],
	unlikelyKeys: [
		`"${HMAC_KEY}"`,
		`whsec_${HMAC_KEY}`,
		API_KEY,
		'your-hmac-key',
		`${HMAC_KEY.slice(0, 8)} ${HMAC_KEY.slice(8)}`,
	],
};

const BOTH: Array<[string, Endpoints]> = [dodo, lago].map((one) => [one.trigger.name, one]);

describe.each(BOTH)('%s registers itself', (_name, service) => {
	const { trigger, endpoint, list } = service;
	const automatic = (): TriggerBench => trigger.bench({ registration: 'automatic' }, service.credential);
	const elsewhere = (id: string): object => endpoint({ id, url: trigger.url.replace('n8n.example', 'other.example') });

	it('creates the endpoint with exactly the chosen events', async () => {
		list([elsewhere('id_other')], 2);
		service.creates();
		const bench = automatic();
		await bench.publish();
		expect(bench.staticData.endpointId).toBe('id_1');
	});

	it('leaves one that is right as it is, in whatever order its events are', async () => {
		for (const found of [endpoint(), endpoint(service.reordered)]) {
			list([found]);
			const bench = automatic();
			await bench.publish();
			expect(bench.staticData.endpointId).toBe('id_1');
		}
	});

	it.each(service.wrong)('mends one that %s, and makes no second', async (_, changes) => {
		list([endpoint(changes)], 2);
		service.mends();
		await automatic().publish();
	});

	it('knows its endpoint in whatever spelling', async () => {
		const path = new URL(trigger.url).pathname;
		for (const url of [
			`https://N8N.Example${path}`,
			`https://n8n.example:443${path}`,
			`${trigger.url}/`,
			trigger.url.replace(/o$/, '%6F'),
		]) {
			list([endpoint({ url })]);
			await automatic().publish();
		}
	});

	it('moves along when this n8n has another address, and removes what it had under both', async () => {
		const old = endpoint({ url: trigger.url.replace('n8n.example', 'tunnel-1.example') });
		const bench = automatic();
		bench.staticData.endpointId = 'id_1';
		service.looksUp(old, 2);
		list([old], 2);
		service.mends(true);
		await bench.publish();
		service.looksUp(old, 1);
		list([
			old,
			endpoint({ id: 'id_2' }),
			endpoint({ id: 'id_3', url: trigger.url.replace('n8n.example', 'N8N.Example:443') }),
			elsewhere('id_other'),
		]);
		for (const id of ['id_1', 'id_2', 'id_3']) service.removes(id);
		expect(await bench.hook('delete')).toBe(true);
		expect(bench.staticData.endpointId).toBeUndefined();
	});

	it('removes its endpoint and no other', async () => {
		list([elsewhere('id_other'), endpoint()]);
		service.removes('id_1');
		expect(await automatic().hook('delete')).toBe(true);
	});

	it('does not mind that it is gone already', async () => {
		list([]);
		expect(await automatic().hook('delete')).toBe(true);
		list([endpoint()]);
		service.removes('id_1', 404);
		expect(await automatic().hook('delete')).toBe(true);
	});

	it('says what is wrong when the service refuses, without the key', async () => {
		service.refusesKey();
		const error = await failureOf(automatic().publish());
		expect(error.message).toMatch(service.refusal);
		expect(error).toBeInstanceOf(WebhookPathTakenError);
		expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(API_KEY);
	});
});

describe.each(BOTH)('%s', (_name, { trigger, needKey, badKeys, unlikelyKeys, keyName, where }) => {
	const failureWith = async (registration: string, key: string | undefined) =>
		await failureOf(trigger.bench({ registration }, { [trigger.keyField]: key }).publish());

	it('with manual registration calls nobody', async () => {
		const bench = trigger.bench();
		expect(await bench.hook('checkExists')).toBe(true);
		await bench.publish();
		expect(await bench.hook('delete')).toBe(true);
	});

	it('refuses to be published without the key of the signatures, and says where it is', async () => {
		for (const registration of needKey)
			for (const [key, why] of badKeys) {
				const error = await failureWith(registration, key);
				// The editor shows the message only, and n8n tries every other class five times before.
				expect(error.message).toContain(`The ${keyName} ${why}`);
				expect(error.message).toContain(where);
				expect(error).toBeInstanceOf(WebhookPathTakenError);
			}
	});

	it.each(unlikelyKeys)('refuses to be published with %s for a key, by the name of the field', async (key) => {
		const error = await failureWith('manual', key);
		expect(error.message).toMatch(new RegExp(`^The ${keyName} \\w`));
		expect(error.message).toContain(where);
		expect(`${error.message} ${error.description}`).not.toContain(key);
	});
});
