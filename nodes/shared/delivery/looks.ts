import type { IExecuteFunctions } from 'n8n-workflow';
import { planLook, type Look, type Progress } from '../domain/reconciliation';
import { ledgerOf } from './ledger';
import { deliveries } from './registry';

/** A look that is under way: several nodes of one execution take part in it. */
export interface RunningLook {
	workflowId: string;
	/** ms since 1970. */
	begunAt: number;
	look: Look;
	before: Progress | null;
	/** What was looked at so far, e.g. `invoices` -> 3. */
	lookedAt: Record<string, number>;
	/** What was found missed. */
	missed: number;
	/** More was missed than one look hands on. */
	more: boolean;
	/** Of Dodo's objects, once they were looked at. */
	open: Progress['open'] | null;
}

/** What both Get Missed and Save Progress say when an earlier look has not ended. */
export const STILL_LOOKING = { outcome: 'still_looking', message: 'The last look is still at work; the next one goes on where it ends.' } as const;

/** Longer than any look takes: one whose execution was cancelled must not stand in the way for ever. */
const LOOK_TTL_MS = 20 * 60_000;
const nowS = (): number => Math.floor(Date.now() / 1000);
/** By execution. */
const running = new Map<string, RunningLook>();

/**
 * The look of this execution, begun by the first node that asks; null while another execution of the workflow is looking.
 * @param since asked for by a person, seconds since 1970; null for what is due.
 */
export function lookOf(ctx: IExecuteFunctions, since: number | null = null): RunningLook | null {
	const id = ctx.getExecutionId();
	const workflowId = ctx.getWorkflow().id ?? '';
	const known = running.get(id);
	if (known !== undefined) {
		if (since !== null && !known.look.again) known.look = planLook(known.before, nowS(), false, since);
		return known;
	}
	for (const [other, { begunAt }] of running) if (Date.now() - begunAt > LOOK_TTL_MS) running.delete(other);
	const isAnother = [...running.values()].some((one) => one.workflowId === workflowId);
	// A person who looks back by hand does not wait for the schedule.
	if (isAnother && ctx.getMode() !== 'manual') return null;
	const ledger = ledgerOf(ctx);
	const before = ledger.progress;
	const suspicious = !ledger.hasLooked || deliveries.hasFailedSince((before?.lookedAt ?? 0) * 1000);
	const begun: RunningLook = { workflowId, begunAt: Date.now(), look: planLook(before, nowS(), suspicious, since), before, lookedAt: {}, missed: 0, more: false, open: null };
	running.set(id, begun);
	return begun;
}

/** Runs a part of the look; when it fails the look has ended. */
export async function whileLooking<T>(ctx: IExecuteFunctions, work: () => Promise<T>): Promise<T> {
	return await work().catch(async (problem: unknown) => {
		endLook(ctx);
		return await Promise.reject(problem);
	});
}

/** The look has ended. */
export function endLook(ctx: IExecuteFunctions): void {
	running.delete(ctx.getExecutionId());
}
