import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Failed, runN8n } from './n8n';
import type { PrivateFiles } from './privateFiles';
import { collectingFrom, CREDENTIALS, WORKFLOW_ID, type WorkflowJson } from './workflow';

/** The workflow as n8n has it. */
export interface StoredWorkflow extends WorkflowJson {
	active: boolean;
	isArchived?: boolean;
	meta?: Record<string, unknown> | null;
}

/** What is to be done with the stored workflow. */
export type Decision = 'import' | 'replace' | 'nothing' | 'changed' | 'archived';

/** Under this name the workflow carries the digest of what we imported. */
const MARK = 'dodoLago';

/** One digest over all of a workflow that counts, however its JSON is ordered. */
export function digestOf({ nodes, connections, settings }: WorkflowJson): string {
	const ordered = (_key: string, value: unknown): unknown =>
		typeof value === 'object' && value !== null && !Array.isArray(value)
			? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
			: value;
	return createHash('sha256')
		.update(JSON.stringify([nodes, connections, settings], ordered))
		.digest('hex');
}

/** The workflow to import, with our mark. */
export function marked(workflow: WorkflowJson): WorkflowJson {
	return {
		...workflow,
		id: WORKFLOW_ID,
		meta: { ...(workflow.meta as object | undefined), [MARK]: digestOf(workflow) },
	};
}

/** Compares. Only what is still exactly what we once imported is ours to replace; everything else belongs to the person who changed it. */
export function decide(stored: StoredWorkflow | null, wanted: WorkflowJson): Decision {
	if (stored === null) return 'import';
	if (stored.isArchived) return 'archived';
	const digest = digestOf(stored);
	if (digest === digestOf(wanted)) return 'nothing';
	return digest === stored.meta?.[MARK] ? 'replace' : 'changed';
}

/** What was done, and whether the workflow takes events now. */
export interface Provisioned {
	decision: Decision;
	published: boolean;
}

/**
 * Puts the workflow and its two empty credentials into n8n's database where they are missing or where the wanted ones have changed. What a
 * person has unpublished stays so.
 * @param unfinished a file that is there from before an import until it is published, so that a start that was cut off is made up for
 */
export async function provision(
	given: WorkflowJson,
	env: NodeJS.ProcessEnv,
	files: PrivateFiles,
	unfinished: string,
): Promise<Provisioned> {
	const stored = await readStored(env, files);
	const wanted = collectingFrom(given, stored, Date.now());
	const decision = decide(stored, wanted);
	const wasPublished = stored?.active === true;
	if (decision === 'changed' || decision === 'archived') return { decision, published: wasPublished };
	const publishes = decision === 'import' || existsSync(unfinished) || (decision === 'replace' && wasPublished);
	if (publishes) writeFileSync(unfinished, '');
	if (decision !== 'nothing') {
		await runN8n(['import:credentials', `--input=${files.write('credentials.json', CREDENTIALS)}`], env);
		await runN8n(['import:workflow', `--input=${files.write('workflow.json', marked(wanted))}`], env);
	}
	if (publishes) await runN8n(['publish:workflow', `--id=${WORKFLOW_ID}`], env);
	rmSync(unfinished, { force: true });
	return { decision, published: publishes || wasPublished };
}

async function readStored(env: NodeJS.ProcessEnv, files: PrivateFiles): Promise<StoredWorkflow | null> {
	const file = files.path('stored.json');
	try {
		await runN8n(['export:workflow', `--id=${WORKFLOW_ID}`, `--output=${file}`], env);
	} catch (caught) {
		// Only this means that there is none; anything else, e.g. no database, must not lead to an import.
		if (caught instanceof Failed && caught.message.includes('No workflows found')) return null;
		throw caught;
	}
	return (JSON.parse(readFileSync(file, 'utf8')) as [StoredWorkflow])[0];
}
