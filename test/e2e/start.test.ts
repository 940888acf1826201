import { spawn } from 'node:child_process';
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
	// The sandbox and the simulators listen ten to twelve ports above n8n.
	const PORT = String(20_000 + (await freePort()) % 20_000);
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
