import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnvironment, runCommand, type Progress } from './command';
import { withFolderLock } from './lock';

/** The project folder: every script runs there. */
export const ROOT = process.cwd();
const LOCAL = join(ROOT, '.local');
const SOURCES = [
	'nodes',
	'credentials',
	'workflows',
	'package.json',
	'tsup.config.ts',
	'gulpfile.js',
	'README.md',
	'LICENSE.md',
];

/** Builds and packs the package when its sources changed. Returns the path of the tarball as npm would publish it. */
export async function packPackage(say: Progress): Promise<string> {
	const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
		name: string;
		version: string;
	};
	const tarball = join(LOCAL, `${name}-${version}.tgz`);
	const stamp = join(LOCAL, 'packed-from');
	const digest = digestOf(SOURCES.map((path) => join(ROOT, path)));
	mkdirSync(LOCAL, { recursive: true });
	// Two at once would pack what the other one is just building.
	return await withFolderLock(
		join(LOCAL, 'packing.lock'),
		() => say('Another process is packing the package; waiting for it ...'),
		async () => {
			if (existsSync(tarball) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return tarball;
			say('Building and packing the package ...');
			rmSync(stamp, { force: true });
			await runCommand('npm', ['run', '--silent', 'build'], {
				cwd: ROOT,
				tick: (seconds) => say(`  still building, ${seconds} s`),
			});
			await runCommand('npm', ['pack', '--silent', '--pack-destination', LOCAL], { cwd: ROOT });
			writeFileSync(stamp, digest);
			return tarball;
		},
	);
}

/** Puts the package where n8n's own installer puts it. */
export async function installPackage(tarball: string, userFolder: string): Promise<void> {
	await unpackPackage(tarball, join(userFolder, '.n8n', 'nodes', 'node_modules', 'n8n-nodes-dodo-lago'));
}

/** Unpacks the package into the state that n8n's own installer leaves it in: without development and peer dependencies. */
export async function unpackPackage(tarball: string, target: string): Promise<void> {
	rmSync(target, { recursive: true, force: true });
	mkdirSync(target, { recursive: true });
	await runCommand('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'], {
		cwd: ROOT,
		env: cleanEnvironment(),
	});
	const manifest = join(target, 'package.json');
	const {
		devDependencies: _dev,
		peerDependencies: _peer,
		optionalDependencies: _optional,
		...rest
	} = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown>;
	writeFileSync(manifest, JSON.stringify(rest, null, '\t'));
}

/** One digest over files and folders, by name and content. */
export function digestOf(paths: string[]): string {
	const hash = createHash('sha256');
	const add = (path: string): void => {
		if (!existsSync(path)) return;
		if (statSync(path).isDirectory()) for (const entry of readdirSync(path).sort()) add(join(path, entry));
		else hash.update(path).update(readFileSync(path));
	};
	for (const path of paths) add(path);
	return hash.digest('hex');
}
