import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import { onFirstUse } from '../onFirstUse';
import type { AccessState } from '../domain/access/evaluate';
import { isPlain, NOTHING_KNOWN, type KnownAccess } from '../domain/access/changes';

/** What is remembered of a customer's access. Times in ms since 1970. */
export interface RememberedAccess {
	/** What was told last. */
	known: KnownAccess;
	lookedAt: number;
	/** When the state changes by itself. */
	nextChangeAt: number | null;
	/** It has changed since, but could not be told yet. */
	untold: boolean;
}

/** n8n writes the whole static data with every execution, so it must stay small. */
const MAX_STORED = 2_000;
const state = z.enum(['active', 'grace', 'restricted', 'pending_payment', 'paid_until', 'ended']) satisfies z.ZodType<AccessState>;
const storedSchema = onFirstUse(() => z.tuple([z.number().int(), z.number().int().nullable(), z.boolean(), state, z.record(state), z.string()]));

/** n8n's static data loses what simultaneous executions write; this does not. By workflow, then by customer. */
const inThisProcess = new Map<string, Map<string, RememberedAccess>>();

/** The last states of a workflow's customers: a cache that is safe to lose. Whoever is not in it has access. */
export class AccessMemory {
	constructor(
		private readonly workflowId: string,
		private readonly staticData: IDataObject,
	) {}

	/** Undefined for somebody who has access, or of whom nothing is known. */
	of(externalId: string): RememberedAccess | undefined {
		const own = this.own.get(externalId);
		const stored = this.stored(externalId);
		return stored !== undefined && stored.lookedAt > (own?.lookedAt ?? -Infinity) ? stored : own;
	}

	/** Everybody of whom something is known. */
	get customers(): string[] {
		return [...new Set([...this.own.keys(), ...Object.keys(this.table)])];
	}

	/** Writes what this process and the static data know together. To be called when the change was told. */
	remember(externalId: string, news: RememberedAccess): void {
		const own = inThisProcess.get(this.workflowId) ?? new Map<string, RememberedAccess>();
		inThisProcess.set(this.workflowId, own.set(externalId, news));
		const worth = this.customers
			.map((customer): [string, RememberedAccess | undefined] => [customer, this.of(customer)])
			.filter((entry): entry is [string, RememberedAccess] => entry[1] !== undefined && isWorthStoring(entry[1]))
			.sort(([, one], [, other]) => other.lookedAt - one.lookedAt);
		this.staticData.access = Object.fromEntries(
			worth.slice(0, MAX_STORED).map(([customer, { known, lookedAt, nextChangeAt, untold }]) => [customer, [lookedAt, nextChangeAt, untold, known.customer, known.subscriptions, known.changeId]]),
		);
	}

	private get own(): ReadonlyMap<string, RememberedAccess> {
		return inThisProcess.get(this.workflowId) ?? new Map<string, RememberedAccess>();
	}

	private get table(): Record<string, unknown> {
		const { access } = this.staticData;
		return typeof access === 'object' && access !== null ? (access as Record<string, unknown>) : {};
	}

	private stored(externalId: string): RememberedAccess | undefined {
		const parsed = storedSchema.safeParse(Object.hasOwn(this.table, externalId) ? this.table[externalId] : undefined);
		if (!parsed.success) return undefined;
		const [lookedAt, nextChangeAt, untold, customer, subscriptions, changeId] = parsed.data;
		return { known: { customer, subscriptions, changeId }, lookedAt, nextChangeAt, untold };
	}
}

function isWorthStoring({ known, nextChangeAt, untold }: RememberedAccess): boolean {
	return untold || nextChangeAt !== null || !isPlain(known);
}

/** What was told last of somebody. */
export function lastKnown(remembered: RememberedAccess | undefined): KnownAccess {
	return remembered?.known ?? NOTHING_KNOWN;
}

interface WithStaticData {
	getWorkflow(): { id?: string };
	getWorkflowStaticData(type: 'global'): IDataObject;
}

/** The memory of the workflow that runs. */
export function accessMemoryOf(ctx: WithStaticData): AccessMemory {
	return new AccessMemory(ctx.getWorkflow().id ?? '', ctx.getWorkflowStaticData('global'));
}
