import type { Period } from './books';
import { COLUMNS, type Balance, type Movement } from './ledger';
import { newLine, NO_MOVEMENT, type Line } from './line';

/** A line for each wallet whose balances say something else than its entries. */
export function gaps(movements: readonly Movement[], balances: readonly Balance[], periods: readonly Period[]): Line[] {
	return balances.flatMap(({ currency, opening, closing }) => {
		if (opening === null || closing === null) return [];
		const own = movements.filter((one) => one.currency === currency);
		const moved = own.reduce((sum, one) => sum + COLUMNS.reduce((part, column) => part + one[column], 0), 0);
		const other = closing - opening - moved;
		if (other === 0) return [];
		const at = Math.max(...periods.map(({ until }) => until)) - 1;
		const movement = { ...NO_MOVEMENT, movement: 'ledger gap', at, currency, other };
		return [{ ...newLine(movement, []), reason: 'ledger_gap' as const }];
	});
}
