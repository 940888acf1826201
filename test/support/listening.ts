import type { N8nProcess } from '../../scripts/n8n/process';
import { EXECUTION_MS } from './executions';
import { waitUntil } from './waiting';

/** Waits until both webhooks of the full sync answer. */
export async function untilTemplateListens(process: N8nProcess): Promise<void> {
	await Promise.all([process.waitForWebhook('lago'), process.waitForWebhook('dodo')]);
}

/** Waits until a webhook is registered, or is not any more. n8n tells a wrong method from an unknown path, and executes nothing for either. */
export async function untilListening(url: string, wanted: boolean): Promise<void> {
	await waitUntil(`${url} is ${wanted ? 'not' : 'still'} registered`, EXECUTION_MS, 30, async () => {
		const text = await (await fetch(url, { method: 'PUT' })).text();
		return text.includes('not registered for PUT requests') === wanted;
	});
}
