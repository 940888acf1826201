// Runs before anything is installed: built-ins of Node only.
import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';

const LOOK_MS = 500;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Calls `end` when this process is told to end, or when who started it is gone: npm passes signals on to a shell, which passes none on, and
 * nobody passes on SIGKILL or a closed terminal.
 * @param {(signal: NodeJS.Signals) => void} end may be called more than once
 */
export function whenToEnd(end) {
	for (const signal of SIGNALS) process.on(signal, () => end(signal));
	// A closed terminal takes no more lines; that must not end this process before it has ended the others.
	for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
	// Without npm, whoever started this may go on without it (nohup, a service manager).
	if (process.env.npm_lifecycle_event === undefined) return;
	const parent = process.ppid;
	const npm = npmAbove(parent);
	setInterval(() => {
		if (process.ppid !== parent || (npm !== null && !isAlive(npm))) end('SIGTERM');
	}, LOOK_MS).unref();
}

/** The npm behind the shell that it starts a script with; null when npm is the parent itself. */
function npmAbove(parent) {
	const { stdout } = spawnSync('ps', ['-o', 'ppid=', '-o', 'comm=', '-p', String(parent)], { encoding: 'utf8' });
	const [, above, name] = /^\s*(\d+)\s+(.+?)\s*$/.exec(stdout ?? '') ?? [];
	// A shell that has become the script by `exec` is not there; the parent is npm then.
	return name !== undefined && /sh$/.test(basename(name)) ? Number(above) : null;
}

function isAlive(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch (caught) {
		return caught.code === 'EPERM';
	}
}
