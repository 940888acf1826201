import { join } from 'node:path';
import { installPackage } from '../../scripts/n8n/package';
import { freePort, startN8n, type N8nInstance, type N8nProcess } from '../../scripts/n8n/process';

/** What makes n8n hand its executions to workers. */
export const QUEUE_MODE: NodeJS.ProcessEnv = { EXECUTIONS_MODE: 'queue', OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true' };

/** A worker of n8n in queue mode, as if on a machine of its own: it shares database and queue with the main process, and no file. */
export interface TestWorker {
	readonly process: N8nProcess;
	/** Kills it in the middle of whatever it does: SIGKILL. */
	kill(): Promise<void>;
	/** Starts it again, and waits until it takes work. */
	restart(): Promise<void>;
	stop(): Promise<void>;
}

/** Starts a worker with the package in a user folder of its own. */
export async function startWorker(main: N8nInstance, tarball: string, userFolder: string): Promise<TestWorker> {
	await installPackage(tarball, userFolder);
	const instance: N8nInstance = { ...main, userFolder, port: await freePort() };
	const start = async (): Promise<N8nProcess> => {
		const worker = await startN8n(instance, join(userFolder, 'n8n.log'), 'worker');
		return await worker.waitUntilReady().then(
			() => worker,
			async (problem: unknown) => {
				await worker.stop();
				throw problem;
			},
		);
	};
	let current = await start();
	return {
		get process() {
			return current;
		},
		kill: async () => await current.kill(),
		async restart() {
			current = await start();
		},
		stop: async () => await current.stop(),
	};
}
