import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfiguration } from '../../docker/entrypoint/configuration';
import { ACCESS_EVENTS, configureSync } from '../../docker/entrypoint/workflow';
import type { WorkflowJson } from '../../scripts/n8n/provision';

const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const KEYS = { DODO_API_KEY: 'd', DODO_WEBHOOK_SECRET: SECRET, LAGO_API_KEY: 'l', LAGO_WEBHOOK_HMAC_KEY: 'h' };
const OFF = { update: null, callbackSecret: '', apiToken: '' };
const problemsOf = (env: NodeJS.ProcessEnv): string[] => {
	const read = readConfiguration(env);
	return 'problems' in read ? read.problems : [];
};

test('the four secrets are enough', () => {
	expect(readConfiguration(KEYS)).toEqual({
		configuration: {
			port: 5678,
			reconcileMinutes: 5,
			retrySchedule: '1d,3d,5d,7d',
			entityBrands: '',
			collectSince: '',
			billingEntities: [],
			access: OFF,
			owner: null,
			dodo: {
				apiKey: 'd',
				webhookSecret: SECRET,
				environment: 'test',
				baseUrl: '',
				requestsPerMinute: 240,
				productId: '',
			},
			lago: { apiKey: 'l', webhookHmacKey: 'h', baseUrl: 'https://api.getlago.com', currenciesCountedAlike: '' },
		},
	});
});

test('everything else may be given', () => {
	expect(
		readConfiguration({
			...KEYS,
			DODO_ENVIRONMENT: 'live',
			LAGO_API_URL: 'https://lago.example/api/v1',
			DODO_PRODUCT_ID: 'pdt_1',
			DODO_REQUESTS_PER_MINUTE: '1000',
			LAGO_CURRENCIES_COUNTED_ALIKE: 'HUF, MGA',
			RETRY_SCHEDULE: '2h,1d',
			ENTITY_BRANDS: 'de=brnd_1, fr=brnd_2',
			LAGO_BILLING_ENTITIES: 'de, fr',
			COLLECT_SINCE: '2026-11-01',
			RECONCILE_INTERVAL_MINUTES: '15',
			PORT: '6000',
			OWNER_EMAIL: 'a@example.com',
			OWNER_PASSWORD: 'long enough',
		}),
	).toEqual({
		configuration: {
			port: 6000,
			reconcileMinutes: 15,
			retrySchedule: '2h,1d',
			entityBrands: 'de=brnd_1, fr=brnd_2',
			collectSince: '2026-11-01',
			billingEntities: ['de', 'fr'],
			access: OFF,
			owner: { email: 'a@example.com', password: 'long enough' },
			dodo: {
				apiKey: 'd',
				webhookSecret: SECRET,
				environment: 'live',
				baseUrl: '',
				requestsPerMinute: 1000,
				productId: 'pdt_1',
			},
			lago: {
				apiKey: 'l',
				webhookHmacKey: 'h',
				baseUrl: 'https://lago.example/api/v1',
				currenciesCountedAlike: 'HUF, MGA',
			},
		},
	});
});

