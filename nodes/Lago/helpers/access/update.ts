import type { IExecuteFunctions } from 'n8n-workflow';
import { changesSince, knownOf, type StateChange } from '../../../shared/domain/access/changes';
import { evaluateAccess, type CustomerAccess } from '../../../shared/domain/access/evaluate';
import type { AccessPolicy } from '../../../shared/domain/access/policy';
import { viewOf } from '../../../shared/domain/access/view';
import type { Json, Result } from '../../../shared/node/operation';
import { withKeyedLock } from '../../../shared/process/keyedLock';
import { ApiError } from '../../../shared/transport/apiError';
import { orNull } from '../../../shared/transport/orNull';
import { sendCallback } from '../../../shared/transport/signedCallback';
import type { LagoClient } from '../../transport/client';
import { lastKnown, type AccessMemory } from './accessMemory';
import { carry, type Carrier } from './carriers';
import { changeIdOf } from './changeId';
import { accessFactsOf } from './facts';

/** What is to be done with a change. */
export interface AccessUpdate {
	policy: AccessPolicy;
	callback: { url: string; key: Buffer } | null;
	carrier: Carrier;
	memory: AccessMemory;
	/** A person tries it in the editor: nothing is remembered, so that the real change is still told. */
	isTrial: boolean;
}

/**
 * Looks at a customer and tells of a change, once: first outside, then it is remembered, then it comes out. What could not be told stays due.
 * @returns the change as an item, or null when there is none.
 * @throws ApiError when the books cannot be read.
 */
export async function updateAccess(
	ctx: IExecuteFunctions,
	client: LagoClient,
	externalId: string,
	update: AccessUpdate,
): Promise<Result<'access_changed' | 'access_untold'> | null> {
	return await withKeyedLock(
		`access ${ctx.getWorkflow().id} ${client.accountKey} ${externalId}`,
		async () => await lookAt(ctx, client, externalId, update),
	);
}

async function lookAt(
	ctx: IExecuteFunctions,
	client: LagoClient,
	externalId: string,
	update: AccessUpdate,
): Promise<Result<'access_changed' | 'access_untold'> | null> {
	const { policy, memory, isTrial } = update;
	const now = Date.now();
	const request = accessFactsOf(client, externalId, policy, now);
	const facts = await orNull(request, ({ code }) => code === 'customer_not_found');
	if (facts === null) return null;
	const access = evaluateAccess(facts, policy, now);
	const remembered = memory.of(externalId);
	const before = lastKnown(remembered);
	const changes = changesSince(before, access);
	const nextChangeAt = earliest([access.customer, ...access.subscriptions].map((one) => one.nextChangeAt));
	const remember = (known: typeof before, untold: boolean): void => {
		if (!isTrial) memory.remember(externalId, { known, lookedAt: now, nextChangeAt, untold });
	};
	if (changes.length === 0) {
		remember(before, false);
		return null;
	}
	const id = changeIdOf(before, access);
	const item = itemOf(id, changes, access, now);
	const problem = await tell(ctx, client, update, id, item, access, changes);
	if (problem === null || problem.isFinal) {
		remember(knownOf(access, id), false);
		return problem === null ? item : { ...item, lago: problem.words };
	}
	const isNew = remembered?.untold !== true;
	remember(before, true);
	return isNew ? untold(item, problem) : null;
}

function untold(item: Json, { words }: Problem): Result<'access_untold'> {
	return {
		...item,
		outcome: 'access_untold',
		message: `${String(item.message)} This could not be told: ${words}`,
		nextStep:
			'Nothing: every look tries again, and it is told once. If it goes on, check the address and what answers there.',
	};
}

interface Problem {
	words: string;
	/** Trying again will not help, and everybody else was told. */
	isFinal: boolean;
}

async function tell(
	ctx: IExecuteFunctions,
	client: LagoClient,
	{ callback, carrier }: AccessUpdate,
	id: string,
	item: Json,
	access: CustomerAccess,
	changes: readonly StateChange[],
): Promise<Problem | null> {
	if (callback !== null) {
		const { changes: told, customer, subscriptions } = item;
		const body = { type: 'access.changed', timestamp: item.at, data: { changes: told, customer, subscriptions } };
		const problem = await sendCallback(ctx, { ...callback, id, body }, client.patience.requestTimeoutMs);
		if (problem !== null) return { words: `the callback address was asked, but ${problem}.`, isFinal: false };
	}
	const refused = await carry(client, carrier, access, changes).catch((caught: unknown): Problem => {
		if (!(caught instanceof ApiError && caught.transient)) throw caught;
		return { words: `${caught.message}.`, isFinal: false };
	});
	return typeof refused === 'string' ? { words: refused, isFinal: true } : refused;
}

function itemOf(
	changeId: string,
	changes: readonly StateChange[],
	access: CustomerAccess,
	now: number,
): Result<'access_changed'> {
	const { externalId, state, reasons } = access.customer;
	const moved = changes
		.map(({ of, externalId: id, from, to }) => `${of} ${id} was ${from} and is ${to} now`)
		.join('; ');
	const clears = [...new Set(reasons.flatMap(({ clearsWhen }) => clearsWhen ?? []))];
	const until = clears.length > 0 && state !== 'active' ? ` It changes when ${clears.join(', ')}.` : '';
	return {
		outcome: 'access_changed',
		message: `${moved[0]?.toUpperCase()}${moved.slice(1)}.${until}`,
		changeId,
		at: new Date(now).toISOString(),
		customerExternalId: externalId,
		changes: changes.map(({ of, externalId: external_id, from, to }) => ({ of, external_id, from, to })),
		...viewOf(access),
	};
}

function earliest(times: ReadonlyArray<number | null>): number | null {
	const known = times.filter((time) => time !== null);
	return known.length === 0 ? null : Math.min(...known);
}
