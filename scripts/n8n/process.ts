import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { N8N_DEFAULTS } from '../../docker/entrypoint/n8n';
import { answers } from '../../docker/entrypoint/ready';
import { cleanEnvironment, runCommand } from './command';
import { compileCache, isVersion1, type N8nRuntime } from './prefix';

/** n8n stops at a module that it does not know, and 1.x knows fewer. */
const N8N_1_DISABLED_MODULES = 'insights';

/** One n8n on this machine. */
export interface N8nInstance {
	runtime: N8nRuntime;
	/** `.n8n` with database, packages and settings lives below it. */
	userFolder: string;
	port: number;
	/** First part of webhook addresses. */
	webhookPrefix: string;
	/** n8n encrypts its credentials with it. */
	encryptionKey: string;
	env?: NodeJS.ProcessEnv;
}

/** The environment of n8n: on loopback only, calling nobody, telling nobody. */
export function n8nEnvironment({
	runtime,
	userFolder,
	port,
	webhookPrefix,
	encryptionKey,
	env,
}: N8nInstance): NodeJS.ProcessEnv {
	return cleanEnvironment({
		PATH: `${dirname(runtime.node)}:${process.env.PATH}`,
		...N8N_DEFAULTS,
		...compileCache(runtime),
		N8N_USER_FOLDER: userFolder,
		N8N_LISTEN_ADDRESS: '127.0.0.1',
		N8N_HOST: '127.0.0.1',
		N8N_PORT: String(port),
		N8N_ENDPOINT_WEBHOOK: webhookPrefix,
		N8N_ENCRYPTION_KEY: encryptionKey,
		N8N_SECURE_COOKIE: 'false',
		...(isVersion1(runtime) ? { N8N_DISABLED_MODULES: N8N_1_DISABLED_MODULES } : {}),
		...env,
	});
}

/** Runs one n8n command to its end, e.g. an import into a stopped instance. */
export async function runN8nCommand(instance: N8nInstance, args: string[]): Promise<string> {
	return await runCommand(instance.runtime.node, [instance.runtime.cli, ...args], {
		cwd: instance.userFolder,
		env: n8nEnvironment(instance),
	});
}

/** A running n8n. */
export interface N8nProcess {
	url: string;
	pid: number;
	/** Resolves when the webhook is registered; rejects when n8n ends or `timeoutMs` passes. */
	waitForWebhook(path: string, timeoutMs?: number): Promise<void>;
	/**
	 * Resolves when its REST interface answers, or the worker takes work, which is before webhooks are registered; rejects when it ends or
	 * `timeoutMs` passes.
	 */
	waitUntilReady(timeoutMs?: number): Promise<void>;
	/** Everything it has printed. */
	log(): string;
	/** Ends it and its task runner, gently first. */
	stop(): Promise<void>;
	/** SIGKILL. */
	kill(): Promise<void>;
	/** Resolves with the exit code when it ends. */
	ended: Promise<number | null>;
}

const STOP_MS = 8_000;

/**
 * Starts n8n; ready when its webhooks answer (see `waitForWebhook`).
 * @param role `worker` for one that works off the queue: its port answers questions for its health only.
 */
