import { randomUUID } from 'node:crypto';
import type { Dispute, Payment } from '../../sandbox/dodo/state';
import type { Invoice } from '../../sandbox/lago/documents';
import { world } from '../support/oneWorld';

/** What access makes of three overdue invoices that were paid in one payment, of which a part is missing, goes back or is lost. */
const AMOUNTS = [1_000, 2_000, 3_000];

beforeEach(() => {
	world.lago.premium = true;
});

interface Paid {
	invoices: Invoice[];
	payment: Payment;
}
interface Access {
	state: string;
	reasons: Array<{ invoice_id: string; amount_cents: number }>;
}

async function pay(): Promise<Paid> {
	const external_id = `c-${randomUUID()}`;
	const invoices = AMOUNTS.map((amountCents, place) =>
		world.issue({ customer: { external_id }, fees: [{ amountCents }], dueInDays: place - 9 }),
	);
	const made = await world.linkAll(await world.allDue(external_id));
	return { invoices, payment: structuredClone(world.dodo.payCheckout(String(made.checkoutSessionId))) };
}
const settle = async ({ payment }: Paid): Promise<void> => void (await world.settleAll(payment));
/** A dispute that has ended so, as the lane records it. */
async function dispute({ payment }: Paid, status: string, amount?: number): Promise<void> {
	const { dispute_id } = world.dodo.openDispute(payment.payment_id, { amount });
	const lost = structuredClone(world.dodo.moveDispute(dispute_id, 'lost'));
	if (status !== 'open') await world.recordAll(lost);
	if (status !== 'lost') await world.recordAll({ ...lost, dispute_status: `dispute_${status}ed` } as Dispute);
}
async function refund({ payment }: Paid, amount?: number): Promise<void> {
	await world.mirrorAll(await world.refund(payment, amount));
}

test.each<[string, (paid: Paid) => Promise<unknown>, owed: number[]]>([
	['nothing of it is booked yet', async () => await Promise.resolve(), [1_000, 2_000, 3_000]],
	['it is paid', settle, [0, 0, 0]],
	[
		'less came than was asked for',
		async ({ payment }) => await world.settleAll({ ...payment, total_amount: 2_500 }),
		[0, 500, 3_000],
	],
	['a part was refunded: what somebody gave back is not owed', async (paid) => await refund(paid, 500), [0, 0, 0]],
	['all of it was refunded', async (paid) => await refund(paid), [0, 0, 0]],
	['a dispute is open', async (paid) => await dispute(paid, 'open'), [0, 0, 0]],
	['a dispute was lost over a part', async (paid) => await dispute(paid, 'lost', 3_500), [0, 500, 3_000]],
	['a dispute was lost over all of it', async (paid) => await dispute(paid, 'lost'), [1_000, 2_000, 3_000]],
	[
		'a part was refunded, and a dispute lost over another',
		async (paid) => {
			await refund(paid, 1_000);
			await dispute(paid, 'lost', 2_500);
		},
		[0, 500, 2_000],
	],
])('%s', async (what, happens, owed) => {
	const paid = await pay();
	if (!/nothing|less/.test(what)) await settle(paid);
	await happens(paid);
	const [first] = paid.invoices;
	// A loss counts from its own day, so that only the first rule sees it at once.
	const policy = { restrictImmediately: true, restrictAfterDays: 1, scope: 'customer' };
	const told = await world.onLago('access', 'getCustomer', { customer: first?.customer.external_id, ...policy });
	const { state, reasons } = told.customer as unknown as Access;
	const ofInvoice = ({ lago_id }: Invoice): number =>
		reasons.find(({ invoice_id }) => invoice_id === lago_id)?.amount_cents ?? 0;
	expect({ owed: paid.invoices.map(ofInvoice), isActive: state === 'active' }).toEqual({
		owed,
		isActive: !owed.some(Boolean),
	});
});
