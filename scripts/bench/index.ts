import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Sync } from '../../test/support/sync';
import { ROOT } from '../n8n/package';
import { FASTER } from '../../docker/entrypoint/n8n';
import { ensureN8n } from '../n8n/prefix';
import { measureBackFill } from './backFill';
import { measureCapacity } from './capacity';
import { measureDay } from './day';
import { measureFlows } from './flows';
import { measureForgeries } from './forgeries';
import { measureInProcess } from './inProcess';
import { measureLimit } from './limit';
import { measureLoad } from './load';
import { measureMemory } from './memory';
import { measureMonthEnd } from './monthEnd';
import { measureOutage, measureReconciliation } from './reconciliation';
import { measureRecovery } from './recovery';
import { measureReminders } from './reminders';
import type { Row } from './stats';
import { measureStorm } from './storm';
import { startWorld } from './world';

const WHEN_NEEDED = ', isolates made when needed';
const say = (line: string): void => void console.log(line);

/** What can be measured by itself: `npm run bench -- flows memory`. */
const PARTS: Readonly<Record<string, () => Promise<Row[]>>> = {
	process: async () => await measureInProcess(await ensureN8n(say)),
	load: async () => await measureLoad(await ensureN8n(say)),
	flows: async () => await inWorld(async (sync) => await measureFlows(sync, '', say)),
	tuned: async () =>
		await inWorld(async (sync) => await measureFlows(sync, WHEN_NEEDED, say), {
			NODE_FUNCTION_ALLOW_BUILTIN: 'crypto',
			...FASTER,
		}),
	legacy: async () =>
		await inWorld(async (sync) => await measureFlows(sync, ', legacy expression engine', say), {
			NODE_FUNCTION_ALLOW_BUILTIN: 'crypto',
			N8N_EXPRESSION_ENGINE: 'legacy',
		}),
	day: async () => await inWorld(measureDay),
	storm: async () => await inWorld(measureStorm),
	forgeries: async () => [
		...(await inWorld(async (sync) => await measureForgeries(sync, ''))),
		...(await inWorld(async (sync) => await measureForgeries(sync, WHEN_NEEDED), FASTER)),
	],
	recovery: measureRecovery,
	reconciliation: async () => await measureReconciliation(say),
	outage: async () => await measureOutage(say),
	limit: async () => await measureLimit(say),
	monthEnd: async () => await measureMonthEnd(say),
	reminders: measureReminders,
	backFill: measureBackFill,
	memory: async () => await measureMemory('', {}, say),
	memoryTuned: async () => await measureMemory(WHEN_NEEDED, FASTER, say),
	capacity: async () => await measureCapacity(say),
};

/** Each part gets an n8n of its own, so that none leaves anything behind for the next. */
async function inWorld(measure: (sync: Sync) => Promise<Row[]>, env?: NodeJS.ProcessEnv): Promise<Row[]> {
	const sync = await startWorld(env === undefined ? {} : { env });
	try {
		return await measure(sync);
	} finally {
		await sync.stop();
	}
}

/** `npm run bench`: one table of ratios; the rounds behind them go into a file. */
async function main(): Promise<void> {
	const chosen = process.argv.slice(2);
	const unknown = chosen.filter((name) => !(name in PARTS));
	if (unknown.length > 0)
		throw new Error(`There is no part "${unknown.join(', ')}". The parts are: ${Object.keys(PARTS).join(', ')}.`);
	const rows: Row[] = [];
	for (const [name, measure] of Object.entries(PARTS)) {
		if (chosen.length > 0 && !chosen.includes(name)) continue;
		say(`Measuring ${name} ...`);
		rows.push(...(await measure()));
	}
	rows.sort((one, other) => Number(one.id.slice(1)) - Number(other.id.slice(1)));
	console.table(
		rows.map(({ id, what, measured, goal, met }) => ({ id, what, measured, goal, met: met ? 'yes' : 'NO' })),
	);
	const folder = join(ROOT, '.local', 'bench');
	mkdirSync(folder, { recursive: true });
	const file = join(folder, `${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}.json`);
	writeFileSync(
		file,
		JSON.stringify(
			{ at: new Date().toISOString(), cores: cpus().length, memoryGb: Math.round(totalmem() / 1e9), rows },
			null,
			'\t',
		),
	);
	say(`The rounds are in ${file.slice(ROOT.length + 1)}.`);
}

main().catch((caught: unknown) => {
	console.error(caught);
	process.exitCode = 1;
});
