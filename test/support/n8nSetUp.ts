import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownerEnvironment } from '../../docker/entrypoint/owner';
import { packPackage, ROOT } from '../../scripts/n8n/package';
import { ensureN8n } from '../../scripts/n8n/prefix';
import { freePort, type N8nInstance } from '../../scripts/n8n/process';
import { withFixedPaths, type CredentialJson, type WorkflowJson } from '../../scripts/n8n/provision';
import type { DodoSimulator, LagoSimulator } from '../../sandbox/simulators';
import { ENCRYPTION_KEY } from './migrated';
import { startServices, type TestServices } from './services';
import { QUEUE_MODE } from './workers';

/** Who may open the editor of a test n8n. */
export const OWNER = { email: 'owner@example.com', password: 'Test-only-1' };

/** What the Lago credential of a test n8n holds for the questions and answers about access. */
export const ACCESS = {
	token: 'access-token-of-the-test',
	secret: `whsec_${Buffer.alloc(32, 'callback').toString('base64')}`,
};

export interface TestN8nOptions {
	dodo: DodoSimulator;
	/** The simulator, or how a real Lago is reached. */
	lago: Pick<LagoSimulator, 'url' | 'apiKey' | 'hmacKey'>;
	/** To listen on; one that is free unless told. */
	port?: number;
	/** Changes the template before it is imported. */
	change?: (workflow: WorkflowJson) => void;
	dodoSecret: string;
	/** What Dodo takes from the account; the lowest tier unless told. */
	requestsPerMinute?: number;
	/** More of n8n's variables. */
	env?: NodeJS.ProcessEnv;
	/** The file below `workflows/` that is published from the start; null: none. */
	template?: string | null;
	/** Of n8n; the one that this project is made for unless told. */
	version?: string;
	/** With PostgreSQL, Redis and so many workers: see {@link startServices}. */
	queue?: { workers: number };
	/** Puts the package into a user folder; as n8n's own installer does unless told. */
	install?: (tarball: string, userFolder: string) => Promise<void>;
}

/** What a test n8n is made of before it runs. */
export interface SetUp {
	instance: N8nInstance;
	/** Of the packed package. */
	tarball: string;
	/** With the ids that n8n has given them, as soon as it has. */
	credentials: CredentialJson[];
	template: WorkflowJson | null;
	/** What queue mode needs. */
	services: TestServices | undefined;
}

const quiet = (): void => {};

/** To n8n of every test, which starts in half the time so: nobody opens its editor, and no workflow has a Code node. */
const LEAN: NodeJS.ProcessEnv = {
	N8N_DISABLE_UI: 'true',
	N8N_RUNNERS_MODE: 'external',
	N8N_RUNNERS_AUTH_TOKEN: 'nobody-comes',
};
/** The same of one that has both. */
export const WHOLE: NodeJS.ProcessEnv = { N8N_DISABLE_UI: 'false', N8N_RUNNERS_MODE: 'internal' };

/** A shipped template as it lies in the package. */
export function readTemplate(file: string): WorkflowJson {
	return JSON.parse(readFileSync(join(ROOT, 'workflows', file), 'utf8')) as WorkflowJson;
}

/** Makes everything that an n8n is started with: its folder, the packed package, the services, credentials and template. */
export async function setUp(options: TestN8nOptions): Promise<SetUp> {
	const { env = {}, version, queue } = options;
	const [runtime, tarball] = [await ensureN8n(quiet, version), await packPackage(quiet)];
	const [credentials, template] = [credentialsFor(options), templateOf(options)];
	const port = options.port ?? (await freePort());
	const services = queue === undefined ? undefined : await startServices();
	const instance: N8nInstance = {
		runtime,
		userFolder: mkdtempSync(join(tmpdir(), 'n8n-e2e-')),
		port,
		webhookPrefix: 'webhooks',
		encryptionKey: ENCRYPTION_KEY,
		env: {
			...LEAN,
			...ownerEnvironment(OWNER),
			...(services === undefined ? {} : { ...QUEUE_MODE, ...services.env }),
			...env,
		},
	};
	return { instance, tarball, credentials, template, services };
}

/** The template as it is imported; null when there is to be none. */
function templateOf({ template: file = 'lago-dodo-sync.json', change }: TestN8nOptions): WorkflowJson | null {
	if (file === null) return null;
	const template = withFixedPaths(readTemplate(file));
	change?.(template);
	return template;
}

/** Two credentials that point to the simulators. */
function credentialsFor({ dodo, lago, dodoSecret, requestsPerMinute }: TestN8nOptions): CredentialJson[] {
	return [
		{
			id: '',
			name: 'Dodo',
			type: 'dodoPaymentsApi',
			data: {
				environment: 'test',
				apiKey: dodo.apiKey,
				webhookSecret: dodoSecret,
				baseUrl: dodo.url,
				...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
			},
		},
		{
			id: '',
			name: 'Lago',
			type: 'lagoBillingApi',
			data: {
				baseUrl: lago.url,
				apiKey: lago.apiKey,
				webhookHmacKey: lago.hmacKey,
				accessToken: ACCESS.token,
				accessCallbackSecret: ACCESS.secret,
			},
		},
	];
}
