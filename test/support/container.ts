import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEntrypoint, type Entrypoint } from '../../scripts/n8n/entrypoint';
import { assembleImage } from '../../scripts/n8n/image';
import { ensureN8n } from '../../scripts/n8n/prefix';
import { freePort } from '../../scripts/n8n/process';
import {
	startDodoSimulator,
	startLagoSimulator,
	type DodoSimulator,
	type LagoSimulator,
} from '../../sandbox/simulators';

/** Everything that a person gives to the image, and the two services that it leads to. */
export interface Given {
	dodo: DodoSimulator;
	lago: LagoSimulator;
	env: NodeJS.ProcessEnv;
	/** What must never be seen. */
	secrets: string[];
	stop(): Promise<void>;
}

const quiet = (): void => {};
const DODO_SECRET = `whsec_${Buffer.alloc(32, 'dodo').toString('base64')}`;

/** Starts both services, and names their keys as a person does. */
export async function give(): Promise<Given> {
	const dodo = await startDodoSimulator({ apiKey: 'dodo-key-of-the-test', timeScale: 100 });
	const lago = await startLagoSimulator({
		apiKey: 'lago-key-of-the-test',
		hmacKey: 'hmac-key-of-the-test',
		timeScale: 100,
	});
	const secrets = {
		DODO_API_KEY: dodo.apiKey,
		DODO_WEBHOOK_SECRET: DODO_SECRET,
		LAGO_API_KEY: lago.apiKey,
		LAGO_WEBHOOK_HMAC_KEY: lago.hmacKey,
	};
	return {
		dodo,
		lago,
		env: { ...secrets, DODO_API_URL: dodo.url, LAGO_API_URL: lago.url },
		secrets: Object.values(secrets),
		stop: async () => void (await Promise.all([dodo.close(), lago.close()])),
	};
}

/** The image without Docker: its program with a user folder, a port and a folder for temporary files of its own. */
export interface Container {
	home: string;
	/** Where temporary files go. */
	temporary: string;
	url: string;
	/** Starts it in a role, after what ran before. */
	start(env: NodeJS.ProcessEnv, options?: { args?: string[]; image?: string }): Promise<Entrypoint>;
	/** Stops what runs and removes every trace. */
	remove(): Promise<void>;
}

/** Makes room for one; nothing is started yet. */
export async function container(): Promise<Container> {
	const folder = mkdtempSync(join(tmpdir(), 'container-'));
	const [home, temporary] = ['home', 'tmp'].map((name) => mkdtempSync(join(folder, `${name}-`))) as [string, string];
	const port = String(await freePort());
	let running: Entrypoint | undefined;
	return {
		home,
		temporary,
		url: `http://127.0.0.1:${port}`,
		async start(env, { args, image } = {}) {
			const [runtime, ownImage] = [await ensureN8n(quiet), await assembleImage(quiet)];
			const local = {
				HOME: home,
				N8N_USER_FOLDER: home,
				TMPDIR: temporary,
				PORT: port,
				N8N_LISTEN_ADDRESS: '127.0.0.1',
				N8N_WORKER_SERVER_ADDRESS: '127.0.0.1',
				N8N_RUNNERS_BROKER_PORT: String(await freePort()),
				N8N_ENCRYPTION_KEY: undefined,
			};
			// What a failed test left.
			await running?.stop();
			running = startEntrypoint({
				runtime,
				image: image ?? ownImage,
				args,
				env: { ...local, ...env },
				logFile: join(folder, 'log'),
			});
			return running;
		},
		async remove() {
			await running?.stop();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** A copy of the image with another workflow, as a later release has it. */
export async function laterImage(folder: string, change: (workflow: string) => string): Promise<string> {
	cpSync(await assembleImage(quiet), folder, { recursive: true });
	const file = join(folder, 'package', 'workflows', 'lago-dodo-sync.json');
	writeFileSync(file, change(readFileSync(file, 'utf8')));
	return folder;
}

/** What the processes below one show to everybody who may list them: arguments, and to their own user the environment. */
export function shownBy(pid: number): { args: string; environment: string }[] {
	const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
	const parentOf = (one: string): string => /^PPid:\s+(\d+)$/m.exec(readProc(one, 'status'))?.[1] ?? '';
	const children = (of: string): string[] =>
		processes.filter((one) => parentOf(one) === of).flatMap((one) => [one, ...children(one)]);
	return children(String(pid)).map((one) => ({
		args: readProc(one, 'cmdline'),
		environment: readProc(one, 'environ'),
	}));
}

function readProc(pid: string, file: string): string {
	try {
		return readFileSync(`/proc/${pid}/${file}`, 'utf8');
	} catch {
		// It has ended.
		return '';
	}
}
