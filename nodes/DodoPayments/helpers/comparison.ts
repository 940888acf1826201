import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { z } from 'zod';
import {
	addUnfinished,
	countUnfinished,
	eventOf,
	factOf,
	keyOf,
	kindsOf,
	thoroughly,
	type Kind,
	type Listed,
	type Unfinished,
} from '../../shared/domain/reconciliation';
import { forEntities } from '../../shared/domain/entities';
import { dueAside } from '../../shared/domain/setAside';
import type { Result } from '../../shared/node/operation';
import { BoundedMap } from '../../shared/process/boundedMap';
import { missingOf, type Sources } from '../../shared/reconciliation/compare';
import {
	hasTime,
	hindranceOf,
	knownBefore,
	nowS,
	type ReconciliationRun,
} from '../../shared/reconciliation/reconciliationRun';
import { asApiError } from '../../shared/transport/apiError';
import type { DodoClient } from '../transport/client';
import { eventItem } from './eventItem';
import { firstPart, listMovedOn, listSpan, OBJECTS, paymentsBehind, type Span } from './listed';

/** One object that cannot be read must not take the time of all others. */
const EACH_OBJECT_MS = 5_000;
/** So many in a row: it is Dodo itself, and the rest waits for the next look. */
const FAILURES_IN_A_ROW = 5;
/** What the lists of an earlier look proved; the next one reads the last minutes again. */
const arrived = new BoundedMap<string, true>({ entries: 50_000, ageMs: 3_600_000 });
const ALL_KINDS: readonly Kind[] = ['payment', 'refund', 'dispute', 'subscription'];

/** Dodo's side of one look. */
export class Comparison {
	private readonly found: IDataObject[] = [];
	private unfinished: Unfinished;
	private failedInARow = 0;
	/** Set when a list could not be read. */
	private problem = false;

	constructor(
		private readonly ctx: IExecuteFunctions,
		private readonly client: DodoClient,
		private readonly running: ReconciliationRun,
	) {
		this.unfinished = running.before?.unfinished ?? {};
	}

	/** What goes on to the lanes. */
	async events(): Promise<Array<Result<'nothing_missed'>>> {
		const incoming = this.ctx
			.getInputData()
			.map(({ json }) => json)
			.filter(({ event }) => typeof event === 'string');
		const { running } = this;
		let backfill = running.look.again
			? { from: running.look.since, until: running.look.until }
			: (running.before?.backfill ?? null);
		let comparedUntil = running.look.since;
		try {
			if (!running.look.again) comparedUntil = await this.compareDue();
			if (backfill !== null && this.hasTime && comparedUntil >= (running.look.again ? -Infinity : running.look.until)) {
				const from = await this.compare(backfill, ALL_KINDS);
				backfill = from >= backfill.until ? null : { ...backfill, from };
			}
			await this.tryAgain();
		} catch (caught) {
			const { message } = asApiError(caught);
			this.problem = true;
			running.failures.push({
				key: null,
				createdAt: 0,
				fact: '',
				reason: `The books could not be compared: ${message}`,
			});
		}
		const complete = !this.problem && (running.look.again || comparedUntil >= running.look.until) && backfill === null;
		running.outcome = { comparedUntil, complete, unfinished: this.unfinished, backfill };
		running.readUntil = performance.now();
		const events = [...incoming, ...this.found];
		return events.length > 0 ? events : [{ outcome: 'nothing_missed', message: 'Dodo Payments and Lago agree.' }];
	}

	/** @returns until when everything was compared and handed on. */
	private async compareDue(): Promise<number> {
		const { running } = this;
		if (!running.look.thorough) {
			const reached = await this.compare(
				{ from: running.look.since, until: running.look.until },
				kindsOf(running.look),
			);
			if (this.found.length === 0) return reached;
			// Where one thing went missing, more may have.
			running.look = thoroughly(running.look, running.before);
			const others = await this.compare({ from: running.look.since, until: running.look.until }, ALL_KINDS.slice(1));
			return Math.min(reached, others);
		}
		await this.compareUnfinished();
		return await this.compare({ from: running.look.since, until: running.look.until }, kindsOf(running.look));
	}

	/** What ends days after it began, such as direct debits: found by what is not under way any more. */
	private async compareUnfinished(): Promise<void> {
		const now = nowS();
		const { moved, still } = await listMovedOn(this.client, this.unfinished, now);
		const left = await this.takeMissing(moved);
		// What did not fit counts on, so that it is looked for again.
		this.unfinished =
			left === null
				? addUnfinished(countUnfinished(still), countUnfinished(moved), now)
				: addUnfinished(this.unfinished, countUnfinished(moved), now);
	}

