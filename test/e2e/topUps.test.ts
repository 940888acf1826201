import type { WalletTransaction } from '../../sandbox/lago/state';
import type { ImportedWorkflow } from '../support/n8n';
import { waitFor, type Sync } from '../support/sync';
import { newCustomer } from './operations';
import { startPrepaid, type Prepaid } from './prepaid';

/** The template of top-ups: what it asks for, books and tries again. */
let prepaid: Prepaid;
let sync: Sync;
let lane: ImportedWorkflow;

beforeAll(async () => {
	prepaid = await startPrepaid();
	({ sync, lane } = prepaid);
}, 900_000);

afterAll(async () => {
	await sync?.stop();
});

afterEach(() => {
	for (const endpoint of sync.lago.state.endpoints.values()) Object.assign(endpoint, { event_types: null });
});

const withMandate = async (customer: string): Promise<string> => await prepaid.withMandate(customer);
const paymentsOf = (top: WalletTransaction) => prepaid.paymentsOf(top);
const checkoutsOf = (top: WalletTransaction) => prepaid.checkoutsOf(top);
const bookedOn = (top: WalletTransaction): string[] => prepaid.bookedOn(top);
const creditsOf = (top: WalletTransaction): number | undefined => prepaid.creditsOf(top);
/** Somebody buys credits, and what follows at once has happened. */
async function buy(customer: string): Promise<WalletTransaction> {
	const top = await prepaid.buy(customer);
	await sync.quiet();
	return top;
}

test('who has a mandate is charged at once, and has the credits', async () => {
	await withMandate('prepaid_1');
	const top = await buy('prepaid_1');
	await waitFor(() => top.status === 'settled');
	expect(paymentsOf(top)).toMatchObject([{ status: 'succeeded', total_amount: 1_000 }]);
	expect([creditsOf(top), bookedOn(top)]).toEqual([10, [paymentsOf(top)[0]?.payment_id]]);
	// The same event again, by another key.
	const delivery = sync.lago.deliveries.find(({ event }) => event === 'wallet_transaction.created');
	expect((await sync.postLago(delivery?.body ?? '')).status).toBe(200);
	await sync.quiet();
	expect([paymentsOf(top).length, creditsOf(top)]).toEqual([1, 10]);
});

test('everybody else gets a link that does not die, and the credits when it is paid', async () => {
	await newCustomer(sync, { external_id: 'prepaid_2' });
	const top = await buy('prepaid_2');
	const [mailed] = (await sync.n8n.lastRunOf('Mail the Top-Up Link')).items('Mail the Top-Up Link');
	expect(mailed).toMatchObject({ outcome: 'created', amountDue: 'EUR 10.00', customerEmail: expect.any(String) });
	expect(mailed?.payLink).toMatch(new RegExp(`^${sync.n8n.hook('pay')}\\?t=[\\w-]{38}$`));
	expect(checkoutsOf(top)).toHaveLength(0);
	const clicks = await Promise.all(
		[1, 2, 3].map(async () => await fetch(String(mailed?.payLink), { redirect: 'manual' })),
	);
	expect(clicks.map(({ status }) => status)).toEqual([302, 302, 302]);
	expect(checkoutsOf(top)).toHaveLength(1);
	sync.dodo.payCheckout(checkoutsOf(top)[0]?.id ?? '');
	await sync.quiet();
	expect([top.status, creditsOf(top), bookedOn(top).length]).toEqual(['settled', 10, 1]);
	const page = await fetch(String(mailed?.payLink), { redirect: 'manual' });
	expect([page.status, await page.text()]).toEqual([200, expect.stringMatching(/is paid/)]);
});

test('one whose event never came is found, and asked for once', async () => {
	for (const endpoint of sync.lago.state.endpoints.values()) Object.assign(endpoint, { event_types: ['plan.created'] });
	await newCustomer(sync, { external_id: 'prepaid_3' });
	const top = await buy('prepaid_3');
	expect((await sync.n8n.executeFrom('Every 15 Minutes', lane.id)).nodes).not.toContain('Mail the Top-Up Link');
	top.created_at = new Date(Date.now() - 120_000).toISOString();
	const found = await sync.n8n.executeFrom('Every 15 Minutes', lane.id);
	expect(found.items('Mail the Top-Up Link')).toMatchObject([{ invoiceId: top.lago_invoice_id, savedOnWallet: true }]);
	const again = await sync.n8n.executeFrom('Every 15 Minutes', lane.id);
	expect(again.nodes).not.toContain('Mail the Top-Up Link');
});

test('a declined charge is tried again when it is due', async () => {
	const mandate = await withMandate('prepaid_4');
	sync.dodo.planCharge(mandate, { code: 'INSUFFICIENT_FUNDS' });
	const top = await buy('prepaid_4');
	const wallet = sync.lago.state.wallets.get(top.lago_wallet_id);
	const key = `dodo_top_up_${top.lago_id}`;
	await waitFor(() => /^pay_\S+ v1;failed;.*n=\d+/.test(wallet?.metadata[key] ?? ''));
	expect(top.status).toBe('pending');
	Object.assign(sync.dodo.state.subscriptions.get(mandate) ?? {}, { status: 'active', dues: null });
	const due = `n=${Math.floor(Date.now() / 1000) - 60}`;
	if (wallet) wallet.metadata[key] = (wallet.metadata[key] ?? '').replace(/n=\d+/, due);
	await sync.n8n.executeFrom('Every 15 Minutes', lane.id);
	await waitFor(() => top.status === 'settled');
	expect(paymentsOf(top).map(({ status }) => status)).toEqual(['failed', 'succeeded']);
	expect([creditsOf(top), bookedOn(top).length]).toEqual([10, 1]);
});
