import * as flatted from 'flatted';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackage, packPackage, ROOT } from '../../scripts/n8n/package';
import { ensureN8n } from '../../scripts/n8n/prefix';
import { freePort, startN8n, type N8nInstance, type N8nProcess } from '../../scripts/n8n/process';
import { bindCredentials, ownerEnvironment, provision, type CredentialJson, type WorkflowJson } from '../../scripts/n8n/provision';
import type { DodoSimulator, LagoSimulator } from '../simulators';

/** Who may open the editor of a test n8n. */
export const OWNER = { email: 'owner@example.com', password: 'Test-only-1' };

/** An execution as n8n lists it. */
export interface Execution {
	id: string;
	status: string;
	workflowId: string;
}

/** A real n8n with the packed package, the shipped template and two credentials that point to the simulators. */
export interface TestN8n {
	url: string;
	/** Address of a webhook of the template. */
	hook(path: 'lago' | 'dodo'): string;
	executions(): Promise<Execution[]>;
	/** The newest execution that has ended: which nodes ran, and all its data as text. */
	lastExecution(): Promise<{ status: string; nodes: string[]; text: string }>;
	/** Replaces the data of a stored credential. */
	setCredential(type: string, data: Record<string, unknown>): Promise<void>;
	/** The files that n8n wrote (database, logs) in which a text stands in the clear. */
	filesWith(text: string): string[];
	/** What the editor's credential test says. */
	testCredential(type: string, data: Record<string, unknown>): Promise<{ status: string; message: string }>;
	/** Unpublishes or publishes the workflow, as the editor does. */
	setPublished(published: boolean): Promise<void>;
	process: N8nProcess;
	/** Stops n8n and removes everything it wrote. */
	stop(): Promise<void>;
}

export interface TestN8nOptions {
	dodo: DodoSimulator;
	lago: LagoSimulator;
	/** Changes the template before it is imported. */
	change?: (workflow: WorkflowJson) => void;
	dodoSecret: string;
}

/** The shipped template in a test n8n. */
export const WORKFLOW_ID = 'lagoDodoSync0001';
const quiet = (): void => {};

/** Starts n8n from nothing; {@link TestN8n.stop} removes every trace. */
export async function startTestN8n({ dodo, lago, change, dodoSecret }: TestN8nOptions): Promise<TestN8n> {
	const [runtime, tarball] = [await ensureN8n(quiet), await packPackage(quiet)];
	const userFolder = mkdtempSync(join(tmpdir(), 'n8n-e2e-'));
	const instance: N8nInstance = {
		runtime,
		userFolder,
		port: await freePort(),
		webhookPrefix: 'webhooks',
		encryptionKey: 'e2e-encryption-key',
		env: ownerEnvironment(runtime, OWNER),
	};
	const credentials: CredentialJson[] = [
		{ id: 'dodoCredential01', name: 'Dodo', type: 'dodoPaymentsApi', data: { environment: 'test', apiKey: dodo.apiKey, webhookSecret: dodoSecret, baseUrl: dodo.url } },
		{ id: 'lagoCredential01', name: 'Lago', type: 'lagoBillingApi', data: { baseUrl: lago.url, apiKey: lago.apiKey, webhookHmacKey: lago.hmacKey } },
	];
	let running: N8nProcess | undefined;
	const stop = async (): Promise<void> => {
		await running?.stop();
		rmSync(userFolder, { recursive: true, force: true });
	};
	try {
		await installPackage(tarball, userFolder);
		const template = JSON.parse(readFileSync(join(ROOT, 'workflows', 'lago-dodo-sync.json'), 'utf8')) as WorkflowJson;
		change?.(template);
		await provision(instance, credentials, [{ ...bindCredentials(template, credentials), id: WORKFLOW_ID }]);
		running = await startN8n(instance, join(userFolder, 'n8n.log'));
		await Promise.all([running.waitForWebhook('lago'), running.waitForWebhook('dodo')]);
	} catch (caught) {
		await stop();
		throw caught;
	}
	const rest = await login(running.url);
	return {
		url: running.url,
		process: running,
		stop,
		hook: (path) => `http://127.0.0.1:${instance.port}/webhooks/${path}`,
		async executions() {
			const { results } = (await rest('GET', '/executions?limit=100')) as { results: Execution[] };
			return results;
		},
		async lastExecution() {
			const { results } = (await rest('GET', '/executions?limit=20')) as { results: Execution[] };
			const newest = results.find((execution) => execution.status !== 'running');
			const { status, data } = (await rest('GET', `/executions/${newest?.id}`)) as { status: string; data: string };
			const { resultData } = flatted.parse(data) as { resultData: { runData: Record<string, unknown> } };
			return { status, nodes: Object.keys(resultData.runData), text: data };
		},
		async setCredential(type, data) {
			const credential = credentials.find((one) => one.type === type);
			await rest('PATCH', `/credentials/${credential?.id}`, { name: credential?.name, type, data });
		},
		filesWith(text) {
			const files = readdirSync(userFolder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'));
			return files.filter(({ parentPath, name }) => readFileSync(join(parentPath, name)).includes(text)).map(({ name }) => name);
		},
		async testCredential(type, data) {
			return (await rest('POST', '/credentials/test', { credentials: { id: '', name: 'new', type, data } })) as { status: string; message: string };
		},
		async setPublished(published) {
			const { versionId } = (await rest('GET', `/workflows/${WORKFLOW_ID}`)) as { versionId: string };
			await rest('POST', `/workflows/${WORKFLOW_ID}/${published ? 'activate' : 'deactivate'}`, published ? { versionId } : {});
		},
	};
}

/** n8n's own REST interface, as the editor uses it. */
async function login(url: string): Promise<(method: string, path: string, body?: unknown) => Promise<unknown>> {
	const headers: Record<string, string> = { 'content-type': 'application/json', 'browser-id': 'e2e' };
	const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
		const response = await fetch(`${url}/rest${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
		const text = await response.text();
		if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`);
		const cookie = response.headers.get('set-cookie')?.split(';')[0];
		if (cookie) headers.cookie = cookie;
		return (JSON.parse(text) as { data: unknown }).data;
	};
	await call('POST', '/login', { emailOrLdapLoginId: OWNER.email, password: OWNER.password });
	return call;
}
