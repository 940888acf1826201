import { mkdirSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { Entrypoint } from '../../scripts/n8n/entrypoint';
import { freePort } from '../../scripts/n8n/process';
import { container, give, laterImage, shownBy, type Container, type Given } from '../support/container';
import { filesWith, OWNER, WORKFLOW_ID } from '../support/n8n';
import { setPublished, signIn, type Rest } from '../../scripts/n8n/rest';
import { waitFor } from '../support/sync';

const OWNED = { OWNER_EMAIL: OWNER.email, OWNER_PASSWORD: OWNER.password };
const ANSWER = 'Both webhooks answer';

interface Stored {
	nodes: Array<{ name: string; parameters: Record<string, unknown> }>;
	versionId: string;
	active: boolean;
}

let given: Given;
let box: Container;

beforeAll(async () => {
	given = await give();
	box = await container();
});
afterAll(async () => {
	await box?.remove();
	await given?.stop();
});

const storedBy = async (rest: Rest): Promise<Stored> => (await rest('GET', `/workflows/${WORKFLOW_ID}`)) as Stored;
const scheduleOf = ({ nodes }: Stored): unknown =>
	nodes.find(({ parameters }) => parameters.operation === 'planRetry')?.parameters.schedule;
const linesOf = (entrypoint: Entrypoint): string =>
	entrypoint
		.log()
		.split('\n')
		.filter((line) => line.startsWith('[dodo-lago]'))
		.join('\n');

describe('an environment that is wrong ends the start with 78 before anything is done', () => {
	test.each<[string, NodeJS.ProcessEnv, string[]]>([
		[
			'nothing is given',
			{ DODO_API_KEY: '', DODO_WEBHOOK_SECRET: '', LAGO_API_KEY: '', LAGO_WEBHOOK_HMAC_KEY: '' },
			[
				'DODO_API_KEY is missing',
				'DODO_WEBHOOK_SECRET is missing',
				'LAGO_API_KEY is missing',
				'LAGO_WEBHOOK_HMAC_KEY is missing',
			],
		],
		[
			'several are malformed',
			{ DODO_ENVIRONMENT: 'prod', RETRY_SCHEDULE: 'daily', LAGO_API_URL: 'lago' },
			['DODO_ENVIRONMENT is "prod"', 'RETRY_SCHEDULE is "daily"', 'LAGO_API_URL is not an address'],
		],
		[
			'a file is not there',
			{ LAGO_API_KEY: '', LAGO_API_KEY_FILE: '/not-there' },
			['LAGO_API_KEY_FILE: the file /not-there cannot be read'],
		],
		[
			'a file is empty',
			{ LAGO_API_KEY: '', LAGO_API_KEY_FILE: '/dev/null' },
			['LAGO_API_KEY_FILE: the file /dev/null is empty'],
		],
		['half an owner', { OWNER_EMAIL: 'owner@example.com' }, ['OWNER_PASSWORD is missing']],
		[
			'a file of settings that is not there',
			{ ENV_FILE: '/not-there' },
			['ENV_FILE: the file /not-there cannot be read.'],
		],
		['a database elsewhere without a key', { DB_TYPE: 'postgresdb' }, ['N8N_ENCRYPTION_KEY is missing']],
	])('%s', async (_case, env, problems) => {
		const other = await container();
		try {
			const entrypoint = await other.start({ ...given.env, ...env });
			expect(await entrypoint.ended).toBe(78);
			for (const problem of problems) expect(entrypoint.log()).toContain(problem);
			for (const secret of given.secrets) expect(entrypoint.log()).not.toContain(secret);
			expect(readdirSync(other.home)).toEqual([]);
		} finally {
			await other.remove();
		}
	});

	test('a role that there is not', async () => {
		const other = await container();
		try {
			const entrypoint = await other.start(given.env, { args: ['master'] });
			expect(await entrypoint.ended).toBe(78);
			expect(entrypoint.log()).toContain('There is no role "master". Choose one of: main, webhook, worker');
		} finally {
			await other.remove();
		}
	});
});

describe('one container, start after start', () => {
	let current: Entrypoint;
	let rest: Rest;
	const startWith = async (env: NodeJS.ProcessEnv, image?: string): Promise<void> => {
		current = await box.start({ ...given.env, ...env }, { image });
	};

	test('the first start imports, publishes and collects, with the environment alone; a secret may come from a file', async () => {
		const file = join(box.temporary, 'key');
		writeFileSync(file, `${given.lago.apiKey}\n`);
		await startWith({ ...OWNED, LAGO_API_KEY: '', LAGO_API_KEY_FILE: file });
		await current.waitFor(ANSWER);
		await current.waitFor('Lago accepts the API key.');
		await current.waitFor('Dodo Payments accepts the API key.');
		expect(linesOf(current)).toContain('The workflow is imported and published.');
		given.dodo.addWebhook({ url: `${box.url}/webhooks/dodo`, secret: given.env.DODO_WEBHOOK_SECRET as string });
		given.lago.addEndpoint({ url: `${box.url}/webhooks/lago` });
		const invoice = given.lago.issueInvoice({ fees: [{ amountCents: 10_000 }] });
		await waitFor(() => given.lago.metadataOf(invoice.lago_id, 'dodo_payment_id') !== undefined);
		given.dodo.payCheckout(given.lago.metadataOf(invoice.lago_id, 'dodo_payment_id') as string);
		await waitFor(() => invoice.payment_status === 'succeeded');
		await given.dodo.idle();
		rest = await signIn(box.url, OWNER, false);
	});

	test('the secrets are in no log, argument, environment of n8n, database or execution, nor in the stored credentials', async () => {
		const shown = shownBy(current.pid);
		expect(shown.length).toBeGreaterThanOrEqual(2);
		for (const secret of [...given.secrets, OWNER.password]) {
			expect(current.log()).not.toContain(secret);
			for (const { args, environment } of shown) expect(args + environment).not.toContain(secret);
			expect(filesWith(box.home, secret)).toEqual([]);
		}
		expect(filesWith(box.home, WORKFLOW_ID)).toContain('database.sqlite-wal');
		for (const id of ['dodoCredential01', 'lagoCredential01'])
			expect(await rest('GET', `/credentials/${id}?includeData=true`)).not.toHaveProperty('data.apiKey');
		expect(readdirSync(box.temporary).filter((name) => name.startsWith('dodo-lago'))).toEqual([]);
	});

	test('n8n is healthy, and ends when it is told to', async () => {
		const other = await container();
		try {
			expect(await (await other.start({ PORT: new URL(box.url).port }, { args: ['health'] })).ended).toBe(0);
			await setPublished(rest, WORKFLOW_ID, false, false);
			expect(await current.stop()).toBe(0);
			expect(await (await other.start({ PORT: new URL(box.url).port }, { args: ['health'] })).ended).toBe(1);
		} finally {
			await other.remove();
		}
	});

	test('a restart does nothing, also when a person has unpublished; without an owner nobody can become one; a wrong key and a service that is down are said, and asked again', async () => {
		const [late, down] = [await answering(401, 200), await freePort()];
		await startWith({ DODO_API_URL: late.url, LAGO_API_URL: `http://127.0.0.1:${down}` });
		await current.waitFor('does not accept the API key');
		await current.waitFor(`Lago does not answer at 127.0.0.1:${down}`);
		await current.waitFor('Dodo Payments accepts the API key.');
		late.close();
		expect(linesOf(current)).toContain('The workflow is up to date.');
		expect(linesOf(current)).toContain('The workflow is not published, so nothing is collected.');
		for (const secret of given.secrets) expect(current.log()).not.toContain(secret);
		const body = JSON.stringify({ email: 'thief@example.com', password: 'Password-1', firstName: 'A', lastName: 'B' });
		expect(
			(
				await fetch(`${box.url}/rest/owner/setup`, {
					method: 'POST',
					headers: { 'content-type': 'application/json' },
					body,
				})
			).status,
		).toBe(404);
		expect((await fetch(`${box.url}/webhooks/lago`, { method: 'POST' })).status).toBe(404);
		expect(await current.stop()).toBe(0);
	});

	test('a later image and a changed variable replace the workflow and leave the data; what was unpublished stays so', async () => {
		const link = join(box.home, '.n8n', 'nodes', 'node_modules', 'n8n-nodes-dodo-lago');
		const before = readlinkSync(link);
		const image = await laterImage(join(box.temporary, 'later'), (workflow) =>
			workflow.replaceAll('Every 5 Minutes', 'Every Few Minutes'),
		);
		await startWith({ ...OWNED, RETRY_SCHEDULE: '2h' }, image);
		await current.waitFor('Lago accepts the API key.');
		expect(linesOf(current)).toContain('The workflow is replaced: the image or a variable has changed.');
		expect(linesOf(current)).toContain('The workflow is not published');
		expect([before, readlinkSync(link)]).toEqual([expect.not.stringContaining(image), join(image, 'package')]);
		rest = await signIn(box.url, OWNER, false);
		const stored = await storedBy(rest);
		expect([stored.active, scheduleOf(stored), stored.nodes.some(({ name }) => name === 'Every Few Minutes')]).toEqual([
			false,
			'2h',
			true,
		]);
		expect(((await rest('GET', '/executions')) as { results: unknown[] }).results.length).toBeGreaterThanOrEqual(2);
	});

	test('what a person changed in the editor is kept, and said; a copy of the package that was installed there is replaced', async () => {
		const { nodes, versionId } = await storedBy(rest);
		const renamed = nodes.map((node) =>
			node.parameters.operation === 'planRetry'
				? { ...node, parameters: { ...node.parameters, schedule: '3h' } }
				: node,
		);
		await rest('PATCH', `/workflows/${WORKFLOW_ID}`, { nodes: renamed, versionId });
		await setPublished(rest, WORKFLOW_ID, true, false);
		expect(await current.stop()).toBe(0);
		const link = join(box.home, '.n8n', 'nodes', 'node_modules', 'n8n-nodes-dodo-lago');
		rmSync(link);
		mkdirSync(link);

		await startWith({ ...OWNED, RETRY_SCHEDULE: '4h' });
		await current.waitFor(ANSWER);
		expect(linesOf(current)).toContain('The workflow was changed in n8n and stays as it is');
		expect(linesOf(current)).toContain('The package that was installed in n8n is replaced by the one of this image');
		rest = await signIn(box.url, OWNER, false);
		expect(scheduleOf(await storedBy(rest))).toBe('3h');
	});

	test('an archived workflow is left alone, and said', async () => {
		await rest('POST', `/workflows/${WORKFLOW_ID}/archive`, {});
		expect(await current.stop()).toBe(0);
		await startWith(OWNED);
		await current.waitFor('The workflow is archived in n8n, so nothing is collected.');
		await current.waitFor('Lago accepts the API key.');
		expect(await current.stop()).toBe(0);
	});
});

/** A service that answers its first request in one way, and all further ones in another. */
async function answering(first: number, then: number): Promise<{ url: string; close(): void }> {
	let status = first;
	const server: Server = createServer((_request, response) => {
		response.writeHead(status).end('{}');
		status = then;
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => void server.close() };
}
