import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { WORKFLOW_ID } from '../../docker/entrypoint/workflow';
import { installPackage } from '../../scripts/n8n/package';
import { isVersion1 } from '../../scripts/n8n/prefix';
import { startN8n, type N8nProcess } from '../../scripts/n8n/process';
import {
	bindCredentials,
	provision,
	withFixedPaths,
	type CredentialJson,
	type WorkflowJson,
} from '../../scripts/n8n/provision';
import { EXECUTION_MS, Executions } from './executions';
import { untilListening, untilTemplateListens } from './listening';
import { useMigratedDatabase } from './migrated';
import { filesWith, sqliteOf } from './n8nFiles';
import { setPublished, signIn, type Rest } from '../../scripts/n8n/rest';
import { OWNER, setUp, type SetUp, type TestN8nOptions } from './n8nSetUp';
import { waitUntil } from './waiting';
import { startWorker, type TestWorker } from './workers';

export { WORKFLOW_ID, filesWith };
export { ACCESS, OWNER, readTemplate, WHOLE, type TestN8nOptions } from './n8nSetUp';

/** A workflow that was imported into the running n8n. */
export interface ImportedWorkflow {
	id: string;
	/** Resolves when its webhooks answer: n8n works off publishing in the background. */
	publish(): Promise<void>;
	/** Resolves when they do not any more. */
	unpublish(): Promise<void>;
}

/** How far n8n 2 is with a publication. */
const UNDER_WAY = "IN ('pending', 'in_progress')";
const ENDED = `NOT ${UNDER_WAY}`;

/** Starts n8n from nothing; {@link TestN8n.stop} removes every trace. */
export async function startTestN8n(options: TestN8nOptions): Promise<TestN8n> {
	const n8n = new TestN8n(await setUp(options));
	try {
		await n8n.begin(options.install ?? installPackage, options.queue?.workers ?? 0);
	} catch (problem) {
		await n8n.stop();
		throw problem;
	}
	return n8n;
}

/** A real n8n with the packed package, the shipped template and two credentials that point to the simulators. */
export class TestN8n extends Executions {
	/** In queue mode, those that execute; the main process only listens. */
	readonly workers: TestWorker[] = [];
	protected rest: Rest = async () => await Promise.reject(new Error('n8n has not started'));
	private running: N8nProcess | undefined;

	constructor(private readonly made: SetUp) {
		super();
	}

	get url(): string {
		return this.process.url;
	}

	get process(): N8nProcess {
		if (this.running === undefined) throw new Error('n8n has not started');
		return this.running;
	}

	/** Address of a webhook. */
	hook(path: string): string {
		return `http://127.0.0.1:${this.made.instance.port}/webhooks/${path}`;
	}

	/** Installs and starts everything for the first time, signs in, and puts credentials and template there as the editor does. */
	async begin(install: Required<TestN8nOptions>['install'], workers: number): Promise<void> {
		const { instance, tarball, services, credentials, template } = this.made;
		await install(tarball, instance.userFolder);
		if (services === undefined) await useMigratedDatabase(instance);
		this.running = await this.start(false);
		const folders = Array.from({ length: workers }, (_, index) => join(instance.userFolder, `worker-${index + 1}`));
		const starting = folders.map(async (folder) => this.workers.push(await startWorker(instance, tarball, folder)));
		await Promise.allSettled(starting);
		await Promise.all(starting);
		this.rest = await signIn(this.url, OWNER, this.isVersion1);
		for (const credential of credentials) Object.assign(credential, await this.createCredential(credential));
		if (template === null) return;
		await this.rest('POST', '/workflows', { ...this.bound(template), active: false });
		await this.setPublished(true);
		await untilTemplateListens(this.process);
		// Its webhooks answer a moment before that; one that is killed in between holds its claim for two minutes.
		if (!this.isVersion1) await this.untilPublished(() => this.publications(UNDER_WAY) === 0);
	}

	/** Kills n8n in the middle of whatever it does: SIGKILL. */
	async kill(): Promise<void> {
		await this.process.kill();
	}

	/**
	 * Starts it again, and waits until its webhooks answer. Those of an n8n that was killed answer as soon as it listens, but are not
	 * there for a moment when it publishes its workflows anew.
	 */
	async restart(): Promise<void> {
		const hasTemplate = this.made.template !== null;
		const isAsync = !this.isVersion1 && hasTemplate;
		const published = isAsync ? this.publications(ENDED) : 0;
		this.running = await this.start(hasTemplate);
		if (isAsync)
			await this.untilPublished(() => this.publications(ENDED) > published && this.publications(UNDER_WAY) === 0);
	}

	async killAndRestart(): Promise<void> {
		await this.kill();
		await this.restart();
	}

	/** Stops n8n and removes everything it wrote. */
	async stop(): Promise<void> {
		const processes = [...this.workers, ...(this.running === undefined ? [] : [this.running])];
		await Promise.all(processes.map(async (process) => await process.stop()));
		await this.made.services?.stop();
		rmSync(this.made.instance.userFolder, { recursive: true, force: true });
	}

	/** Imports and publishes the template over itself by n8n's command line, as an upgrade does; n8n must not be running. */
	async importAgain(): Promise<void> {
		const { instance, credentials, template } = this.made;
		await provision(instance, credentials, template === null ? [] : [this.bound(template)]);
	}

