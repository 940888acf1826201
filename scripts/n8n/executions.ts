import type { Owner } from '../../docker/entrypoint/configuration';
import { WORKFLOW_ID } from '../../docker/entrypoint/workflow';
import { Executions } from '../../sandbox/page/executions';
import { listExecutions, readRun, signIn } from './rest';

/** What n8n has executed, seen as its owner; null when this owner cannot sign in, as after a password was changed in the editor. */
export async function executionsOf(url: string, owner: Owner): Promise<Executions | null> {
	const rest = await signIn(url, owner, false).catch(() => null);
	if (rest === null) return null;
	return new Executions({
		ended: async () => (await listExecutions(rest, 'ended')).map(({ id }) => id),
		read: async (id) => await readRun(rest, id),
		urlOf: (id) => `${url}/workflow/${WORKFLOW_ID}/executions/${id}`,
	});
}