test.each<[string, NodeJS.ProcessEnv, string[]]>([
	['nothing', {}, ['DODO_API_KEY', 'DODO_WEBHOOK_SECRET', 'LAGO_API_KEY', 'LAGO_WEBHOOK_HMAC_KEY']],
	['one key only', { DODO_API_KEY: 'd' }, ['DODO_WEBHOOK_SECRET', 'LAGO_API_KEY', 'LAGO_WEBHOOK_HMAC_KEY']],
	['the other key only', { LAGO_API_KEY: 'l' }, ['DODO_API_KEY', 'DODO_WEBHOOK_SECRET', 'LAGO_WEBHOOK_HMAC_KEY']],
	[
		'several at once',
		{ ...KEYS, DODO_ENVIRONMENT: 'prod', PORT: 'x', LAGO_API_URL: 'lago' },
		['DODO_ENVIRONMENT', 'PORT', 'LAGO_API_URL'],
	],
	[
		'an address without its beginning',
		{ ...KEYS, LAGO_API_URL: 'localhost:3000', DODO_API_URL: 'ftp://x' },
		['LAGO_API_URL', 'DODO_API_URL'],
	],
	['brands without a table', { ...KEYS, ENTITY_BRANDS: 'de' }, ['ENTITY_BRANDS']],
	['a beginning that is no day', { ...KEYS, COLLECT_SINCE: 'now' }, ['COLLECT_SINCE']],
	['a schedule that is none', { ...KEYS, RETRY_SCHEDULE: 'daily' }, ['RETRY_SCHEDULE']],
	...['0', '60', '1.5', 'often'].map((RECONCILE_INTERVAL_MINUTES): [string, NodeJS.ProcessEnv, string[]] => [
		`a look every ${RECONCILE_INTERVAL_MINUTES} minutes`,
		{ ...KEYS, RECONCILE_INTERVAL_MINUTES },
		['RECONCILE_INTERVAL_MINUTES'],
	]),
	[
		'rules of access that are none',
		{
			...KEYS,
			ACCESS_RESTRICT_IMMEDIATELY: 'yes',
			ACCESS_RESTRICT_AFTER_DAYS: '-1',
			ACCESS_RESTRICT_ABOVE: 'EUR:50.00',
			ACCESS_SCOPE: 'all',
			ACCESS_WRITE_TO: 'file',
		},
		[
			'ACCESS_RESTRICT_IMMEDIATELY',
			'ACCESS_RESTRICT_AFTER_DAYS',
			'ACCESS_RESTRICT_ABOVE',
			'ACCESS_SCOPE',
			'ACCESS_WRITE_TO',
		],
	],
	[
		'a callback without a secret',
		{ ...KEYS, ACCESS_CALLBACK_URL: 'https://app.example/hook' },
		['ACCESS_CALLBACK_SECRET'],
	],
	['a callback that is no address', { ...KEYS, ACCESS_CALLBACK_URL: 'app.example' }, ['ACCESS_CALLBACK_URL']],
	['a token that could be guessed', { ...KEYS, ACCESS_API_TOKEN: '12345' }, ['ACCESS_API_TOKEN']],
	['a limit that is no tier of Dodo', { ...KEYS, DODO_REQUESTS_PER_MINUTE: '300' }, ['DODO_REQUESTS_PER_MINUTE']],
	['what is no currency', { ...KEYS, LAGO_CURRENCIES_COUNTED_ALIKE: 'HUF, forint' }, ['LAGO_CURRENCIES_COUNTED_ALIKE']],
	['a port out of range', { ...KEYS, PORT: '70000' }, ['PORT']],
	['a password without an address', { ...KEYS, OWNER_PASSWORD: 'long enough' }, ['OWNER_EMAIL']],
	[
		'an address that is none, with a short password',
		{ ...KEYS, OWNER_EMAIL: 'owner', OWNER_PASSWORD: 'short' },
		['OWNER_EMAIL', 'OWNER_PASSWORD'],
	],
	[
		'an empty file',
		{ ...KEYS, LAGO_API_KEY: '', LAGO_API_KEY_FILE: '/dev/null' },
		['LAGO_API_KEY_FILE', 'LAGO_API_KEY'],
	],
	[
		'a file that is not there',
		{ ...KEYS, DODO_API_KEY: undefined, DODO_API_KEY_FILE: join(tmpdir(), 'not-there') },
		['DODO_API_KEY_FILE', 'DODO_API_KEY'],
	],
])('%s: every problem is named', (_case, env, names) => {
	const problems = problemsOf(env);
	expect(problems).toHaveLength(names.length);
	for (const name of names) expect(problems.some((problem) => problem.startsWith(name))).toBe(true);
});

