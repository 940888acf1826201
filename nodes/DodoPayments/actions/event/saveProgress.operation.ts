import type { IDataObject } from 'n8n-workflow';
import { ledgerOf } from '../../../shared/delivery/ledger';
import { endLook, lookOf, STILL_LOOKING } from '../../../shared/delivery/looks';
import { progressAfter } from '../../../shared/domain/reconciliation';
import { fieldsOf, type Json, type Operation } from '../../../shared/node/operation';
import type { DodoClient } from '../../transport/client';

/** What a thorough look reads. */
const LISTS = ['invoices', 'creditNotes', 'payments', 'refunds', 'disputes', 'mandates'] as const;

/** Outcomes that say that there was nothing left to do. */
const NOTHING_DONE = /^(already_|existing$|unchanged$|ignored$|skipped$|mirrored$|nothing_missed$)/;

/**
 * Event -> Save Progress: the end of a reconciliation. Counts what became of the events that were missed, and remembers from where the next
 * look has to start: only when all of them were dealt with it starts later than this one.
 */
export const saveProgress: Operation<DodoClient> = {
	fields: fieldsOf('event', 'saveProgress', []),
	once: true,
	async execute(ctx) {
		const running = lookOf(ctx);
		if (running === null) return STILL_LOOKING;
		const { look, before, lookedAt, missed, more, open } = running;
		const results = ctx.getInputData().map(({ json }) => json);
		const failed = results.filter(({ error }) => error !== undefined && error !== null);
		const held = results.filter(({ outcome }) => outcome === 'held');
		const idle = results.filter(({ outcome }) => typeof outcome === 'string' && NOTHING_DONE.test(outcome));
		const counts = { missed, healed: Math.max(0, missed - failed.length - held.length - idle.filter(({ outcome }) => outcome !== 'nothing_missed').length), held: held.length, failed: failed.length };
		const complete = failed.length === 0 && !more && open !== null;
		const readAll = LISTS.every((list) => list in lookedAt);
		const now = Math.floor(Date.now() / 1000);
		if (ctx.getMode() !== 'manual') ledgerOf(ctx).saveProgress(progressAfter(before, look, open ?? before?.open ?? {}, { missed, complete, readAll }, now));
		endLook(ctx);
		return await Promise.resolve({
			outcome: failed.length > 0 ? 'incomplete' : missed > 0 ? 'reconciled' : 'nothing_missed',
			message: sentence(lookedAt, counts, more),
			...(failed.length > 0 ? { nextStep: 'Nothing: the next look tries again. If it keeps failing, open the failed executions of this workflow; each says why.' } : {}),
			lookedAt,
			...counts,
			lookedBackTo: new Date(look.since * 1000).toISOString(),
			handled: results.filter(({ outcome }) => typeof outcome === 'string' && outcome !== 'nothing_missed').map(brief),
			failures: failed.map(({ error }) => String(typeof error === 'object' ? (error as IDataObject).message : error)),
		});
	},
};

function sentence(lookedAt: Record<string, number>, { missed, healed, held, failed }: Record<string, number>, more: boolean): string {
	const looked = Object.entries(lookedAt).map(([what, count]) => `${count} ${what === 'creditNotes' ? 'credit notes' : what}`).join(', ');
	const found = missed === 0 ? 'nothing was missed' : `${missed} missed: ${healed} healed, ${held} held, ${failed} failed`;
	return `Looked at ${looked || 'nothing'}; ${found}${more ? '; more follow in the next look' : ''}.`;
}

function brief({ outcome, reason, message, nextStep }: IDataObject): Json {
	return { outcome, reason, message, nextStep };
}
