import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { AccessMemory, type RememberedAccess } from '../../nodes/Lago/helpers/access/accessMemory';
import { changesSince } from '../../nodes/shared/domain/access/changes';
import type { CustomerAccess } from '../../nodes/shared/domain/access/evaluate';

const restricted = (lookedAt: number): RememberedAccess => ({
	known: { customer: 'restricted', subscriptions: {}, changeId: 'access_1' },
	lookedAt,
	nextChangeAt: null,
	untold: false,
});
const open = (lookedAt: number): RememberedAccess => ({
	known: { customer: 'active', subscriptions: {}, changeId: 'access_2' },
	lookedAt,
	nextChangeAt: null,
	untold: false,
});
const stored = (staticData: IDataObject): string[] => Object.keys((staticData.access ?? {}) as object);

test('what is stored survives a restart; who has access again is stored no more', () => {
	const staticData: IDataObject = {};
	const memory = new AccessMemory(randomUUID(), staticData);
	memory.remember('a', restricted(1));
	memory.remember('b', restricted(2));
	memory.remember('a', open(3));
	expect(stored(staticData)).toEqual(['b']);
	const restarted = new AccessMemory(randomUUID(), JSON.parse(JSON.stringify(staticData)) as IDataObject);
	expect(restarted.of('b')).toEqual(restricted(2));
	expect(restarted.of('a')).toBeUndefined();
	expect(memory.of('a')).toEqual(open(3));
});

test('executions at once overwrite each other: the next one writes the news of all', () => {
	const id = randomUUID();
	const written = Array.from({ length: 40 }, (_, index) => {
		const own: IDataObject = {};
		new AccessMemory(id, own).remember(`c${index}`, restricted(index));
		return own;
	});
	expect(stored(written.at(-1) as IDataObject)).toHaveLength(40);
});

test('static data stays small, the process too, and the newest are kept', () => {
	const staticData: IDataObject = {};
	const memory = new AccessMemory(randomUUID(), staticData);
	for (let index = 0; index < 25_000; index++) memory.remember(`c${index}`, restricted(index));
	expect(stored(staticData).length).toBeLessThanOrEqual(2_000);
	expect(stored(staticData)).toContain('c24999');
	expect(memory.customers.length).toBeLessThanOrEqual(22_000);
});

test('what an update costs does not grow with the number of customers', () => {
	const timeOf = (customers: number): number => {
		const memory = new AccessMemory(randomUUID(), {});
		for (let index = 0; index < customers; index++) memory.remember(`c${index}`, restricted(index));
		const begun = performance.now();
		for (let index = 0; index < 300; index++) memory.remember(`c${index * 7}`, restricted(customers + index));
		return performance.now() - begun;
	};
	timeOf(3_000);
	// It took 48 ms for each of 10,000 customers once, 160 times as long as for 100.
	expect(timeOf(20_000)).toBeLessThan(10 * timeOf(2_000) + 50);
});

test.each(['constructor', 'toString', 'hasOwnProperty', '__proto__'])(
	'a subscription or a customer with the external id %s is one like others',
	(id) => {
		const access = {
			customer: { externalId: id, state: 'active' },
			subscriptions: [{ externalId: id, state: 'active' }],
		} as unknown as CustomerAccess;
		expect(changesSince({ customer: 'active', subscriptions: {}, changeId: '' }, access)).toEqual([]);
		const memory = new AccessMemory(randomUUID(), {});
		expect(memory.of(id)).toBeUndefined();
		memory.remember(id, restricted(1));
		expect(memory.of(id)).toEqual(restricted(1));
	},
);