describe('what is no secret is refused by its name, with the place of the right one, and is not quoted', () => {
	test.each<[string, NodeJS.ProcessEnv, string, RegExp]>([
		[
			'quotation marks, which compose keeps',
			{ DODO_WEBHOOK_SECRET: `"${SECRET}"` },
			'DODO_WEBHOOK_SECRET',
			/quotation marks.*Signing Secret/,
		],
		[
			'the version of a signature',
			{ DODO_WEBHOOK_SECRET: `v1,${SECRET}` },
			'DODO_WEBHOOK_SECRET',
			/begins with "v1,".*Signing Secret/,
		],
		[
			'the API key',
			{ DODO_API_KEY: 'dodo_test_abcdefgh.ijkl', DODO_WEBHOOK_SECRET: 'dodo_test_abcdefgh.ijkl' },
			'DODO_WEBHOOK_SECRET',
			/is the API key.*Signing Secret/,
		],
		[
			'another API key',
			{ DODO_WEBHOOK_SECRET: 'dodo_test_abcdefgh.ijklmnopqrstuvwxyzabcdefghijklmnop' },
			'DODO_WEBHOOK_SECRET',
			/not a signing secret.*whsec_/,
		],
		['a placeholder', { DODO_WEBHOOK_SECRET: 'changeme' }, 'DODO_WEBHOOK_SECRET', /placeholder.*Signing Secret/],
		['half a secret', { DODO_WEBHOOK_SECRET: SECRET.slice(0, 20) }, 'DODO_WEBHOOK_SECRET', /not a signing secret/],
		[
			'a line break within',
			{ DODO_WEBHOOK_SECRET: `${SECRET.slice(0, 20)}\n${SECRET.slice(20)}` },
			'DODO_WEBHOOK_SECRET',
			/line break/,
		],
		[
			'an HMAC key in quotation marks',
			{ LAGO_WEBHOOK_HMAC_KEY: "'0f1e2d3c'" },
			'LAGO_WEBHOOK_HMAC_KEY',
			/quotation marks.*HMAC key/,
		],
		[
			'the API key of Lago',
			{ LAGO_API_KEY: 'lago-key-1', LAGO_WEBHOOK_HMAC_KEY: 'lago-key-1' },
			'LAGO_WEBHOOK_HMAC_KEY',
			/is the API key.*HMAC key/,
		],
		[
			'the secret of Dodo',
			{ LAGO_WEBHOOK_HMAC_KEY: SECRET },
			'LAGO_WEBHOOK_HMAC_KEY',
			/secrets of Dodo Payments.*HMAC key/,
		],
		['an API key in quotation marks', { DODO_API_KEY: '"abc.def"' }, 'DODO_API_KEY', /quotation marks.*API Keys/],
		['a placeholder for an API key', { LAGO_API_KEY: 'your-api-key' }, 'LAGO_API_KEY', /placeholder.*API keys & ID/],
		['a signing secret for an API key', { DODO_API_KEY: SECRET }, 'DODO_API_KEY', /signing secret, not an API key/],
	])('%s', (_what, env, name, words) => {
		const problems = problemsOf({ ...KEYS, ...env });
		expect(problems.filter((problem) => problem.startsWith(name))).toEqual([expect.stringMatching(words)]);
		expect(problems.join()).not.toContain(env[name]);
	});

	test('a secret with and without its beginning is one', () => {
		expect(problemsOf({ ...KEYS, DODO_WEBHOOK_SECRET: SECRET.slice(6) })).toEqual([]);
	});
});

test('a value may come from a file; the variable itself wins', () => {
	const folder = mkdtempSync(join(tmpdir(), 'configuration-'));
	try {
		const file = join(folder, 'key');
		writeFileSync(file, 'from-file\n');
		const read = (env: NodeJS.ProcessEnv) => {
			const result = readConfiguration({ ...KEYS, ...env });
			return 'configuration' in result ? result.configuration.dodo.apiKey : result.problems;
		};
		expect(read({ DODO_API_KEY: undefined, DODO_API_KEY_FILE: file })).toBe('from-file');
		expect(read({ DODO_API_KEY_FILE: file })).toBe('d');
	} finally {
		rmSync(folder, { recursive: true });
	}
});

test('the rules of access become the parameters of the node; the lane is off without any', () => {
	const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
	const env = {
		...KEYS,
		ACCESS_RESTRICT_IMMEDIATELY: 'True',
		ACCESS_RESTRICT_AFTER_DAYS: '7',
		ACCESS_RESTRICT_ABOVE: 'EUR:5000,USD:5000',
		ACCESS_RESTRICT_AFTER_INVOICES: '2',
		ACCESS_GRACE_DAYS: '3',
		ACCESS_WAIT_FOR_FIRST_PAYMENT: 'false',
		ACCESS_KEEP_PREPAID_PERIOD: 'true',
		ACCESS_SCOPE: 'customer',
		ACCESS_EXEMPT: 'cust_1, cust_2',
		ACCESS_CALLBACK_URL: 'https://app.example/hook',
		ACCESS_WRITE_TO: 'metadata',
		ACCESS_CALLBACK_SECRET: secret,
		ACCESS_API_TOKEN: 'a-token-that-is-long-enough',
	};
	const read = readConfiguration(env);
	expect('configuration' in read && read.configuration.access).toEqual({
		apiToken: 'a-token-that-is-long-enough',
		callbackSecret: secret,
		update: {
			restrictImmediately: true,
			restrictAfterDays: 7,
			restrictAbove: 'EUR:5000,USD:5000',
			restrictAfterInvoices: 2,
			graceDays: 3,
			waitForFirstPayment: false,
			keepPrepaidPeriod: true,
			scope: 'customer',
			exempt: 'cust_1, cust_2',
			callbackUrl: 'https://app.example/hook',
			writeTo: 'metadata',
		},
	});
	const token = readConfiguration({ ...KEYS, ACCESS_API_TOKEN: 'a-token-that-is-long-enough' });
	expect('configuration' in token && token.configuration.access.update).toBeNull();
});

