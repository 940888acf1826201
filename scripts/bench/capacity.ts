import { FASTER } from '../../docker/entrypoint/n8n';
import type { SyncOptions } from '../../test/support/sync';
import { inParallel, median, rounded, timed, type Row } from './stats';
import { post, prepare, startWorld, type PreparedEvent } from './world';

const ROUNDS = 5;
const PAYMENTS = 40;
const WARM_UP = 20;
const AT_ONCE = 8;
/** As a sender does that got no answer. */
const TRIES = 5;

/** What one may run. */
const SET_UPS: Readonly<Record<string, Partial<SyncOptions>>> = {
	'one n8n, default': {},
	'one n8n, isolates made when needed': { env: FASTER },
	'one n8n, legacy engine': { env: { N8N_EXPRESSION_ENGINE: 'legacy' } },
	'queue mode, two workers, isolates made when needed': { queue: { workers: 2 }, env: FASTER },
};

/**
 * How many invoices a minute are collected and settled on this machine, two events each, several at once; each set-up in an n8n of its
 * own.
 */
export async function measureCapacity(say: (line: string) => void): Promise<Row[]> {
	const rows: Row[] = [];
	for (const [name, options] of Object.entries(SET_UPS)) {
		const sync = await startWorld(options);
		try {
			let again = 0;
			const deliver = async (event: PreparedEvent): Promise<void> => {
				for (let tries = 1; tries <= TRIES; tries++) {
					if ((await post(sync, event).catch(() => null)) === 200) return;
					again++;
				}
				throw new Error(`${name}: an event was not taken in ${TRIES} tries`);
			};
			const invoice = async (): Promise<void> => {
				await deliver(prepare(sync, 'collect'));
				await deliver(prepare(sync, 'settle'));
			};
			await invoice();
			await inParallel(WARM_UP, AT_ONCE, invoice);
			const rates: number[] = [];
			for (let round = 0; round < ROUNDS; round++)
				rates.push((PAYMENTS * 60_000) / (await timed(async () => await inParallel(PAYMENTS, AT_ONCE, invoice))));
			say(`  capacity: ${name}: ${rounded(median(rates), 0)} invoices a minute, ${again} deliveries again`);
			rows.push({
				id: 'C1',
				what: `invoices collected and settled a minute: ${name} (${again} deliveries again)`,
				measured: rounded(median(rates), 0),
				goal: '-',
				met: true,
				raw: { rates, again },
			});
		} finally {
			await sync.stop();
		}
	}
	return rows;
}
