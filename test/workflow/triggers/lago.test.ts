import { WebhookPathTakenError } from 'n8n-workflow';
import nock from 'nock';
import { strictNock } from '../../support/nock';
import {
	API_KEY,
	failureOf,
	INVOICE_ID,
	LAGO,
	LAGO_EVENTS,
	lagoEvent,
	lagoTrigger,
	signLago,
} from '../../support/triggers';

strictNock();

// What only Lago has: everything else is told of both triggers in the files beside this one.
const { bench, body, sign, url } = lagoTrigger;

it('gives one item with what the next node needs', async () => {
	const { items } = await bench().deliver(body, signLago(body, { id: 'key_1' }));
	expect(items).toEqual([
		{
			event: 'invoice.created',
			eventId: 'key_1',
			objectType: 'invoice',
			organizationId: 'org_1',
			lagoInvoiceId: INVOICE_ID,
			webhookBaseUrl: 'https://n8n.example/webhook',
			delivery: {
				id: expect.stringMatching(/^lago \S{44}$/) as string,
				about: expect.stringContaining(`invoice ${INVOICE_ID}`) as string,
			},
			data: lagoEvent.invoice,
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

const IGNORED = 'Ignored: billing entity acme_fr is not among those of this trigger';
describe.each<[string, string[], string | null, boolean]>([
	['of all entities', [], 'acme_fr', true],
	['of a chosen entity', ['acme_de', 'acme_fr'], 'acme_fr', true],
	['of another entity', ['acme_de'], 'acme_fr', false],
	['of no entity', ['acme_de'], null, true],
])('an event %s', (_whose, billingEntities, code, isTaken) => {
	const sent = JSON.stringify({
		...lagoEvent,
		invoice: { ...lagoEvent.invoice, billing_entity_code: code, customer: { billing_entity_code: code } },
	});

	it(isTaken ? 'starts an execution that knows for whom it works' : 'is acknowledged and starts nothing', async () => {
		const { response, items } = await bench({ billingEntities }).deliver(sent, sign(sent));
		expect(items === null).toBe(!isTaken);
		if (items === null) expect([response.statusCode, response.body]).toEqual([200, { message: IGNORED }]);
		else expect(items[0]?.billingEntities).toEqual(billingEntities.length === 0 ? undefined : billingEntities);
	});
});

describe('registers itself', () => {
	const automatic = (parameters: object = {}, credential: object = {}) =>
		bench({ registration: 'automatic', ...parameters }, credential);
	const api = (): nock.Scope => nock(LAGO, { reqheaders: { authorization: `Bearer ${API_KEY}` } });
	const endpoint = { lago_id: 'we_1', webhook_url: url, signature_algo: 'hmac', event_types: [...LAGO_EVENTS] };
	const list = (webhook_endpoints: object[], times = 1): nock.Scope =>
		api()
			.get('/api/v1/webhook_endpoints')
			.query({ page: 1, per_page: 100 })
			.times(times)
			.reply(200, { webhook_endpoints, meta: { current_page: 1, next_page: null } });
	const wanted = (webhook_url: string) => ({
		webhook_endpoint: {
			webhook_url,
			signature_algo: 'hmac',
			name: 'n8n: Lago Trigger',
			event_types: [...LAGO_EVENTS].sort(),
		},
	});
	/** Lago makes no endpoint, and says why. */
	const refusal = (error_details: object): nock.Scope =>
		api()
			.post('/api/v1/webhook_endpoints')
			.reply(422, { status: 422, error: 'Unprocessable Entity', code: 'validation_errors', error_details });

	it('updates the one that somebody made at the same moment', async () => {
		list([], 2);
		refusal({ webhook_url: ['value_already_exist'] });
		list([endpoint]);
		api().put('/api/v1/webhook_endpoints/we_1', wanted(url)).reply(200, { webhook_endpoint: endpoint });
		await automatic().publish();
	});

	it('gives Lago an address in a spelling that it takes', async () => {
		list([], 2);
		const spelled = wanted('https://n8n.example/webhook/my%20lago');
		api().post('/api/v1/webhook_endpoints', spelled).reply(200, { webhook_endpoint: endpoint });
		await automatic({ path: 'my lago' }).publish();
	});

	it('says that Lago has no room for another', async () => {
		list([], 2);
		refusal({ base: ['Maximum number of webhook endpoints was reached'] });
		const error = await failureOf(automatic().publish());
		expect(`${error.message} ${error.description}`).toContain('Maximum number of webhook endpoints was reached');
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
		const error = await failureOf(automatic({}, { baseUrl }).publish());
		nock.disableNetConnect();
		expect(error.message).toMatch(words);
		// What may pass is tried again by n8n.
		expect(error instanceof WebhookPathTakenError).toBe(baseUrl === 'lago.example');
	});
});
