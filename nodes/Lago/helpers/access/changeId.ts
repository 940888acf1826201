import { createHash } from 'node:crypto';
import type { KnownAccess } from '../../../shared/domain/access/changes';
import type { CustomerAccess } from '../../../shared/domain/access/evaluate';

/**
 * Identity of a change, for receivers that get it twice. It depends on what was before, so that access that comes back for the second time
 * is another change than the first time.
 * @returns e.g. `access_3f0c...`, 38 characters.
 */
export function changeIdOf(before: KnownAccess, { customer, subscriptions }: CustomerAccess): string {
	const states = [customer, ...subscriptions].map(({ externalId, state, since }) => [externalId, state, since]);
	return `access_${createHash('sha256')
		.update(JSON.stringify([before.changeId, states]))
		.digest('hex')
		.slice(0, 31)}`;
}
