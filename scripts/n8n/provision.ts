import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
	bindCredentials,
	withFixedPaths,
	type CredentialJson,
	type WorkflowJson,
} from '../../docker/entrypoint/workflow';
import { runN8nCommand, type N8nInstance } from './process';
import { isVersion1 } from './prefix';

export { bindCredentials, withFixedPaths, type CredentialJson, type WorkflowJson };

/** Imports credentials and workflows into a stopped instance and publishes the workflows; n8n creates its database on the way. */
export async function provision(
	instance: N8nInstance,
	credentials: CredentialJson[],
	workflows: Array<WorkflowJson & { id: string }>,
): Promise<void> {
	mkdirSync(join(instance.userFolder, '.n8n'), { recursive: true });
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
}
