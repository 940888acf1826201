import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { startDodoSimulator, startLagoSimulator } from '../../sandbox/simulators';
import type { NewInvoice } from '../../sandbox/lago/ledger';
import type { Invoice } from '../../sandbox/lago/documents';
import { API_KEY } from '../support/executeContext';
import { World } from '../support/world';
import { callerOf } from './helpers';

// More calls than Dodo takes in a minute.
jest.mock('../../nodes/DodoPayments/transport/rateLimit', () => ({ takeTurn: async () => await Promise.resolve() }));

/** `north` and `south` are two businesses at Dodo of one Lago organisation; `other` is another organisation at the first business. */
let north: World;
let south: World;
let other: World;
beforeAll(async () => {
	north = await World.start();
	south = World.over({ dodo: await startDodoSimulator({ apiKey: API_KEY, chargeDelayMs: 1 }), lago: north.lago });
	other = World.over({ dodo: north.dodo, lago: await startLagoSimulator({ apiKey: API_KEY }) });
	const call = callerOf(north.lago.url, north.lago.apiKey);
	for (const code of ['north', 'south'])
		await call('POST', '/api/v1/billing_entities', { billing_entity: { code, name: code } });
});
afterAll(async () => {
	await north.stop();
	await south.dodo.close();
	await other.lago.close();
});

const newCustomer = (): string => `c-${randomUUID()}`;
const issue = (world: World, customer: string, more: NewInvoice = {}): Invoice =>
	world.issue({ customer: { external_id: customer }, ...more });
const entriesOf = (world: World, customer: string): Record<string, string> =>
	Object.fromEntries(
		world.lago.state.customers.get(customer)?.metadata.map(({ key, value }) => [key, value ?? '']) ?? [],
	);
/** The news of Lago that an execution began with. */
const newsOf = ({ lago }: World): IDataObject => ({ event: 'any', organizationId: lago.state.organizationId });

describe('one customer, two businesses', () => {
	test.each([
		['north', 'south'],
		['south', 'north'],
	])('mandates that were set up at %s, then at %s: each is charged by its own', async (first) => {
		const customer = newCustomer();
		issue(north, customer, { paymentStatus: 'succeeded' });
		const [one, two] = first === 'north' ? [north, south] : [south, north];
		const mandates = [await one.setUpMandate(customer), await two.setUpMandate(customer)];
		expect(Object.values(entriesOf(north, customer))).toEqual(expect.arrayContaining(mandates));
		for (const [world, mandate, entity] of [
			[one, mandates[0], 'north'],
			[two, mandates[1], 'south'],
		] as const) {
			const invoice = issue(north, customer, { billingEntityCode: entity });
			const charge = await world.charge(invoice);
			expect(charge).toMatchObject({ outcome: 'charging', subscriptionId: mandate });
			await world.save(charge);
			const payment = await world.ended(world.dodo.state.payments, charge.paymentId);
			expect(payment.subscription_id).toBe(mandate);
			expect(await world.settle(payment)).toMatchObject({ outcome: 'settled' });
		}
	});

	test('the mandate of one ends: the other one stays, and goes on', async () => {
		const customer = newCustomer();
		issue(north, customer, { paymentStatus: 'succeeded' });
		const [ofNorth, ofSouth] = [await north.setUpMandate(customer), await south.setUpMandate(customer)];
		north.dodo.moveMandate(ofNorth, 'cancelled');
		const ended = await north.onDodo('mandate', 'get', { mandate: ofNorth });
		expect(await north.onLago('customer', 'saveMandate', { mandate: '={{ $json }}' }, ended)).toMatchObject({
			outcome: 'removed',
		});
		expect(await north.charge(issue(north, customer))).toMatchObject({ outcome: 'needs_link' });
		expect(await south.charge(issue(north, customer))).toMatchObject({ outcome: 'charging', subscriptionId: ofSouth });
	});

	test('copies and late news of either mandate change nothing', async () => {
		const customer = newCustomer();
		issue(north, customer, { paymentStatus: 'succeeded' });
		const mandates = [
			[north, await north.setUpMandate(customer)],
			[south, await south.setUpMandate(customer)],
		] as const;
		const before = entriesOf(north, customer);
		for (const [world, id] of [...mandates, ...[...mandates].reverse()]) {
			const told = await world.onDodo('mandate', 'get', { mandate: id });
			const saved = await world.onLago('customer', 'saveMandate', { mandate: '={{ $json }}' }, told);
			expect(saved).toMatchObject({ outcome: 'unchanged' });
		}
		expect(entriesOf(north, customer)).toEqual(before);
	});

	test('a third business finds no room, and says so', async () => {
		const customer = newCustomer();
		issue(north, customer, { paymentStatus: 'succeeded' });
		await north.setUpMandate(customer);
		await south.setUpMandate(customer);
		const before = entriesOf(north, customer);
		const third = World.over({ dodo: await startDodoSimulator({ apiKey: API_KEY }), lago: north.lago });
		const mandate = await third.setUpMandate(customer);
		const told = await third.onDodo('mandate', 'get', { mandate });
		const saved = await third.onLago('customer', 'saveMandate', { mandate: '={{ $json }}' }, told);
		expect(saved).toMatchObject({ outcome: 'held', reason: 'metadata_full' });
		expect(entriesOf(north, customer)).toEqual(before);
		await third.dodo.close();
	});
});

