import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packPackage, ROOT } from '../n8n/package';
import type { N8nRuntime } from '../n8n/prefix';
import { median, ratioOf, rounded, type Row } from './stats';

const ROUNDS = 9;
const SDKS = ['stripe', 'dodopayments', 'lago-javascript-client'];

interface Load {
	ms: number;
	heapMb: number;
}

/** R8 and R9: what the package weighs, beside the libraries that one would take instead. */
export async function measureLoad({ node, dir }: N8nRuntime): Promise<Row[]> {
	const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
		n8n: { nodes: string[] };
		dependencies?: object;
	};
	const tarball = await packPackage(() => undefined);
	const unpacked = mkdtempSync(join(tmpdir(), 'bench-load-'));
	execFileSync('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components=1']);
	const ours = manifest.n8n.nodes.map((path) => join(unpacked, path));
	// n8n itself has n8n-workflow loaded before any package.
	const workflow = join(dir, 'node_modules', 'n8n-workflow');
	const once = (modules: string[]): Load =>
		JSON.parse(
			execFileSync(node, ['--expose-gc', '-e', loading(modules, workflow)], { cwd: ROOT, encoding: 'utf8' }),
		) as Load;
	const [own, sdks]: [Load[], Load[]] = [[], []];
	try {
		for (let round = 0; round < ROUNDS; round++) {
			own.push(once(ours));
			sdks.push(once(SDKS));
		}
	} finally {
		rmSync(unpacked, { recursive: true });
	}
	const kb = statSync(tarball).size / 1000;
	const dependencies = Object.keys(manifest.dependencies ?? {}).length;
	return [
		loadRow(own, sdks, 'ms', 'load time in ms'),
		loadRow(own, sdks, 'heapMb', 'heap in MB'),
		{ id: 'R9', what: 'packed size in KB', measured: rounded(kb, 0), goal: '<= 150', met: kb <= 150, raw: kb },
		{
			id: 'R9',
			what: 'runtime dependencies',
			measured: String(dependencies),
			goal: '0',
			met: dependencies === 0,
			raw: dependencies,
		},
	];
}

/** The script that loads some modules, and says how long that took and what it left in memory. */
function loading(modules: readonly string[], workflow: string): string {
	return [
		"const hook = require('node:module');",
		'const resolve = hook._resolveFilename;',
		'hook._resolveFilename = function (name, ...rest) {',
		`	return resolve.call(this, name === 'n8n-workflow' ? ${JSON.stringify(workflow)} : name, ...rest);`,
		'};',
		"require('n8n-workflow');",
		'global.gc();',
		'const heap = process.memoryUsage().heapUsed;',
		'const begun = performance.now();',
		`const kept = ${JSON.stringify(modules)}.map((name) => require(name));`,
		'const ms = performance.now() - begun;',
		'global.gc();',
		'const heapMb = (process.memoryUsage().heapUsed - heap) / 1e6;',
		'console.log(JSON.stringify({ ms, heapMb, kept: kept.length }));',
	].join('\n');
}

function loadRow(own: readonly Load[], sdks: readonly Load[], what: keyof Load, name: string): Row {
	const of = (loads: readonly Load[]): number[] => loads.map((load) => load[what]);
	const ratio = ratioOf(of(own), of(sdks));
	return {
		id: 'R8',
		what: `${name}, all our nodes / ${SDKS.join(' + ')}`,
		measured: `${rounded(ratio)}   (${rounded(median(of(own)), 1)} / ${rounded(median(of(sdks)), 1)})`,
		goal: '<= 0.5',
		met: ratio <= 0.5,
		raw: { own, sdks },
	};
}
