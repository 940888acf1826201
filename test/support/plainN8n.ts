import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownerEnvironment } from '../../docker/entrypoint/owner';
import { installPackage, packPackage } from '../../scripts/n8n/package';
import { ensureN8n } from '../../scripts/n8n/prefix';
import { freePort, startN8n } from '../../scripts/n8n/process';
import { ENCRYPTION_KEY, useMigratedDatabase } from './migrated';
import { OWNER } from './n8n';
import type { WorkflowJson } from '../../scripts/n8n/provision';
import { waitUntil } from './waiting';
import { listExecutions, readRun, signIn, type Execution, type Run } from '../../scripts/n8n/rest';

/** An n8n as somebody has it: the package is installed, everything else is at its defaults, and there is nothing in it. */
export interface PlainN8n {
	url: string;
	/** Id of the newest execution, '0' when there is none. */
	newestExecution(): Promise<string>;
	/** The newest execution of a workflow that has ended; throws when there is none. */
	lastExecutionOf(workflowId: string): Promise<Run>;
	/** The newest execution that has ended and in which this node ran; throws when there is none. */
	lastExecutionWith(node: string): Promise<Run>;
	/** The same, but one that is newer than `before`: waits for it. */
	nextExecutionWith(node: string, before: string): Promise<Run>;
	/** Address of the form that a workflow begins with. */
	formOf(workflowId: string): Promise<string>;
	unpublishAll(): Promise<void>;
	deleteCredentials(): Promise<void>;
	stop(): Promise<void>;
}

const quiet = (): void => {};
const LOOK_BACK = 30;
const PATIENCE_MS = 180_000;

/** Starts it; {@link PlainN8n.stop} removes every trace. */
export async function startPlainN8n(): Promise<PlainN8n> {
	const [runtime, tarball] = [await ensureN8n(quiet), await packPackage(quiet)];
	const userFolder = mkdtempSync(join(tmpdir(), 'n8n-browser-'));
	await installPackage(tarball, userFolder);
	const instance = {
		runtime,
		userFolder,
		port: await freePort(),
		webhookPrefix: 'webhook',
		encryptionKey: ENCRYPTION_KEY,
		env: ownerEnvironment(OWNER),
	};
	await useMigratedDatabase(instance);
	const process = await startN8n(instance, join(userFolder, 'n8n.log'));
	const stop = async (): Promise<void> => {
		await process.stop();
		rmSync(userFolder, { recursive: true, force: true });
	};
	const rest = await process
		.waitUntilReady()
		.then(async () => await signIn(process.url, OWNER, false))
		.catch(async (problem: unknown) => {
			await stop();
			throw problem;
		});
	const ended = async (): Promise<Execution[]> => await listExecutions(rest, 'ended');
	const workflows = async (): Promise<Array<{ id: string; name: string; active: boolean }>> =>
		(await rest('GET', '/workflows')) as Array<{ id: string; name: string; active: boolean }>;
	const newestWith = async (node: string, after = '0'): Promise<Run | null> => {
		for (const { id } of (await ended()).slice(0, LOOK_BACK)) {
			if (Number(id) <= Number(after)) break;
			const run = await readRun(rest, id);
			if (run.nodes.includes(node)) return run;
		}
		return null;
	};
	return {
		url: process.url,
		newestExecution: async () => (await ended())[0]?.id ?? '0',
		async lastExecutionOf(workflowId) {
			const found = (await ended()).find((one) => one.workflowId === workflowId);
			if (found === undefined) throw new Error(`Workflow ${workflowId} was not executed`);
			return await readRun(rest, found.id);
		},
		async lastExecutionWith(node) {
			const run = await newestWith(node);
			if (run === null) throw new Error(`${node} did not run in the newest ${LOOK_BACK} executions`);
			return run;
		},
		async nextExecutionWith(node, before) {
			for (
				const deadline = Date.now() + PATIENCE_MS;
				Date.now() < deadline;
				await new Promise((resolve) => setTimeout(resolve, 250))
			) {
				const run = await newestWith(node, before);
				if (run !== null) return run;
			}
			throw new Error(`${node} did not run within ${PATIENCE_MS / 1000} s`);
		},
		async formOf(workflowId) {
			const { nodes } = (await rest('GET', `/workflows/${workflowId}`)) as WorkflowJson;
			return `${process.url}/form/${nodes.find(({ type }) => type.endsWith('.formTrigger'))?.webhookId}`;
		},
		async unpublishAll() {
			const all = await workflows();
			for (const { id } of all) await rest('POST', `/workflows/${id}/deactivate`, {});
			// It does so in the background, and tells the page, which must not be on its way to another workflow by then.
			const isDone = async ({ id }: { id: string }): Promise<boolean> =>
				((await rest('GET', `/workflows/${id}/publication-status`)) as { status: string }).status !== 'in_progress';
			for (const one of all) await waitUntil('n8n did not unpublish', PATIENCE_MS, 100, async () => await isDone(one));
		},
		async deleteCredentials() {
			for (const { id } of (await rest('GET', '/credentials')) as Array<{ id: string }>)
				await rest('DELETE', `/credentials/${id}`);
		},
		stop,
	};
}
