import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Sync } from '../../test/support/sync';
import { inParallel, rounded, type Row } from './stats';
import { bareWorkflow } from './workflows';
import { postWell, prepare, startWorld } from './world';

const EVENTS = Number(process.env.BENCH_EVENTS ?? 10_000);
const AT_ONCE = 8;
const SETTLING_MS = 20_000;
const COLLECTING_MS = 5_000;
/**
 * V8 keeps garbage until it needs the room, hundreds of megabytes of it: n8n collects it when this signal comes, before its size is read.
 */
const COLLECT = 'SIGUSR2';
const COLLECTOR = `process.on('${COLLECT}', () => { require('node:v8').setFlagsFromString('--expose-gc'); const collect = require('node:vm').runInNewContext('gc'); collect(); collect(); });\n`;

/**
 * R10: how much resident memory grows over many events, ours and bare n8n each in an n8n of its own.
 * @param engine of n8n's expressions, for the table.
 */
export async function measureMemory(
	engine: string,
	env: NodeJS.ProcessEnv,
	say: (line: string) => void,
): Promise<Row[]> {
	const folder = mkdtempSync(join(tmpdir(), 'bench-memory-'));
	const collector = join(folder, 'collector.cjs');
	writeFileSync(collector, COLLECTOR);
	const grown = async (who: 'ours' | 'bare'): Promise<number[]> => {
		const sync = await startWorld({ env: { ...env, NODE_OPTIONS: `--require ${collector}` } });
		try {
			await postWell(sync, prepare(sync, 'collect'));
			if (who === 'bare') await (await sync.n8n.importWorkflow(bareWorkflow(sync, 'settle', ''))).publish();
			const path = who === 'ours' ? 'dodo' : 'bare-settle';
			const run = async (count: number): Promise<void> =>
				await inParallel(count, AT_ONCE, async () => await postWell(sync, prepare(sync, 'settle'), path));
			// What n8n loads once is no growth.
			await run(Math.min(1_000, EVENTS));
			const sizes = [await settledRss(sync)];
			say(`  memory, ${who}: ${rounded(sizes[0] ?? 0, 0)} MB after warming up`);
			for (let part = 0; part < 4; part++) {
				await run(EVENTS / 4);
				forget(sync);
				sizes.push(await settledRss(sync));
				say(`  memory, ${who}: ${rounded(sizes.at(-1) ?? 0, 0)} MB after ${((part + 1) * EVENTS) / 4} events`);
			}
			return sizes;
		} finally {
			await sync.stop();
		}
	};
	const both = async (): Promise<Record<'bare' | 'ours', number[]>> => ({
		bare: await grown('bare'),
		ours: await grown('ours'),
	});
	const { bare, ours } = await both().finally(() => rmSync(folder, { recursive: true }));
	const growth = (sizes: number[]): number => (sizes.at(-1) ?? NaN) - (sizes[0] ?? NaN);
	const more = growth(ours) - growth(bare);
	return [
		{
			id: 'R10',
			what: `growth of resident memory over ${EVENTS} events in MB, ours - bare n8n${engine} (${rounded(growth(ours), 0)} - ${rounded(growth(bare), 0)})`,
			measured: rounded(more, 1),
			goal: '<= 5',
			met: more <= 5,
			raw: { ours, bare },
		},
	];
}

/** In MB, after a while in which nothing happens, without garbage. */
async function settledRss({ n8n }: Sync): Promise<number> {
	await pause(SETTLING_MS);
	process.kill(n8n.process.pid, COLLECT);
	await pause(COLLECTING_MS);
	return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(n8n.process.pid)], { encoding: 'utf8' })) / 1_000;
}

/** The simulators' own logs must not slow them down. */
function forget({ dodo, lago }: Sync): void {
	for (const log of [dodo.calls, lago.calls]) log.length = 0;
	lago.state.invoices.clear();
	lago.state.payments.clear();
	dodo.state.payments.clear();
}
