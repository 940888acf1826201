import { randomUUID } from 'node:crypto';
import { rounded, type Row } from './stats';
import { silence, startWorld } from './world';

/** Dodo's lowest tier. */
const PER_MINUTE = 240;
const PER_SECOND = 40;
const OFFERED_PER_SECOND = 6;
const MINUTES = 4;
const MINUTE_MS = 60_000;

/** R5: more invoices than Dodo takes, for some minutes: how much of the limit is used, and whether all arrive in the end. */
export async function measureLimit(say: (line: string) => void): Promise<Row[]> {
	const sync = await startWorld({
		requestsPerMinute: PER_MINUTE,
		dodo: { rateLimit: { perMinute: PER_MINUTE, perSecond: PER_SECOND } },
		timeScale: 1,
		// With its schedules as they are shipped.
		change: () => undefined,
	});
	try {
		silence(sync, false);
		const made: number[] = [];
		let refused = 0;
		const others: number[] = [];
		sync.dodo.activity.on('call', ({ path, status }: { path: string; status: number }) => {
			if (status === 429) refused++;
			else (path === '/checkouts' ? made : others).push(performance.now());
		});
		const begun = performance.now();
		let issued = 0;
		while (performance.now() - begun < MINUTES * MINUTE_MS) {
			sync.lago.issueInvoice({ customer: { external_id: `limit_${randomUUID()}`, email: 'a@example.com' } });
			issued++;
			await new Promise((resolve) => setTimeout(resolve, 1_000 / OFFERED_PER_SECOND));
		}
		say(`  limit: ${issued} invoices in ${MINUTES} minutes; waiting until all have their link`);
		const invoices = [...sync.lago.state.invoices.values()];
		const open = (): number =>
			invoices.filter(({ lago_id }) => sync.lago.metadataOf(lago_id, 'dodo_payment_id') === undefined).length;
		for (const deadline = performance.now() + 15 * MINUTE_MS; open() > 0 && performance.now() < deadline;)
			await new Promise((resolve) => setTimeout(resolve, 1_000));
		const lost = open();
		// The first minute fills the window; then it is always full.
		const from = (made[0] ?? 0) + MINUTE_MS;
		const inEachMinute = (calls: number[]): number[] =>
			Array.from(
				{ length: MINUTES - 1 },
				(_, index) =>
					calls.filter((at) => at >= from + index * MINUTE_MS && at < from + (index + 1) * MINUTE_MS).length,
			);
		const minutes = inEachMinute(made);
		const ratio = Math.min(...minutes) / PER_MINUTE;
		return [
			{
				id: 'R5',
				what: `invoices a minute / Dodo's limit, while more are waiting (${refused} refused by 429, ${lost} of ${issued} lost)`,
				measured: rounded(ratio, 3),
				goal: '>= 0.98',
				met: ratio >= 0.98 && refused === 0 && lost === 0,
				raw: { minutes, others: inEachMinute(others), refused, lost, issued },
			},
		];
	} finally {
		await sync.stop();
	}
}