test('the full sync as the environment wants it', () => {
	const template = JSON.parse(
		readFileSync(join(__dirname, '..', '..', 'workflows', 'lago-dodo-sync.json'), 'utf8'),
	) as WorkflowJson;
	const settings = { productId: '', retrySchedule: '2h', reconcileMinutes: 9, access: OFF };
	const nodeOf = (workflow: WorkflowJson, name: string) => workflow.nodes.find((node) => node.name === name);
	const isOff = (workflow: WorkflowJson) =>
		['Update Access', 'Check Access', 'Lago Access Trigger'].map((name) => nodeOf(workflow, name)?.disabled === true);
	const plain = configureSync(template, settings);
	expect(isOff(plain)).toEqual([true, true, true]);
	const listening = plain.nodes.filter(({ parameters }) => typeof parameters.path === 'string');
	expect(listening.map(({ parameters, webhookId }) => [parameters.path, typeof webhookId])).toEqual([
		['lago', 'string'],
		['dodo', 'string'],
		['pay', 'string'],
		['access', 'string'],
	]);
	expect(nodeOf(plain, 'Lago Trigger')?.parameters).toEqual({
		...nodeOf(template, 'Lago Trigger')?.parameters,
		registration: 'manual',
		path: 'lago',
	});
	expect([
		nodeOf(plain, 'Book the Payment')?.parameters.retrySchedule,
		nodeOf(plain, 'Plan Next Try')?.parameters.schedule,
	]).toEqual(['2h', '2h']);
	expect(nodeOf(plain, 'Every 5 Minutes')?.parameters).toEqual({
		rule: { interval: [{ field: 'minutes', minutesInterval: 9 }] },
	});
	const collects = (given: object) => {
		const looks = configureSync(template, { ...settings, ...given }).nodes.filter(
			({ type, parameters }) => type.endsWith('.lago') && parameters.operation === 'getMissed',
		);
		return looks.map(({ parameters: { invoices, invoicesFrom } }) => [invoices, invoicesFrom]);
	};
	expect(collects({})).toEqual(Array(2).fill(['new', undefined]));
	expect(collects({ collectSince: 'all' })).toEqual(Array(2).fill(['all', undefined]));
	expect(collects({ collectSince: '2026-11-01' })).toEqual(Array(2).fill(['since', '2026-11-01']));
	const asked = configureSync(template, { ...settings, access: { ...OFF, apiToken: 'x' } });
	expect(isOff(asked)).toEqual([true, true, false]);
	const told = configureSync(template, { ...settings, access: { ...OFF, update: { restrictAfterDays: 7 } } });
	expect(isOff(told)).toEqual([false, false, true]);
	expect(nodeOf(told, 'Update Access')?.parameters).toMatchObject({ restrictAfterDays: 7, graceDays: 0 });
	expect(nodeOf(told, 'Lago Trigger')?.parameters.events).toEqual(
		expect.arrayContaining(['invoice.created', ...ACCESS_EVENTS]),
	);
	expect(nodeOf(template, 'Update Access')?.disabled).toBe(true);
	const branded = configureSync(template, { ...settings, entityBrands: 'de=brnd_1' });
	const makers = branded.nodes.filter(({ parameters }) =>
		['createIntent', 'createSetupLink'].includes(String(parameters.operation)),
	);
	expect(makers.length).toBeGreaterThan(3);
	for (const { parameters } of makers) expect(parameters.additionalFields).toMatchObject({ entityBrands: 'de=brnd_1' });
	expect(JSON.stringify(plain)).not.toContain('entityBrands');
	const narrowed = configureSync(template, { ...settings, billingEntities: ['de', 'fr'] });
	const chosen = narrowed.nodes.flatMap(({ name, parameters: { billingEntities, filters } }) => {
		const codes = billingEntities ?? (filters as { billing_entity_codes?: unknown } | undefined)?.billing_entity_codes;
		return codes === undefined ? [] : [[name, codes]];
	});
	expect(chosen).toEqual(
		[
			'Lago Trigger',
			'Dodo Payments Trigger',
			'Find What Is Due',
			'Pay Page',
			'Look in Lago',
			'Look Back in Lago',
			'Find What Was Paid Twice',
			'Update Access',
			'Lago Access Trigger',
		].map((name) => [name, name === 'Dodo Payments Trigger' ? 'de, fr' : ['de', 'fr']]),
	);
	expect(JSON.stringify(plain)).not.toContain('"fr"');
});
