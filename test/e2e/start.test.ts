import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { freePort, isFreePort } from '../../scripts/n8n/process';
import { waitFor } from '../support/sync';

/** Runs the command of the README and returns its exit code and everything it printed. */
async function start(args: string[], env: NodeJS.ProcessEnv): Promise<{ code: number | null; output: string }> {
	const child = spawn(process.execPath, ['scripts/start.mjs', ...args], {
		env: { ...process.env, ...env },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let output = '';
	for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
	const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
	return { code, output };
}

test('npm start -- --check runs a sample invoice to paid', async () => {
	const PORT = String(await freeBlock());
	const { code, output } = await start(['--check'], { PORT });
	expect(output).toContain('is paid in Lago (12000 of 12000 cents)');
	expect(output).toMatch(/Lago -> n8n {3}200 {2}webhook invoice\.created/);
	expect(code).toBe(0);
});

test('npm start with half of the keys says what is missing and ends with 1', async () => {
	const { code, output } = await start([], { DODO_API_KEY: 'key' });
	expect(code).toBe(1);
	for (const name of ['DODO_WEBHOOK_SECRET', 'LAGO_API_KEY', 'LAGO_WEBHOOK_HMAC_KEY'])
		expect(output).toContain(`${name} is missing. You find it in`);
	expect(output).not.toContain('    at ');
});

describe('npm start leaves nothing behind, however it ends', () => {
	/** The processes below npm, down to n8n. */
	interface Family {
		npm: ChildProcess;
		port: number;
		start: number;
		program: number;
		entrypoint: number;
		n8n: number;
	}

	// What happens while n8n is starting, and what when it is ready.
	test.each<[string, string, (family: Family) => void]>([
		['ready', 'SIGTERM to npm', ({ npm }) => void npm.kill('SIGTERM')],
		['starting', 'SIGINT to npm', ({ npm }) => void npm.kill('SIGINT')],
		['starting', 'SIGHUP to npm', ({ npm }) => void npm.kill('SIGHUP')],
		['ready', 'SIGKILL to npm', ({ npm }) => void npm.kill('SIGKILL')],
		['starting', 'SIGTERM to the script', ({ start }) => process.kill(start, 'SIGTERM')],
		['starting', 'SIGKILL to the script', ({ start }) => process.kill(start, 'SIGKILL')],
		['starting', 'SIGKILL to the program', ({ program }) => process.kill(program, 'SIGKILL')],
		['starting', "SIGKILL to the image's program", ({ entrypoint }) => process.kill(entrypoint, 'SIGKILL')],
		['ready', 'Ctrl-C', ({ npm }) => process.kill(-(npm.pid as number), 'SIGINT')],
		[
			'ready',
			'a closed terminal',
			({ npm }) => {
				npm.stdout?.destroy();
				npm.stderr?.destroy();
				process.kill(-(npm.pid as number), 'SIGHUP');
			},
		],
	])('%s: %s', async (when, _, end) => {
		const family = await begin(when === 'ready');
		const { npm, port, ...pids } = family;
		try {
			end(family);
			await waitFor(() => Object.values(pids).every((pid) => !isAlive(pid)), 30_000);
			await waitFor(
				async () =>
					(await Promise.all([0, 10, 11, 12].map(async (above) => await isFreePort(port + above)))).every(Boolean),
				5_000,
			);
		} finally {
			for (const pid of Object.values(pids)) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
			npm.kill('SIGKILL');
		}
	});

	/** Starts it as a person does, and waits until n8n runs, or answers. */
	async function begin(untilReady: boolean): Promise<Family> {
		const port = await freeBlock();
		const npm = spawn('npm', ['start'], {
			env: { ...process.env, PORT: String(port) },
			stdio: ['ignore', 'pipe', 'pipe'],
			detached: true,
		});
		let output = '';
		for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
		try {
			const wanted = untilReady ? 'Ctrl-C stops everything' : 'Starting n8n';
			await waitFor(() => output.includes(wanted) || npm.exitCode !== null);
			if (npm.exitCode !== null) throw new Error(`npm ended with ${npm.exitCode}`);
			return { npm, port, ...(await familyOf(npm.pid as number)) };
		} catch (caught) {
			npm.kill('SIGTERM');
			throw new Error(`It did not start: ${output}`, { cause: caught });
		}
	}

	async function familyOf(npm: number): Promise<Omit<Family, 'npm' | 'port'>> {
		const pids = { start: below(npm, /start\.mjs/), program: 0, entrypoint: 0, n8n: 0 };
		pids.program = below(pids.start, /start\.ts/);
		pids.entrypoint = below(pids.program, /entrypoint\.js/);
		await waitFor(() => (pids.n8n = below(pids.entrypoint, /n8n start/, 0)) > 0);
		return pids;
	}

	/** The child whose command line is so. */
	function below(parent: number, command: RegExp, otherwise?: number): number {
		const lines = execFileSync('ps', ['-A', '-o', 'pid=', '-o', 'ppid=', '-o', 'args='], { encoding: 'utf8' }).split(
			'\n',
		);
		const found = lines
			.map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
			.find((match) => Number(match?.[2]) === parent && command.test(match?.[3] ?? ''));
		const pid = found ? Number(found[1]) : otherwise;
		if (pid === undefined) throw new Error(`Nothing like ${command} below ${parent}:\n${lines.join('\n')}`);
		return pid;
	}

	function isAlive(pid: number): boolean {
		try {
			process.kill(pid, 0);
			return !isZombie(pid);
		} catch {
			return false;
		}
	}

	/** Ended, and nobody has asked how: in a container without an init. */
	function isZombie(pid: number): boolean {
		return /^\s*Z/.test(execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }));
	}
});

/** A port for n8n whose neighbours ten to twelve above, for the sandbox and the simulators, are free as well. */
async function freeBlock(): Promise<number> {
	for (;;) {
		const port = await freePort();
		const free = await Promise.all([10, 11, 12].map(async (above) => await isFreePort(port + above)));
		if (free.every(Boolean)) return port;
	}
}
