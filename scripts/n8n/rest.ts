import * as flatted from 'flatted';
import type { Owner } from '../../docker/entrypoint/configuration';

/** An execution as n8n lists it. */
export interface Execution {
	id: string;
	status: string;
	workflowId: string;
}

/** What an execution did. */
export interface Run {
	id: string;
	status: string;
	/** Nodes that ran. */
	nodes: string[];
	/** What the error was that ended it; null when none did. */
	error: string | null;
	/** All its data as n8n stores it. */
	text: string;
	/** What a node gave out, over all its outputs and tries; nothing when it did not run. */
	items(node: string): Array<Record<string, unknown>>;
}

/** One call of n8n's own REST interface, as the editor makes it: resolves with the `data` of the answer. */
export type Rest = (method: string, path: string, body?: unknown) => Promise<unknown>;

/** Signs in. @param isNew nobody owns this n8n yet, and n8n 1.x takes whoever comes first. */
export async function signIn(url: string, { email, password }: Owner, isNew: boolean): Promise<Rest> {
	const headers: Record<string, string> = { 'content-type': 'application/json', 'browser-id': 'e2e' };
	const call: Rest = async (method, path, body) => {
		const response = await fetch(`${url}/rest${path}`, {
			method,
			headers,
			body: body === undefined ? undefined : JSON.stringify(body),
		});
		const text = await response.text();
		if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`);
		const cookie = response.headers.get('set-cookie')?.split(';')[0];
		if (cookie) headers.cookie = cookie;
		return (JSON.parse(text) as { data: unknown }).data;
	};
	if (isNew) await call('POST', '/owner/setup', { email, password, firstName: 'Local', lastName: 'Owner' });
	else await call('POST', '/login', { emailOrLdapLoginId: email, password });
	return call;
}

/** Makes a workflow take events, or stop it, as the switch in the editor does. */
export async function setPublished(rest: Rest, id: string, published: boolean, isVersion1: boolean): Promise<void> {
	const { versionId } = (await rest('GET', `/workflows/${id}`)) as { versionId: string };
	if (isVersion1) await rest('PATCH', `/workflows/${id}`, { active: published, versionId });
	else await rest('POST', `/workflows/${id}/${published ? 'activate' : 'deactivate'}`, published ? { versionId } : {});
}

/** The newest hundred executions, newest first; of those that have ended on request. */
export async function listExecutions(rest: Rest, which: 'all' | 'ended' = 'all'): Promise<Execution[]> {
	const { results } = (await rest('GET', '/executions?limit=100')) as { results: Execution[] };
	const wanted = results.filter(({ status }) => which === 'all' || !['new', 'running', 'waiting'].includes(status));
	// n8n puts those that run, or have not begun, above newer ones.
	return wanted.sort((one, other) => Number(other.id) - Number(one.id));
}

interface NodeRun {
	data?: { main?: Array<Array<{ json: Record<string, unknown> }> | null> };
}

/** Reads an execution with its data. */
export async function readRun(rest: Rest, id: string): Promise<Run> {
	const { status, data: text } = (await rest('GET', `/executions/${id}`)) as { status: string; data: string };
	const { resultData } = flatted.parse(text) as {
		resultData: { runData: Record<string, NodeRun[]>; error?: { message: string; description?: string } };
	};
	const { runData, error } = resultData;
	return {
		id,
		status,
		nodes: Object.keys(runData),
		error: error === undefined ? null : [error.message, error.description].filter(Boolean).join(': '),
		text,
		items: (node) =>
			(runData[node] ?? []).flatMap(({ data }) =>
				(data?.main ?? []).flatMap((output) => (output ?? []).map(({ json }) => json)),
			),
	};
}