	/** Changes nodes and connections of the template, as JSON, and publishes it, as a person does in the editor. */
	async changeTemplate(change: (json: string) => string): Promise<void> {
		const { nodes, connections, versionId } = (await this.rest('GET', `/workflows/${WORKFLOW_ID}`)) as {
			nodes: unknown;
			connections: unknown;
			versionId: string;
		};
		await this.rest('PATCH', `/workflows/${WORKFLOW_ID}`, {
			...(JSON.parse(change(JSON.stringify({ nodes, connections }))) as object),
			versionId,
		});
		await this.setPublished(true);
		if (!this.isVersion1) await this.untilPublished(() => this.publications(UNDER_WAY) === 0);
	}

	/** Imports a workflow as the editor does, and chooses the credentials in its nodes: the two of the template unless told. */
	async importWorkflow(
		given: WorkflowJson,
		chosen: CredentialJson[] = this.made.credentials,
	): Promise<ImportedWorkflow> {
		const workflow = withFixedPaths(given);
		const { id } = (await this.rest('POST', '/workflows', {
			...bindCredentials(workflow, chosen),
			active: false,
		})) as { id: string };
		const paths = workflow.nodes.flatMap(({ parameters, disabled }) =>
			disabled !== true && typeof parameters.path === 'string' && parameters.path !== '' ? [parameters.path] : [],
		);
		const switchTo = async (published: boolean): Promise<void> => {
			await setPublished(this.rest, id, published, this.isVersion1);
			for (const path of paths) await untilListening(this.hook(path), published);
		};
		return { id, publish: async () => await switchTo(true), unpublish: async () => await switchTo(false) };
	}

	/** Unpublishes or publishes the template, as the editor does. */
	async setPublished(published: boolean): Promise<void> {
		await setPublished(this.rest, WORKFLOW_ID, published, this.isVersion1);
	}

	/** What the editor says of the publication: null while n8n is at it, else the message of each trigger that failed. */
	async publicationErrors(): Promise<string[] | null> {
		const { status, triggers } = (await this.rest('GET', `/workflows/${WORKFLOW_ID}/publication-status`)) as {
			status: string;
			triggers: Array<{ errorMessage: string | null }>;
		};
		return status === 'in_progress' ? null : triggers.flatMap(({ errorMessage }) => errorMessage ?? []);
	}

	/** The same two credentials once more. Nodes keep locks and memories for each credential, so these behave like another worker. */
	async copyCredentials(): Promise<CredentialJson[]> {
		const copies = this.made.credentials.map(async ({ name, type, data }) => ({
			...(await this.createCredential({ name: `${name} (copy)`, type, data })),
			type,
			data,
		}));
		return await Promise.all(copies);
	}

	/** A further credential, as a person makes it. */
	async addCredential(type: string, data: Record<string, unknown>): Promise<{ id: string; name: string }> {
		return await this.createCredential({ name: `${type} (added)`, type, data });
	}

	/** Replaces the data of a stored credential. */
	async setCredential(type: string, data: Record<string, unknown>): Promise<void> {
		const credential = this.made.credentials.find((one) => one.type === type);
		await this.rest('PATCH', `/credentials/${credential?.id}`, { name: credential?.name, type, data });
	}

	/** What the editor's credential test says. */
	async testCredential(type: string, data: Record<string, unknown>): Promise<{ status: string; message: string }> {
		const credentials = { id: '', name: 'new', type, data };
		return (await this.rest('POST', '/credentials/test', { credentials })) as { status: string; message: string };
	}

	/** Runs SQL in n8n's database and returns its rows; what it changes n8n must not be running for. In queue mode questions only. */
	sql(statement: string): Array<Record<string, unknown>> {
		return this.made.services?.sql(statement) ?? sqliteOf(this.made.instance, statement);
	}

	/** The files that n8n wrote (database, logs) in which a text stands in the clear. */
	filesWith(text: string): string[] {
		return filesWith(this.made.instance.userFolder, text);
	}

	private get isVersion1(): boolean {
		return isVersion1(this.made.instance.runtime);
	}

	/** The template with its credentials. */
	private bound(template: WorkflowJson): WorkflowJson & { id: string } {
		return { ...bindCredentials(template, this.made.credentials), id: WORKFLOW_ID };
	}

	/** Ready when n8n answers or, once the template is published, when its webhooks do. */
	private async start(listens: boolean): Promise<N8nProcess> {
		const { instance } = this.made;
		const process = await startN8n(instance, join(instance.userFolder, 'n8n.log'));
		try {
			await (listens ? untilTemplateListens(process) : process.waitUntilReady());
		} catch (caught) {
			await process.stop();
			throw caught;
		}
		return process;
	}

	private async createCredential({ name, type, data }: Omit<CredentialJson, 'id'>) {
		const { id } = (await this.rest('POST', '/credentials', { name, type, data })) as { id: string };
		return { id, name };
	}

	private publications(statuses: string): number {
		const [row] = this.sql(`SELECT count(*) AS count FROM workflow_publication_outbox WHERE status ${statuses}`);
		return Number(row?.count);
	}

	private async untilPublished(isSo: () => boolean): Promise<void> {
		await waitUntil('n8n did not publish its workflows', EXECUTION_MS, 100, isSo);
	}
}
