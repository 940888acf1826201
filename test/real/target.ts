import { readBaseUrl } from '../../nodes/shared/domain/baseUrl';

/** A real Lago to run against, and how it reaches the n8n of this run. */
export interface RealLago {
	/** Without a slash at its end. */
	url: string;
	apiKey: string;
	hmacKey: string;
	/** Where n8n listens on this machine; null for any free port. */
	port: number | null;
	/** Address under which Lago reaches that port, without a slash at its end; null for loopback. */
	webhookBase: string | null;
}

/** What a run needs, and what it may be told. */
const NEEDED = ['LAGO_REAL_URL', 'LAGO_REAL_API_KEY', 'LAGO_REAL_HMAC_KEY'] as const;

/** The variable by which the start of the run tells its tests what the licence allows. */
const LICENCE = 'LAGO_REAL_LICENCE';

/** Reads the variables of docs/testing-with-a-real-lago.md; null where none is set. Throws an Error that says what is wrong with them. */
export function realLago(env: NodeJS.ProcessEnv = process.env): RealLago | null {
	const missing = NEEDED.filter((name) => !env[name]);
	if (missing.length === NEEDED.length) return null;
	if (missing.length > 0) throw new Error(`${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not set.`);
	const base = env.LAGO_REAL_WEBHOOK_BASE;
	const port = env.LAGO_REAL_N8N_PORT ? Number(env.LAGO_REAL_N8N_PORT) : null;
	if (port !== null && !(Number.isInteger(port) && port > 0 && port < 65_536))
		throw new Error(`LAGO_REAL_N8N_PORT is "${env.LAGO_REAL_N8N_PORT}", which is no port.`);
	if (base && port === null)
		throw new Error('LAGO_REAL_WEBHOOK_BASE leads to one port: set LAGO_REAL_N8N_PORT to that port.');
	return {
		url: addressIn('LAGO_REAL_URL', env).replace(/\/api\/v1$/, ''),
		apiKey: env.LAGO_REAL_API_KEY ?? '',
		hmacKey: env.LAGO_REAL_HMAC_KEY ?? '',
		port,
		webhookBase: base ? addressIn('LAGO_REAL_WEBHOOK_BASE', env) : null,
	};
}

/** What the start of the run has found out. */
export function knownLicence(): boolean {
	return process.env[LICENCE] === 'premium';
}

/** Tells the tests of this run. */
export function tellLicence(premium: boolean): void {
	process.env[LICENCE] = premium ? 'premium' : 'free';
}

function addressIn(name: string, env: NodeJS.ProcessEnv): string {
	const read = readBaseUrl(env[name] ?? '');
	if ('problem' in read) throw new Error(`${name} ${read.problem}.`);
	return read.url;
}
