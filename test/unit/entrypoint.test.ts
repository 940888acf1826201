import fs, {
	existsSync,
	lstatSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	readlinkSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareSync } from 'bcryptjs';
import { readConfiguration, type Configuration } from '../../docker/entrypoint/configuration';
import {
	credentialOverwrites,
	givenEnvironment,
	keyProblem,
	n8nEnvironment,
} from '../../docker/entrypoint/environment';
import { folderProblem } from '../../docker/entrypoint/folders';
import { makeKeys } from '../../docker/entrypoint/keys';
import { linkPackage } from '../../docker/entrypoint/packageLink';
import { privateFiles } from '../../docker/entrypoint/privateFiles';
import { decide, digestOf, marked, type StoredWorkflow } from '../../docker/entrypoint/provision';
import { named } from '../../docker/entrypoint/say';
import { questionsFor } from '../../docker/entrypoint/services';
import type { WorkflowJson } from '../../docker/entrypoint/workflow';

const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const GIVEN = { DODO_API_KEY: 'd', DODO_WEBHOOK_SECRET: SECRET, LAGO_API_KEY: 'l', LAGO_WEBHOOK_HMAC_KEY: 'h' };
const configurationOf = (env: NodeJS.ProcessEnv): Configuration =>
	(readConfiguration(env) as { configuration: Configuration }).configuration;
const environmentOf = (env: NodeJS.ProcessEnv, role: 'main' | 'webhook' | 'worker' = 'main'): NodeJS.ProcessEnv =>
	n8nEnvironment(env, configurationOf({ ...GIVEN, ...env }), role);

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'entrypoint-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the stored workflow', () => {
	const wanted: WorkflowJson = {
		name: 'w',
		nodes: [{ name: 'n', type: 't', parameters: { b: 1, a: [2, { d: 3, c: 4 }] } }],
		connections: {},
		settings: { timezone: 'UTC' },
		meta: { kept: true },
	};
	const stored = (more: Partial<StoredWorkflow> = {}): StoredWorkflow => ({
		...(structuredClone(marked(wanted)) as StoredWorkflow),
		active: true,
		...more,
	});
	const older: WorkflowJson = { ...wanted, nodes: [{ name: 'n', type: 't', parameters: { a: 0 } }] };

	test.each<[string, StoredWorkflow | null, string]>([
		['missing', null, 'import'],
		['as wanted', stored(), 'nothing'],
		['as wanted, unpublished by a person', stored({ active: false }), 'nothing'],
		[
			'as wanted, with its JSON in another order',
			stored({ nodes: [{ parameters: { a: [2, { c: 4, d: 3 }], b: 1 }, type: 't', name: 'n' }] }),
			'nothing',
		],
		['as wanted, with the mark of something else', stored({ meta: {} }), 'nothing'],
		['an older one of ours', { ...marked(older), active: true } as StoredWorkflow, 'replace'],
		['renamed, which changes nothing that it does', stored({ name: 'other' }), 'nothing'],
		['changed by a person', stored({ nodes: older.nodes }), 'changed'],
		['a connection changed by a person', stored({ connections: { n: {} } }), 'changed'],
		['settings changed by a person', stored({ settings: { timezone: 'Europe/Berlin' } }), 'changed'],
		['of somebody else under our id', { ...older, active: true } as StoredWorkflow, 'changed'],
		['archived', stored({ isArchived: true }), 'archived'],
		[
			'an older one of ours, archived',
			{ ...marked(older), active: false, isArchived: true } as StoredWorkflow,
			'archived',
		],
	])('%s', (_case, found, decision) => expect(decide(found, wanted)).toBe(decision));

	test('the mark leaves other marks alone', () =>
		expect(marked(wanted).meta).toEqual({ kept: true, dodoLago: digestOf(wanted) }));
});

