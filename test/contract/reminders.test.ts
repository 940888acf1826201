import type { IDataObject } from 'n8n-workflow';
import { operations as dodoOperations } from '../../nodes/DodoPayments/actions/operations';
import { DodoClient } from '../../nodes/DodoPayments/transport/client';
import { operations as lagoOperations } from '../../nodes/Lago/actions/operations';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { DAY_MS, dayOfDate } from '../../nodes/shared/domain/calendar';
import { reminderKey } from '../../nodes/shared/domain/reminderRecord';
import type { Customer } from '../../sandbox/lago/documents';
import { API_KEY, executeContext, itemsOf } from '../support/executeContext';
import { describeWithSpec, validateRequest } from '../support/openapi';
import { withinOne } from '../support/waiting';
import { World } from '../support/world';
import { callerOf, pathOf, UNDESCRIBED } from './helpers';

// More calls than Dodo takes in a minute.
jest.mock('../../nodes/DodoPayments/transport/rateLimit', () => ({ takeTurn: async () => await Promise.resolve() }));

/** Whatever the hour is in which the tests run. */
const ALWAYS = { earliestHour: 0, latestHour: 24, sundays: true };
const today = (): string => reminderKey(dayOfDate(new Date().toISOString()));

let world: World;
let worker = 0;
beforeEach(async () => {
	await withinOne(DAY_MS, 15_000);
	world = await World.start();
	worker = 0;
});
afterEach(async () => await world.stop());

/** Each call by a worker of its own: locks and caches are kept for each credential. */
async function run(service: 'dodo' | 'lago', given: IDataObject, input: IDataObject[] = [{}]): Promise<IDataObject[]> {
	const context = executeContext({
		input,
		parameters: { reminder: '={{ $json }}', ...given },
		credential: { baseUrl: world[service].url, webhookHmacKey: 'hmac' },
		credentialId: `${world.lago.url} ${worker++}`,
	});
	const items =
		service === 'dodo'
			? await itemsOf(context, dodoOperations, DodoClient.of)
			: await itemsOf(context, lagoOperations, LagoClient.of);
	return items.map(({ json }) => json);
}
const troubled = async (): Promise<IDataObject[]> =>
	await run('dodo', { resource: 'mandate', operation: 'getTroubled' });
const dueNow = async (given: IDataObject = {}, mandates: IDataObject[] = [{}]): Promise<IDataObject[]> =>
	await run(
		'lago',
		{
			resource: 'reminder',
			operation: 'getDue',
			show: 'now',
			payLinkAddress: 'https://n8n.example/pay',
			...ALWAYS,
			...given,
		},
		mandates,
	);
const one = async (...given: Parameters<typeof run>): Promise<IDataObject> => (await run(...given))[0] as IDataObject;
const check = async (reminder: IDataObject) =>
	await one('dodo', { resource: 'payment', operation: 'checkReminder' }, [reminder]);
const reserve = async (reminder: IDataObject) =>
	await one('lago', { resource: 'reminder', operation: 'reserve' }, [reminder]);
const save = async (reminder: IDataObject, result: 'failed' | 'sent' = 'sent') =>
	await one('lago', { resource: 'reminder', operation: 'saveSent', result }, [reminder]);
const overdue = (customer: Partial<Customer> = {}, dueInDays = -1) =>
	world.issue({ dueInDays, customer: { external_id: 'cust_1', name: 'Ada', email: 'ada@example.com', ...customer } });
const entries = (customer = 'cust_1'): Record<string, string> =>
	Object.fromEntries(
		(world.lago.state.customers.get(customer)?.metadata ?? []).map(({ key, value }) => [key, String(value)]),
	);
const setEntries = async (values: Record<string, string>): Promise<void> => {
	const metadata = Object.entries(values).map(([key, value]) => ({ key, value }));
	const call = callerOf(world.lago.url, API_KEY);
	await call('POST', '/api/v1/customers', { customer: { external_id: 'cust_1', metadata: [] } });
	await call('POST', '/api/v1/customers', { customer: { external_id: 'cust_1', metadata } });
};

