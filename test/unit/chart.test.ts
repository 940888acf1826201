import Ajv from 'ajv';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { CHART, POSTGRES, QUEUE, render, SECRETS, SQLITE, type Rendered } from '../support/chart';
import { findHelm } from '../support/helm';

const read = (path: string): string => readFileSync(join(CHART, path), 'utf8');
const values = parse(read('values.yaml')) as Record<string, unknown>;

/** Every value by its full name; maps that the user fills are one. */
function namesOf(value: unknown, prefix: string): string[] {
	const isOpen = /^(env|secrets|imagePullSecrets|ingress\.annotations|.*\.(resources|keys))$/.test(prefix);
	if (isOpen || typeof value !== 'object' || value === null) return [prefix];
	return Object.entries(value).flatMap(([key, inner]) => namesOf(inner, prefix === '' ? key : `${prefix}.${key}`));
}

describe('the chart as it lies there', () => {
	const accepts = new Ajv({ allowUnionTypes: true }).compile(JSON.parse(read('values.schema.json')) as object);
	const templates = readdirSync(join(CHART, 'templates'))
		.map((file) => read(join('templates', file)))
		.join('\n');

	test('its values satisfy their own schema', () => {
		expect([accepts(values), accepts.errors]).toEqual([true, null]);
	});

	test.each([
		['a value that does not exist', { ingres: {} }],
		['one that does not exist further down', { ingress: { host: 'a' } }],
		['an address instead of a host name', { host: 'https://a.example.com' }],
		['a second main process', { main: { replicas: 2 } }],
		['no worker', { worker: { replicas: 0 } }],
		['a secret in the environment', { env: { LAGO_API_KEY: 'key' } }],
		['a password in the environment', { env: { DB_POSTGRESDB_PASSWORD: 'password' } }],
		['a secret that is no text', { secrets: { LAGO_API_KEY: 7 } }],
	])('the schema refuses %s', (_what, given) => {
		expect(accepts({ ...values, ...given })).toBe(false);
	});

	test('its README names every value, and no other', () => {
		const table = read('README.md').split('## Values')[1] ?? '';
		const named = table
			.split('\n')
			.flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([\w.]+)`/g)].map(([, name]) => name));
		expect(named.sort()).toEqual(namesOf(values, '').sort());
	});

	test('its templates use every value, and no other', () => {
		const used = new Set([...templates.matchAll(/[.$]values\.([\w.]+)/gi)].map(([, name]) => name as string));
		const known = namesOf(values, '');
		expect(
			[...used].filter(
				(name) => !known.some((one) => one === name || one.startsWith(`${name}.`) || name.startsWith(`${one}.`)),
			),
		).toEqual([]);
		const roles = /^(main|webhook|worker)\./;
		expect(
			known.filter((name) => !roles.test(name) && ![...used].some((one) => name === one || name.startsWith(`${one}.`))),
		).toEqual([]);
	});
});

interface Container {
	args: string[];
	image: string;
	env: Array<{ name: string; value: string }>;
	ports: Array<{ name: string; containerPort: number }>;
	volumeMounts: Array<{ name: string; mountPath: string; readOnly?: boolean }>;
	securityContext: object;
	resources: { requests?: object; limits?: object };
	[probe: string]: unknown;
}

interface Pod {
	metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
	spec: { containers: [Container]; volumes: Array<{ name: string; [kind: string]: unknown }>; [key: string]: unknown };
}

const named = (all: Rendered[], kind: string): string[] =>
	all.filter((one) => one.kind === kind).map(({ metadata }) => metadata.name);
const one = (all: Rendered[], kind: string, name: string): Rendered => {
	const found = all.filter((each) => each.kind === kind && each.metadata.name === name);
	if (found.length !== 1) throw new Error(`${found.length} ${kind} called ${name}`);
	return found[0] as Rendered;
};
const podOf = (all: Rendered[], role: string): Pod => one(all, 'Deployment', `billing-${role}`).spec.template as Pod;
const envOf = (all: Rendered[], role: string): Record<string, string> =>
	Object.fromEntries(podOf(all, role).spec.containers[0].env.map(({ name, value }) => [name, value]));
const waysIn = (all: Rendered[]): Array<[string, string]> => {
	const { rules } = one(all, 'Ingress', 'billing').spec as {
		rules: Array<{ http: { paths: Array<{ path: string; backend: { service: { name: string } } }> } }>;
	};
	return rules.flatMap(({ http }) =>
		http.paths.map(({ path, backend }): [string, string] => [path, backend.service.name]),
	);
};

const hasHelm = findHelm() !== null;
const describeHelm = hasHelm ? describe : describe.skip;

describeHelm(
	hasHelm
		? 'the chart as Helm renders it'
		: 'skipped: Helm is not installed here (node --import tsx scripts/checks/helm.ts)',
	() => {
		test('by itself: one main process on a volume, reached from outside below /webhooks only', () => {
			const all = render(SQLITE);
			expect(all.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual([
				'Deployment billing-main',
				'Ingress billing',
				'PersistentVolumeClaim billing',
				'Secret billing',
				'Service billing-main',
			]);
			expect(one(all, 'Deployment', 'billing-main').spec).toMatchObject({
				replicas: 1,
				strategy: { type: 'Recreate' },
			});
			expect(podOf(all, 'main').spec.volumes).toContainEqual({
				name: 'home',
				persistentVolumeClaim: { claimName: 'billing' },
			});
			expect(waysIn(all)).toEqual([['/webhooks', 'billing-main']]);
			expect(envOf(all, 'main')).toMatchObject({ WEBHOOK_URL: 'https://billing.example.com/', N8N_PROXY_HOPS: '1' });
			expect(Object.keys(envOf(all, 'main')).filter((name) => /^(DB_|QUEUE_|EXECUTIONS_)/.test(name))).toEqual([]);
		});

		test('with Postgres: no volume where none is wanted', () => {
			const all = render(POSTGRES);
			expect(named(all, 'PersistentVolumeClaim')).toEqual([]);
			expect(podOf(all, 'main').spec.volumes).toContainEqual({ name: 'home', emptyDir: {} });
			expect(envOf(all, 'main')).toMatchObject({
				DB_TYPE: 'postgresdb',
				DB_POSTGRESDB_HOST: 'pg.data.svc',
				DB_POSTGRESDB_PORT: '5432',
				DB_POSTGRESDB_PASSWORD_FILE: '/run/secrets/n8n/DB_POSTGRESDB_PASSWORD',
			});
			expect(named(render({ ...POSTGRES, persistence: { enabled: true } }), 'PersistentVolumeClaim')).toEqual([
				'billing',
			]);
		});

		test('in queue mode: webhooks go to the listeners, the main process takes none, workers answer probes', () => {
			const all = render(QUEUE);
			expect(named(all, 'Deployment')).toEqual(['billing-main', 'billing-webhook', 'billing-worker']);
			expect(named(all, 'Service')).toEqual(['billing-main', 'billing-webhook']);
			expect(named(all, 'PodDisruptionBudget')).toEqual(['billing-webhook', 'billing-worker']);
			expect(waysIn(all)).toEqual([['/webhooks', 'billing-webhook']]);
			expect(waysIn(render({ ...QUEUE, ingress: { enabled: true, editor: true } }))).toEqual([
				['/webhooks', 'billing-webhook'],
				['/', 'billing-main'],
			]);
			for (const role of ['webhook', 'worker']) {
				expect(one(all, 'Deployment', `billing-${role}`).spec).toMatchObject({ replicas: 2 });
				expect(one(all, 'Deployment', `billing-${role}`).spec).not.toHaveProperty('strategy');
			}
			const [main, webhook, worker] = ['main', 'webhook', 'worker'].map((role) => envOf(all, role)) as [
				Record<string, string>,
				Record<string, string>,
				Record<string, string>,
			];
			expect(webhook).toMatchObject({
				EXECUTIONS_MODE: 'queue',
				QUEUE_BULL_REDIS_HOST: 'redis.data.svc',
				QUEUE_BULL_REDIS_PORT: '6379',
			});
			expect(main).toEqual({ ...webhook, N8N_DISABLE_PRODUCTION_MAIN_PROCESS: 'true' });
			expect(worker).toEqual({ ...webhook, QUEUE_HEALTH_CHECK_ACTIVE: 'true', QUEUE_HEALTH_CHECK_PORT: '5678' });
		});

		describe.each([
			['SQLite', SQLITE],
			['Postgres', POSTGRES],
			['queue', QUEUE],
		])('%s', (_name, given) => {
			const deployments = (all: Rendered[]): Rendered[] => all.filter(({ kind }) => kind === 'Deployment');

			test('no pod may do more than it must', () => {
				for (const { spec, metadata } of deployments(render(given))) {
					const { spec: pod } = spec.template as Pod;
					expect(pod).toMatchObject({
						automountServiceAccountToken: false,
						enableServiceLinks: false,
						securityContext: {
							runAsNonRoot: true,
							runAsUser: 1000,
							fsGroup: 1000,
							seccompProfile: { type: 'RuntimeDefault' },
						},
					});
					const [container] = pod.containers;
					expect(container.securityContext).toEqual({
						allowPrivilegeEscalation: false,
						readOnlyRootFilesystem: true,
						capabilities: { drop: ['ALL'] },
					});
					expect(container.args).toEqual([metadata.labels['app.kubernetes.io/component']]);
					expect(container.resources).toMatchObject({
						requests: { cpu: expect.any(String), memory: expect.any(String) },
						limits: { memory: expect.any(String) },
					});
					expect(container.image).toMatch(/:\d+\.\d+\.\d+$/);
					for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
						expect(container[probe]).toMatchObject({
							httpGet: { path: probe === 'livenessProbe' ? '/healthz' : '/healthz/readiness', port: 'http' },
						});
					expect(container.ports).toEqual([{ name: 'http', containerPort: 5678 }]);
				}
			});

			test('secrets are files, and stand nowhere else', () => {
				const all = render(given);
				const keys = Object.keys(given.secrets);
				expect(Object.keys(one(all, 'Secret', 'billing').data ?? {}).sort()).toEqual([...keys].sort());
				expect(JSON.stringify(all.filter(({ kind }) => kind !== 'Secret'))).not.toMatch(
					/secret-(one|two|three|four|five|six)/,
				);
				for (const deployment of deployments(all)) {
					const { containers, volumes } = (deployment.spec.template as Pod).spec;
					expect(volumes).toContainEqual({ name: 'secrets', secret: { secretName: 'billing', defaultMode: 0o440 } });
					expect(containers[0].volumeMounts).toContainEqual({
						name: 'secrets',
						mountPath: '/run/secrets/n8n',
						readOnly: true,
					});
					for (const key of keys)
						expect(containers[0].env).toContainEqual({ name: `${key}_FILE`, value: `/run/secrets/n8n/${key}` });
				}
			});

			test('every mounted volume, service and selector leads to something that is there', () => {
				const all = render(given);
				const pods = deployments(all).map(({ spec }) => spec.template as Pod);
				for (const { spec } of pods)
					expect(spec.containers[0].volumeMounts.map(({ name }) => name).sort()).toEqual(
						spec.volumes.map(({ name }) => name).sort(),
					);
				for (const { spec } of deployments(all))
					expect((spec.template as Pod).metadata.labels).toMatchObject(
						(spec.selector as { matchLabels: object }).matchLabels,
					);
				for (const { spec } of all.filter(({ kind }) => kind === 'Service'))
					expect(
						pods.filter(({ metadata }) =>
							Object.entries(spec.selector as object).every(([label, value]) => metadata.labels[label] === value),
						),
					).toHaveLength(1);
				for (const [, service] of waysIn(all)) expect(named(all, 'Service')).toContain(service);
			});
		});

		test('a changed secret restarts every pod, another value only what it concerns', () => {
			const marks = (given: object): string[] =>
				['main', 'webhook', 'worker'].map((role) => JSON.stringify(podOf(render(given), role)));
			const before = marks(QUEUE);
			const changed = (given: object): boolean[] => marks(given).map((mark, index) => mark !== before[index]);
			expect(changed({ ...QUEUE, secrets: { ...QUEUE.secrets, LAGO_API_KEY: 'another' } })).toEqual([true, true, true]);
			expect(changed({ ...QUEUE, worker: { replicas: 5 } })).toEqual([false, false, false]);
			expect(changed({ ...QUEUE, main: { resources: { limits: { memory: '3Gi' } } } })).toEqual([true, false, false]);
		});

		test('a Secret of the user is mounted instead, with the keys that it has', () => {
			const all = render({
				...SQLITE,
				secrets: {},
				existingSecret: { name: 'mine', keys: ['DODO_API_KEY', 'ACCESS_API_TOKEN'] },
			});
			expect(named(all, 'Secret')).toEqual([]);
			expect(podOf(all, 'main').spec.volumes).toContainEqual({
				name: 'secrets',
				secret: { secretName: 'mine', defaultMode: 0o440 },
			});
			expect(Object.keys(envOf(all, 'main')).filter((name) => name.endsWith('_FILE'))).toEqual([
				'ACCESS_API_TOKEN_FILE',
				'DODO_API_KEY_FILE',
			]);
		});

		test('with a Postgres its password comes from there too, named or not', () => {
			const existingSecret = { name: 'mine', keys: ['DODO_API_KEY'] };
			for (const keys of [existingSecret.keys, ['DODO_API_KEY', 'DB_POSTGRESDB_PASSWORD']])
				expect(
					Object.keys(
						envOf(render({ ...POSTGRES, secrets: {}, existingSecret: { ...existingSecret, keys } }), 'main'),
					).filter((name) => name.endsWith('_FILE')),
				).toEqual(['DB_POSTGRESDB_PASSWORD_FILE', 'DODO_API_KEY_FILE']);
		});

		test('the way in begins as the addresses of n8n do', () => {
			expect(waysIn(render({ ...SQLITE, env: { N8N_ENDPOINT_WEBHOOK: 'hooks' } }))).toEqual([
				['/hooks', 'billing-main'],
			]);
		});

		test("the user's variables win, and large numbers stay whole", () => {
			const env = envOf(
				render({
					...SQLITE,
					env: {
						N8N_PROXY_HOPS: 2,
						N8N_PAYLOAD_SIZE_MAX: 1_000_000,
						ACCESS_KEEP_PREPAID_PERIOD: true,
						LAGO_API_URL: 'https://lago.example.com',
					},
				}),
				'main',
			);
			expect(env).toMatchObject({
				N8N_PROXY_HOPS: '2',
				N8N_PAYLOAD_SIZE_MAX: '1000000',
				ACCESS_KEEP_PREPAID_PERIOD: 'true',
				LAGO_API_URL: 'https://lago.example.com',
			});
		});

		test.each(['a', `a${'b'.repeat(47)}-cdef`, 'my.release', '2nd', `1.${'2'.repeat(51)}`, `a${'b'.repeat(48)}.cd`])(
			'every name is one for Kubernetes in a release called %s',
			(release) => {
				const names = render(QUEUE, release).map(({ metadata }) => metadata.name);
				expect(names.length).toBeGreaterThan(5);
				// RFC 1035, which a Service needs.
				expect(names.filter((name) => !/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name))).toEqual([]);
			},
		);

		test.each([
			['no host', { ...SQLITE, host: '' }, 'host is missing'],
			['no key of Lago', { ...SQLITE, secrets: { ...SECRETS, LAGO_API_KEY: '' } }, 'secrets.LAGO_API_KEY is missing'],
			['Postgres without its password', { ...POSTGRES, secrets: SECRETS }, 'secrets.DB_POSTGRESDB_PASSWORD is missing'],
			['queue mode on SQLite', { ...QUEUE, postgres: {} }, 'queue.enabled needs postgres.host'],
			['queue mode without Redis', { ...QUEUE, queue: { enabled: true } }, 'queue.enabled needs queue.redis.host'],
			['a secret in the environment', { ...SQLITE, env: { DODO_API_KEY: 'key' } }, 'schema'],
		])('refuses %s and says so', (_what, given, message) => {
			expect(() => render(given)).toThrow(message);
		});
	},
);