describe("n8n's environment", () => {
	test('has none of our variables, misspelt ones included, and all others', () => {
		const env = environmentOf({
			...GIVEN,
			DODO_WEBHOOK_SECRT: 'x',
			LAGO_API_KEY_FILE: '/dev/null',
			OWNER_EMAIL: 'a@b.c',
			OWNER_PASSWORD: 'password',
			ACCESS_API_TOKEN: 'a'.repeat(32),
			RETRY_SCHEDULE: '1d',
			RECONCILE_INTERVAL_MINUTES: '5',
			PORT: '6000',
			GENERIC_TIMEZONE: 'UTC',
		});
		expect(Object.keys(env).filter((name) => /^(DODO|LAGO|ACCESS|OWNER|RETRY|RECONCILE)_|^PORT$/.test(name))).toEqual(
			[],
		);
		expect(env).toMatchObject({
			GENERIC_TIMEZONE: 'UTC',
			N8N_PORT: '6000',
			N8N_ENDPOINT_WEBHOOK: 'webhooks',
			N8N_DIAGNOSTICS_ENABLED: 'false',
		});
	});

	test("n8n's own variables win, also those that name a file", () => {
		expect(
			environmentOf({ N8N_PORT: '7000', N8N_TEMPLATES_ENABLED: 'true', N8N_DIAGNOSTICS_ENABLED_FILE: '/f' }),
		).toMatchObject({ N8N_PORT: '7000', N8N_TEMPLATES_ENABLED: 'true' });
		expect(environmentOf({ N8N_DIAGNOSTICS_ENABLED_FILE: '/f' })).not.toHaveProperty('N8N_DIAGNOSTICS_ENABLED');
	});

	test.each<[string, NodeJS.ProcessEnv, NodeJS.ProcessEnv]>([
		['the old name', { WEBHOOK_URL: 'https://a.example' }, { N8N_WEBHOOK_URL: 'https://a.example' }],
		['the old name of a file', { WEBHOOK_URL_FILE: '/f' }, { N8N_WEBHOOK_URL_FILE: '/f' }],
		['the new name', { N8N_WEBHOOK_URL: 'https://b.example' }, { N8N_WEBHOOK_URL: 'https://b.example' }],
		['both: the new one wins', { WEBHOOK_URL: 'a', N8N_WEBHOOK_URL_FILE: '/f' }, { N8N_WEBHOOK_URL_FILE: '/f' }],
		['none', {}, {}],
	])('the address of the webhooks has the name of which n8n does not warn: %s', (_case, env, wanted) => {
		for (const role of ['main', 'webhook', 'worker'] as const)
			expect(
				Object.fromEntries(Object.entries(environmentOf(env, role)).filter(([name]) => name.includes('WEBHOOK_URL'))),
			).toEqual(wanted);
	});

	test('an owner is given as a hash', () => {
		const env = environmentOf({ OWNER_EMAIL: 'a@b.c', OWNER_PASSWORD: 'password' });
		expect(env).toMatchObject({ N8N_INSTANCE_OWNER_MANAGED_BY_ENV: 'true', N8N_INSTANCE_OWNER_EMAIL: 'a@b.c' });
		expect(compareSync('password', env.N8N_INSTANCE_OWNER_PASSWORD_HASH as string)).toBe(true);
		expect(env.N8N_DISABLE_UI).toBeUndefined();
	});

	test("without an owner the editor is closed, whatever else is given, unless n8n's own variables name one", () => {
		const [one, other] = [
			environmentOf({ N8N_DISABLE_UI: 'false', N8N_ENDPOINT_REST: 'rest' }),
			environmentOf({ N8N_INSTANCE_OWNER_MANAGED_BY_ENV: 'false' }),
		];
		for (const env of [one, other])
			expect(env).toMatchObject({
				N8N_DISABLE_UI: 'true',
				N8N_ENDPOINT_REST: expect.stringMatching(/^rest-[0-9a-f]{32}$/),
			});
		expect(one.N8N_ENDPOINT_REST).not.toBe(other.N8N_ENDPOINT_REST);
		expect(environmentOf({ N8N_INSTANCE_OWNER_MANAGED_BY_ENV: 'true' })).not.toHaveProperty('N8N_DISABLE_UI');
	});

	test('a worker answers for its health where the others listen; a webhook processor reads the secrets', () => {
		expect(environmentOf({ PORT: '6000' }, 'worker')).toMatchObject({
			QUEUE_HEALTH_CHECK_ACTIVE: 'true',
			QUEUE_HEALTH_CHECK_PORT: '6000',
		});
		expect(environmentOf({ EXTERNAL_HOOK_FILES: '/own.js' }, 'webhook').EXTERNAL_HOOK_FILES).toMatch(
			/webhookSecrets\.js:\/own\.js$/,
		);
	});
});

