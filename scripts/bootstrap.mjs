// Runs before anything is installed: built-ins of Node only.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { whenToEnd } from './lifeline.mjs';
import { npmInstall } from './npmInstall.cjs';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const STAMP = join(ROOT, 'node_modules', '.installed-from');

if (process.platform !== 'linux' && process.platform !== 'darwin') {
	console.error(
		'This runs on Linux and macOS. On Windows, open a Linux with WSL (wsl --install), clone the project there, and run this again.',
	);
	process.exit(1);
}
if (Number(process.versions.node.split('.')[0]) < 20) {
	console.error(
		`Node ${process.versions.node} is too old. Install Node 20 or newer (https://nodejs.org), then run this again.`,
	);
	process.exit(1);
}

/** Who is to be told to end; before there is anybody, this process ends by itself, and npm with it. */
let told = () => process.exit(1);

/** What this process starts ends with the npm that has started it. */
export function endWithStarter() {
	whenToEnd((signal) => told(signal));
}

/** Measured; grows and shrinks with the lock file. */
const EXPECTED = { lists: 0, packages: 1054, megabytes: 590 };

/**
 * Installs the development dependencies when they are missing or when package.json or the lock file changed.
 * @param step what stands before its lines
 */
export async function ensureDependencies(step = '') {
	const wanted = createHash('sha256')
		.update(readFileSync(join(ROOT, 'package.json')))
		.update(readFileSync(join(ROOT, 'package-lock.json')))
		.digest('hex');
	if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
	const started = Date.now();
	console.log(
		`${step}Installing development dependencies (about a minute, ${EXPECTED.megabytes} MB, only this once) ...`,
	);
	await npmInstall([], { cwd: ROOT, expected: EXPECTED, say: (line) => console.log(`${step}${line}`) });
	writeFileSync(STAMP, wanted);
	console.log(`${step}Development dependencies installed in ${Math.round((Date.now() - started) / 1000)} s.`);
}

/**
 * Runs a TypeScript file; returns its exit code. It is told when this process is to end, and sees by its channel when this process is
 * gone.
 */
export function runTypeScript(file, args) {
	const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
		cwd: ROOT,
		stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
	});
	told = (signal) => child.kill(signal);
	return new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0))));
}
