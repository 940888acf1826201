import { z } from 'zod';
import { sentenceOf } from '../../shared/domain/olderLago';
import { orNull } from '../../shared/transport/orNull';
import { onFirstUse } from '../../shared/wire/onFirstUse';
import { ageOf } from '../transport/age';
import type { LagoClient } from '../transport/client';

const anyInvoices = onFirstUse(() => z.object({ invoices: z.array(z.unknown()) }));

/** What does not work on this Lago, in one sentence; null when nothing is known to be amiss. Asks nobody. */
export function olderLago(client: LagoClient): string | null {
	return sentenceOf(ageOf(client));
}

/** The same at the start of a trigger, when little has been told yet: an older Lago shows one invoice, which says more. */
export async function olderLagoAtStart(client: LagoClient): Promise<string | null> {
	const { before, from } = ageOf(client);
	if (before === null) return null;
	if (from === null)
		await orNull(client.request(anyInvoices, { method: 'GET', path: '/invoices', query: { per_page: 1 } }), () => true);
	return olderLago(client);
}