test('credentials of others are filled in as before', () => {
	const overwrites = credentialOverwrites(
		{ CREDENTIALS_OVERWRITE_DATA: '{"slackApi":{"accessToken":"x"}}' },
		configurationOf({ ...GIVEN, DODO_PRODUCT_ID: 'pdt_1' }),
	);
	expect(overwrites).toEqual({
		slackApi: { accessToken: 'x' },
		dodoPaymentsApi: { apiKey: 'd', webhookSecret: SECRET, environment: 'test', baseUrl: '', requestsPerMinute: 240 },
		lagoBillingApi: {
			apiKey: 'l',
			webhookHmacKey: 'h',
			baseUrl: 'https://api.getlago.com',
			currenciesCountedAlike: '',
			accessToken: '',
			accessCallbackSecret: '',
		},
	});
});

test('what cannot be read of them is not quoted', () => {
	expect(() => credentialOverwrites({ CREDENTIALS_OVERWRITE_DATA: 'a-secret' }, configurationOf(GIVEN))).toThrow(
		/^CREDENTIALS_OVERWRITE_DATA, or .* is not JSON\.$/,
	);
});

test('settings may stand in a file; the environment wins', () => {
	const path = join(folder, 'settings');
	expect(givenEnvironment({ ENV_FILE: path })).toEqual({ problem: expect.stringContaining('cannot be read') });
	writeFileSync(path, '# words\nDODO_API_KEY=from-file\nLAGO_API_KEY="quoted"\nPORT=1\n#OWNER_EMAIL=x\n');
	expect(givenEnvironment({ ENV_FILE: path, PORT: '2' })).toEqual({
		given: { DODO_API_KEY: 'from-file', LAGO_API_KEY: 'quoted', PORT: '2' },
	});
	writeFileSync(path, '\uFEFFDODO_API_KEY=first\r\nPORT=1\r\n');
	expect(givenEnvironment({ ENV_FILE: path })).toEqual({ given: { DODO_API_KEY: 'first', PORT: '1' } });
});

test.each<[string, NodeJS.ProcessEnv, 'main' | 'worker', boolean, boolean]>([
	['one container with its own database', {}, 'main', false, false],
	['Postgres', { DB_TYPE: 'postgresdb' }, 'main', false, true],
	['Postgres and a folder that has a key', { DB_TYPE: 'postgresdb' }, 'main', true, false],
	['Postgres and a key', { DB_TYPE: 'postgresdb', N8N_ENCRYPTION_KEY_FILE: '/k' }, 'main', false, false],
	['a worker', {}, 'worker', false, true],
])("n8n's key, %s", (_case, env, role, hasOwn, isMissing) =>
	expect(keyProblem(env, role, hasOwn) !== null).toBe(isMissing),
);

