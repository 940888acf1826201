import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import type { Progress } from '../domain/reconciliation';
import type { Aside } from '../domain/setAside';
import { BoundedMap } from '../process/boundedMap';
import { digestOf, isMarked, mergeMarks, readMarks, withMark, type Marks } from '../webhook/marks';
import { ProcessedEvents } from '../webhook/processedEvents';
import { onFirstUse } from '../wire/onFirstUse';

/** What only Lago's webhooks tell, and the reconciliation needs for the events that never came. */
export interface LagoSource {
	organizationId: string | null;
	/** e.g. `https://n8n.example.com/webhook` */
	webhookBaseUrl: string;
}

/** What is known of a workflow: here by this process, in n8n's static data across restarts. All of it is safe to lose. */
interface Known {
	progress: Progress | null;
	source: LagoSource | null;
	/**
	 * What was processed and is still missing in the other book, because a person has to act: told once a day, however many marks came since.
	 */
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
/** n8n's static data loses what simultaneous executions write; this does not. By workflow. */
const inThisProcess = new BoundedMap<string, Known>({ entries: MAX_WORKFLOWS });
const nothing: Known = { progress: null, source: null, told: {}, aside: {} };

/** What the looks of a workflow leave to the next ones. */
export class ReconciliationMemory {
	constructor(
		private readonly workflowId: string,
		private readonly staticData: IDataObject,
	) {}

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

	/**
	 * Writes what this process and the static data know together. To be called by whoever writes static data: n8n stores all of it as the
	 * execution found it when it began, over what others have written since.
	 */
	carryOn(): void {
		const told = mergeMarks(this.known.told, readMarks(this.staticData.told), Date.now());
		inThisProcess.set(this.workflowId, { ...this.known, told });
		if (Object.keys(told).length > 0) this.staticData.told = { ...told };
		const { progress, source } = this;
		if (progress !== null) this.staticData.reconciliation = { ...progress };
		if (source !== null) this.staticData.lago = { ...source };
	}

	private save(news: Partial<Known>): void {
		inThisProcess.set(this.workflowId, { ...this.known, ...news });
		this.carryOn();
		new ProcessedEvents(this.workflowId, this.staticData).carryOn();
	}

	private get known(): Known {
		return inThisProcess.get(this.workflowId) ?? nothing;
	}
}

interface WithStaticData {
	getWorkflow(): { id?: string };
	getWorkflowStaticData(type: 'global'): IDataObject;
}

/** The memory of the workflow that runs. */
export function reconciliationMemoryOf(ctx: WithStaticData): ReconciliationMemory {
	return new ReconciliationMemory(ctx.getWorkflow().id ?? '', ctx.getWorkflowStaticData('global'));
}
