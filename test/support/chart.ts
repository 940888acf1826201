import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { findHelm } from './helm';

/** The chart's folder. */
export const CHART = join(__dirname, '..', '..', 'deploy', 'helm');

/** An object for Kubernetes, as far as tests look. */
export interface Rendered {
	apiVersion: string;
	kind: string;
	metadata: { name: string; labels: Record<string, string> };
	spec: Record<string, unknown>;
	data?: Record<string, string>;
}

/** What a user must type. */
export const SECRETS = {
	DODO_API_KEY: 'secret-one',
	DODO_WEBHOOK_SECRET: 'secret-two',
	LAGO_API_KEY: 'secret-three',
	LAGO_WEBHOOK_HMAC_KEY: 'secret-four',
	N8N_ENCRYPTION_KEY: 'secret-five',
};
/** The three ways to run it. */
export const SQLITE = {
	host: 'billing.example.com',
	secrets: SECRETS,
	ingress: { enabled: true, tlsSecret: 'billing-tls' },
};
export const POSTGRES = {
	...SQLITE,
	postgres: { host: 'pg.data.svc' },
	persistence: { enabled: false },
	secrets: { ...SECRETS, DB_POSTGRESDB_PASSWORD: 'secret-six' },
};
export const QUEUE = { ...POSTGRES, queue: { enabled: true, redis: { host: 'redis.data.svc' } } };

/** What `helm template` makes of the chart; throws what it says where it refuses. */
export function render(given: object, release = 'billing'): Rendered[] {
	// As Kubernetes reads it: 0440 is octal.
	return parseAllDocuments(helm(['template', release, CHART], given), { version: '1.1' })
		.map((document) => document.toJS() as Rendered | null)
		.filter((one) => one !== null);
}

/** Runs Helm with values; returns what it prints. */
export function helm(args: string[], given: object): string {
	const folder = mkdtempSync(join(tmpdir(), 'chart-test-'));
	try {
		const file = join(folder, 'values.yaml');
		writeFileSync(file, JSON.stringify(given));
		return execFileSync(findHelm() ?? 'helm', [...args, '--values', file], {
			encoding: 'utf8',
			stdio: ['ignore', 'pipe', 'pipe'],
		});
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
