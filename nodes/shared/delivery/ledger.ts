import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import type { Progress } from '../domain/reconciliation';
import type { Aside } from '../domain/setAside';
import { BoundedMap } from '../process/boundedMap';
import { onFirstUse } from '../wire/onFirstUse';
import { digestOf, isMarked, mergeMarks, readMarks, withMark, type Marks } from './marks';
import { deliveries } from './registry';

/** What a trigger says about the delivery behind an item. */
export interface Delivery {
	/** Identity of the delivery, the same in every copy; null for what a reconciliation found. */
	id: string | null;
	/** The fact that it tells of, e.g. `payment pay_1 succeeded`: the same for different deliveries of one fact. */
	about: string;
}

/** What only Lago's webhooks tell, and the reconciliation needs for the events that never came. */
export interface LagoSource {
	organizationId: string | null;
	/** e.g. `https://n8n.example.com/webhook` */
	webhookBaseUrl: string;
}

/** What is known of a workflow: here by this process, in n8n's static data across restarts. All of it is safe to lose. */
interface Known {
	marks: Marks;
	progress: Progress | null;
	source: LagoSource | null;
	/** What was processed and is still missing in the other book, because a person has to act: told once a day, however many marks came since. */
	told: Marks;
	aside: Aside;
}

const moments = z.number().int();
const progressSchema = onFirstUse(() =>
	z.object({
		seenUntil: moments,
		thoroughAt: moments,
		lookedAt: moments,
		suspicious: z.boolean(),
		unfinished: z.record(z.record(moments)),
		backfill: z.object({ from: moments, until: moments }).nullable(),
	}),
);
const asideSchema = onFirstUse(() =>
	z.record(
		z.object({
			fact: z.string(),
			createdAt: moments,
			reason: z.string(),
			tries: moments,
			nextAt: moments,
			toldAt: moments,
		}),
	),
);
const sourceSchema = onFirstUse(() => z.object({ organizationId: z.string().nullable(), webhookBaseUrl: z.string() }));

/** More than one n8n has. */
const MAX_WORKFLOWS = 1_000;
/** n8n's static data loses what simultaneous executions write; this does not. */
const inThisProcess = new BoundedMap<string, Known>({ entries: MAX_WORKFLOWS });
const nothing: Known = { marks: {}, progress: null, source: null, told: {}, aside: {} };

/** n8n's `global` static data of one workflow, together with what this process knows of it. */
export class Ledger {
	constructor(
		private readonly workflowId: string,
		private readonly staticData: IDataObject,
	) {}

	/** Whether a delivery or a fact was marked as processed and its execution did not fail behind the mark. */
	isProcessed(text: string): boolean {
		const digest = digestOf(text);
		const state = deliveries.stateOf(`${this.workflowId} ${digest}`);
		if (state === 'failed') return false;
		return (
			state === 'done' || isMarked(this.known.marks, digest) || isMarked(readMarks(this.staticData.processed), digest)
		);
	}

	/** Whether a fact is being worked on right now. */
	isAtWork(text: string): boolean {
		const state = deliveries.stateOf(registryKey(this.workflowId, text));
		return state === 'in_flight' || state === 'abandoned';
	}

	/** Whether a fact was processed within a day, and stayed missing for want of a person. */
	isTold(text: string): boolean {
		const digest = digestOf(text);
		return isMarked(this.known.told, digest) || isMarked(readMarks(this.staticData.told), digest);
	}

	/** Keeps facts for a day from being handed on again. */
	rememberTold(texts: readonly string[]): void {
		if (texts.length > 0)
			this.save({ told: texts.reduce((sum, text) => withMark(sum, digestOf(text), Date.now()), this.known.told) });
	}

	/** What is at the end of the queue. */
	get aside(): Aside {
		if (this.hasLooked) return this.known.aside;
		const stored = asideSchema.safeParse(this.staticData.aside);
		return stored.success ? stored.data : {};
	}

	/** Marks a delivery and its fact. To be called at the end of the work: n8n keeps static data of failed executions too. */
	mark({ id, about }: Delivery): void {
		const digests = [id, about].filter((text) => text !== null).map(digestOf);
		const marks = digests.reduce((sum, digest) => withMark(sum, digest, Date.now()), this.known.marks);
		deliveries.done(registryKey(this.workflowId, about));
		// While the sender waits, its answer tells how the execution ended.
		if (id !== null && deliveries.stateOf(registryKey(this.workflowId, id)) !== 'in_flight')
			deliveries.done(registryKey(this.workflowId, id));
		this.save({ marks });
	}

	/** How far the reconciliation has come; null when nobody knows. */
	get progress(): Progress | null {
		const stored = progressSchema.safeParse(this.staticData.reconciliation);
		const known = [this.known.progress, stored.success ? stored.data : null].filter((progress) => progress !== null);
		return known.sort((one, other) => other.lookedAt - one.lookedAt)[0] ?? null;
	}

	/** Whether this process has looked before: a new one cannot know what was missed while none ran. */
	get hasLooked(): boolean {
		return this.known.progress !== null;
	}

	saveProgress(progress: Progress, aside: Aside): void {
		this.staticData.aside = { ...aside };
		this.save({ progress, aside });
	}

	get source(): LagoSource | null {
		const stored = sourceSchema.safeParse(this.staticData.lago);
		return this.known.source ?? (stored.success ? stored.data : null);
	}

	rememberSource(source: LagoSource): void {
		this.save({ source });
	}

	private get known(): Known {
		return inThisProcess.get(this.workflowId) ?? nothing;
	}

	/** Writes what this process and the static data know together, so that simultaneous executions take nothing away from each other. */
	private save(news: Partial<Known>): void {
		const now = Date.now();
		const own = { ...this.known, ...news };
		own.marks = mergeMarks(own.marks, {}, now);
		inThisProcess.set(this.workflowId, own);
		// A mark of an execution that failed behind it must hide neither the next copy nor the fact.
		const stillTrue = (digest: string): boolean => deliveries.stateOf(`${this.workflowId} ${digest}`) !== 'failed';
		this.staticData.processed = { ...mergeMarks(own.marks, readMarks(this.staticData.processed), now, stillTrue) };
		own.told = mergeMarks(own.told, readMarks(this.staticData.told), now);
		if (Object.keys(own.told).length > 0) this.staticData.told = { ...own.told };
		const { progress, source } = this;
		if (progress !== null) this.staticData.reconciliation = { ...progress };
		if (source !== null) this.staticData.lago = { ...source };
	}
}

/** Where a delivery is kept in the process-wide registry. */
export function registryKey(workflowId: string, text: string): string {
	return `${workflowId} ${digestOf(text)}`;
}

interface WithStaticData {
	getWorkflow(): { id?: string };
	getWorkflowStaticData(type: 'global'): IDataObject;
}

/** The ledger of the workflow that runs. */
export function ledgerOf(ctx: WithStaticData): Ledger {
	return new Ledger(ctx.getWorkflow().id ?? '', ctx.getWorkflowStaticData('global'));
}
