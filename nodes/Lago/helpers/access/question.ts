import { createHash, timingSafeEqual } from 'node:crypto';
import { isPlain } from '../../../shared/domain/access/changes';
import { evaluateAccess } from '../../../shared/domain/access/evaluate';
import type { AccessPolicy } from '../../../shared/domain/access/policy';
import { viewOf, type AccessView, type CustomerAccessView } from '../../../shared/domain/access/view';
import { BoundedMap } from '../../../shared/process/boundedMap';
import type { LagoClient } from '../../transport/client';
import { lastKnown, type RememberedAccess } from './accessMemory';
import { accessFactsOf } from './facts';

/**
 * Whether `Authorization: Bearer <token>` carries the token; constant time whatever its length. The scheme has no upper or lower case (RFC
 * 9110).
 */
export function isBearer(header: string | undefined, token: string): boolean {
	const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
	const given = /^bearer +(.*)$/i.exec(header?.trim() ?? '')?.[1] ?? '';
	return timingSafeEqual(digest(given), digest(token)) && token !== '';
}

/** An answer that was given, and when (ms since 1970). */
export interface GivenAnswer {
	view: CustomerAccessView;
	at: number;
}

const MAX_KEPT = 5_000;
/** By account, policy and customer; newest last. */
const given = new BoundedMap<string, GivenAnswer>({ entries: MAX_KEPT });
const asking = new Map<string, Promise<CustomerAccessView>>();

/** What distinguishes one question from another. */
export function questionKey(client: LagoClient, policy: AccessPolicy, externalId: string): string {
	return JSON.stringify([client.accountKey, policy, externalId]);
}

/** Asks Lago's books; who asks the same at the same time gets the same answer. Throws ApiError. */
export async function ask(client: LagoClient, policy: AccessPolicy, externalId: string): Promise<CustomerAccessView> {
	const key = questionKey(client, policy, externalId);
	const running = asking.get(key) ?? answerOf(client, policy, externalId).finally(() => asking.delete(key));
	asking.set(key, running);
	const view = await running;
	given.set(key, { view, at: Date.now() });
	return view;
}

async function answerOf(client: LagoClient, policy: AccessPolicy, externalId: string): Promise<CustomerAccessView> {
	const now = Date.now();
	return viewOf(evaluateAccess(await accessFactsOf(client, externalId, policy, now), policy, now));
}

/** The newest of what was answered here and what the workflow remembers; null when neither knows anything. */
export function lastAnswer(
	key: string,
	externalId: string,
	remembered: RememberedAccess | undefined,
): GivenAnswer | null {
	const answered = given.get(key);
	if (remembered === undefined || remembered.lookedAt <= (answered?.at ?? -Infinity)) return answered ?? null;
	const known = lastKnown(remembered);
	if (answered !== undefined && isPlain(known)) return answered;
	const subscriptions = Object.entries(known.subscriptions).map(([id, state]) => bare(id, state));
	return { view: { customer: bare(externalId, known.customer), subscriptions }, at: remembered.lookedAt };
}

/** A state of which the reasons were not kept. */
function bare(external_id: string, state: string): AccessView {
	return {
		external_id,
		state,
		since: null,
		until: null,
		next_change_at: null,
		overdue: [],
		days_overdue: 0,
		reasons: [],
	};
}
