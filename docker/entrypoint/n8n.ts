import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';

/** What is said of n8n's own variables unless somebody says otherwise: nothing is told to anybody, and nothing runs that nobody needs. */
export const N8N_DEFAULTS: Readonly<Record<string, string>> = {
	NODE_ENV: 'production',
	N8N_ENDPOINT_WEBHOOK: 'webhooks',
	N8N_DIAGNOSTICS_ENABLED: 'false',
	N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
	N8N_TEMPLATES_ENABLED: 'false',
	N8N_PERSONALIZATION_ENABLED: 'false',
	N8N_HIRING_BANNER_ENABLED: 'false',
	N8N_DYNAMIC_BANNERS_ENABLED: 'false',
	N8N_VERIFIED_PACKAGES_ENABLED: 'false',
	N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
	// Some of these call out to the internet at start.
	N8N_DISABLED_MODULES:
		'mcp-registry,mcp,instance-ai,agents,chat-hub,insights,otel,source-control,external-secrets,ldap,sso-oidc,sso-saml,quick-connect,favorites,token-exchange,workflow-builder,dynamic-credentials,breaking-changes',
};

/**
 * An isolate for expressions is made only where there is one, and faster; each execution has its own as before. See docs/performance.md.
 */
export const FASTER: Readonly<Record<string, string>> = {
	N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true',
	N8N_EXPRESSION_ENGINE_COMPILE_CACHE: 'true',
};

/** What n8n calls otherwise since 2.41, as people have it in their settings. */
const RENAMED: Readonly<Record<string, string>> = { WEBHOOK_URL: 'N8N_WEBHOOK_URL' };

/** Adds what is not given, neither as such nor as `<NAME>_FILE`: for n8n an existing variable wins over its file. */
export function withDefaults(env: NodeJS.ProcessEnv, defaults: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
	return { ...Object.fromEntries(Object.entries(defaults).filter(([name]) => !isGiven(env, name))), ...env };
}

/** Gives n8n's variables the names that it wants now; of the old ones it warns at every start. */
export function withNewNames(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
	const changed = { ...env };
	for (const [before, now] of Object.entries(RENAMED))
		for (const ending of ['', '_FILE']) {
			const value = changed[before + ending];
			delete changed[before + ending];
			if (value !== undefined && !isGiven(env, now)) changed[now + ending] = value;
		}
	return changed;
}

/** Whether n8n would find a value for one of its variables. */
export function isGiven(env: NodeJS.ProcessEnv, name: string): boolean {
	return env[name] !== undefined || env[`${name}_FILE`] !== undefined;
}

let running: ChildProcess | undefined;
let stopped: NodeJS.Signals | undefined;

/**
 * Whatever is running gets the signal, and nothing more is started. `npm start`, which has a channel to this program, may vanish without
 * any.
 */
export function passSignalsOn(): void {
	const stop = (signal: NodeJS.Signals): void => {
		stopped = signal;
		running?.kill(signal);
	};
	for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
	process.on('disconnect', () => stop('SIGTERM'));
}

/** Thrown when we were told to stop. */
export class Stopped extends Error {}

/** One of n8n's commands failed. */
export class Failed extends Error {}

const OUTPUT_KEPT = 2_000;

/** Runs one of n8n's commands to its end. Returns what it printed. */
export async function runN8n(args: string[], env: NodeJS.ProcessEnv): Promise<string> {
	const child = begin(args, env, 'pipe');
	let output = '';
	for (const stream of [child.stdout, child.stderr])
		stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
	const code = await ended(child, 'close');
	if (stopped !== undefined) throw new Stopped();
	if (code !== 0) throw new Failed(`n8n ${args[0]} ended with ${code}:\n${output.slice(-OUTPUT_KEPT)}`);
	return output;
}

/** Starts n8n for good. Resolves with its exit code when it ends. */
export async function startN8n(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
	return await ended(begin(args, env, 'inherit'), 'exit');
}

function begin(args: string[], env: NodeJS.ProcessEnv, output: 'pipe' | 'inherit'): ChildProcess {
	if (stopped !== undefined) throw new Stopped();
	// In a group of its own: Ctrl-C would reach it twice, from the terminal and from us, and the second time ends it on the spot.
	running = spawn('n8n', args, { env, stdio: ['ignore', output, output], detached: true });
	// Whoever has a channel to this program can end that group when this program cannot any more.
	process.send?.({ n8n: running.pid });
	return running;
}

async function ended(child: ChildProcess, event: 'close' | 'exit'): Promise<number> {
	return await new Promise((resolve, reject) => {
		child.on('error', ({ message }) => reject(new Error(`n8n cannot be started: ${message}`)));
		child.on(event, (code: number | null, signal: NodeJS.Signals | null) =>
			resolve(code ?? 128 + constants.signals[signal as NodeJS.Signals]),
		);
	});
}
