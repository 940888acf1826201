import { letAMinutePass, lookingEvery, waitFor, type Sync } from '../../test/support/sync';
import { type Row } from './stats';
import { silence, startWorld } from './world';

const INVOICES = 20;
const INTERVAL_S = 15;
const MINUTE_MS = 60_000;

/** R12: after an outage in which nothing was delivered: how many looks until both books are equal, and what a look costs then. */
export async function measureRecovery(): Promise<Row[]> {
	const sync = await startWorld({
		change: lookingEvery(INTERVAL_S),
	});
	try {
		silence(sync, false);
		const before = await issued(sync);
		await sync.n8n.kill();
		silence(sync);
		const during = Array.from({ length: INVOICES }, (_, index) =>
			sync.lago.issueInvoice({ customer: { external_id: `outage_${index}`, email: 'a@example.com' } }),
		);
		for (const invoice of before) sync.dodo.payCheckout(sync.checkoutOf(invoice).id);
		letAMinutePass(sync);
		const newest = await sync.n8n.newestId().catch(() => '0');
		await sync.n8n.restart();
		const isEqual = (): boolean =>
			during.every((invoice) => sync.checkoutsOf(invoice).length === 1 && sync.stateOf(invoice) !== '') &&
			before.every(({ payment_status }) => payment_status === 'succeeded');
		const looks = async (): Promise<number> =>
			(await sync.n8n.runsAfter(newest)).filter(({ nodes }) => nodes.includes('Save the Progress')).length;
		await waitFor(isEqual, 5 * MINUTE_MS);
		const cycles = Math.max(1, await looks());
		// When nothing is wrong: the calls of the looks that follow.
		await new Promise((resolve) => setTimeout(resolve, 2.5 * INTERVAL_S * 1_000));
		const made = sync.dodo.calls.length + sync.lago.calls.length;
		const done = await looks();
		await new Promise((resolve) => setTimeout(resolve, 3 * INTERVAL_S * 1_000));
		const perLook = (sync.dodo.calls.length + sync.lago.calls.length - made) / ((await looks()) - done);
		return [
			{
				id: 'R12',
				what: `looks from the end of an outage until both books are equal (${INVOICES} invoices and ${before.length} payments missed)`,
				measured: String(cycles),
				goal: '1',
				met: cycles === 1,
				raw: cycles,
			},
			{
				id: 'R12',
				what: 'calls of a look when nothing is wrong',
				measured: String(perLook),
				goal: '2',
				met: perLook === 2,
				raw: perLook,
			},
		];
	} finally {
		await sync.stop();
	}
}

async function issued(sync: Sync) {
	const invoices = Array.from({ length: INVOICES }, (_, index) =>
		sync.lago.issueInvoice({ customer: { external_id: `before_${index}`, email: 'a@example.com' } }),
	);
	await sync.quiet();
	return invoices;
}
