import type { IDataObject } from 'n8n-workflow';
import { BoundedMap } from '../process/boundedMap';
import { deliveries, registryKey } from './deliveryRegistry';
import { digestOf, isMarked, mergeMarks, readMarks, withMark, type Marks } from './marks';

/** What a trigger says about the delivery behind an item. */
export interface Delivery {
	/** Identity of the delivery, the same in every copy; null for what a reconciliation found. */
	id: string | null;
	/** The fact that it tells of, e.g. `payment pay_1 succeeded`: the same for different deliveries of one fact. */
	about: string;
}

/** More than one n8n has. */
const MAX_WORKFLOWS = 1_000;
/** n8n's static data loses what simultaneous executions write; this does not. By workflow. */
const inThisProcess = new BoundedMap<string, Marks>({ entries: MAX_WORKFLOWS });

/** What a workflow has processed: known by this process, and by n8n's static data across restarts. Safe to lose. */
export class ProcessedEvents {
	constructor(
		private readonly workflowId: string,
		private readonly staticData: IDataObject,
	) {}

	/** Whether a delivery or a fact was marked as processed and its execution did not fail behind the mark. */
	isProcessed(text: string): boolean {
		const digest = digestOf(text);
		const state = deliveries.stateOf(registryKey(this.workflowId, text));
		if (state === 'failed') return false;
		return state === 'done' || isMarked(this.known, digest) || isMarked(readMarks(this.staticData.processed), digest);
	}

	/** Whether a fact is being worked on right now. */
	isAtWork(text: string): boolean {
		const state = deliveries.stateOf(registryKey(this.workflowId, text));
		return state === 'in_flight' || state === 'abandoned';
	}

	/** Marks a delivery and its fact. To be called at the end of the work: n8n keeps static data of failed executions too. */
	mark({ id, about }: Delivery): void {
		const digests = [id, about].filter((text) => text !== null).map(digestOf);
		const marks = digests.reduce((sum, digest) => withMark(sum, digest, Date.now()), this.known);
		deliveries.done(registryKey(this.workflowId, about));
		// While the sender waits, its answer tells how the execution ended.
		if (id !== null && deliveries.stateOf(registryKey(this.workflowId, id)) !== 'in_flight')
			deliveries.done(registryKey(this.workflowId, id));
		inThisProcess.set(this.workflowId, marks);
		this.carryOn();
	}

	/** Writes what this process and the static data know together, so that simultaneous executions take nothing away from each other. */
	carryOn(): void {
		const now = Date.now();
		const own = mergeMarks(this.known, {}, now);
		inThisProcess.set(this.workflowId, own);
		// A mark of an execution that failed behind it must hide neither the next copy nor the fact.
		const stillTrue = (digest: string): boolean => deliveries.stateOf(`${this.workflowId} ${digest}`) !== 'failed';
		this.staticData.processed = { ...mergeMarks(own, readMarks(this.staticData.processed), now, stillTrue) };
	}

	private get known(): Marks {
		return inThisProcess.get(this.workflowId) ?? {};
	}
}

interface WithStaticData {
	getWorkflow(): { id?: string };
	getWorkflowStaticData(type: 'global'): IDataObject;
}

/** Those of the workflow that runs. */
export function processedEventsOf(ctx: WithStaticData): ProcessedEvents {
	return new ProcessedEvents(ctx.getWorkflow().id ?? '', ctx.getWorkflowStaticData('global'));
}
