import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHART, helm, POSTGRES, QUEUE, render, SQLITE } from '../support/chart';
import { findHelm } from '../support/helm';
import { schemaProblems } from '../support/kubernetes';

const EXISTING = { secrets: {}, existingSecret: { name: 'mine' } };
const VARIANTS: Readonly<Record<string, object>> = {
	SQLite: SQLITE,
	'SQLite, on a volume of its own class': { ...SQLITE, persistence: { storageClass: 'fast', size: '10Gi' } },
	'SQLite, on a volume of the user': { ...SQLITE, persistence: { existingClaim: 'mine' } },
	'SQLite, without a volume': { ...SQLITE, persistence: { enabled: false } },
	'SQLite, reached by nobody yet': { ...SQLITE, ingress: { enabled: false } },
	'SQLite, with a Secret of the user': { ...SQLITE, ...EXISTING },
	Postgres: POSTGRES,
	'Postgres, with a volume': { ...POSTGRES, persistence: { enabled: true } },
	'Postgres, with a Secret of the user': { ...POSTGRES, ...EXISTING },
	queue: QUEUE,
	'queue, with a Secret of the user': { ...QUEUE, ...EXISTING },
	'queue, with everything else': {
		...QUEUE,
		image: { repository: 'registry.example.com/dodo-lago', tag: '1.2.3', pullPolicy: 'Always' },
		imagePullSecrets: [{ name: 'registry' }],
		env: { OWNER_EMAIL: 'owner@example.com', N8N_PROXY_HOPS: 2, LAGO_API_URL: 'https://lago.example.com' },
		queue: { enabled: true, redis: { host: 'redis.data.svc', port: 6380 } },
		main: { resources: { limits: { memory: '3Gi' } } },
		webhook: { replicas: 3, resources: {} },
		worker: { replicas: 5, resources: { requests: { cpu: '1' } } },
		ingress: { enabled: true, editor: true, className: 'nginx', annotations: { 'cert-manager.io/issuer': 'x' } },
	},
};

const describeHelm = findHelm() === null ? describe.skip : describe;

describeHelm('what Helm makes of the chart, by the descriptions of Kubernetes (skipped without Helm)', () => {
	test.each(Object.entries(VARIANTS))('%s: passes helm lint --strict', (_name, given) => {
		expect(helm(['lint', '--strict', CHART], given)).toContain('0 chart(s) failed');
	});

	test('is packed under the name that is published', () => {
		const folder = mkdtempSync(join(tmpdir(), 'chart-'));
		try {
			execFileSync(findHelm() ?? 'helm', ['package', CHART, '--destination', folder]);
			const { name, version } = JSON.parse(readFileSync(join(CHART, '..', '..', 'package.json'), 'utf8')) as {
				name: string;
				version: string;
			};
			expect(readdirSync(folder)).toEqual([`${name}-${version}.tgz`]);
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	});

	// All at once: the compiler reads the descriptions once.
	test('has no field, type or format that they do not know', () => {
		const all = Object.values(VARIANTS).flatMap((given) => render(given));
		expect(new Set(all.map(({ kind }) => kind)).size).toBe(6);
		expect(schemaProblems(all)).toEqual([]);
	});

	test('each objects to what is wrong', () => {
		const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'one' } };
		expect(schemaProblems([{ ...service, spec: { ports: [{ port: '80' }] } }])).toHaveLength(2);
		expect(schemaProblems([{ ...service, spec: { selectors: {} } }])).toEqual([
			expect.stringMatching(/^Service one: .*selectors.* does not exist in type 'IServiceSpec'/),
		]);
	});
});
