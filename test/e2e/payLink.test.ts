import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import type { Invoice } from '../../sandbox/lago/documents';
import { startSync, waitFor, type Sync } from '../support/sync';
import { printTable, publishOperations, type Call } from './operations';

/** Dodo's lowest tier. */
const RATE_LIMIT = { perSecond: 40, perMinute: 240 };
const BURST = 60;
const DAY_S = 86_400;

let sync: Sync;
let operate: Call;

beforeAll(async () => {
	sync = await startSync({ registration: 'manual', dodo: { rateLimit: RATE_LIMIT } });
	operate = await publishOperations(sync, {
		link: [
			{
				node: 'lago',
				parameters: {
					resource: 'invoice',
					operation: 'createPayLink',
					invoice: '={{ $json.body }}',
					payLinkAddress: sync.n8n.hook('pay'),
				},
			},
		],
	});
}, 900_000);

afterAll(async () => {
	await sync?.stop();
});

beforeEach(async () => {
	await sync.quiet();
	sync.reset();
});

const checkoutCalls = (): number =>
	sync.dodo.calls.filter(({ method, path }) => method === 'POST' && path === '/checkouts').length;
/** The permanent link as it stands on the invoice. */
const linkOn = (invoice: Invoice): string => /;l=(.+)$/.exec(sync.stateOf(invoice))?.[1] ?? '';
const tokenOf = (link: string): string => new URL(link).searchParams.get('t') ?? '';
interface Answer {
	status: number;
	location: string | null;
	headers: Headers;
	text: string;
}
const click = async (link: string, method = 'GET'): Promise<Answer> => {
	const response = await fetch(link, { method, redirect: 'manual' });
	return {
		status: response.status,
		location: response.headers.get('location'),
		headers: response.headers,
		text: await response.text(),
	};
};
const sessionIn = (location: string | null): string => /\/session\/(cks_\w+)$/.exec(location ?? '')?.[1] ?? '';
/** An invoice whose link is out, but for which nothing was made at Dodo yet. */
const linkOnly = async (): Promise<{ invoice: Invoice; link: string }> => {
	// Of somebody who owes nothing else.
	const invoice = sync.lago.issueInvoice({ emit: false, customer: { external_id: randomUUID() } });
	const made = await operate('link', { lagoInvoiceId: invoice.lago_id });
	expect(made).toMatchObject({ outcome: 'created', invoiceNumber: invoice.number, savedOnInvoice: true });
	return { invoice, link: String(made.payLink) };
};
/** A page for people: small, whole, without anything from elsewhere. */
const expectPage = (answer: Answer, status: number, words: RegExp): void => {
	expect(answer.status).toBe(status);
	expect(answer.headers.get('content-type')).toMatch(/text\/html/);
	expect(answer.headers.get('cache-control')).toBe('no-store');
	expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
	expect(answer.location).toBeNull();
	expect(answer.text).toMatch(/^<!doctype html>/);
	expect(answer.text).toMatch(words);
	expect(answer.text).not.toMatch(/https?:|src=|<script/);
};

test('the link stands on the invoice, and leads to the checkout that exists already', async () => {
	const invoice = await sync.issue();
	const link = linkOn(invoice);
	expect(link).toMatch(new RegExp(`^${sync.n8n.hook('pay')}\\?t=[\\w-]{38}$`));
	expect((await sync.n8n.lastRunOf('Note It on the Invoice')).items('Note It on the Invoice')).toMatchObject([
		{ outcome: 'created', payLink: link },
	]);
	const first = await click(link);
	expect(first.status).toBe(302);
	expect(first.location).toBe(`${sync.dodo.url}/session/${sync.checkoutOf(invoice).id}`);
	expect(first.headers.get('cache-control')).toBe('no-store');
	expect(first.headers.get('referrer-policy')).toBe('no-referrer');
	expect((await click(link)).location).toBe(first.location);
	expect(checkoutCalls()).toBe(1);
	await sync.pay(invoice);
	expect(invoice.payment_status).toBe('succeeded');
});

