import { randomUUID } from 'node:crypto';
import { Expression } from 'n8n-workflow';
import { signPayLink } from '../../../nodes/Lago/helpers/payLinkToken';
import { TriggerBench, type Delivered } from '../../support/n8nCore';
import { strictNock } from '../../support/nock';
import {
	API_KEY,
	expectRefused,
	failureOf,
	HMAC_KEY,
	INVOICE_ID,
	LAGO,
	lagoTrigger,
	nodeTypes,
} from '../../support/triggers';

strictNock();

describe('Lago Pay Page Trigger', () => {
	const bench = (credential: object = {}, account: string = randomUUID()): TriggerBench =>
		new TriggerBench(
			nodeTypes,
			'lagoPayPageTrigger',
			{ path: 'pay' },
			{ lagoBillingApi: { baseUrl: LAGO, apiKey: API_KEY, webhookHmacKey: HMAC_KEY, ...credential } },
			account,
		);
	const tokenFor = (invoiceId: string, key = HMAC_KEY): string =>
		new URL(signPayLink('https://n8n.example/webhook/pay', invoiceId, key)).searchParams.get('t') as string;
	const token = tokenFor(INVOICE_ID);
	/** What the visitor reads: a page of ours, with its headers. */
	const showsPage = (response: Delivered['response'], status: number, words: RegExp): void => {
		expect(response.statusCode).toBe(status);
		expect(response.headers).toMatchObject({
			'content-type': 'text/html; charset=utf-8',
			'cache-control': 'no-store',
			'referrer-policy': 'no-referrer',
		});
		expect(response.body).toMatch(/^<!doctype html>/);
		expect(response.body).toMatch(words);
	};

	it('gives what Open Pay Link needs of a genuine link, and nothing else of the request; without the expression engine', async () => {
		const asked = jest.spyOn(Expression.prototype, 'resolveSimpleParameterValue');
		const { items, response } = await bench().visit({ t: token, utm_source: 'mail' });
		const expressions = asked.mock.calls
			.map(([value]) => value)
			.filter((value) => typeof value === 'string' && value.startsWith('='));
		asked.mockRestore();
		expect(items).toEqual([{ query: { t: token }, invoiceId: INVOICE_ID, language: 'en' }]);
		expect(response.body).toBeUndefined();
		expect(expressions).toEqual([]);
		response.end(302);
	});

	it.each<[string, number, object, object]>([
		['of version 1.2: the visitor may choose', 1.2, {}, { isConfirmed: false }],
		['of version 1.2: the visitor has chosen', 1.2, { pay: '1' }, { isConfirmed: true }],
		['of version 1.1: nobody is asked', 1.1, { pay: '1' }, {}],
	])('a page %s', async (_case, typeVersion, query, told) => {
		const trigger = bench();
		trigger.node.typeVersion = typeVersion;
		const { items, response } = await trigger.visit({ t: token, ...query });
		expect(items).toEqual([{ query: { t: token }, invoiceId: INVOICE_ID, language: 'en', ...told }]);
		response.end(302);
	});

	it.each<[string, string]>([
		['sec-purpose', 'prefetch;prerender'],
		['purpose', 'prefetch'],
		['x-moz', 'prefetch'],
		['x-purpose', 'preview'],
	])('a browser that asks before anybody has clicked (%s: %s): no execution', async (header, value) => {
		const { items, response } = await bench().visit({ t: token }, 'webhook', { [header]: value });
		expect(items).toBeNull();
		showsPage(response, 503, /try again/);
	});

	const bent = (at: number): string => token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
	it.each<[string, object]>([
		['no parameter', {}],
		['an empty one', { t: '' }],
		['one that is cut', { t: token.slice(0, -1) }],
		['a longer one', { t: `${token}A` }],
		['one with a space', { t: ` ${token}` }],
		['another invoice under the old signature', { t: bent(3) }],
		['another signature', { t: bent(30) }],
		['another last character', { t: bent(37) }],
		['the id of the invoice', { t: INVOICE_ID }],
		['one that comes twice', { t: [token, token] }],
		['a list of one', { t: [token] }],
		['an object', { t: { toString: token } }],
		['markup', { t: '<script>alert(1)</script>' }],
		['a genuine one under another name', { c: token }],
		['a link of another organisation', { t: tokenFor(INVOICE_ID, 'its-own-hmac-key') }],
		['the link that this key signed before it was replaced', { t: tokenFor(INVOICE_ID, `${HMAC_KEY} `) }],
	])('%s: a page with 403, no execution', async (_case, query) => {
		const { items, response } = await bench().visit(query);
		expect(items).toBeNull();
		showsPage(response, 403, /not valid/);
		expect(response.body).not.toMatch(/<script/);
	});

	it.each([
		['de-CH, de;q=0.9, en;q=0.5', 'de-ch', 'de', /ungültig/, /gerade nicht bezahlt/],
		['sv, ja;q=0.4', 'ja', 'ja', /無効/, /お支払いいただけません/],
		['sv', 'en', 'en', /not valid/, /cannot be paid right now/],
		['"><script>', 'en', 'en', /not valid/, /cannot be paid right now/],
	])(
		'a visitor with "%s": %s goes on to the lane, and pages of ours are in it',
		async (wanted, tag, language, forged, later) => {
			const headers = { 'accept-language': wanted };
			const told = { 'content-language': language, vary: 'Accept-Language' };
			const { items, response } = await bench().visit({ t: token }, 'webhook', headers);
			expect(items).toMatchObject([{ language: tag }]);
			response.status(500).json({ message: 'Error in workflow' });
			showsPage(response, 503, later);
			expect(response.headers).toMatchObject(told);
			const refused = await bench().visit({ t: 'forged' }, 'webhook', headers);
			showsPage(refused.response, 403, forged);
			expect(refused.response.headers).toMatchObject(told);
			expect(refused.response.body).toContain(`<html lang="${language}" dir="ltr">`);
		},
	);

	it('without a key in the credential nothing is genuine: a page that asks to try again, and a line in the log', async () => {
		for (const webhookHmacKey of ['', undefined]) {
			const trigger = bench({ webhookHmacKey });
			for (const t of [token, tokenFor(INVOICE_ID, 'undefined')]) {
				const { items, response } = await trigger.visit({ t });
				expect(items).toBeNull();
				showsPage(response, 503, /try again/);
			}
			expect(trigger.warnings).toHaveLength(2);
			const error = await failureOf(trigger.publish());
			expect(`${error.message} ${error.description}`).toMatch(
				/HMAC Key in the Lago credential is missing.*Developers > Webhooks/,
			);
		}
		await bench().publish();
	});

	it('what n8n says of an execution that failed, or ended without an answer, is a page for the visitor', async () => {
		for (const words of [{ message: 'Error in workflow' }, undefined]) {
			const { response } = await bench().visit({ t: token });
			response.status(500).json(words);
			showsPage(response, 503, /cannot be paid right now/);
		}
	});

	it('more than can be done at once: a page with 503 and Retry-After; with events of Lago and Dodo it is one count', async () => {
		const trigger = bench();
		const visits = await Promise.all(Array.from({ length: 70 }, async () => await trigger.visit({ t: token })));
		// Those that other tests here have begun and not ended are in the same count.
		const open = visits.filter(({ items }) => items !== null);
		expect(open.length).toBeGreaterThan(1);
		const late = await trigger.visit({ t: token });
		expect(late.items).toBeNull();
		showsPage(late.response, 503, /try again in a moment/);
		expect(late.response.headers['retry-after']).toBe('5');
		showsPage((await trigger.visit({ t: 'forged' })).response, 403, /not valid/);
		const { body, sign } = lagoTrigger;
		expectRefused(await lagoTrigger.bench().deliver(body, sign(body)), 503);
		// Whoever listens for a test sees it all the same.
		expect((await trigger.visit({ t: token }, 'manual')).items).toHaveLength(1);
		// Some are answered, the others' visitors go away.
		open.pop()?.response.end(302);
		for (const { response } of open) response.emit('close');
		expect((await trigger.visit({ t: token })).items).toHaveLength(1);
	});
});
