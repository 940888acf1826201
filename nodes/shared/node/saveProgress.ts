import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { isNothingDone } from '../domain/outcome';
import { progressAfter } from '../domain/reconciliation';
import { fitting, setAside, tellAside, withoutGone, type Aside } from '../domain/setAside';
import { fieldsOf, type Json, type Operation, type Result } from './operation';
import {
	endRun,
	knownBefore,
	runOf,
	notePace,
	nowS,
	STILL_LOOKING,
	type ReconciliationRun,
} from '../reconciliation/reconciliationRun';
import type { ServiceClient } from '../transport/serviceClient';

/**
 * Event -> Save Progress: the end of a reconciliation. Counts what became of the events that were missed, puts what failed at the end of the
 * queue, and remembers from where the next look has to start.
 */
export const saveProgress: Operation<ServiceClient, 'incomplete' | 'nothing_missed' | 'reconciled' | 'still_looking'> =
	{
		menu: {
			name: 'Save Progress',
			action: 'Save the progress of a reconciliation',
			description: 'Ends a reconciliation: what was looked at, healed and held, and where the next look starts',
		},
		fields: fieldsOf('event', 'saveProgress', []),
		once: true,
		async execute(ctx) {
			const running = runOf(ctx);
			if (running === null) return STILL_LOOKING;
			const results = ctx.getInputData().map(({ json }) => json);
			const failures = failuresOf(ctx, running);
			const now = nowS();
			const { aside, news } = asideAfter(ctx, running, failures, now);
			save(ctx, running, failures.length > 0, aside, now);
			notePace(running);
			endRun(ctx);
			return await Promise.resolve(summaryOf(running, results, failures, news));
		},
	};

type Failure = ReconciliationRun['failures'][number];

/**
 * What a look could not read, and what it handed on but no lane brought to its end: each result says by its item which event it is of. What
 * was marked before something behind the mark failed is marked no more.
 */
function failuresOf(ctx: IExecuteFunctions, { failures, handedOn }: ReconciliationRun): Failure[] {
	const { processed } = knownBefore(ctx);
	const failed = ctx.getInputData().flatMap(({ json: { error }, pairedItem }): Failure[] => {
		if (error === undefined || error === null) return [];
		const reason = String(typeof error === 'object' ? (error as IDataObject).message : error);
		const one = handedOn[typeof pairedItem === 'object' && 'item' in pairedItem ? pairedItem.item : NaN];
		if (one !== undefined) processed.takeBack(one.fact);
		return [{ ...(one ?? { key: null, fact: '', createdAt: 0 }), reason }];
	});
	return [...failures, ...failed];
}

/** The end of the queue: without what was done since, with what failed now. */
function asideAfter(
	ctx: IExecuteFunctions,
	{ handedOn }: ReconciliationRun,
	failures: readonly Failure[],
	now: number,
): { aside: Aside; news: string[] } {
	const { processed, memory } = knownBefore(ctx);
	const failed = failures.filter((one): one is Failure & { key: string } => one.key !== null);
	const again = new Set(failed.map(({ key }) => key));
	const done = new Set(handedOn.map(({ key }) => key).filter((key) => !again.has(key)));
	let aside: Aside = Object.fromEntries(
		Object.entries(withoutGone(memory.aside, now)).filter(
			([key, { fact }]) => !done.has(key) && !processed.isProcessed(fact),
		),
	);
	for (const one of failed) aside = setAside(aside, one.key, one, now);
	const told = tellAside(aside, [...again], now);
	return {
		aside: told.aside,
		news: [
			...told.news.map(({ reason }) => reason),
			...failures.filter(({ key }) => key === null).map(({ reason }) => reason),
		],
	};
}

function save(
	ctx: IExecuteFunctions,
	{ look, before, outcome, handedOn, left }: ReconciliationRun,
	hasFailed: boolean,
	all: Aside,
	now: number,
): void {
	const { aside, lostFrom } = fitting(all);
	const reached = outcome ?? {
		comparedUntil: -Infinity,
		complete: false,
		unfinished: before?.unfinished ?? {},
		backfill: before?.backfill ?? null,
	};
	const found = handedOn.length > 0 || hasFailed || left > 0;
	const comparedUntil = Math.min(reached.comparedUntil, lostFrom);
	const progress = progressAfter(before, look, { ...reached, comparedUntil, found }, now);
	knownBefore(ctx).memory.saveProgress(progress, aside);
}

function summaryOf(
	{ look, lookedAt, handedOn, left, outcome, olderLago }: ReconciliationRun,
	results: readonly IDataObject[],
	failures: readonly Failure[],
	news: readonly string[],
): Result<'incomplete' | 'nothing_missed' | 'reconciled'> {
	const held = results.filter((one) => one.outcome === 'held').length;
	const idle = results.filter(({ outcome }) => outcome !== 'nothing_missed' && isNothingDone(outcome)).length;
	const failed = failures.length;
	const unread = failures.filter(({ key }) => key !== null && !handedOn.some((one) => one.key === key)).length;
	const missed = handedOn.length + unread;
	const counts = {
		missed,
		healed: Math.max(0, missed - failures.filter(({ key }) => key !== null).length - held - idle),
		held,
		failed,
	};
	const backfilledTo = outcome?.backfill?.from;
	return {
		outcome: news.length > 0 ? 'incomplete' : missed > 0 ? 'reconciled' : 'nothing_missed',
		message: [sentence(lookedAt, counts, left, backfilledTo), ...(olderLago === null ? [] : [olderLago])].join(' '),
		...(news.length > 0
			? {
					nextStep:
						'Nothing: it is tried again, after everything else, and told once a day. If it keeps failing, open the failed executions of this workflow; each says why.',
				}
			: {}),
		lookedAt,
		...counts,
		left,
		lookedBackTo: new Date(look.since * 1000).toISOString(),
		handled: results.filter((one) => typeof one.outcome === 'string' && one.outcome !== 'nothing_missed').map(brief),
		failures: news,
	};
}

function sentence(
	lookedAt: Record<string, number>,
	{ missed, healed, held, failed }: Record<string, number>,
	left: number,
	backfilledTo: number | undefined,
): string {
	const looked = Object.entries(lookedAt)
		.map(([what, count]) => `${count} ${what === 'creditNotes' ? 'credit notes' : what}`)
		.join(', ');
	const found =
		missed === 0 && failed === 0
			? 'nothing was missed'
			: `${missed} missed: ${healed} healed, ${held} held, ${failed} failed`;
	const rest = left > 0 ? `; ${left} more follow in the next look` : '';
	const back =
		backfilledTo === undefined
			? ''
			: `; looking back has come to ${new Date(backfilledTo * 1000).toISOString()} and goes on`;
	return `Looked at ${looked || 'nothing'}; ${found}${rest}${back}.`;
}

function brief({ outcome, reason, message, nextStep }: IDataObject): Json {
	return { outcome, reason, message, nextStep };
}
