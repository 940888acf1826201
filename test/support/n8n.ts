import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownerEnvironment } from '../../docker/entrypoint/owner';
import { WORKFLOW_ID } from '../../docker/entrypoint/workflow';
import { installPackage, packPackage, ROOT } from '../../scripts/n8n/package';
import { ensureN8n } from '../../scripts/n8n/prefix';
import { freePort, startN8n, type N8nInstance, type N8nProcess } from '../../scripts/n8n/process';
import {
	bindCredentials,
	isVersion1,
	provision,
	withFixedPaths,
	type CredentialJson,
	type WorkflowJson,
} from '../../scripts/n8n/provision';
import type { DodoSimulator, LagoSimulator } from '../../sandbox/simulators';
import { readRun, setPublished, signIn, type Execution, type Run } from './n8nRest';
import { startServices, type TestServices } from './services';
import { QUEUE_MODE, startWorker, type TestWorker } from './workers';

/** Who may open the editor of a test n8n. */
export const OWNER = { email: 'owner@example.com', password: 'Test-only-1' };

/** What the Lago credential of a test n8n holds for the questions and answers about access. */
export const ACCESS = {
	token: 'access-token-of-the-test',
	secret: `whsec_${Buffer.alloc(32, 'callback').toString('base64')}`,
};

/** A workflow that was imported into the running n8n. */
export interface ImportedWorkflow {
	id: string;
	/** Resolves when its webhooks answer: n8n works off publishing in the background. */
	publish(): Promise<void>;
	/** Resolves when they do not any more. */
	unpublish(): Promise<void>;
}

/** A real n8n with the packed package, the shipped template and two credentials that point to the simulators. */
export interface TestN8n {
	url: string;
	/** Address of a webhook. */
	hook(path: string): string;
	/** The newest hundred. */
	executions(): Promise<Execution[]>;
	/** The newest execution that has ended. */
	lastExecution(): Promise<Run>;
	/** The newest execution that has ended and in which this node ran; looks back over a few only. */
	lastRunOf(node: string): Promise<Run>;
	/** What of the newest hundred has ended since the execution with this id, oldest first. */
	runsAfter(executionId: string): Promise<Run[]>;
	/** Id of the newest execution, '0' when there is none. */
	newestId(): Promise<string>;
	/** Executes a workflow from one of its triggers, as the button "Execute workflow" in the editor does, and waits for the end. */
	executeFrom(trigger: string, workflowId?: string): Promise<Run>;
	/** Imports a workflow as the editor does, and chooses the credentials in its nodes: the two of the template unless told. */
	importWorkflow(workflow: WorkflowJson, chosen?: CredentialJson[]): Promise<ImportedWorkflow>;
	/** The same two credentials once more. Nodes keep locks and memories for each credential, so these behave like another worker. */
	copyCredentials(): Promise<CredentialJson[]>;
	/** A further credential, as a person makes it. */
	addCredential(type: string, data: Record<string, unknown>): Promise<{ id: string; name: string }>;
	/** Replaces the data of a stored credential. */
	setCredential(type: string, data: Record<string, unknown>): Promise<void>;
	/** The files that n8n wrote (database, logs) in which a text stands in the clear. */
	filesWith(text: string): string[];
	/** What the editor's credential test says. */
	testCredential(type: string, data: Record<string, unknown>): Promise<{ status: string; message: string }>;
	/** What the editor says of the publication: null while n8n is at it, else the message of each trigger that failed. */
	publicationErrors(): Promise<string[] | null>;
	/** Unpublishes or publishes the workflow, as the editor does. */
	setPublished(published: boolean): Promise<void>;
	readonly process: N8nProcess;
	/** In queue mode, those that execute; the main process only listens. */
	workers: TestWorker[];
	/** Kills n8n in the middle of whatever it does: SIGKILL. */
	kill(): Promise<void>;
	/** Starts it again, and waits until its webhooks answer. */
	restart(): Promise<void>;
	killAndRestart(): Promise<void>;
	/** Imports and publishes the template over itself by n8n's command line, as an upgrade does; n8n must not be running. */
	importAgain(): Promise<void>;
	/** Changes nodes and connections of the template, as JSON, and publishes it, as a person does in the editor. */
	changeTemplate(change: (json: string) => string): Promise<void>;
	/** Runs SQL in n8n's database and returns its rows; what it changes n8n must not be running for. In queue mode questions only. */
	sql(statement: string): Array<Record<string, unknown>>;
	/** Stops n8n and removes everything it wrote. */
	stop(): Promise<void>;
}

