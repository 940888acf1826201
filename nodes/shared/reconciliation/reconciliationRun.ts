import type { IExecuteFunctions } from 'n8n-workflow';
import type { Known } from '../domain/difference';
import { planLook, type Look, type LookResult, type Progress } from '../domain/reconciliation';
import { BoundedMap } from '../process/boundedMap';
import { deliveries } from '../webhook/deliveryRegistry';
import { processedEventsOf, type ProcessedEvents } from '../webhook/processedEvents';
import type { LagoSources } from './compare';
import { reconciliationMemoryOf, type ReconciliationMemory } from './reconciliationMemory';

/** What a look handed on. */
export interface HandedOn {
	/** e.g. `payment pay_1` */
	key: string;
	/** Under which it is marked when it was processed. */
	fact: string;
	/** Seconds since 1970, UTC. */
	createdAt: number;
}

/** A look that is under way: several nodes of one execution take part in it. */
export interface ReconciliationRun {
	workflowId: string;
	/** ms, of a clock that nobody can set. */
	begunAt: number;
	look: Look;
	before: Progress | null;
	/** What was looked at so far, e.g. `invoices` -> 3. */
	lookedAt: Record<string, number>;
	handedOn: HandedOn[];
	/** What is missing and waits for the next look. */
	left: number;
	/** What could not be read or handed on, in words, with the key of the object if it was one. */
	failures: Array<{ key: string | null; createdAt: number; fact: string; reason: string }>;
	/** Codes of the billing entities that are worked for; none for all. */
	billingEntities: string[];
	/** How Lago's side is asked; null where no node of Lago took part. */
	lago: LagoSources | null;
	/** What does not work on this Lago because of its age, in a sentence. */
	olderLago: string | null;
	known: Known;
	/** When the last node handed on what it found; ms, as {@link begunAt}. */
	readUntil: number | null;
	/** Of Dodo's side, once it was looked at. */
	outcome: Pick<LookResult, 'comparedUntil' | 'complete' | 'unfinished' | 'backfill'> | null;
}

/** A look should end before the next one is due, five minutes later. */
const LOOK_MS = 280_000;
/** Whatever the lanes take, so many go on in each look. */
const FEWEST_EVENTS = 20;
/** Every event becomes an execution and is in memory until the look ends. */
const MOST_EVENTS = 2_000;
/** What the lanes take for an event until that was seen. */
const FIRST_LANE_MS = 150;
/** What an event took in the last look, ms; by workflow. */
const laneMs = new BoundedMap<string, number>({ entries: 1_000 });

/** Whether a look has time to hand on one more. */
export function hasTime({ workflowId, begunAt, handedOn }: ReconciliationRun): boolean {
	const [count, lane] = [handedOn.length, laneMs.get(workflowId) ?? FIRST_LANE_MS];
	return count < MOST_EVENTS && (count < FEWEST_EVENTS || performance.now() - begunAt + count * lane < LOOK_MS);
}

/** How many the lanes can do in three quarters of a look: the rest of the time is the other side's. */
export function roomOf({ workflowId }: ReconciliationRun): number {
	return Math.max(
		FEWEST_EVENTS,
		Math.min(MOST_EVENTS, Math.floor((LOOK_MS * 0.75) / (laneMs.get(workflowId) ?? FIRST_LANE_MS))),
	);
}

/** To be called when the lanes have ended. */
export function notePace({ workflowId, handedOn, readUntil }: ReconciliationRun): void {
	if (readUntil !== null && handedOn.length >= FEWEST_EVENTS)
		laneMs.set(workflowId, (performance.now() - readUntil) / handedOn.length);
}

/** What both Get Missed and Save Progress say when an earlier look has not ended. */
export const STILL_LOOKING = {
	outcome: 'still_looking',
	message: 'The last look is still at work; the next one goes on where it ends.',
} as const;

/** Longer than any look takes: one whose execution was cancelled must not stand in the way for ever. */
const LOOK_TTL_MS = 20 * 60_000;
const MAX_LOOKS = 1_000;
export const nowS = (): number => Math.floor(Date.now() / 1000);
/** By execution. */
const running = new BoundedMap<string, ReconciliationRun>({ entries: MAX_LOOKS, ageMs: LOOK_TTL_MS });

/**
 * The look of this execution, begun by the first node that asks; null while another execution of the workflow is looking.
 * @param since asked for by a person, seconds since 1970; null for what is due.
 */
export function runOf(ctx: IExecuteFunctions, since: number | null = null): ReconciliationRun | null {
	const id = ctx.getExecutionId();
	const workflowId = ctx.getWorkflow().id ?? '';
	const known = running.get(id);
	if (known !== undefined) {
		if (since !== null && !known.look.again) known.look = planLook(known.before, nowS(), false, since);
		return known;
	}
	const isAnother = [...running.keys()].some((other) => running.get(other)?.workflowId === workflowId);
	// A person who looks back by hand does not wait for the schedule.
	if (isAnother && ctx.getMode() !== 'manual') return null;
	const memory = reconciliationMemoryOf(ctx);
	const before = memory.progress;
	// A look leaves alone what is young, so it may have passed over what failed just before it:
	// until a look of all lists has seen that moment.
	const suspicious = !memory.hasLooked || deliveries.hasFailedSince((before?.thoroughAt ?? 0) * 1000);
	const look = planLook(before, nowS(), suspicious, since);
	const begun: ReconciliationRun = {
		workflowId,
		begunAt: performance.now(),
		look,
		before,
		lookedAt: {},
		handedOn: [],
		left: 0,
		failures: [],
		billingEntities: [],
		lago: null,
		olderLago: null,
		known: {},
		readUntil: null,
		outcome: null,
	};
	running.set(id, begun);
	return begun;
}

/** Runs a part of the look; when it fails the look has ended. */
export async function whileRunning<T>(ctx: IExecuteFunctions, work: () => Promise<T>): Promise<T> {
	return await work().catch((problem: unknown) => {
		endRun(ctx);
		throw problem;
	});
}

/** The look has ended. */
export function endRun(ctx: IExecuteFunctions): void {
	running.delete(ctx.getExecutionId());
}

/** Why something that is missing is not handed on now: nobody can do more, or it is at work and the next look has to see. */
export type Hindrance = 'done' | 'at_work' | null;

/** What a workflow knows of earlier looks and events. */
export interface KnownBefore {
	processed: ProcessedEvents;
	memory: ReconciliationMemory;
}

export function knownBefore(ctx: IExecuteFunctions): KnownBefore {
	return { processed: processedEventsOf(ctx), memory: reconciliationMemoryOf(ctx) };
}

/**
 * @param again a person asked for it: what was processed and is still missing is handed on again.
 * @param told gets what was processed and is missing all the same: a person has to act, or there was nothing to do.
 */
export function hindranceOf(
	{ processed, memory }: KnownBefore,
	fact: string,
	again: boolean,
	told: string[],
): Hindrance {
	if (processed.isAtWork(fact)) return 'at_work';
	if (again) return null;
	if (memory.isTold(fact)) return 'done';
	if (!processed.isProcessed(fact)) return null;
	told.push(fact);
	return 'done';
}
