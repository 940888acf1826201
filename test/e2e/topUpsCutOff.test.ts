import type { WalletTransaction } from '../../sandbox/lago/state';
import { whyNoServices } from '../support/services';
import { waitFor } from '../support/sync';
import { startPrepaid, type Prepaid } from './prepaid';

/** Top-ups while n8n is killed in the middle: one charge, and the credits once. */
let prepaid: Prepaid;

/** What became of it, once nothing moves any more. */
async function expectOnce(top: WalletTransaction): Promise<void> {
	await waitFor(() => top.status === 'settled');
	await prepaid.sync.quiet();
	expect(prepaid.paymentsOf(top)).toMatchObject([{ status: 'succeeded', total_amount: 1_000 }]);
	expect(prepaid.bookedOn(top)).toEqual([prepaid.paymentsOf(top)[0]?.payment_id]);
	expect(prepaid.creditsOf(top)).toBe(10);
}

describe('one n8n', () => {
	beforeAll(async () => {
		prepaid = await startPrepaid();
	}, 900_000);
	afterAll(async () => {
		await prepaid?.sync.stop();
	});

	const made = (top: WalletTransaction): boolean => prepaid.paymentsOf(top).length > 0;
	const booked = (top: WalletTransaction): boolean => prepaid.bookedOn(top).length > 0;

	test.each<[string, 'dodo' | 'lago', RegExp, (top: WalletTransaction) => boolean]>([
		['Dodo has made the charge and nobody has heard of it', 'dodo', /\/charge$/, made],
		['Lago has booked it and nobody has heard of it', 'lago', /\/payments$/, booked],
	])('is killed when %s', async (_what, service, path, happened) => {
		const { sync, lane } = prepaid;
		const customer = `cut_${service}`;
		await prepaid.withMandate(customer);
		// n8n waits for an answer that does not come.
		sync[service].faults.add({ method: 'POST', path, kind: 'timeout', after: true });
		const top = await prepaid.buy(customer);
		await waitFor(() => happened(top));
		await sync.n8n.kill();
		sync[service].faults.clear();
		await sync.n8n.restart();
		// An n8n that is starting says 200 to whatever it is sent, so Dodo may believe that it was told.
		for (const id of new Set(sync.dodo.deliveries.map((delivery) => delivery.id))) sync.dodo.redeliver(id);
		top.created_at = new Date(Date.now() - 120_000).toISOString();
		// What both services send again comes meanwhile.
		for (let look = 0; look < 2; look++) await sync.n8n.executeFrom('Every 15 Minutes', lane.id);
		await expectOnce(top);
		await sync.n8n.executeFrom('Every 15 Minutes', lane.id);
		await expectOnce(top);
	});
});

const why = whyNoServices();
const describeQueue = why === null ? describe : describe.skip;

describeQueue(why ?? 'one main process and two workers on PostgreSQL and Redis', () => {
	beforeAll(async () => {
		prepaid = await startPrepaid({ queue: { workers: 2 } });
	}, 900_000);
	afterAll(async () => {
		await prepaid?.sync.stop();
	});

	test('each event comes twice at once, and a worker is killed: eight top-ups are eight charges', async () => {
		const { sync, lane } = prepaid;
		const customers = Array.from({ length: 8 }, (_, index) => `queued_${index}`);
		for (const customer of customers) await prepaid.withMandate(customer);
		const tops: WalletTransaction[] = [];
		for (const customer of customers) tops.push(await prepaid.buy(customer));
		const copies = async (): Promise<void> => {
			const told = sync.lago.deliveries.filter(({ event }) => event === 'wallet_transaction.created');
			const [endpoint] = [...sync.lago.state.endpoints.values()];
			await Promise.all(
				told.map(
					async ({ body, headers }) => await fetch(String(endpoint?.webhook_url), { method: 'POST', body, headers }),
				),
			);
		};
		await waitFor(() => tops.some((top) => prepaid.paymentsOf(top).length > 0));
		await Promise.all([copies(), sync.n8n.workers[0]?.kill()]);
		await sync.n8n.workers[0]?.restart();
		for (const top of tops) top.created_at = new Date(Date.now() - 120_000).toISOString();
		await copies();
		await sync.quiet();
		await sync.n8n.executeFrom('Every 15 Minutes', lane.id);
		for (const top of tops) await expectOnce(top);
	});
});
