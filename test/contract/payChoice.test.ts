import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import type { Invoice } from '../../sandbox/lago/documents';
import { world } from '../support/oneWorld';

/** Whoever opens the link of one invoice, and owes more, chooses: this one, or everything. */
const LIST = 'GET /api/v1/invoices';

beforeEach(() => {
	world.lago.faults.clear();
});

/** Invoices of one customer, the oldest due first. */
function issue(amounts: readonly number[], of: Partial<Invoice> = {}): Invoice[] {
	const external_id = `c-${randomUUID()}`;
	return amounts.map((amountCents, place) =>
		Object.assign(
			world.issue({ customer: { external_id }, fees: [{ amountCents }], dueInDays: place - amounts.length }),
			of,
		),
	);
}

async function tokenOf({ lago_id }: Invoice): Promise<string> {
	const fields = { invoice: { invoiceId: lago_id }, payLinkAddress: 'https://n8n.example/pay' };
	const { payLink } = await world.onLago('invoice', 'createPayLink', fields);
	return String(new URL(String(payLink)).searchParams.get('t'));
}

interface Opened {
	item: IDataObject;
	/** How often Lago was asked for a list. */
	lists: number;
}

/** A click; `began` is what the trigger tells of it. */
async function opened(link: string, began: IDataObject = { isConfirmed: false }): Promise<Opened> {
	const before = world.lago.calls.length;
	const how = { began: { language: 'de', ...began }, trigger: 'lagoPayPageTrigger' };
	const item = await world.onLago('invoice', 'openPayLink', { link }, {}, how);
	const asked = world.lago.calls.slice(before).map(({ method, path }) => `${method} ${path}`);
	return { item, lists: asked.filter((one) => one === LIST).length };
}

test('a list with two ways to pay; each leads to its checkout, and neither back to the list', async () => {
	const invoices = issue([1_000, 2_000, 30]);
	const [, second] = invoices as [Invoice, Invoice, Invoice];
	const token = await tokenOf(second);
	const { item, lists } = await opened(token);
	expect(lists).toBe(1);
	expect(item).toMatchObject({
		outcome: 'listed',
		statusCode: 200,
		language: 'de',
		title: 'Alles, was fällig ist',
		invoiceId: second.lago_id,
	});
	const html = String(item.html);
	for (const { number } of invoices) expect(html).toContain(`<t${number === second.number ? 'h' : 'd'}>${number}</t`);
	expect(html).toMatch(/Nur diese Rechnung bezahlen: 20,00.€<\/a>.*Alles bezahlen, was fällig ist: 30,30.€<\/a>/);
	const [only, all] = [...html.matchAll(/<a href="([^"]+)"/g)].map(
		([, href]) => new URLSearchParams(href?.replace('&#38;', '&')),
	);
	expect([only?.get('t'), only?.get('pay'), all?.get('pay')]).toEqual([token, '1', '1']);
	const straight = await opened(token, { isConfirmed: true });
	expect([straight.item.outcome, straight.lists]).toEqual(['payable', 0]);
	expect(straight.item.invoice).toMatchObject({ lago_id: second.lago_id });
	const everything = await opened(String(all?.get('c')), { isConfirmed: true });
	expect(everything.item).toMatchObject({ outcome: 'payable', amount: 3_030, invoiceCount: 3 });
});

const otherCurrency = ([first]: Invoice[]): void => void Object.assign(first as Invoice, { currency: 'USD' });
const otherEntity = ([first]: Invoice[]): void =>
	void Object.assign(first as Invoice, { billing_entity_code: 'other' });
const listFails = (kind: '502' | 'timeout'): void =>
	void world.lago.faults.add({ method: 'GET', path: /\/invoices$/, kind, times: 1 });

test.each<[string, number[], (invoices: Invoice[]) => void, IDataObject, number]>([
	['there is nothing else', [1_000], () => undefined, {}, 1],
	['the other is in another currency', [1_000, 2_000], otherCurrency, {}, 1],
	['another entity has billed the other', [1_000, 2_000], otherEntity, {}, 1],
	['the other is paid', [1_000, 2_000], ([one]) => void world.lago.payManually(String(one?.lago_id), 1_000), {}, 1],
	['the list is refused', [1_000, 2_000], () => listFails('502'), {}, 1],
	['the list does not come', [1_000, 2_000], () => listFails('timeout'), {}, 1],
	['the page is of an older version', [1_000, 2_000], () => undefined, { isConfirmed: undefined }, 0],
])('straight to the checkout: %s', async (_case, amounts, happens, began, lists) => {
	const invoices = issue(amounts);
	const last = invoices.at(-1) as Invoice;
	const token = await tokenOf(last);
	happens(invoices);
	const straight = await opened(token, { isConfirmed: false, ...began });
	expect([straight.item.outcome, straight.lists]).toEqual(['payable', lists]);
	expect(straight.item.invoice).toMatchObject({ lago_id: last.lago_id });
});

test('more open invoices than one call brings: one call all the same, and a way to the whole list', async () => {
	const invoices = issue(Array.from({ length: 101 }, () => 100));
	const { item, lists } = await opened(await tokenOf(invoices[0] as Invoice));
	expect([item.outcome, lists]).toEqual(['listed', 1]);
	expect(item.html).toMatch(/Nur diese Rechnung bezahlen: 1,00.€<\/a><a href="\?c=[\w-]+">Alles, was fällig ist<\/a>/);
	expect(item.html).not.toContain('<table>');
});

test('a link to everything, of whichever entity: a page for some entities shows what these have billed, and names the organisation', async () => {
	const invoices = issue([1_000, 2_000]);
	Object.assign(invoices[0] as Invoice, { billing_entity_code: 'acme_fr' });
	const { payLink } = await world.allDue(String(invoices[0]?.customer.external_id));
	const link = String(new URL(String(payLink)).searchParams.get('c'));
	const entity = String(invoices[1]?.billing_entity_code);
	const { item } = await opened(link, { isConfirmed: true, billingEntities: [entity] });
	expect(item).toMatchObject({ outcome: 'payable', amount: 2_000, invoiceCount: 1 });
	expect(item.bundle).toMatchObject({ organizationId: world.lago.state.organizationId });
});
