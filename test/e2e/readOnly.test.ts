import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { assembleImage } from '../../scripts/n8n/image';
import { ensureN8n } from '../../scripts/n8n/prefix';
import { freePort } from '../../scripts/n8n/process';
import { give } from '../support/container';
import { waitFor } from '../support/sync';

/** How the compose file mounts memory there. */
function optionsOf(folder: string): string {
	const { services } = parse(readFileSync(join(__dirname, '..', '..', 'docker', 'compose.yml'), 'utf8'), {
		merge: true,
	}) as { services: { n8n: { tmpfs: string[] } } };
	return services.n8n.tmpfs.map((mount) => mount.split(':')).find(([path]) => path === folder)?.[1] ?? '';
}

const mayMount =
	spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs tmpfs /mnt && command -v setpriv']).status === 0;
const testMounts = mayMount ? test : test.skip;

testMounts(
	mayMount
		? 'user 1000 without rights and with a read-only root: starts from nothing, and collects'
		: 'skipped: only root on Linux can make mounts of its own (unshare -m)',
	async () => {
		const given = await give();
		const [runtime, image, port, broker] = [
			await ensureN8n(() => {}),
			await assembleImage(() => {}),
			await freePort(),
			await freePort(),
		];
		const node = dirname(runtime.node).replace(runtime.dir, '/mnt/n8n');
		const settings = Object.entries({
			...given.env,
			PORT: port,
			N8N_LISTEN_ADDRESS: '127.0.0.1',
			N8N_RUNNERS_BROKER_PORT: broker,
		});
		const child = spawn(
			'unshare',
			[
				'-m',
				'bash',
				join(__dirname, '..', 'support', 'readOnly.sh'),
				runtime.dir,
				image,
				node,
				optionsOf('/home/node/.cache'),
			],
			{ stdio: ['pipe', 'pipe', 'pipe'] },
		);
		let output = '';
		for (const stream of [child.stdout, child.stderr])
			stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
		const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
		try {
			child.stdin.end(settings.map(([name, value]) => `${name}=${value}`).join('\n'));
			await waitFor(() => output.includes('Both webhooks answer') || child.exitCode !== null);
			expect(output).toContain('Both webhooks answer');
			expect(output).not.toMatch(/EROFS|EACCES|EPERM|read-only file system/i);
			given.lago.addEndpoint({ url: `http://127.0.0.1:${port}/webhooks/lago` });
			const invoice = given.lago.issueInvoice({ fees: [{ amountCents: 10_000 }] });
			await waitFor(() => given.lago.metadataOf(invoice.lago_id, 'dodo_payment_id') !== undefined);
			child.kill('SIGTERM');
			expect(await ended).toBe(0);
		} finally {
			child.kill('SIGTERM');
			await ended;
			await given.stop();
		}
	},
);
