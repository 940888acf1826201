import type { KnownMovement, LagoNote, LagoPayment, StatedInvoice } from '../../../nodes/shared/domain/statement/books';
import { COLUMNS, type Amounts } from '../../../nodes/shared/domain/statement/ledger';
import { newLine, NO_MOVEMENT, type Line } from '../../../nodes/shared/domain/statement/line';

/** October 2026. */
export const PERIOD = { from: Date.UTC(2026, 9, 1), until: Date.UTC(2026, 10, 1) };
/** Within it. */
export const AT = Date.UTC(2026, 9, 6, 22, 30, 15);

export function amounts(change: Partial<Amounts> = {}): Amounts {
	return { ...(Object.fromEntries(COLUMNS.map((column) => [column, 0])) as Amounts), ...change };
}

/** An invoice of Ada's, billed by `acme`. */
export function stated(change: Partial<StatedInvoice> = {}): StatedInvoice {
	return {
		number: 'INV-1',
		entity: 'acme',
		customer: 'Ada',
		timeZone: null,
		currency: 'EUR',
		lostAt: null,
		lost: 0,
		phase: null,
		dodoId: null,
		countedAlike: false,
		...change,
	};
}

/** A movement of EUR in a wallet of EUR, about invoice `in_1`. */
export function movement(change: Partial<KnownMovement> = {}): KnownMovement {
	return {
		...NO_MOVEMENT,
		movement: 'payment',
		id: 'pay_1',
		paymentId: 'pay_1',
		at: AT,
		currency: 'EUR',
		invoiceId: 'in_1',
		...change,
	};
}

/** A payment that Lago booked for it within the period. */
export function bookedPayment(amount: number, change: Partial<LagoPayment> = {}): LagoPayment {
	const { reference = 'pay_1' } = change;
	return {
		id: `lp_${amount}`,
		name: 'pay_1',
		amount,
		currency: 'EUR',
		at: AT,
		invoiceId: 'in_1',
		...change,
		reference,
	};
}

/** A credit note of it within the period. */
export function bookedNote(amount: number, change: Partial<LagoNote> = {}): LagoNote {
	const own = { id: `cn_${amount}`, name: 'CN-1', amount, currency: 'EUR', at: AT, invoiceId: 'in_1' };
	return { ...own, status: 'succeeded', refundId: 'ref_1', ...change };
}

/** A line in EUR of which nothing is known. */
export function line(change: Partial<Line> = {}): Line {
	return { ...newLine(movement(), []), amounts: amounts(), ...change };
}