/** Pays the link of an invoice; nothing is booked. */
async function paidByLink(world: World, invoice: Invoice) {
	const fields = { source: 'invoice', invoice: '={{ $json }}', taxMode: 'inclusive', productSource: 'automatic' };
	const how = { began: newsOf(world) };
	const intent = await world.onDodo('payment', 'createIntent', fields, await world.read(invoice), how);
	await world.save(intent);
	return world.dodo.payCheckout(String(intent.checkoutSessionId), {});
}

describe('two organisations at one business: what is the other one’s is ignored, never held', () => {
	const both = (): Array<[string, World, World]> => [
		['the first', north, other],
		['the second', other, north],
	];

	test.each(['succeeded', 'failed', 'processing', 'cancelled'])('a payment that is %s', async (status) => {
		for (const [, mine, theirs] of both()) {
			const invoice = issue(mine, newCustomer());
			const payment = { ...(await paidByLink(mine, invoice)), status };
			expect(await theirs.settle(payment)).toMatchObject({ outcome: 'ignored' });
			expect((await mine.settle(payment)).outcome).not.toMatch(/ignored|held/);
		}
	});

	test('a refund that a credit note has started', async () => {
		for (const [, mine, theirs] of both()) {
			const invoice = issue(mine, newCustomer());
			await mine.settle(await paidByLink(mine, invoice));
			const items = [{ fee_id: invoice.fees[0]?.lago_id ?? '', amount_cents: 2_000 }];
			const note = mine.lago.createCreditNoteInUi(invoice.lago_id, { refund_amount_cents: 2_000, items });
			const read = await mine.onLago('creditNote', 'get', { creditNote: note.lago_id });
			const made = await mine.onDodo('refund', 'create', { source: 'creditNote', creditNote: '={{ $json }}' }, read);
			const back = await mine.ended(mine.dodo.state.refunds, made.refundId);
			expect(await theirs.mirror(back)).toMatchObject({ outcome: 'ignored' });
			expect(await mine.mirror(back)).toMatchObject({ outcome: 'refund_confirmed' });
		}
	});

	test('a refund and a dispute', async () => {
		for (const [, mine, theirs] of both()) {
			const invoice = issue(mine, newCustomer());
			const payment = await paidByLink(mine, invoice);
			await mine.settle(payment);
			const refund = await mine.refund(payment, 1_000);
			expect(await theirs.mirror(refund)).toMatchObject({ outcome: 'ignored' });
			expect(await mine.mirror(refund)).toMatchObject({ outcome: 'credited' });
			const dispute = { ...mine.dodo.openDispute(payment.payment_id), dispute_status: 'dispute_lost' };
			expect(await theirs.record(dispute)).toMatchObject({ outcome: 'ignored' });
			expect(await mine.record(dispute)).toMatchObject({ outcome: 'dispute_lost' });
		}
	});

	test('a mandate, of a customer whose id both organisations have', async () => {
		for (const [, mine, theirs] of both()) {
			const customer = newCustomer();
			for (const { lago } of [mine, theirs])
				lago.issueInvoice({ emit: false, customer: { external_id: customer }, paymentStatus: 'succeeded' });
			const mandate = await mine.setUpMandate(customer);
			expect(Object.values(entriesOf(mine, customer))).toContain(mandate);
			const told = await mine.onDodo('mandate', 'get', { mandate });
			const saved = await theirs.onLago('customer', 'saveMandate', { mandate: '={{ $json }}' }, told);
			expect(saved).toMatchObject({ outcome: 'ignored' });
			expect(entriesOf(theirs, customer)).toEqual({});
			// Their own link is another one.
			expect(await theirs.setUpMandate(customer)).not.toBe(mandate);
		}
	});

	test('a charge by a lane that no event has begun says whose it is, too', async () => {
		const customer = newCustomer();
		issue(other, customer, { paymentStatus: 'succeeded' });
		await other.setUpMandate(customer);
		const invoice = issue(other, customer);
		other.lago.setMetadata(invoice.lago_id, {
			dodo_payment_id: 'pay_old',
			dodo_state: `v1;failed;a=1;n=${Math.floor(Date.now() / 1000) - 60};f=1`,
		});
		const due = await other.allOnLago('invoice', 'getAll', { show: 'retryDue', returnAll: true, filters: {} });
		const read = due.find(({ lago_id }) => lago_id === invoice.lago_id) as IDataObject;
		const charge = await other.onDodo('mandate', 'charge', { invoice: '={{ $json }}', tryAgain: false }, read);
		const payment = await other.ended(other.dodo.state.payments, charge.paymentId);
		expect(await north.settle(payment)).toMatchObject({ outcome: 'ignored' });
		expect(await other.settle(payment)).toMatchObject({ outcome: 'settled' });
	});
});

