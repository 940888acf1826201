import { randomBytes } from 'node:crypto';
import { hashSync } from 'bcryptjs';
import type { Owner } from './configuration';

/** Makes n8n create its owner, or change the one it has, when it starts. A new hash signs everybody out. */
export function ownerEnvironment({ email, password }: Owner): NodeJS.ProcessEnv {
	return {
		N8N_INSTANCE_OWNER_MANAGED_BY_ENV: 'true',
		N8N_INSTANCE_OWNER_EMAIL: email,
		N8N_INSTANCE_OWNER_PASSWORD_HASH: hashSync(password, 10),
	};
}

/**
 * An n8n without owner belongs to the first who opens it. So without an owner there is no editor, and its interface is where nobody
 * finds it; an owner whom a person made by hand stays as he is.
 */
export function closedEditor(): NodeJS.ProcessEnv {
	return { N8N_DISABLE_UI: 'true', N8N_ENDPOINT_REST: `rest-${randomBytes(16).toString('hex')}` };
}