test('one mail with everything that is open; sent, it is kept in Lago beside what is there, and nobody sends it again', async () => {
	const first = overdue();
	const second = overdue({}, 20);
	await setEntries({ po: '4711' });
	const [reminder, ...others] = await dueNow();
	expect(others).toEqual([]);
	expect(reminder).toMatchObject({
		outcome: 'reminder_due',
		kind: 'overdue',
		step: 1,
		email: 'ada@example.com',
		language: 'en',
		subject: 'Overdue: €200.00',
		invoiceNumbers: `${first.number}, ${second.number}`,
	});
	expect(String(reminder?.text).match(/https:\/\/n8n\.example\/pay\?t=\S{38}/g)).toHaveLength(2);
	const reserved = await reserve(await check(reminder as IDataObject));
	expect(reserved.outcome).toBe('reminding');
	expect(entries()).toEqual({ po: '4711', [today()]: expect.stringContaining('v1;sending;') });
	expect(await save(reserved)).toMatchObject({ outcome: 'reminded' });
	expect(await save(reserved)).toMatchObject({ outcome: 'unchanged' });
	expect(entries()).toEqual({ po: '4711', [today()]: expect.stringMatching(/^v1;sent;a=\d+$/) });
	expect(await dueNow()).toEqual([]);
	expect(await reserve(reminder as IDataObject)).toMatchObject({ outcome: 'skipped', reason: 'reminded_already' });
});

test('of two workers that are at it in the same moment one sends', async () => {
	overdue();
	const items = await Promise.all(Array.from({ length: 6 }, async () => (await dueNow())[0] as IDataObject));
	const reserved = await Promise.all(items.map(reserve));
	expect(reserved.map(({ outcome }) => outcome).sort()).toEqual(['reminding', ...Array<string>(5).fill('skipped')]);
});

test('an answer that was lost is found again by the one who asked', async () => {
	overdue();
	await setEntries({ dodo_reminded_261101: 'v1;sent;a=1793500000' });
	const before = entries();
	const [reminder] = await dueNow();
	world.lago.faults.add({ method: 'POST', path: /customers/, kind: 'reset', after: true });
	await expect(reserve(reminder as IDataObject)).rejects.toThrow('did not answer');
	const reserved = await reserve(reminder as IDataObject);
	expect(reserved).toMatchObject({ outcome: 'reminding' });
	expect(await save(reserved, 'failed')).toMatchObject({ outcome: 'removed' });
	expect(entries()).toEqual(before);
});

test('a mail that was not sent is due again, with what was there before', async () => {
	overdue({}, -7);
	await setEntries({ dodo_reminded_261101: 'v1;sent;a=1793500000' });
	const before = entries();
	const [reminder] = await dueNow();
	const reserved = await reserve(reminder as IDataObject);
	expect(await save(reserved, 'failed')).toMatchObject({ outcome: 'removed' });
	expect(await save(reserved, 'failed')).toMatchObject({ outcome: 'unchanged' });
	expect(entries()).toEqual(before);
	const again = await reserve((await dueNow())[0] as IDataObject);
	await save(again);
	expect(await save(again, 'failed')).toMatchObject({ outcome: 'unchanged' });
	expect(await dueNow()).toEqual([]);
});

test('n8n stopped in the middle: told to a person once, not sent again', async () => {
	overdue();
	await reserve((await dueNow())[0] as IDataObject);
	expect(await dueNow()).toEqual([]);
	await setEntries({ [today()]: `v1;sending;a=${Math.floor(Date.now() / 1000) - 3_600};k=abcdef` });
	const [unclear] = await dueNow();
	expect(await reserve(await check(unclear as IDataObject))).toMatchObject({
		outcome: 'held',
		reason: 'reminder_unclear',
		nextStep: expect.stringContaining(today()),
	});
	expect(await dueNow()).toEqual([]);
});

/** What one run of the template does; `mails` grows by what went out. @returns what a person is told. */
async function lane(mails: unknown[]): Promise<unknown[]> {
	const told: unknown[] = [];
	for (const reminder of await dueNow()) {
		const reserved = await reserve(await check(reminder));
		if (reserved.outcome === 'held') told.push(reserved.reason);
		if (reserved.outcome !== 'reminding') continue;
		mails.push(reserved.email);
		await save(reserved);
	}
	return told;
}

/** Half an hour passes for what is remembered. */
function halfAnHourPasses(): void {
	for (const entry of world.lago.state.customers.get('cust_1')?.metadata ?? [])
		entry.value = String(entry.value).replace(/a=(\d+)/, (_all, at) => `a=${Number(at) - 1_900}`);
}

