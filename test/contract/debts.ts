import { randomUUID } from 'node:crypto';
import type { Invoice } from '../../sandbox/lago/documents';
import { world } from '../support/oneWorld';

/** Invoices of one customer, the oldest due first. Amounts in cents. */
export function issue(amounts: readonly number[]): Invoice[] {
	const external_id = `c-${randomUUID()}`;
	return amounts.map((amountCents, place) =>
		world.issue({ customer: { external_id }, fees: [{ amountCents }], dueInDays: place - amounts.length }),
	);
}

/** An invoice as it is by now. */
export const now = ({ lago_id }: Invoice): Invoice => world.lago.state.invoices.get(lago_id) as Invoice;
