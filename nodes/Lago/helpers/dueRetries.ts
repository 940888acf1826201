import { MOVES_WITHIN_MS } from '../../shared/domain/keys';
import type { LagoInvoice } from '../../shared/wire/lago/objects';
import type { LagoClient } from '../transport/client';
import { inTurns } from './inTurns';
import { fetchInvoice } from './invoices';

/** So many are charged while what was read is young; the next run has the others. */
const READ_ANEW = 20;

/**
 * What is charged must have been read seconds before, and a long list is old by its end: some of it are read anew then. In any order, so that
 * none that takes long keeps the same others waiting each time.
 * @param readAt when the list was begun, ms since 1970.
 */
export async function youngOf(client: LagoClient, due: readonly LagoInvoice[], readAt: number): Promise<LagoInvoice[]> {
	const mixed = due
		.map((invoice) => ({ invoice, order: Math.random() }))
		.sort((one, other) => one.order - other.order)
		.map(({ invoice }) => invoice);
	if (Date.now() - readAt < MOVES_WITHIN_MS / 3) return mixed;
	return await inTurns(mixed.slice(0, READ_ANEW), async ({ lago_id }) => await fetchInvoice(client, lago_id));
}
