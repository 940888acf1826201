import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeKeys } from '../../docker/entrypoint/keys';
import type { Entrypoint } from '../../scripts/n8n/entrypoint';
import { container, give, shownBy, type Container, type Given } from '../support/container';
import { OWNER } from '../support/n8n';
import { startServices, whyNoServices, type TestServices } from '../support/services';
import { waitFor } from '../support/sync';
import { QUEUE_MODE } from '../support/workers';

const why = whyNoServices();
const describeQueue = why === null ? describe : describe.skip;

describeQueue(why ?? 'one main process, a webhook processor and two workers, each in a container of its own', () => {
	let given: Given;
	let services: TestServices;
	let keys: string;
	let env: NodeJS.ProcessEnv;
	let main: Container;
	let processor: Container;
	const boxes: Container[] = [];
	const running: Entrypoint[] = [];

	const startIn = async (box: Container, role: string, said: string): Promise<Entrypoint> => {
		const entrypoint = await box.start(env, { args: [role] });
		await entrypoint.waitFor(said);
		return entrypoint;
	};

	beforeAll(async () => {
		given = await give();
		services = await startServices();
		keys = mkdtempSync(join(tmpdir(), 'keys-'));
		makeKeys(keys);
		env = {
			...given.env,
			...QUEUE_MODE,
			...services.env,
			N8N_ENCRYPTION_KEY_FILE: join(keys, 'n8n_encryption_key'),
			OWNER_EMAIL: OWNER.email,
			OWNER_PASSWORD: OWNER.password,
		};
		for (let index = 0; index < 4; index++) boxes.push(await container());
		[main, processor] = boxes as [Container, Container];
		running.push(await startIn(main, 'main', 'Both webhooks answer'));
		running.push(await startIn(processor, 'webhook', 'n8n is ready'));
		for (const box of boxes.slice(2)) running.push(await startIn(box, 'worker', 'n8n is ready'));
	});
	afterAll(async () => {
		await Promise.all(boxes.map(async (box) => await box.remove()));
		await services?.stop();
		await given?.stop();
		if (keys) rmSync(keys, { recursive: true, force: true });
	});

	test('what arrives at the webhook processor is verified there, and done by the workers', async () => {
		given.dodo.addWebhook({ url: `${processor.url}/webhooks/dodo`, secret: given.env.DODO_WEBHOOK_SECRET as string });
		given.lago.addEndpoint({ url: `${processor.url}/webhooks/lago` });
		const forged = await fetch(`${processor.url}/webhooks/lago`, {
			method: 'POST',
			headers: {
				'content-type': 'application/json',
				'x-lago-signature': 'Zm9yZ2Vk',
				'x-lago-signature-algorithm': 'hmac',
			},
			body: '{}',
		});
		expect(forged.status).toBe(401);
		const invoices = Array.from({ length: 6 }, (_, index) =>
			given.lago.issueInvoice({ fees: [{ amountCents: 1_000 + index }] }),
		);
		await waitFor(() =>
			invoices.every(({ lago_id }) => given.lago.metadataOf(lago_id, 'dodo_payment_id') !== undefined),
		);
		for (const { lago_id } of invoices)
			given.dodo.payCheckout(given.lago.metadataOf(lago_id, 'dodo_payment_id') as string);
		await waitFor(() => invoices.every(({ payment_status }) => payment_status === 'succeeded'));
		await given.dodo.idle();
		const executed = running.slice(2).map((worker) => (worker.log().match(/finished execution \d+/gi) ?? []).length);
		expect(executed.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(12);
		expect(Math.min(...executed)).toBeGreaterThan(0);
		expect(running[0]?.log()).not.toMatch(/started execution \d+/i);
	});

	test('a copy that arrives at another process changes nothing', async () => {
		const copies = [...given.lago.deliveries.filter(({ event }) => event === 'invoice.created')];
		const before = given.dodo.state.checkouts.size;
		for (const { body, headers } of copies)
			expect(
				(
					await fetch(`${main.url}/webhooks/lago`, {
						method: 'POST',
						body,
						headers: { 'content-type': 'application/json', ...headers },
					})
				).status,
			).toBe(200);
		expect(given.dodo.state.checkouts.size).toBe(before);
	});

	test('the secrets are in no log and no argument, and in no environment of n8n', () => {
		for (const { pid, log } of running) {
			const shown = shownBy(pid);
			expect(shown.length).toBeGreaterThanOrEqual(1);
			for (const secret of given.secrets)
				for (const text of [log(), ...shown.map(({ args, environment }) => args + environment)])
					expect(text).not.toContain(secret);
		}
	});

	test('a main process with an empty folder finds everything in the database', async () => {
		await running[0]?.stop();
		const fresh = await container();
		boxes.push(fresh);
		const again = await startIn(fresh, 'main', 'Both webhooks answer');
		expect(again.log()).toContain('The workflow is up to date.');
		expect(services.sql('SELECT count(*) AS count FROM workflow_entity')).toEqual([{ count: 1 }]);
	});
});
