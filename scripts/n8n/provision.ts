import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runN8nCommand, type N8nInstance } from './process';
import type { N8nRuntime } from './prefix';

/** A workflow as n8n exports it, as far as we touch it. */
export interface WorkflowJson {
	id?: string;
	name: string;
	nodes: Array<{ name: string; type: string; parameters: Record<string, unknown>; credentials?: Record<string, { id: string | null; name: string }>; disabled?: boolean; [key: string]: unknown }>;
	[key: string]: unknown;
}

/** A credential to import. `data` may be empty when CREDENTIALS_OVERWRITE_DATA holds the secrets. */
export interface CredentialJson {
	id: string;
	name: string;
	type: string;
	data: Record<string, unknown>;
}

/** Chooses the credentials in every node, as a person does after importing a template. */
export function bindCredentials(workflow: WorkflowJson, credentials: CredentialJson[]): WorkflowJson {
	const nodes = workflow.nodes.map((node) => {
		const chosen = Object.keys(node.credentials ?? {}).flatMap((type) => credentials.filter((credential) => credential.type === type));
		return chosen.length === 0 ? node : { ...node, credentials: Object.fromEntries(chosen.map(({ type, id, name }) => [type, { id, name }])) };
	});
	return { ...workflow, nodes };
}

/**
 * Imports credentials and workflows into a stopped instance and publishes the workflows; n8n creates its database on the way. Does
 * nothing when this instance was provisioned with exactly this before. Returns whether anything was done.
 */
export async function provision(instance: N8nInstance, credentials: CredentialJson[], workflows: Array<WorkflowJson & { id: string }>): Promise<boolean> {
	mkdirSync(join(instance.userFolder, '.n8n'), { recursive: true });
	const stamp = join(instance.userFolder, 'provisioned');
	const content = JSON.stringify([instance.runtime.version, instance.encryptionKey, credentials, workflows]);
	const digest = createHash('sha256').update(content).digest('hex');
	if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return false;
	const files = mkdtempSync(join(tmpdir(), 'n8n-provision-'));
	try {
		writeFileSync(join(files, 'credentials.json'), JSON.stringify(credentials), { mode: 0o600 });
		writeFileSync(join(files, 'workflows.json'), JSON.stringify(workflows));
		await runN8nCommand(instance, ['import:credentials', `--input=${join(files, 'credentials.json')}`]);
		await runN8nCommand(instance, ['import:workflow', `--input=${join(files, 'workflows.json')}`]);
		const publish = isVersion1(instance.runtime) ? ['update:workflow', '--active=true'] : ['publish:workflow'];
		for (const { id } of workflows) await runN8nCommand(instance, [...publish, `--id=${id}`]);
	} finally {
		rmSync(files, { recursive: true, force: true });
	}
	writeFileSync(stamp, digest);
	return true;
}

/** n8n 1.x knows no drafts, and no owner from the environment. */
export function isVersion1({ version }: N8nRuntime): boolean {
	return version.startsWith('1.');
}

/** Who may open the editor. */
export interface Owner {
	email: string;
	password: string;
}

/** Makes n8n create or keep its owner from the environment; 1.x does not listen. */
export function ownerEnvironment(runtime: N8nRuntime, { email, password }: Owner): NodeJS.ProcessEnv {
	const { hashSync } = createRequire(join(runtime.dir, 'package.json'))('bcryptjs') as { hashSync(text: string, rounds: number): string };
	return {
		N8N_INSTANCE_OWNER_MANAGED_BY_ENV: 'true',
		N8N_INSTANCE_OWNER_EMAIL: email,
		N8N_INSTANCE_OWNER_FIRST_NAME: 'Local',
		N8N_INSTANCE_OWNER_LAST_NAME: 'Owner',
		N8N_INSTANCE_OWNER_PASSWORD_HASH: hashSync(password, 10),
	};
}