test.each<[string, (mails: unknown[]) => Promise<unknown>, number, string[]]>([
	['when it has found out who is due', async () => await dueNow(), 1, []],
	[
		'when Lago has taken the reservation and nobody heard it',
		async () => {
			const [reminder] = await dueNow();
			world.lago.faults.add({ method: 'POST', path: /customers/, kind: 'reset', after: true });
			await reserve(reminder as IDataObject).catch(() => null);
		},
		0,
		['reminder_unclear'],
	],
	[
		'between Reserve and the mail',
		async () => await reserve((await dueNow())[0] as IDataObject),
		0,
		['reminder_unclear'],
	],
	[
		'between the mail and Save Sent',
		async (mails) => mails.push((await reserve((await dueNow())[0] as IDataObject)).email),
		1,
		['reminder_unclear'],
	],
	[
		'when Lago has noted the mail and nobody heard it',
		async (mails) => {
			const reserved = await reserve((await dueNow())[0] as IDataObject);
			mails.push(reserved.email);
			world.lago.faults.add({ method: 'POST', path: /customers/, kind: 'reset', after: true });
			await save(reserved).catch(() => null);
		},
		1,
		[],
	],
])('n8n is gone %s: others go on, and nobody gets a second mail', async (_when, until, sent, tells) => {
	overdue();
	const mails: unknown[] = [];
	await until(mails);
	// Two workers at once, then again after half an hour, and once more.
	const told = (await Promise.all([lane(mails), lane(mails)])).flat();
	expect(told).toEqual([]);
	halfAnHourPasses();
	told.push(...(await Promise.all([lane(mails), lane(mails)])).flat(), ...(await lane(mails)));
	expect(mails).toHaveLength(sent);
	expect(new Set(told)).toEqual(new Set(tells));
	expect(await lane(mails)).toEqual([]);
});

test('what was paid or changed since is not sent', async () => {
	const invoice = overdue();
	const [reminder] = await dueNow();
	world.lago.premium = true;
	world.lago.payManually(invoice.lago_id, 4_000, 'by bank');
	expect(await reserve(reminder as IDataObject)).toMatchObject({ outcome: 'skipped', reason: 'out_of_date' });
	expect(entries()).toEqual({});
});

test.each(['processing', 'succeeded'] as const)(
	'a payment that is %s at Dodo and not yet known to Lago keeps the mail',
	async (status) => {
		const invoice = overdue();
		const intent = await world.link(invoice);
		await world.save(intent);
		const [reminder] = await dueNow();
		expect(await check(reminder as IDataObject)).not.toMatchObject({ outcome: 'skipped' });
		world.dodo.payCheckout(String(intent.checkoutSessionId)).status = status;
		const found = await check(reminder as IDataObject);
		expect(found).toMatchObject({ outcome: 'skipped', reason: 'payment_under_way' });
		expect(await reserve(found)).toEqual(found);
		expect(entries()).toEqual({});
	},
);

test('without room in the metadata, or without an address, a person is told once', async () => {
	overdue();
	await setEntries({ a: '1', b: '2', c: '3', d: '4', e: '5' });
	const full = await dueNow();
	const credential = { worker };
	expect(await reserve(full[0] as IDataObject)).toMatchObject({ outcome: 'held', reason: 'metadata_full' });
	worker = credential.worker;
	expect(await reserve(full[0] as IDataObject)).toMatchObject({ outcome: 'skipped' });
	await setEntries({ a: '1' });
	overdue({ email: null });
	expect(await reserve((await dueNow())[0] as IDataObject)).toMatchObject({ outcome: 'held', reason: 'no_email' });
	expect(await dueNow()).toEqual([]);
});

