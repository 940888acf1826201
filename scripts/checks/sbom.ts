import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import tsup from '../../tsup.config';
import { runCommand } from '../n8n/command';
import { ROOT } from '../n8n/package';
import { billOfPackage, type Bill } from './bundled';

/** Writes what the published package consists of, beside its tarball. */
async function write(): Promise<string> {
	const { version, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
		version: string;
		devDependencies: Record<string, string>;
	};
	const { noExternal = [] } = tsup as { noExternal?: string[] };
	const inlined = Object.fromEntries(noExternal.map((name) => [name, devDependencies[name] ?? '']));
	const all = await runCommand('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], { cwd: ROOT });
	const file = join(ROOT, '.local', `n8n-nodes-dodo-lago-${version}.cdx.json`);
	const bill = billOfPackage(JSON.parse(all.slice(all.indexOf('{'))) as Bill, inlined);
	writeFileSync(file, JSON.stringify(bill, null, '\t'));
	return file;
}

write().then(
	(file) => console.log(file),
	(caught: unknown) => {
		console.error(caught instanceof Error ? caught.message : caught);
		process.exitCode = 1;
	},
);