export interface TestN8nOptions {
	dodo: DodoSimulator;
	lago: LagoSimulator;
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

/** A shipped template as it lies in the package. */
export function readTemplate(file: string): WorkflowJson {
	return JSON.parse(readFileSync(join(ROOT, 'workflows', file), 'utf8')) as WorkflowJson;
}

export { WORKFLOW_ID };
const quiet = (): void => {};

/** Starts n8n from nothing; {@link TestN8n.stop} removes every trace. */
export async function startTestN8n({
	dodo,
	lago,
	change,
	dodoSecret,
	requestsPerMinute,
	env = {},
	template: file = 'lago-dodo-sync.json',
	version,
	queue,
	install = installPackage,
}: TestN8nOptions): Promise<TestN8n> {
	const [runtime, tarball] = [await ensureN8n(quiet, version), await packPackage(quiet)];
	const isOld = isVersion1(runtime);
	const userFolder = mkdtempSync(join(tmpdir(), 'n8n-e2e-'));
	const credentials: CredentialJson[] = [
		{
			id: 'dodoCredential01',
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
			id: 'lagoCredential01',
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
	const bound: Array<WorkflowJson & { id: string }> = [];
	let running: N8nProcess | undefined;
	let services: TestServices | undefined;
	const workers: TestWorker[] = [];
	const stop = async (): Promise<void> => {
		await Promise.all(
			[...workers, ...(running === undefined ? [] : [running])].map(async (process) => await process.stop()),
		);
		await services?.stop();
		rmSync(userFolder, { recursive: true, force: true });
	};
	const begin = async () => {
		if (queue !== undefined) services = await startServices();
		const instance: N8nInstance = {
			runtime,
			userFolder,
			port: await freePort(),
			webhookPrefix: 'webhooks',
			encryptionKey: 'e2e-encryption-key',
			env: {
				...ownerEnvironment(OWNER),
				...(services === undefined ? {} : { ...QUEUE_MODE, ...services.env }),
				...env,
			},
		};
		await install(tarball, userFolder);
		const template = file === null ? null : withFixedPaths(readTemplate(file));
		if (template !== null) change?.(template);
		if (template !== null) bound.push({ ...bindCredentials(template, credentials), id: WORKFLOW_ID });
		await provision(instance, credentials, bound);
		running = await start(instance, userFolder, file !== null);
		const folders = Array.from({ length: queue?.workers ?? 0 }, (_, index) => join(userFolder, `worker-${index + 1}`));
		const starting = folders.map(async (folder) => workers.push(await startWorker(instance, tarball, folder)));
		await Promise.allSettled(starting);
		await Promise.all(starting);
		return { instance, rest: await signIn(running.url, OWNER, isOld), current: running };
	};
	const begun = await begin().catch(async (problem: unknown) => {
		await stop();
		throw problem;
	});
	const { instance, rest } = begun;
	let { current } = begun;
	const executions = async (): Promise<Execution[]> => {
		const { results } = (await rest('GET', '/executions?limit=100')) as { results: Execution[] };
		// n8n puts those that run, or have not begun, above newer ones.
		return results.sort((one, other) => Number(other.id) - Number(one.id));
	};
	const ended = async (): Promise<Execution[]> =>
		(await executions()).filter(({ status }) => !['new', 'running', 'waiting'].includes(status));
	const run = async (id: string): Promise<Run> => await readRun(rest, id);
	const sql = (statement: string): Array<Record<string, unknown>> =>
		services?.sql(statement) ?? sqliteOf(instance, statement);
	const publications = (statuses: string): number =>
		Number(sql(`SELECT count(*) AS count FROM workflow_publication_outbox WHERE status ${statuses}`)[0]?.count);
	/**
	 * The webhooks of an n8n that was killed answer as soon as it listens, but are not there for a moment when it publishes its workflows anew.
	 */
	const restart = async (): Promise<void> => {
		const isAsync = !isOld && file !== null;
		const published = isAsync ? publications(ENDED) : 0;
		running = current = await start(instance, userFolder, file !== null);
		if (isAsync) await until(() => publications(ENDED) > published && publications(UNDER_WAY) === 0);
	};
	return {
		url: current.url,
		get process() {
			return current;
		},
		workers,
		stop,
		kill: async () => await current.kill(),
		restart,
		async killAndRestart() {
			await current.kill();
			await restart();
		},
		async changeTemplate(change) {
			const { nodes, connections, versionId } = (await rest('GET', `/workflows/${WORKFLOW_ID}`)) as {
				nodes: unknown;
				connections: unknown;
				versionId: string;
			};
			await rest('PATCH', `/workflows/${WORKFLOW_ID}`, {
				...(JSON.parse(change(JSON.stringify({ nodes, connections }))) as object),
				versionId,
			});
			await setPublished(rest, WORKFLOW_ID, true, isOld);
			if (!isOld) await until(() => publications(UNDER_WAY) === 0);
		},
		async importAgain() {
			await provision(instance, credentials, bound);
		},
		sql,
		hook: (path) => `http://127.0.0.1:${instance.port}/webhooks/${path}`,
		executions,
		async lastExecution() {
			return await run((await ended())[0]?.id ?? '');
		},
		async lastRunOf(node) {
			for (const { id } of (await ended()).slice(0, LOOK_BACK)) {
				const found = await run(id);
				if (found.nodes.includes(node)) return found;
			}
			throw new Error(`${node} did not run in the newest ${LOOK_BACK} executions`);
		},
		async runsAfter(executionId) {
			const ids = (await ended()).map(({ id }) => id).filter((id) => Number(id) > Number(executionId));
			return await Promise.all(ids.reverse().map(run));
		},
		async newestId() {
			return (await executions())[0]?.id ?? '0';
		},
		async executeFrom(trigger, workflowId = WORKFLOW_ID) {
			const { executionId } = (await rest('POST', `/workflows/${workflowId}/run`, {
				triggerToStartFrom: { name: trigger },
			})) as { executionId?: string };
			if (!executionId) throw new Error(`n8n did not execute from ${trigger}`);
			for (
				const deadline = Date.now() + EXECUTION_MS;
				Date.now() < deadline;
				await new Promise((resolve) => setTimeout(resolve, 50))
			) {
				const { status, finished } = (await rest('GET', `/executions/${executionId}`)) as {
					status: string;
					finished: boolean;
				};
				if (finished || status === 'error' || status === 'crashed') return await run(executionId);
			}
			throw new Error(`Execution ${executionId} from ${trigger} did not end`);
		},
		async importWorkflow(given, chosen = credentials) {
			const workflow = withFixedPaths(given);
			const { id } = (await rest('POST', '/workflows', { ...bindCredentials(workflow, chosen), active: false })) as {
				id: string;
			};
			const paths = workflow.nodes.flatMap(({ parameters, disabled }) =>
				disabled !== true && typeof parameters.path === 'string' && parameters.path !== '' ? [parameters.path] : [],
			);
			const switchTo = async (published: boolean): Promise<void> => {
				await setPublished(rest, id, published, isOld);
				for (const path of paths) await listening(`http://127.0.0.1:${instance.port}/webhooks/${path}`, published);
			};
			return { id, publish: async () => await switchTo(true), unpublish: async () => await switchTo(false) };
		},
		async copyCredentials() {
			const copy = async ({ name, type, data }: CredentialJson): Promise<CredentialJson> => {
				const { id } = (await rest('POST', '/credentials', { name: `${name} (copy)`, type, data })) as { id: string };
				return { id, name: `${name} (copy)`, type, data };
			};
			return await Promise.all(credentials.map(copy));
		},
		async addCredential(type, data) {
			const name = `${type} (added)`;
			const { id } = (await rest('POST', '/credentials', { name, type, data })) as { id: string };
			return { id, name };
		},
		async setCredential(type, data) {
			const credential = credentials.find((one) => one.type === type);
			await rest('PATCH', `/credentials/${credential?.id}`, { name: credential?.name, type, data });
		},
		filesWith: (text) => filesWith(userFolder, text),
		async testCredential(type, data) {
			return (await rest('POST', '/credentials/test', { credentials: { id: '', name: 'new', type, data } })) as {
				status: string;
				message: string;
			};
		},
		async publicationErrors() {
			const { status, triggers } = (await rest('GET', `/workflows/${WORKFLOW_ID}/publication-status`)) as {
				status: string;
				triggers: Array<{ errorMessage: string | null }>;
			};
			return status === 'in_progress' ? null : triggers.flatMap(({ errorMessage }) => errorMessage ?? []);
		},
		setPublished: async (published) => await setPublished(rest, WORKFLOW_ID, published, isOld),
	};
}

/** The files below a folder in which a text stands in the clear; installed packages are left out. */
export function filesWith(folder: string, text: string): string[] {
	const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
		(entry) => entry.isFile() && !entry.parentPath.includes('node_modules'),
	);
	return files
		.filter(({ parentPath, name }) => readFileSync(join(parentPath, name)).includes(text))
		.map(({ name }) => name);
}

async function start(instance: N8nInstance, userFolder: string, hasTemplate: boolean): Promise<N8nProcess> {
	const process = await startN8n(instance, join(userFolder, 'n8n.log'));
	try {
		if (!hasTemplate) await process.waitUntilReady();
		else await Promise.all([process.waitForWebhook('lago'), process.waitForWebhook('dodo')]);
	} catch (caught) {
		await process.stop();
		throw caught;
	}
	return process;
}

function sqliteOf({ runtime, userFolder }: N8nInstance, statement: string): Array<Record<string, unknown>> {
	const script =
		"const { DatabaseSync } = require('node:sqlite'); const [, file, sql] = process.argv; console.log(JSON.stringify(new DatabaseSync(file, { timeout: 5000 }).prepare(sql).all()))";
	const output = execFileSync(
		runtime.node,
		['--no-warnings', '-e', script, join(userFolder, '.n8n', 'database.sqlite'), statement],
		{ encoding: 'utf8' },
	);
	return JSON.parse(output) as Array<Record<string, unknown>>;
}

/** How far n8n 2 is with a publication. */
const UNDER_WAY = "IN ('pending', 'in_progress')";
const ENDED = `NOT ${UNDER_WAY}`;

async function until(condition: () => boolean): Promise<void> {
	for (
		const deadline = Date.now() + EXECUTION_MS;
		!condition();
		await new Promise((resolve) => setTimeout(resolve, 100))
	)
		if (Date.now() > deadline) throw new Error('n8n did not publish its workflows');
}

const LOOK_BACK = 20;
/** Longer than any workflow of these tests takes. */
const EXECUTION_MS = 100_000;

/** Waits until a webhook is registered, or is not any more. n8n tells a wrong method from an unknown path, and executes nothing for either. */
async function listening(url: string, wanted: boolean): Promise<void> {
	for (
		const deadline = Date.now() + EXECUTION_MS;
		Date.now() < deadline;
		await new Promise((resolve) => setTimeout(resolve, 30))
	) {
		const text = await (await fetch(url, { method: 'PUT' })).text();
		if (text.includes('not registered for PUT requests') === wanted) return;
	}
	throw new Error(`${url} is ${wanted ? 'not' : 'still'} registered`);
}
