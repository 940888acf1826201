import type { IDataObject } from 'n8n-workflow';
import { BoundedMap } from '../process/boundedMap';
import { deliveries, registryKey } from './deliveryRegistry';
import { digestOf, isMarked, MAX_MARKS, mergeMarks, readMarks, withMark, type Marks } from './marks';

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
/** Marks that only the answer to the sender makes valid, by their key in {@link deliveries}. */
const provisional = new BoundedMap<string, true>({ entries: MAX_MARKS });

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

	/**
	 * Marks a delivery and its fact. To be called at the end of the work: n8n keeps static data of failed executions too.
	 * @param isEnd false when something is to follow, e.g. a person is told: then the mark is stored once the sender has got its 200.
	 */
	mark({ id, about }: Delivery, isEnd = true): void {
		const texts = [id, about].filter((text) => text !== null);
		for (const text of texts) {
			const key = registryKey(this.workflowId, text);
			// While the sender waits, its answer tells how the execution ended.
			const isOpen = deliveries.stateOf(key) === 'in_flight';
			if (isOpen && !isEnd) provisional.set(key, true);
			else provisional.delete(key);
			if (!isOpen || (isEnd && text === about)) deliveries.done(key);
		}
		const marks = texts.reduce((sum, text) => withMark(sum, digestOf(text), Date.now()), this.known);
		inThisProcess.set(this.workflowId, marks);
		this.carryOn();
	}

	/** Takes the mark of a fact back: what followed it has failed. */
	takeBack(about: string): void {
		deliveries.failed(registryKey(this.workflowId, about));
	}

	/** Writes what this process and the static data know together, so that simultaneous executions take nothing away from each other. */
	carryOn(): void {
		const now = Date.now();
		const own = mergeMarks(this.known, {}, now);
		inThisProcess.set(this.workflowId, own);
		// A mark of an execution that failed behind it must hide neither the next copy nor the fact.
		const stillTrue = (digest: string): boolean => {
			const key = `${this.workflowId} ${digest}`;
			const state = deliveries.stateOf(key);
			return state !== 'failed' && !(state === 'in_flight' && provisional.get(key));
		};
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
