// Runs before anything is installed: built-ins of Node only.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const STAMP = join(ROOT, 'node_modules', '.installed-from');

if (Number(process.versions.node.split('.')[0]) < 20) {
	console.error(`Node ${process.versions.node} is too old. Install Node 20 or newer (https://nodejs.org), then run this again.`);
	process.exit(1);
}

/** Installs the development dependencies when they are missing or when package.json or the lock file changed. */
export async function ensureDependencies() {
	const wanted = createHash('sha256')
		.update(readFileSync(join(ROOT, 'package.json')))
		.update(readFileSync(join(ROOT, 'package-lock.json')))
		.digest('hex');
	if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
	const started = Date.now();
	const seconds = () => Math.round((Date.now() - started) / 1000);
	console.log('Installing development dependencies (about a minute, 560 MB) ...');
	const ticker = setInterval(() => console.log(`  still installing, ${seconds()} s`), 10_000);
	try {
		await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error']);
	} finally {
		clearInterval(ticker);
	}
	writeFileSync(STAMP, wanted);
	console.log(`Development dependencies installed in ${seconds()} s.`);
}

/** Runs a command in the project folder; rejects when it fails. */
export function run(command, args) {
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
		child.on('error', reject);
		child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command} ${args[0]} ended with ${code}`))));
	});
}

/** Runs a TypeScript file; returns its exit code. Signals are passed on. */
export function runTypeScript(file, args) {
	const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], { cwd: ROOT, stdio: 'inherit' });
	// The terminal sends Ctrl-C to both; the child decides when it is done.
	process.on('SIGINT', () => {});
	process.on('SIGTERM', () => child.kill('SIGTERM'));
	return new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0))));
}