	/** Compares part after part, the oldest first, until the time is up. @returns creation of the oldest object that was not dealt with. */
	private async compare(span: Span, kinds: readonly Kind[]): Promise<number> {
		let lengthS = span.until - span.from;
		for (let from = span.from; ;) {
			const listed: Listed[] = [];
			let part = { from, until: span.until };
			if (kinds.includes('payment')) {
				const { span: first, payments, nextS } = await firstPart(this.client, part, lengthS);
				[part, lengthS] = [first, nextS];
				listed.push(...this.counted('payment', payments));
			}
			for (const kind of kinds)
				if (kind !== 'payment') listed.push(...this.counted(kind, await listSpan(this.client, kind, part)));
			this.unfinished = addUnfinished(this.unfinished, countUnfinished(listed), nowS());
			const left = await this.takeMissing(listed);
			if (left !== null || part.until >= span.until) return left ?? span.until;
			if (!this.hasTime) return part.until;
			from = part.until;
		}
	}

	private counted(kind: Kind, listed: Listed[]): Listed[] {
		const { lookedAt } = this.running;
		lookedAt[OBJECTS[kind].counted] = (lookedAt[OBJECTS[kind].counted] ?? 0) + listed.length;
		return listed;
	}

	private get hasTime(): boolean {
		return hasTime(this.running) && this.failedInARow < FAILURES_IN_A_ROW;
	}

	/** Reads what is missing one by one. @returns creation of the oldest that has to wait for the next look; null when none has. */
	private async takeMissing(listed: readonly Listed[]): Promise<number | null> {
		const known = knownBefore(this.ctx);
		const told: string[] = [];
		const { aside } = known.memory;
		let left: number | null = null;
		const wait = (one: Listed): void => void (left = Math.min(left ?? Infinity, one.createdAt));
		for (const one of await this.missingAmong(listed)) {
			const hindrance = hindranceOf(known, factOf(one), this.running.look.again, told);
			// What failed before has its turn after everything else.
			if (hindrance === 'done' || aside[keyOf(one)]?.fact === factOf(one)) continue;
			if (hindrance === 'at_work') wait(one);
			else if (this.hasTime) await this.read(one);
			else {
				wait(one);
				this.running.left++;
			}
		}
		known.memory.rememberTold(told);
		return left;
	}

	/** By lists; where Lago cannot be asked, our own marks decide. Oldest first. */
	private async missingAmong(listed: readonly Listed[]): Promise<Listed[]> {
		const { running, ctx, client } = this;
		const { processed } = knownBefore(ctx);
		const handed = new Set(running.handedOn.map(({ key }) => key));
		const isKnown = (fact: string): boolean =>
			arrived.has(`${running.workflowId} ${fact}`) || processed.isProcessed(fact);
		const telling = listed.filter(
			(one) => eventOf(one) !== null && !handed.has(keyOf(one)) && (running.look.again || !isKnown(factOf(one))),
		);
		const sources: Sources | null = running.lago && {
			...running.lago,
			payments: async (about, { payments }) => await paymentsBehind(client, about, listed, payments),
		};
		const ours = (one: Listed): boolean =>
			one.kind !== 'payment' || one.invoiceId !== null || one.subscriptionId !== null || one.members !== undefined;
		const missing = sources === null ? telling.filter(ours) : await missingOf(telling, running.known, sources);
		const isMissing = new Set(missing);
		for (const one of telling) if (!isMissing.has(one)) arrived.set(`${running.workflowId} ${factOf(one)}`, true);
		return missing.sort((one, other) => one.createdAt - other.createdAt);
	}

	/** The end of the queue: what failed before and is due again. */
	private async tryAgain(): Promise<void> {
		const { processed, memory } = knownBefore(this.ctx);
		for (const [key, { fact, createdAt }] of dueAside(memory.aside, nowS())) {
			const [kind, id, status] = fact.split(' ');
			if (!ALL_KINDS.includes(kind as Kind) || processed.isProcessed(fact) || !this.hasTime) continue;
			if (key === keyOf({ kind: kind as Kind, id: id ?? '' }))
				await this.read({ kind: kind as Kind, id: id ?? '', status: status ?? null, createdAt });
		}
	}

	/** The whole object: a list shows less than the lanes need. */
	private async read(one: Pick<Listed, 'kind' | 'id' | 'status' | 'createdAt'>): Promise<void> {
		const { client, running } = this;
		client.patience.nextItem(EACH_OBJECT_MS);
		try {
			const data = await client.request(z.record(z.unknown()), {
				method: 'GET',
				path: `${OBJECTS[one.kind].path}/${encodeURIComponent(one.id)}`,
			});
			const occurredAt = String(data.updated_at ?? data.created_at ?? '');
			const item = eventItem({
				event: eventOf(one) ?? '',
				eventId: null,
				deliveryId: null,
				occurredAt,
				mode: client.mode,
				...forEntities(running.billingEntities),
				data: data as IDataObject,
			});
			this.found.push(item);
			running.handedOn.push({ key: keyOf(one), fact: item.delivery.about, createdAt: one.createdAt });
			this.failedInARow = 0;
		} catch (caught) {
			const { transient, message } = asApiError(caught);
			this.failedInARow += transient ? 1 : 0;
			running.failures.push({ key: keyOf(one), createdAt: one.createdAt, fact: factOf(one), reason: message });
		} finally {
			client.patience.nextItem();
		}
	}
}