describe('brands', () => {
	test('each billing entity sells under its own brand, with products of its own', async () => {
		const call = callerOf(north.dodo.url, API_KEY);
		const brands: string[] = [];
		for (const name of ['North', 'South'])
			brands.push((await call('POST', '/brands', { name })).body.brand_id as string);
		const additionalFields = { entityBrands: `north=${brands[0]}\nsouth=${brands[1]}` };
		const payFor = async (billingEntityCode?: string): Promise<[unknown, unknown]> => {
			const invoice = issue(north, newCustomer(), { billingEntityCode });
			const fields = { source: 'invoice', invoice: '={{ $json }}', taxMode: 'inclusive', productSource: 'automatic' };
			const read = await north.read(invoice);
			const intent = await north.onDodo('payment', 'createIntent', { ...fields, additionalFields }, read);
			await north.save(intent);
			const payment = north.dodo.payCheckout(String(intent.checkoutSessionId), {});
			expect(await north.settle(payment)).toMatchObject({ outcome: 'settled' });
			return [payment.brand_id, intent.productId];
		};
		const seen = [await payFor('north'), await payFor('south'), await payFor(), await payFor('north')];
		expect(seen.map(([brand]) => brand)).toEqual([brands[0], brands[1], north.dodo.state.businessId, brands[0]]);
		expect(new Set(seen.map(([, product]) => product)).size).toBe(3);
		expect(seen[3]?.[1]).toBe(seen[0]?.[1]);
	});

	test('a mandate is set up under the brand of the customer’s entity; a brand that is not there is held', async () => {
		const customer = newCustomer();
		north.issue({ customer: { external_id: customer, billing_entity_code: 'south' }, paymentStatus: 'succeeded' });
		const { brand_id: brand } = (await callerOf(north.dodo.url, API_KEY)('POST', '/brands', { name: 'S' })).body;
		const read = await north.onLago('customer', 'get', { customer });
		const fields = { customer: '={{ $json }}', currency: 'EUR', taxMode: 'inclusive' };
		const setUp = async (entityBrands: string): Promise<IDataObject> =>
			await north.onDodo('mandate', 'createSetupLink', { ...fields, additionalFields: { entityBrands } }, read);
		expect(await setUp('south=brnd_nobody')).toMatchObject({ outcome: 'held' });
		const { checkoutSessionId } = await setUp(`south=${brand}`);
		const { subscription_id } = north.dodo.activateMandate(String(checkoutSessionId));
		expect(await north.onDodo('mandate', 'get', { mandate: subscription_id })).toMatchObject({ brand_id: brand });
		await expect(setUp('south')).rejects.toThrow('"Brands of Billing Entities": "south" is not a row of it');
	});
});
