import { FASTER } from '../../docker/entrypoint/n8n';
import type { SyncOptions } from '../../test/support/sync';
import { inParallel, median, rounded, timed, type Row } from './stats';
import { postWell, prepare, startWorld } from './world';

const ROUNDS = 5;
const PAYMENTS = 40;
const WARM_UP = 20;
const AT_ONCE = 8;

/** What one may run. */
const SET_UPS: Readonly<Record<string, Partial<SyncOptions>>> = {
	'one n8n, default': {},
	'one n8n, isolates made when needed': { env: FASTER },
	'one n8n, legacy engine': { env: { N8N_EXPRESSION_ENGINE: 'legacy' } },
	'queue mode, two workers, isolates made when needed': { queue: { workers: 2 }, env: FASTER },
};

/** How many invoices a minute are collected and settled on this machine, two events each, several at once; each set-up in an n8n of its own. */
export async function measureCapacity(say: (line: string) => void): Promise<Row[]> {
	const rows: Row[] = [];
	for (const [name, options] of Object.entries(SET_UPS)) {
		const sync = await startWorld(options);
		try {
			const invoice = async (): Promise<void> => {
				await postWell(sync, prepare(sync, 'collect'));
				await postWell(sync, prepare(sync, 'settle'));
			};
			await invoice();
			await inParallel(WARM_UP, AT_ONCE, invoice);
			const rates: number[] = [];
			for (let round = 0; round < ROUNDS; round++) rates.push((PAYMENTS * 60_000) / (await timed(async () => await inParallel(PAYMENTS, AT_ONCE, invoice))));
			say(`  capacity: ${name}: ${rounded(median(rates), 0)} invoices a minute`);
			rows.push({ id: 'C1', what: `invoices collected and settled a minute: ${name}`, measured: rounded(median(rates), 0), goal: '-', met: true, raw: rates });
		} finally {
			await sync.stop();
		}
	}
	return rows;
}
