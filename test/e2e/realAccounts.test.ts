import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../scripts/n8n/package';
import { freePort } from '../../scripts/n8n/process';
import { startDodoSimulator, startLagoSimulator } from '../../sandbox/simulators';
import { waitFor } from '../support/sync';

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
