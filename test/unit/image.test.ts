import Ajv2019 from 'ajv/dist/2019';
import addFormats from 'ajv-formats';
import { validate } from 'dockerfile-utils';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { N8N_VERSION } from '../../scripts/n8n/prefix';
import { SECTIONS } from '../support/docker/page';

interface Service {
	image?: string;
	command?: string[];
	read_only?: boolean;
	cap_drop?: string[];
	security_opt?: string[];
	restart?: string;
	environment?: Record<string, string>;
	ports?: string[];
	healthcheck?: object;
	[key: string]: unknown;
}

interface Compose {
	services: Record<string, Service>;
	secrets?: Record<string, { file?: string; environment?: string }>;
	volumes?: Record<string, null>;
}

const ROOT = join(__dirname, '..', '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const compose = (file: string): Compose => parse(read(`docker/${file}`), { merge: true }) as Compose;
const [single, queue] = [compose('compose.yml'), compose('compose.queue.yml')];
/** As Compose lays one file over the other, as far as we look. */
const together = Object.fromEntries(
	[...new Set([...Object.keys(single.services), ...Object.keys(queue.services)])].map((name): [string, Service] => {
		const [below, above] = [single.services[name], queue.services[name]];
		return [name, { ...below, ...above, environment: { ...below?.environment, ...above?.environment } }];
	}),
);

describe('Dockerfile', () => {
	const dockerfile = read('docker/Dockerfile');

	test('has nothing that a linter objects to', () => {
		expect(validate(dockerfile).map(({ message, range }) => `${range.start.line + 1}: ${message}`)).toEqual([]);
	});

	test('ends on the n8n that everything is tested with, and not as root', () => {
		const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
		expect(last).toContain(`FROM docker.n8n.io/n8nio/n8n:${N8N_VERSION}\n`);
		expect(last).toContain('\nUSER node\n');
		expect(last).toMatch(/\nHEALTHCHECK .*"health"\]\n/);
		expect(last).not.toMatch(/\nRUN /);
	});

	test('needs nothing from a registry but what it starts from', () => expect(dockerfile).not.toMatch(/^# *syntax=/m));

	test('copies what the build needs and nothing else', () => {
		const [first, ...allowed] = read('.dockerignore')
			.split('\n')
			.filter((line) => line !== '' && !line.startsWith('#'));
		expect(first).toBe('*');
		expect(allowed.every((line) => line.startsWith('!'))).toBe(true);
		for (const needed of [
			'nodes',
			'credentials',
			'workflows',
			'scripts',
			'docker/entrypoint',
			'package-lock.json',
			'README.md',
			'LICENSE.md',
		])
			expect(allowed).toContain(`!${needed}`);
	});
});

describe.each([
	['compose.yml', single],
	['compose.queue.yml', queue],
])('%s', (_file, content) => {
	test('fits the description of Compose files', () => {
		const ajv = new Ajv2019({ strict: false, allErrors: true });
		addFormats(ajv);
		const { $schema: _dialect, ...schema } = JSON.parse(
			readFileSync(join(ROOT, 'node_modules', 'dclint', 'schemas', 'compose.schema.json'), 'utf8'),
		) as Record<string, unknown>;
		const isValid = ajv.compile(schema);
		isValid(content);
		expect(isValid.errors ?? []).toEqual([]);
	});
});

describe('all services together', () => {
	const services = Object.entries(together);

	test.each(services)('%s can change nothing but its volumes, gains no rights, and comes back', (name, service) => {
		expect(service).toMatchObject({
			read_only: true,
			cap_drop: ['ALL'],
			security_opt: ['no-new-privileges:true'],
			restart: name === 'keys' ? 'no' : 'unless-stopped',
			logging: { driver: 'local', options: { 'max-size': '10m', 'max-file': '3' } },
		});
		expect(service.image).toMatch(
			/^(\$\{IMAGE:-dodo-lago:latest\}|[a-z]+:\d+\.\d+(\.\d+)?-alpine@sha256:[0-9a-f]{64})$/,
		);
	});

	test.each(services)('%s: no secret in its environment', (_name, service) => {
		for (const name of Object.keys(service.environment ?? {}).filter((one) => /KEY|SECRET|PASSWORD|TOKEN/.test(one)))
			expect(name).toMatch(/_FILE$/);
		expect(JSON.stringify(service.environment ?? {})).not.toMatch(/\$\{(DODO|LAGO|ACCESS|OWNER)_/);
	});

	test('only Caddy listens to the world, and everything else only where it is told to', () => {
		const published = services.filter(([, { ports }]) => ports !== undefined);
		expect(published.map(([name]) => name).sort()).toEqual(['caddy', 'n8n']);
		expect(together.n8n?.ports).toEqual(['${BIND_ADDRESS:-127.0.0.1}:${PUBLISHED_PORT:-5678}:5678']);
		expect(together.caddy).toMatchObject({ profiles: ['tls'], cap_add: ['NET_BIND_SERVICE'] });
	});

	test('a queue has a password, which stands in no argument', () => {
		expect(together.redis?.command?.join(' ')).toMatch(
			/requirepass \$\$\(cat \/keys\/redis_password\)" > \/tmp\/redis\.conf/,
		);
		expect(together.n8n?.environment?.QUEUE_BULL_REDIS_PASSWORD_FILE).toBe('/keys/redis_password');
	});

	test('Caddy lets through the addresses that n8n has, whatever they begin with', () => {
		expect(together.caddy?.environment).toMatchObject({
			N8N_ENDPOINT_WEBHOOK: '${N8N_ENDPOINT_WEBHOOK:-webhooks}',
			PUBLIC_PATHS: '${PUBLIC_PATHS:-/${N8N_ENDPOINT_WEBHOOK:-webhooks}/*}',
		});
		expect(read('docker/Caddyfile')).toContain('handle /{$N8N_ENDPOINT_WEBHOOK}/* {');
		expect(together.caddy?.healthcheck).toMatchObject({ test: expect.arrayContaining(['http://127.0.0.1:2015/']) });
	});

	test('the settings are a file: Compose cannot give other secrets to read-only containers', () => {
		expect(single.secrets).toEqual({ settings: { file: '.env' } });
		for (const name of ['n8n', 'webhook', 'worker'])
			expect(together[name]).toMatchObject({
				secrets: ['settings'],
				environment: { ENV_FILE: '/run/secrets/settings', N8N_ENCRYPTION_KEY_FILE: '/keys/n8n_encryption_key' },
			});
	});

	test('main process, webhook processors and workers work on one queue and one database', () => {
		const shared = [
			'EXECUTIONS_MODE',
			'QUEUE_BULL_REDIS_HOST',
			'DB_TYPE',
			'DB_POSTGRESDB_HOST',
			'DB_POSTGRESDB_DATABASE',
			'DB_POSTGRESDB_USER',
			'DB_POSTGRESDB_PASSWORD_FILE',
			'QUEUE_BULL_REDIS_PASSWORD_FILE',
			'ENV_FILE',
			'PORT',
		];
		const of = (name: string): Array<string | undefined> =>
			shared.map((variable) => together[name]?.environment?.[variable]);
		expect(of('n8n')).not.toContain(undefined);
		for (const name of ['webhook', 'worker']) expect(of(name)).toEqual(of('n8n'));
		expect([together.webhook?.command, together.worker?.command]).toEqual([
			['webhook'],
			['worker', '--concurrency=10'],
		]);
	});
});

describe('variables', () => {
	const example = read('docker/.env.example');
	const found = (pattern: RegExp, text: string): string[] =>
		[...new Set([...text.matchAll(pattern)].map(([, name]) => name as string))].sort();
	const sources = ['configuration', 'accessConfiguration', 'servicesConfiguration']
		.map((name) => read(`docker/entrypoint/${name}.ts`))
		.join('\n');
	const own = found(/(?:read\(|^\t\[)'([A-Z_]+)'/gm, sources).concat(found(/^\t([A-Z_]+): '(?:dodo|lago)/gm, sources));
	const offered = found(/^#?([A-Z0-9_]+)=/gm, example);

	test('the example names all, and what Compose fills in', () => {
		expect(own).toHaveLength(31);
		const composed = found(/\$\{([A-Z0-9_]+)/g, read('docker/compose.yml') + read('docker/compose.queue.yml'));
		// The port inside the container is fixed.
		for (const name of [...own, ...composed].filter((one) => one !== 'PORT')) expect(offered).toContain(name);
	});

	test('six have to be typed', () => {
		expect(found(/^([A-Z0-9_]+)=/gm, example)).toEqual([
			'DODO_API_KEY',
			'DODO_WEBHOOK_SECRET',
			'LAGO_API_KEY',
			'LAGO_API_URL',
			'LAGO_WEBHOOK_HMAC_KEY',
			'WEBHOOK_URL',
		]);
	});

	test('every command of docs/deploy.md is typed by test/container', () => {
		const typed = { '': 6, 'Change a value': 1, Upgrade: 1, Backup: 7, 'Queue mode': 2, Remove: 2 };
		const given = [...SECTIONS].flatMap(([name, { length }]): Array<[string, number]> =>
			length === 0 ? [] : [[name, length]],
		);
		expect(Object.fromEntries(given)).toEqual(typed);
	});

	test('docs/deploy.md explains all', () => {
		const page = read('docs/deploy.md');
		for (const name of [
			...own.filter((one) => !one.startsWith('ACCESS_')),
			'ENV_FILE',
			'WEBHOOK_URL',
			'BIND_ADDRESS',
			'PUBLISHED_PORT',
			'PUBLIC_PATHS',
			'IMAGE',
		])
			expect(page).toContain(`\`${name}\``);
	});
});