test('the checkout is made at the first click: five at once and more later share one', async () => {
	const { invoice, link } = await linkOnly();
	expect(linkOn(invoice)).toBe(link);
	expect(sync.dodo.calls).toHaveLength(0);
	const answers = await Promise.all(Array.from({ length: 5 }, async () => await click(link)));
	answers.push(await click(link));
	expect(answers.map(({ status }) => status)).toEqual([302, 302, 302, 302, 302, 302]);
	expect(new Set(answers.map(({ location }) => sessionIn(location)))).toEqual(new Set([sync.checkoutOf(invoice).id]));
	expect(checkoutCalls()).toBe(1);
	// The link is still what the customer has, and what is on the invoice.
	expect(linkOn(invoice)).toBe(link);
	expect(sync.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toBe(sync.checkoutOf(invoice).id);
	await sync.pay(invoice);
	expect(invoice.payment_status).toBe('succeeded');
	expectPage(await click(link), 200, /is paid/);
	expect(checkoutCalls()).toBe(1);
});

test('when the checkout has expired the same link leads to a new one, also for five at once', async () => {
	const { invoice, link } = await linkOnly();
	await click(link);
	const old = sync.checkoutOf(invoice);
	old.expires_at_ms = Date.now() - 1_000;
	sync.lago.setMetadata(invoice.lago_id, {
		dodo_state: sync.stateOf(invoice).replace(/;x=\d+/, `;x=${Math.floor(Date.now() / 1000) - DAY_S}`),
	});
	const answers = await Promise.all(Array.from({ length: 5 }, async () => await click(link)));
	expect(answers.map(({ status }) => status)).toEqual([302, 302, 302, 302, 302]);
	const made = sync.checkoutsOf(invoice);
	expect(made).toHaveLength(2);
	expect(made[1]?.metadata).toMatchObject({ attempt: '2' });
	expect(new Set(answers.map(({ location }) => sessionIn(location)))).toEqual(new Set([made[1]?.id]));
	expect(linkOn(invoice)).toBe(link);
	await sync.pay(invoice);
	expect(invoice.payment_status).toBe('succeeded');
});

test('after a declined card the same link leads to a new checkout, also for five at once', async () => {
	const { invoice, link } = await linkOnly();
	await click(link);
	await sync.pay(invoice, { card: '4000000000009995' });
	expect(invoice.payment_status).toBe('failed');
	const answers = await Promise.all(Array.from({ length: 5 }, async () => await click(link)));
	expect(answers.map(({ status }) => status)).toEqual([302, 302, 302, 302, 302]);
	const made = sync.checkoutsOf(invoice);
	expect(made).toHaveLength(2);
	expect(new Set(answers.map(({ location }) => sessionIn(location)))).toEqual(new Set([made[1]?.id]));
	await sync.pay(invoice);
	expect(invoice.payment_status).toBe('succeeded');
});

test('while money is under way no second checkout is made: the page asks for patience', async () => {
	const { invoice, link } = await linkOnly();
	await click(link);
	sync.dodo.payCheckout(sync.checkoutOf(invoice).id, { settleAfterMs: 60_000 });
	await sync.quiet();
	await waitFor(() => sync.stateOf(invoice).startsWith('v1;processing'));
	expectPage(await click(link), 503, /under way/);
	expect(checkoutCalls()).toBe(1);
	const [payment] = sync.paymentsFor(invoice);
	sync.dodo.movePayment(payment?.payment_id ?? '', 'succeeded');
	await sync.quiet();
	expectPage(await click(link), 200, /is paid/);
});

test.each<[string, number, RegExp, (invoice: Invoice) => void]>([
	['paid by hand', 200, /is paid/, (invoice) => void sync.lago.payManually(invoice.lago_id, 10_000)],
	['voided', 410, /was cancelled/, (invoice) => void sync.lago.voidInvoice(invoice.lago_id)],
	['self-billed', 409, /cannot be paid here/, (invoice) => (invoice.self_billed = true)],
	['gone', 404, /not valid/, (invoice) => sync.lago.state.invoices.delete(invoice.lago_id)],
])('an invoice that is %s: a page with status %i, and no checkout', async (_case, status, words, happens) => {
	const { invoice, link } = await linkOnly();
	happens(invoice);
	expectPage(await click(link), status, words);
	expect(sync.dodo.calls).toHaveLength(0);
});

test.each<[string, (token: string) => string]>([
	['truncated', (token) => token.slice(0, -1)],
	['cut to nothing', () => ''],
	['longer', (token) => `${token}A`],
	[
		'with one character changed at the end',
		(token) => token.slice(0, -2) + (token.at(-2) === 'A' ? 'B' : 'A') + token.slice(-1),
	],
	['for another invoice, with the old signature', (token) => (token.startsWith('A') ? 'B' : 'A') + token.slice(1)],
	['the id of the invoice itself', () => crypto.randomUUID()],
	['an attack on whoever shows it', () => '<script>alert(1)</script>'],
])('a forged token (%s): 403, no execution, and neither Lago nor Dodo hears of it', async (_case, bend) => {
	const { link } = await linkOnly();
	const before = await sync.n8n.newestId();
	sync.lago.calls.length = 0;
	const forged = new URL(link);
	forged.searchParams.set('t', bend(tokenOf(link)));
	expectPage(await click(forged.toString()), 403, /not valid/);
	expect(sync.dodo.calls).toHaveLength(0);
	expect(sync.lago.calls).toHaveLength(0);
	expect(await sync.n8n.newestId()).toBe(before);
});

test('without a token, or with two of them: 403, no execution', async () => {
	const { link } = await linkOnly();
	const before = await sync.n8n.newestId();
	for (const address of [sync.n8n.hook('pay'), `${link}&t=${tokenOf(link)}`])
		expectPage(await click(address), 403, /not valid/);
	expect(sync.dodo.calls).toHaveLength(0);
	expect(await sync.n8n.newestId()).toBe(before);
});

test.each<[string, string, Record<string, unknown>]>([
	['fails', 'stopAndError', { errorMessage: 'What only the merchant may read' }],
	['ends without an answer', 'noOp', {}],
])('a lane that %s: the visitor reads a page all the same', async (_case, type, parameters) => {
	const { link } = await linkOnly();
	const path = `pay-${type}`;
	const lane = await sync.n8n.importWorkflow({
		name: path,
		nodes: [
			{
				id: randomUUID(),
				name: 'Page',
				type: 'n8n-nodes-dodo-lago.lagoPayPageTrigger',
				typeVersion: 1.1,
				position: [0, 0],
				webhookId: randomUUID(),
				parameters: { path },
			},
			{
				id: randomUUID(),
				name: 'Next',
				type: `n8n-nodes-base.${type}`,
				typeVersion: 1,
				position: [240, 0],
				parameters,
			},
		],
		connections: { Page: { main: [[{ node: 'Next', type: 'main', index: 0 }]] } },
		settings: { executionOrder: 'v1' },
	});
	await lane.publish();
	const answer = await click(link.replace(sync.n8n.hook('pay'), sync.n8n.hook(path)));
	expectPage(answer, 503, /cannot be paid right now/);
	expect(answer.text).not.toContain('merchant');
	expect((await sync.n8n.lastRunOf('Next')).nodes).toEqual(['Page', 'Next']);
	await lane.unpublish();
});

test('what mail scanners send (HEAD) makes no checkout', async () => {
	const { invoice, link } = await linkOnly();
	const status = await new Promise<number>((resolve, reject) => {
		request(link, { method: 'HEAD' }, (response) => resolve(response.resume().statusCode ?? 0))
			.on('error', reject)
			.end();
	});
	expect(status).toBeGreaterThanOrEqual(200);
	for (const method of ['OPTIONS', 'POST', 'PUT']) await click(link, method);
	await sync.quiet();
	expect(sync.dodo.calls).toHaveLength(0);
	expect(sync.checkoutsOf(invoice)).toHaveLength(0);
});

test('while Lago is down the visitor gets a page that asks to try again, and then the checkout', async () => {
	const { link } = await linkOnly();
	sync.lago.faults.add({ method: 'GET', path: /invoices/, kind: '502', times: 50 });
	expectPage(await click(link), 503, /try again/i);
	sync.lago.faults.clear();
	expect((await click(link)).status).toBe(302);
});

test('a lost answer of Dodo at the click leaves one checkout that anybody ever sees', async () => {
	const { invoice, link } = await linkOnly();
	sync.dodo.faults.add({ method: 'POST', path: /checkouts$/, kind: 'reset', after: true });
	const first = await click(link);
	const second = await click(link);
	// Dodo lists no sessions: the lost one cannot be found, but it was shown to nobody and dies after a day.
	const shown = new Set([first, second].map(({ location }) => sessionIn(location)).filter((id) => id !== ''));
	expect(second.status).toBe(302);
	expect(shown.size).toBe(1);
	expect([...shown]).toEqual([sync.lago.metadataOf(invoice.lago_id, 'dodo_payment_id')]);
});

test(`${BURST} invoices at once, with Dodo's lowest rate limit: all are collected, and nobody is turned away`, async () => {
	const started = Date.now();
	const invoices = Array.from({ length: BURST }, () => sync.lago.issueInvoice());
	await waitFor(() => invoices.every((invoice) => linkOn(invoice) !== ''));
	await sync.quiet();
	const seconds = (Date.now() - started) / 1000;
	const statuses = sync.lago.deliveries.filter(({ event }) => event === 'invoice.created').map(({ status }) => status);
	const refused = sync.dodo.calls.filter(({ status }) => status === 429).length;
	for (const invoice of invoices) expect(sync.checkoutsOf(invoice)).toHaveLength(1);
	printTable(
		'A burst',
		['figure', 'value'],
		[
			['invoices at once', BURST],
			['collected', invoices.filter((invoice) => sync.checkoutsOf(invoice).length === 1).length],
			['seconds until the last', seconds.toFixed(1)],
			['calls to Dodo', sync.dodo.calls.length],
			['calls to Lago', sync.lago.calls.length],
			['answers 429 of Dodo', refused],
			['webhooks answered 200', statuses.filter((status) => status === 200).length],
			['webhooks answered otherwise (sent again)', statuses.filter((status) => status !== 200).length],
		],
	);
	expect(statuses.filter((status) => status === 200)).toHaveLength(BURST);
	expect(refused).toBe(0);
	expect(checkoutCalls()).toBe(BURST);
});
