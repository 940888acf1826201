import { spawn } from 'node:child_process';

/** Says what is going on. */
export type Progress = (line: string) => void;

interface CommandOptions {
	cwd: string;
	env?: NodeJS.ProcessEnv;
	/** Called every few seconds while the command runs. */
	tick?: (seconds: number) => void;
}

const TICK_MS = 10_000;
const OUTPUT_KEPT = 4_000;

/** Runs a command to its end and returns what it printed. Throws an Error with the end of its output when it fails. */
export async function runCommand(
	command: string,
	args: string[],
	{ cwd, env = process.env, tick }: CommandOptions,
): Promise<string> {
	const started = Date.now();
	const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
	const stopWithUs = (): void => void child.kill();
	process.once('exit', stopWithUs);
	const ticker = setInterval(() => tick?.(Math.round((Date.now() - started) / 1000)), TICK_MS);
	let output = '';
	for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
	try {
		await new Promise<void>((resolve, reject) => {
			child.on('error', reject);
			child.on('close', (code) =>
				code === 0
					? resolve()
					: reject(
							new Error(`${command} ${args.slice(0, 2).join(' ')} ended with ${code}:\n${output.slice(-OUTPUT_KEPT)}`),
						),
			);
		});
	} finally {
		clearInterval(ticker);
		process.off('exit', stopWithUs);
	}
	return output;
}

/** For a mirror that does not answer at once, and another apt that is at work. */
export const APT_PATIENCE = ['-o', 'Acquire::Retries=5', '-o', 'DPkg::Lock::Timeout=300'] as const;

/** Runs Debian's apt-get, which asks nobody. */
export async function aptGet(args: string[], { env, ...options }: CommandOptions): Promise<string> {
	const silent = { ...(env ?? process.env), DEBIAN_FRONTEND: 'noninteractive' };
	return await runCommand('apt-get', ['-qq', ...APT_PATIENCE, ...args], { ...options, env: silent });
}

/** The environment without what `npm start` adds: a nested npm must not take this project for its own. */
export function cleanEnvironment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
	const kept = Object.entries(process.env).filter(
		([name]) => !/^npm_(package|lifecycle|config_(local_prefix|prefix|ignore_scripts))|^INIT_CWD$/i.test(name),
	);
	return { ...Object.fromEntries(kept), ...more };
}
