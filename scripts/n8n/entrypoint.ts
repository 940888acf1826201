import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cleanEnvironment } from './command';
import { compileCache, type N8nRuntime } from './prefix';

/** The image's program on this machine, without the image. */
export interface Entrypoint {
	pid: number;
	/** Everything that it and its n8n have printed. */
	log(): string;
	/** Resolves when a line with this text is there; rejects when it ends before or `timeoutMs` passes. */
	waitFor(text: string, timeoutMs?: number): Promise<void>;
	/** Asks it to end; resolves with its exit code. */
	stop(): Promise<number | null>;
	/** Resolves with the exit code when it ends. */
	ended: Promise<number | null>;
}

export interface EntrypointOptions {
	runtime: N8nRuntime;
	/** See {@link assembleImage}. */
	image: string;
	/** Role and further arguments. */
	args?: string[];
	/** On top of this process's own, and what n8n's image sets. */
	env: NodeJS.ProcessEnv;
	logFile: string;
}

/** How long a start may take, on a busy machine too; one that ends is noticed at once. */
export const START_MS = 360_000;
const STOP_MS = 40_000;

/** Starts it as the image does: `node entrypoint.js`, with n8n in PATH. */
export function startEntrypoint({ runtime, image, args = [], env, logFile }: EntrypointOptions): Entrypoint {
	mkdirSync(dirname(logFile), { recursive: true });
	const file = openSync(logFile, 'w');
	const path = [dirname(runtime.node), join(runtime.dir, 'node_modules', '.bin'), process.env.PATH].join(':');
	// A group of its own, so that Ctrl-C reaches n8n by this program only, and nothing outlives it.
	const child = spawn(runtime.node, [join(image, 'entrypoint.js'), ...args], {
		env: cleanEnvironment({ NODE_ENV: 'production', ...compileCache(runtime), ...env, PATH: path }),
		stdio: ['ignore', file, file, 'ipc'],
		detached: true,
	});
	closeSync(file);
	// n8n has a group of its own as well.
	let n8nGroup: number | undefined;
	child.on('message', ({ n8n }: { n8n: number }) => (n8nGroup = n8n));
	child.channel?.unref();
	const log = (): string => readFileSync(logFile, 'utf8');
	const ended = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
	const kill = (): void => {
		for (const group of [child.pid, n8nGroup]) killGroup(group);
	};
	void ended.then(kill);
	return {
		pid: child.pid ?? 0,
		log,
		ended,
		async waitFor(text, timeoutMs = START_MS) {
			for (
				const deadline = Date.now() + timeoutMs;
				!log().includes(text);
				await new Promise((resolve) => setTimeout(resolve, 50))
			) {
				if (child.exitCode !== null || child.signalCode !== null)
					throw new Error(`The program ended with ${child.exitCode ?? child.signalCode}:\n${log().slice(-3000)}`);
				if (Date.now() > deadline)
					throw new Error(`"${text}" was not said within ${timeoutMs / 1000} s:\n${log().slice(-3000)}`);
			}
		},
		async stop() {
			child.kill('SIGTERM');
			const timer = setTimeout(kill, STOP_MS);
			const code = await ended;
			clearTimeout(timer);
			return code;
		},
	};
}

function killGroup(group: number | undefined): void {
	try {
		if (group !== undefined) process.kill(-group, 'SIGKILL');
	} catch {
		// It is gone.
	}
}