export async function startN8n(
	instance: N8nInstance,
	logFile: string,
	role: 'start' | 'worker' = 'start',
): Promise<N8nProcess> {
	const broker = await freePort();
	mkdirSync(dirname(logFile), { recursive: true });
	// Its presence makes n8n wait 10 s after a crash; here a crash is somebody's SIGKILL.
	rmSync(join(instance.userFolder, '.n8n', 'crash.journal'), { force: true });
	const log = openSync(logFile, 'w');
	const child = spawn(instance.runtime.node, [instance.runtime.cli, role], {
		cwd: instance.userFolder,
		env: {
			...n8nEnvironment(instance),
			...(role === 'worker' ? healthServer(instance) : {}),
			N8N_RUNNERS_BROKER_PORT: String(broker),
		},
		stdio: ['ignore', log, log],
		// A group of its own, so that stopping reaches the task runner as well.
		detached: true,
	});
	closeSync(log);
	const ended = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
	const url = `http://127.0.0.1:${instance.port}`;
	return {
		url,
		pid: child.pid ?? 0,
		ended,
		log: () => readFileSync(logFile, 'utf8'),
		// An unsigned POST gets 404 before the webhook is registered and 401 afterwards.
		waitForWebhook: async (path, timeoutMs = 180_000) =>
			await waitForStatus(
				401,
				`${url}/${instance.webhookPrefix}/${path}`,
				{ method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' },
				child,
				timeoutMs,
				logFile,
			),
		// n8n 1.x says that it is ready before it has its REST interface, which knows nobody yet.
		waitUntilReady: async (timeoutMs = 180_000) =>
			await waitForStatus(
				role === 'worker' ? 200 : 401,
				`${url}${role === 'worker' ? '/healthz/readiness' : '/rest/login'}`,
				{},
				child,
				timeoutMs,
				logFile,
			),
		stop: async () => await end(child, ended, 'SIGTERM'),
		kill: async () => await end(child, ended, 'SIGKILL'),
	};
}

function healthServer({ port }: N8nInstance): NodeJS.ProcessEnv {
	return {
		QUEUE_HEALTH_CHECK_ACTIVE: 'true',
		QUEUE_HEALTH_CHECK_PORT: String(port),
		N8N_WORKER_SERVER_ADDRESS: '127.0.0.1',
	};
}

async function waitForStatus(
	wanted: number,
	url: string,
	request: RequestInit,
	child: ChildProcess,
	timeoutMs: number,
	logFile: string,
): Promise<void> {
	const deadline = Date.now() + timeoutMs;
	while (Date.now() < deadline) {
		if (child.exitCode !== null)
			throw new Error(`n8n ended with ${child.exitCode}:\n${readFileSync(logFile, 'utf8').slice(-3000)}`);
		if (await answers(wanted, url, request)) return;
		await new Promise((resolve) => setTimeout(resolve, 150));
	}
	throw new Error(`${url} did not answer within ${timeoutMs / 1000} s:\n${readFileSync(logFile, 'utf8').slice(-3000)}`);
}

async function end(child: ChildProcess, ended: Promise<number | null>, signal: NodeJS.Signals): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	signalGroup(child, signal);
	const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_MS);
	await ended;
	clearTimeout(timer);
	// The runner may outlive its parent for a moment.
	signalGroup(child, 'SIGKILL');
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
	try {
		if (child.pid) process.kill(-child.pid, signal);
	} catch {
		// The group is gone.
	}
}

/** Below those that systems give to connections (from 32,768 on Linux), any of which could take a port before it is listened on. */
const PORTS = { from: 10_000, to: 30_000 };

/** A file for each that was given away of late: who got it may not listen on it yet, and others ask in other processes. */
const GIVEN = join(tmpdir(), `n8n-nodes-dodo-lago-ports-${process.getuid?.() ?? ''}`);
const GIVEN_MS = 10 * 60_000;

/** A port of loopback that nobody listens on, or was given in the last minutes. */
export async function freePort(): Promise<number> {
	for (;;) {
		const port = randomInt(PORTS.from, PORTS.to);
		if (take(port) && (await isFreePort(port))) return port;
	}
}

function take(port: number): boolean {
	const file = join(GIVEN, String(port));
	mkdirSync(GIVEN, { recursive: true });
	const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: Infinity };
	if (Date.now() - mtimeMs > GIVEN_MS) rmSync(file, { force: true });
	try {
		closeSync(openSync(file, 'wx'));
		return true;
	} catch (problem) {
		if ((problem as NodeJS.ErrnoException).code === 'EEXIST') return false;
		throw problem;
	}
}

/** Whether nobody listens on a port of loopback right now. */
export async function isFreePort(port: number): Promise<boolean> {
	return await new Promise((resolve) => {
		const server = createServer();
		server.once('error', () => resolve(false));
		server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
	});
}