test('the preview is a table: nothing is written, and it says who gets what in which language and when', async () => {
	overdue({ name: 'Ada' });
	world.issue({
		dueInDays: -7,
		customer: {
			external_id: 'cust_2',
			name: 'Bernd {amount} <b>',
			email: 'b@example.com',
			timezone: 'Europe/Berlin',
			billing_configuration: { payment_provider: null, document_locale: 'de' } as never,
		},
	});
	world.lago.calls.length = 0;
	const texts = {
		own: [{ kind: 'overdue', fromDay: 7, language: 'de', subject: 'Mahnung', text: 'Hallo {name}: {amount}' }],
	};
	const rows = (await dueNow({ show: 'preview', texts })).reverse();
	expect(rows).toMatchObject([
		{ outcome: 'would_remind', customerExternalId: 'cust_1', language: 'en', amount: '€100.00' },
		{
			outcome: 'would_remind',
			customerExternalId: 'cust_2',
			language: 'de',
			subject: 'Mahnung',
			timeZone: 'Europe/Berlin',
		},
	]);
	expect(rows[1]?.text).toMatch(/^Hallo Bernd \{amount\} <b>: 100,00\s€/);
	expect((await dueNow({ texts }))[0]?.html).toContain('&#60;b&#62;');
	expect(world.lago.calls.filter(({ method }) => method !== 'GET')).toEqual([]);
	expect(await dueNow({ show: 'preview', exempt: 'cust_1, cust_2' })).toMatchObject([{ outcome: 'nobody_due' }]);
});

describe('mandates', () => {
	test('on hold: one mail with the pay links; charging again, none', async () => {
		const { customer, mandate } = await world.customerWithMandate();
		Object.assign(world.lago.state.customers.get(customer) as Customer, { email: 'c@example.com' });
		world.issue({ customer: { external_id: customer }, dueInDays: 20 });
		expect(await dueNow({}, await troubled())).toEqual([]);
		world.dodo.moveMandate(mandate, 'on_hold');
		const [reminder] = await dueNow({}, await troubled());
		expect(reminder).toMatchObject({
			kind: 'mandate_on_hold',
			mandateId: mandate,
			subject: 'We could not charge you €100.00',
		});
		await save(await reserve(await check(reminder as IDataObject)));
		expect(await dueNow({}, await troubled())).toEqual([]);
		world.dodo.moveMandate(mandate, 'active');
		expect(await check(reminder as IDataObject)).toMatchObject({ outcome: 'skipped', reason: 'out_of_date' });
	});

	test('a card that expires before the next charge: one mail with a link to give another one', async () => {
		const { customer, mandate } = await world.customerWithMandate();
		Object.assign(world.lago.state.customers.get(customer) as Customer, { email: 'c@example.com' });
		expect(await troubled()).toMatchObject([{ outcome: 'nobody_due' }]);
		world.dodo.expireCard(mandate);
		const mandates = await troubled();
		expect(mandates).toMatchObject([
			{ subscriptionId: mandate, cardExpires: new Date().toISOString().slice(2, 7).replace('-', ''), status: 'active' },
		]);
		const [reminder] = await dueNow({ cardDays: 365 }, mandates);
		expect(reminder).toMatchObject({ kind: 'card_expires', subject: 'Your card expires soon' });
		const checked = await check(reminder as IDataObject);
		expect(checked.text).not.toContain('{link}');
		expect(checked.html).toMatch(/<a href="https?:[^"]+">/);
		await save(await reserve(checked));
		expect(await dueNow({ cardDays: 365 }, await troubled())).toEqual([]);
	});
});

test.each([
	['daysOverdue', 'soon', '"Days Overdue": "soon" is not a number of days'],
	['daysBefore', '0', '"Days Before the Due Date": "0" is not a number of days'],
	['latestHour', 0, '"Latest Hour" is not after "Earliest Hour"'],
])('%s = %s is refused in words', async (name, value, words) => {
	await expect(dueNow({ [name]: value })).rejects.toThrow(words);
});

describe.each(['dodo', 'lago'] as const)('at %s', (name) => {
	describeWithSpec(name, 'every request', (spec) => {
		test('is as the service describes it', async () => {
			const { customer, mandate } = await world.customerWithMandate();
			Object.assign(world.lago.state.customers.get(customer) as Customer, { email: 'c@example.com' });
			world.issue({ customer: { external_id: customer }, dueInDays: -1 });
			await dueNow({}, [
				{ subscriptionId: mandate, customerExternalId: customer, status: 'active', cardExpires: '3412' },
			]);
			await troubled();
			world.dodo.moveMandate(mandate, 'on_hold');
			await save(await reserve(await check((await dueNow({}, await troubled()))[0] as IDataObject)));
			const { calls } = world[name];
			expect(calls.length).toBeGreaterThan(4);
			for (const call of calls) {
				const { method, body } = call;
				const wrong = validateRequest(spec, method, pathOf(call), body).filter((words) => words !== UNDESCRIBED);
				expect([method, call.path, wrong]).toEqual([method, call.path, []]);
			}
		});
	});
});
