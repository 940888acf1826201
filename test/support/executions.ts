import { WORKFLOW_ID } from '../../docker/entrypoint/workflow';
import { listExecutions, readRun, type Execution, type Rest, type Run } from '../../scripts/n8n/rest';
import { waitUntil } from './waiting';

const LOOK_BACK = 20;
/** Longer than any workflow of these tests takes, in ms. */
export const EXECUTION_MS = 100_000;

/** What a running n8n has executed, by its own REST interface. */
export abstract class Executions {
	/** Calls of the person who is signed in. */
	protected abstract readonly rest: Rest;

	/** The newest hundred, newest first. */
	async executions(): Promise<Execution[]> {
		return await listExecutions(this.rest);
	}

	/** The newest execution that has ended. */
	async lastExecution(): Promise<Run> {
		return await this.run((await this.ended())[0]?.id ?? '');
	}

	/** The newest execution that has ended and in which this node ran; looks back over a few only. */
	async lastRunOf(node: string): Promise<Run> {
		for (const { id } of (await this.ended()).slice(0, LOOK_BACK)) {
			const found = await this.run(id);
			if (found.nodes.includes(node)) return found;
		}
		throw new Error(`${node} did not run in the newest ${LOOK_BACK} executions`);
	}

	/** What of the newest hundred has ended since the execution with this id, oldest first. */
	async runsAfter(executionId: string): Promise<Run[]> {
		const ids = (await this.ended()).map(({ id }) => id).filter((id) => Number(id) > Number(executionId));
		return await Promise.all(ids.reverse().map(async (id) => await this.run(id)));
	}

	/** Id of the newest execution, '0' when there is none. */
	async newestId(): Promise<string> {
		return (await this.executions())[0]?.id ?? '0';
	}

	/** Executes a workflow from one of its triggers, as the button "Execute workflow" in the editor does, and waits for the end. */
	async executeFrom(trigger: string, workflowId = WORKFLOW_ID): Promise<Run> {
		const { executionId } = (await this.rest('POST', `/workflows/${workflowId}/run`, {
			triggerToStartFrom: { name: trigger },
		})) as { executionId?: string };
		if (!executionId) throw new Error(`n8n did not execute from ${trigger}`);
		await waitUntil(`Execution ${executionId} from ${trigger} did not end`, EXECUTION_MS, 50, async () => {
			const { status, finished } = (await this.rest('GET', `/executions/${executionId}`)) as {
				status: string;
				finished: boolean;
			};
			return finished || status === 'error' || status === 'crashed';
		});
		return await this.run(executionId);
	}

	private async ended(): Promise<Execution[]> {
		return await listExecutions(this.rest, 'ended');
	}

	private async run(id: string): Promise<Run> {
		return await readRun(this.rest, id);
	}
}
