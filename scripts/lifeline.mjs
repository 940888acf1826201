// Runs before anything is installed: built-ins of Node only.
const LOOK_MS = 500;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Calls `end` when this process is told to end, or when the npm that started it is gone, which nobody tells. `npm start` does it by `exec`: a shell
 * between the two would swallow signals, and outlive npm.
 * @param {(signal: NodeJS.Signals) => void} end may be called more than once
 */
export function whenToEnd(end) {
	for (const signal of SIGNALS) process.on(signal, () => end(signal));
	// A closed terminal takes no more lines; that must not end this process before it has ended the others.
	for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
	// Without npm, whoever started this may go on without it (nohup, a service manager).
	if (process.env.npm_lifecycle_event === undefined) return;
	const parent = process.ppid;
	setInterval(() => {
		if (process.ppid !== parent) end('SIGTERM');
	}, LOOK_MS).unref();
}