describe('the link to the package', () => {
	const at = (): string => join(folder, 'nodes', 'node_modules', 'n8n-nodes-dodo-lago');

	test('is made, kept, and led to another image', () => {
		for (const target of ['/one', '/one', '/other']) {
			expect(linkPackage(target, folder)).toBe(false);
			expect(readlinkSync(at())).toBe(target);
		}
	});

	test('takes the place of a copy, and says so', () => {
		mkdirSync(join(at(), 'dist'), { recursive: true });
		expect(linkPackage('/one', folder)).toBe(true);
		expect(lstatSync(at()).isSymbolicLink()).toBe(true);
	});

	test('replaces a link and leaves alone what it led to', () => {
		mkdirSync(join(folder, 'nodes', 'node_modules'), { recursive: true });
		mkdirSync(join(folder, 'old'));
		symlinkSync(join(folder, 'old'), at());
		expect(linkPackage('/one', folder)).toBe(false);
		expect(existsSync(join(folder, 'old'))).toBe(true);
	});
});

test('keys are made once, readable for those who need them', () => {
	const keys = join(folder, 'keys');
	expect(makeKeys(keys)).toEqual(['n8n_encryption_key', 'postgres_password', 'redis_password']);
	const [key, password] = ['n8n_encryption_key', 'postgres_password'].map((name) => join(keys, name)) as [
		string,
		string,
	];
	expect([statSync(key).mode & 0o777, statSync(password).mode & 0o777]).toEqual([0o400, 0o444]);
	const before = readFileSync(key, 'utf8');
	expect(before).toMatch(/^[0-9a-f]{64}$/);
	expect(readFileSync(password, 'utf8')).not.toBe(before);
	expect(makeKeys(keys)).toEqual([]);
	expect(readFileSync(key, 'utf8')).toBe(before);
});

describe('a folder that is needed', () => {
	test('is none of our business while it can be written, or made', () => {
		writeFileSync(join(folder, 'config'), '');
		expect(folderProblem(folder, ['config', 'nodes'])).toBeNull();
		expect(folderProblem(join(folder, 'not', 'yet', 'there'))).toBeNull();
	});

	test.each<[string, string, string[], RegExp]>([
		[
			'EACCES',
			'',
			[],
			/cannot be written by the user \d+ of this container, to whom it must belong \(EACCES\)\. .*chown -R/,
		],
		['EROFS', '', [], /is on a read-only file system\. Mount a volume there/],
		['EACCES', 'config', ['config'], /config cannot be written by the user/],
	])('%s of "%s" is said, with what to do', (code, name, inside, problem) => {
		if (name !== '') writeFileSync(join(folder, name), '');
		const refused = jest.spyOn(fs, 'accessSync').mockImplementation((path) => {
			if (path === join(folder, name)) throw Object.assign(new Error(code), { code });
		});
		expect(folderProblem(folder, inside)).toMatch(problem);
		refused.mockRestore();
	});
});

test('every line of ours is known as ours', () =>
	expect(named('n8n export ended with 1:\nno database\n')).toBe(
		'[dodo-lago] n8n export ended with 1:\n[dodo-lago] no database',
	));

test('private files are for us alone, and vanish', () => {
	const files = privateFiles();
	const path = files.write('one', { a: 1 });
	expect([statSync(path).mode & 0o777, statSync(join(path, '..')).mode & 0o777]).toEqual([0o600, 0o700]);
	files.remove();
	expect(existsSync(join(path, '..'))).toBe(false);
});

test.each([
	[{}, 'https://test.dodopayments.com/products?page_size=1', 'https://api.getlago.com/api/v1/organizations'],
	[
		{ DODO_ENVIRONMENT: 'live', LAGO_API_URL: 'https://lago.example/api/v1/' },
		'https://live.dodopayments.com/products?page_size=1',
		'https://lago.example/api/v1/organizations',
	],
	[
		{ DODO_API_URL: 'http://127.0.0.1:1/', LAGO_API_URL: 'http://127.0.0.1:2' },
		'http://127.0.0.1:1/products?page_size=1',
		'http://127.0.0.1:2/api/v1/organizations',
	],
])('where keys are tried with %j', (env, dodo, lago) =>
	expect(questionsFor(configurationOf({ ...GIVEN, ...env })).map(({ url }) => url)).toEqual([dodo, lago]),
);
