import type { IDataObject } from 'n8n-workflow';
import type { Invoice } from '../../sandbox/lago/documents';
import { world } from '../support/oneWorld';

/** Whoever has a body that Lago signed once can send it again. A press of "Retry payment" charges once an hour, whatever is sent. */

const chargesOf = ({ lago_id }: Invoice): number =>
	world.dodo.calls.filter(
		({ method, path, body }) => method === 'POST' && path.endsWith('/charge') && JSON.stringify(body).includes(lago_id),
	).length;

/** The first charge of the invoice has failed, which is recorded with its next try. */
async function failedOnce(): Promise<{ invoice: Invoice; mandate: string; began: IDataObject }> {
	const { customer, mandate } = await world.customerWithMandate();
	const invoice = world.issue({ customer: { external_id: customer } });
	world.dodo.planCharge(mandate, { code: 'INSUFFICIENT_FUNDS' });
	await charge(invoice, mandate);
	expect(world.stateOf(invoice)).toMatch(/^v1;failed;a=1;n=\d+/);
	return { invoice, mandate, began: { event: 'invoice.payment_failure', lagoInvoiceId: invoice.lago_id } };
}

/** One run of the lane: charge, save, and what became of it. The mandate takes charges again, and the next one fails as well. */
async function charge(invoice: Invoice, mandate: string, began?: IDataObject): Promise<IDataObject> {
	Object.assign(world.dodo.state.subscriptions.get(mandate) ?? {}, { status: 'active', dues: null });
	world.dodo.planCharge(mandate, { code: 'INSUFFICIENT_FUNDS' });
	const out = await world.charge(invoice, false, began);
	if (out.outcome !== 'charging') return out;
	await world.save(out);
	await world.settle(await world.ended(world.dodo.state.payments, out.paymentId));
	return out;
}

/** So many minutes go by for what is recorded on Dodo's and Lago's side; the clock of this machine as well. */
async function minutesLater<T>(minutes: number, work: () => Promise<T>): Promise<T> {
	const now = Date.now.bind(Date);
	const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + minutes * 60_000);
	return await work().finally(() => clock.mockRestore());
}

test('three presses charge once', async () => {
	const { invoice, mandate, began } = await failedOnce();
	const outcomes = [];
	for (let press = 0; press < 3; press++) outcomes.push((await charge(invoice, mandate, began)).outcome);
	expect(outcomes[0]).toBe('charging');
	expect(outcomes.slice(1)).not.toContain('charging');
	expect(chargesOf(invoice)).toBe(2);
});

test('three presses at the same moment charge once', async () => {
	const { invoice, mandate, began } = await failedOnce();
	Object.assign(world.dodo.state.subscriptions.get(mandate) ?? {}, { status: 'active', dues: null });
	world.dodo.planCharge(mandate, { settleAfterMs: 600_000 });
	const presses = await Promise.allSettled([1, 2, 3].map(async () => await world.charge(invoice, false, began)));
	expect(presses.filter((one) => one.status === 'fulfilled' && one.value.outcome === 'charging')).toHaveLength(1);
	expect(chargesOf(invoice)).toBe(2);
});

test('a press within the hour charges nothing, one after the hour does, and again only one', async () => {
	const { invoice, mandate, began } = await failedOnce();
	await charge(invoice, mandate, began);
	expect((await minutesLater(50, async () => await charge(invoice, mandate, began))).outcome).not.toBe('charging');
	expect(chargesOf(invoice)).toBe(2);
	await minutesLater(61, async () => {
		expect(await charge(invoice, mandate, began)).toMatchObject({ outcome: 'charging', attempt: 3 });
		expect((await charge(invoice, mandate, began)).outcome).not.toBe('charging');
	});
	expect(chargesOf(invoice)).toBe(3);
});

test('a body of a press is worth nothing once the invoice is paid', async () => {
	const { invoice, mandate, began } = await failedOnce();
	world.lago.payManually(invoice.lago_id, 10_000, 'bank transfer 77');
	expect(await charge(invoice, mandate, began)).toMatchObject({ outcome: 'skipped', reason: 'already_paid' });
	expect(chargesOf(invoice)).toBe(1);
});

test('nothing but the button charges before the planned try is due', async () => {
	const { invoice, mandate } = await failedOnce();
	for (const event of ['invoice.created', 'invoice.one_off_created', 'invoice.paid_credit_added'])
		expect(await charge(invoice, mandate, { event, lagoInvoiceId: invoice.lago_id })).toMatchObject({
			outcome: 'skipped',
		});
	expect(chargesOf(invoice)).toBe(1);
});

test('the press of another invoice is none of this one', async () => {
	const { invoice, mandate } = await failedOnce();
	const other = await failedOnce();
	expect(await charge(invoice, mandate, other.began)).toMatchObject({ outcome: 'skipped' });
	expect(chargesOf(invoice)).toBe(1);
});
