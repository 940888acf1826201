import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { freePort } from '../../scripts/n8n/process';

/** Runs the command of the README and returns its exit code and everything it printed. */
async function start(args: string[], env: NodeJS.ProcessEnv): Promise<{ code: number | null; output: string }> {
	const child = spawn(process.execPath, ['scripts/start.mjs', ...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
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
}, 120_000);

test('npm start with half of the keys says what is missing and ends with 1', async () => {
	const { code, output } = await start([], { DODO_API_KEY: 'key' });
	expect(code).toBe(1);
	for (const name of ['DODO_WEBHOOK_SECRET', 'LAGO_API_KEY', 'LAGO_WEBHOOK_HMAC_KEY']) expect(output).toContain(`${name} is missing. You find it in`);
	expect(output).not.toContain('    at ');
}, 60_000);

/** A port for n8n whose neighbours ten to twelve above, for the sandbox and the simulators, are free as well. */
async function freeBlock(): Promise<number> {
	for (;;) {
		const port = await freePort();
		if (port + 12 > 65_000) continue;
		const free = await Promise.all([10, 11, 12].map(async (above) => await isFree(port + above)));
		if (free.every(Boolean)) return port;
	}
}

async function isFree(port: number): Promise<boolean> {
	return await new Promise((resolve) => {
		const server = createServer();
		server.once('error', () => resolve(false));
		server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
	});
}
