import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import { isPlain, NOTHING_KNOWN, type KnownAccess } from '../../../shared/domain/access/changes';
import type { AccessState } from '../../../shared/domain/access/reasons';
import { BoundedMap } from '../../../shared/process/boundedMap';
import { onFirstUse } from '../../../shared/wire/onFirstUse';

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

/** n8n writes the whole static data with every execution, so it must stay small: when more are stored, the longest unchanged ones go. */
const MAX_STORED = 2_000;
const STORED_AFTER_CLEARING = 1_900;
/** In this process, of one workflow. */
const MAX_KNOWN = 20_000;
const MAX_WORKFLOWS = 100;
/** So many executions at once overwrite each other's static data; each writes the latest news of all of them. */
const LATEST = 50;
const state = z.enum([
	'active',
	'grace',
	'restricted',
	'pending_payment',
	'paid_until',
	'ended',
]) satisfies z.ZodType<AccessState>;
const storedSchema = onFirstUse(() =>
	z.tuple([z.number().int(), z.number().int().nullable(), z.boolean(), state, z.record(state), z.string()]),
);

interface Own {
	known: BoundedMap<string, RememberedAccess>;
	/** Customers of the latest news, each once, the newest last. */
	latest: BoundedMap<string, true>;
}

/** n8n's static data loses what simultaneous executions write; this does not. By workflow. */
const inThisProcess = new BoundedMap<string, Own>({ entries: MAX_WORKFLOWS });

/** The last states of a workflow's customers: a cache that is safe to lose. Whoever is not in it has access. */
export class AccessMemory {
	constructor(
		private readonly workflowId: string,
		private readonly staticData: IDataObject,
	) {}

	/** Undefined for somebody who has access, or of whom nothing is known. */
	of(externalId: string): RememberedAccess | undefined {
		const own = this.own?.known.get(externalId);
		const stored = this.stored(externalId);
		return stored !== undefined && stored.lookedAt > (own?.lookedAt ?? -Infinity) ? stored : own;
	}

	/** Everybody of whom something is known. */
	get customers(): string[] {
		return [...new Set([...(this.own?.known.keys() ?? []), ...Object.keys(this.table)])];
	}

	/** To be called when the change was told. What it costs does not depend on how many customers are known. */
	remember(externalId: string, news: RememberedAccess): void {
		const own = this.own ?? {
			known: new BoundedMap({ entries: MAX_KNOWN }),
			latest: new BoundedMap({ entries: LATEST }),
		};
		inThisProcess.set(this.workflowId, own);
		own.known.set(externalId, news);
		own.latest.set(externalId, true);
		if (typeof this.staticData.access !== 'object' || this.staticData.access === null) this.staticData.access = {};
		const { table } = this;
		for (const customer of own.latest.keys()) {
			const known = own.known.get(customer);
			if (known !== undefined && isWorthStoring(known) && customer !== '__proto__') table[customer] = toStored(known);
			else if (Object.hasOwn(table, customer)) delete table[customer];
		}
		clear(table);
	}

	private get own(): Own | undefined {
		return inThisProcess.get(this.workflowId);
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

function toStored({ known, lookedAt, nextChangeAt, untold }: RememberedAccess): unknown[] {
	return [lookedAt, nextChangeAt, untold, known.customer, known.subscriptions, known.changeId];
}

/** What is thrown away is known by this process, and else only told once more. */
function clear(table: Record<string, unknown>): void {
	const customers = Object.keys(table);
	if (customers.length <= MAX_STORED) return;
	const lookedAt = (customer: string): number => Number((table[customer] as unknown[] | undefined)?.[0]) || 0;
	const oldest = customers
		.map((customer) => ({ customer, at: lookedAt(customer) }))
		.sort((one, other) => one.at - other.at);
	for (const { customer } of oldest.slice(0, customers.length - STORED_AFTER_CLEARING)) delete table[customer];
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
