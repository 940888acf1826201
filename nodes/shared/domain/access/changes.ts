import type { CustomerAccess } from './evaluate';
import type { AccessState } from './reasons';

/** What is remembered of a customer between two looks. */
export interface KnownAccess {
	customer: AccessState;
	/** By external id; those that are not named are active. */
	subscriptions: Readonly<Record<string, AccessState>>;
	/** Of the change that led here; empty when there was none. */
	changeId: string;
}

/** Somebody's state before and after. */
export interface StateChange {
	of: 'customer' | 'subscription';
	externalId: string;
	from: AccessState;
	to: AccessState;
}

/** Of whom nothing is known: access is open until somebody says otherwise. */
export const NOTHING_KNOWN: KnownAccess = { customer: 'active', subscriptions: {}, changeId: '' };

/** What is worth remembering of a decision. */
export function knownOf({ customer, subscriptions }: CustomerAccess, changeId: string): KnownAccess {
	const changed = subscriptions
		.filter(({ state }) => state !== 'active')
		.map(({ externalId, state }): [string, AccessState] => [externalId, state]);
	return { customer: customer.state, subscriptions: Object.fromEntries(changed), changeId };
}

/** Whether there is nothing to remember. */
export function isPlain({ customer, subscriptions }: KnownAccess): boolean {
	return customer === 'active' && Object.keys(subscriptions).length === 0;
}

/** The states that changed, the customer's first; empty when none did. */
export function changesSince(before: KnownAccess, { customer, subscriptions }: CustomerAccess): StateChange[] {
	const changes: StateChange[] = [
		{ of: 'customer', externalId: customer.externalId, from: before.customer, to: customer.state },
	];
	for (const { externalId, state } of subscriptions)
		changes.push({ of: 'subscription', externalId, from: stateIn(before.subscriptions, externalId), to: state });
	return changes.filter(({ from, to }) => from !== to);
}

/** An external id may be `constructor`, which every object has. */
function stateIn(states: KnownAccess['subscriptions'], externalId: string): AccessState {
	return (Object.hasOwn(states, externalId) ? states[externalId] : undefined) ?? 'active';
}
