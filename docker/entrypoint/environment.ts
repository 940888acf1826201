import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { Configuration } from './configuration';
import { FASTER, isGiven, N8N_DEFAULTS, withDefaults, withNewNames } from './n8n';
import { closedEditor, ownerEnvironment } from './owner';

/** What a container can be: n8n itself, or one of its two helpers in queue mode. */
export type Role = 'main' | 'webhook' | 'worker';

/**
 * The environment, and what it does not say from the file that ENV_FILE names: a container shows its environment to many, a file to few.
 */
export function givenEnvironment(env: NodeJS.ProcessEnv): { given: NodeJS.ProcessEnv } | { problem: string } {
	const { ENV_FILE: file, ...rest } = env;
	if (!file) return { given: rest };
	try {
		// Some editors begin a file with a mark, which would become part of the first name.
		return { given: { ...parseEnv(readFileSync(file, 'utf8').replace(/^\uFEFF/, '')), ...rest } };
	} catch {
		return {
			problem: `ENV_FILE: the file ${file} cannot be read. It must be there, and readable for the user ${process.getuid?.()} of this container.`,
		};
	}
}

/** Names of our own variables: n8n, and whatever it starts, does not see them. */
const OWN =
	/^((DODO|LAGO|ACCESS|OWNER)_\w+|ENTITY_BRANDS|COLLECT_SINCE|RETRY_SCHEDULE|RECONCILE_INTERVAL_MINUTES|PORT)(_FILE)?$/;

const WEBHOOK_SECRETS = join(__dirname, 'webhookSecrets.js');

/** n8n's environment: what was given, what we need beside it, and none of our secrets. */
export function n8nEnvironment(
	given: NodeJS.ProcessEnv,
	{ port, owner }: Configuration,
	role: Role,
): NodeJS.ProcessEnv {
	const passed = withNewNames(Object.fromEntries(Object.entries(given).filter(([name]) => !OWN.test(name))));
	const env = withDefaults(passed, { ...N8N_DEFAULTS, ...FASTER, N8N_PORT: String(port) });
	// A worker answers questions for its health only, on the port where the others listen as well.
	if (role === 'worker')
		return withDefaults(env, { QUEUE_HEALTH_CHECK_ACTIVE: 'true', QUEUE_HEALTH_CHECK_PORT: env.N8N_PORT });
	if (role === 'webhook')
		return { ...env, EXTERNAL_HOOK_FILES: [WEBHOOK_SECRETS, env.EXTERNAL_HOOK_FILES ?? []].flat().join(':') };
	if (/^(true|1)$/i.test(env.N8N_INSTANCE_OWNER_MANAGED_BY_ENV ?? '')) return env;
	return { ...env, ...(owner === null ? closedEditor() : ownerEnvironment(owner)) };
}

/** The secrets as n8n fills them into empty credentials, together with what somebody else gave it to fill in. */
export function credentialOverwrites(
	given: NodeJS.ProcessEnv,
	{ dodo: { productId: _chosen, ...dodo }, lago, access }: Configuration,
): object {
	const others = othersOverwrites(given);
	return {
		...others,
		dodoPaymentsApi: dodo,
		lagoBillingApi: { ...lago, accessToken: access.apiToken, accessCallbackSecret: access.callbackSecret },
	};
}

function othersOverwrites({
	CREDENTIALS_OVERWRITE_DATA: data,
	CREDENTIALS_OVERWRITE_DATA_FILE: file,
}: NodeJS.ProcessEnv): object {
	try {
		return JSON.parse(data ?? (file ? readFileSync(file, 'utf8') : '{}')) as object;
	} catch {
		// The problem itself would quote what it could not read.
		throw new Error('CREDENTIALS_OVERWRITE_DATA, or the file that CREDENTIALS_OVERWRITE_DATA_FILE names, is not JSON.');
	}
}

/** With a database elsewhere, or several containers, n8n must not make up a key that only one folder knows. */
export function keyProblem(given: NodeJS.ProcessEnv, role: Role, hasOwnKey: boolean): string | null {
	const isShared = role !== 'main' || given.DB_TYPE === 'postgresdb';
	if (!isShared || hasOwnKey || isGiven(given, 'N8N_ENCRYPTION_KEY')) return null;
	return 'N8N_ENCRYPTION_KEY is missing. n8n encrypts what it stores with it, and needs the same at every start and in every container. Make one with: openssl rand -hex 32';
}
