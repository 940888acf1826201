import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { START_MS } from '../../scripts/n8n/entrypoint';
import { ROOT } from '../../scripts/n8n/package';
import { freePort, isFreePort } from '../../scripts/n8n/process';
import { startDodoSimulator, startLagoSimulator } from '../../sandbox/simulators';
import { waitFor } from '../support/sync';

// All of these in one file, as every `npm start` of a checkout keeps its n8n in the same folder: two at once would be in each other's way.

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
			await waitFor(() => Object.values(pids).every((pid) => !isAlive(pid)));
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
			await waitFor(() => output.includes(wanted) || npm.exitCode !== null, START_MS);
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
		// It says that it starts them before it does.
		await waitFor(() => (pids.entrypoint = below(pids.program, /entrypoint\.js/, 0)) > 0);
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

const page = readFileSync(join(ROOT, 'docs', 'testing-with-real-accounts.md'), 'utf8');

/** The names in the file of keys, as the page shows it. */
const variables = [...(/```bash\n(DODO_API_KEY[\s\S]+?)```/.exec(page)?.[1] ?? '').matchAll(/^(\w+)=/gm)].map(
	([, name]) => name,
);

test('npm start with the variables of the page takes an invoice through its four steps', async () => {
	const [dodo, lago, port] = [await startDodoSimulator({}), await startLagoSimulator({}), await freePort()];
	const secret = `whsec_${Buffer.alloc(32, 'first test').toString('base64')}`;
	const url = `http://127.0.0.1:${port}`;
	const given: Record<string, string> = {
		DODO_API_KEY: dodo.apiKey,
		DODO_WEBHOOK_SECRET: secret,
		LAGO_API_KEY: lago.apiKey,
		LAGO_WEBHOOK_HMAC_KEY: lago.hmacKey,
		LAGO_API_URL: lago.url,
		WEBHOOK_URL: url,
	};
	expect(variables).toEqual(Object.keys(given));
	const n8n = spawn(process.execPath, ['scripts/start.mjs'], {
		cwd: ROOT,
		env: { ...process.env, ...given, DODO_API_URL: dodo.url, PORT: String(port) },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const ended = new Promise((resolve) => n8n.on('close', resolve));
	let output = '';
	for (const stream of [n8n.stdout, n8n.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
	try {
		await waitFor(() => output.includes('Ctrl-C stops everything') || n8n.exitCode !== null);
		expect(output).toContain('Both webhooks answer');
		dodo.addWebhook({ url: `${url}/webhooks/dodo`, secret });
		lago.addEndpoint({ url: `${url}/webhooks/lago` });

		const invoice = lago.issueInvoice({ fees: [{ amountCents: 4_200 }] });
		await waitFor(() => lago.metadataOf(invoice.lago_id, 'dodo_state') !== undefined);
		expect(lago.metadataOf(invoice.lago_id, 'dodo_payment_id')).toMatch(/^cks_/);

		const link = /https?:\S+$/.exec(lago.metadataOf(invoice.lago_id, 'dodo_state') ?? '')?.[0] ?? '';
		const clicked = await fetch(link, { redirect: 'manual' });
		const [checkout] = dodo.state.checkouts.values();
		expect(clicked.headers.get('location')).toContain(checkout?.id);

		dodo.payCheckout(checkout?.id ?? '');
		await waitFor(() => invoice.payment_status === 'succeeded');
		expect([...lago.state.payments.values()]).toMatchObject([
			{ lago_payable_id: invoice.lago_id, reference: expect.stringMatching(/^pay_/), amount_cents: 4_200 },
		]);
	} finally {
		n8n.kill('SIGTERM');
		await ended;
		await Promise.all([dodo.close(), lago.close()]);
	}
});
