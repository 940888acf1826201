import type { WorkflowJson } from '../../scripts/n8n/provision';
import { readTemplate } from '../support/n8nSetUp';
import { register, withoutClock } from '../support/sync';

/** The full sync once more, under addresses of its own: each ends with `-<name>`. No lane starts by the clock. */
export function secondSync(
	name: string,
	registration: Parameters<typeof register>[1],
	change: (workflow: WorkflowJson) => void,
): WorkflowJson {
	const workflow = structuredClone(readTemplate('lago-dodo-sync.json'));
	register(workflow, registration);
	withoutClock(workflow);
	change(workflow);
	const paths: Record<string, string> = {
		lagoTrigger: 'lago',
		dodoPaymentsTrigger: 'dodo',
		lagoPayPageTrigger: 'pay',
		lagoAccessTrigger: 'access',
	};
	for (const node of workflow.nodes) {
		const path = paths[node.type.slice(node.type.indexOf('.') + 1)];
		if (path !== undefined) node.parameters.path = `${path}-${name}`;
		if (node.parameters.payLinkAddress === '/pay') node.parameters.payLinkAddress = `/pay-${name}`;
		delete node.webhookId;
	}
	return { ...workflow, name };
}
