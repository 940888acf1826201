import { CUSTOMERS, INVOICES, ManyInvoices, WHO_IS_REMINDED } from '../../test/support/manyInvoices';
import { runOver } from './overInvoices';
import { rounded, type Row } from './stats';

/** Pages of 100, the end of the list, disputes, who bills. */
const MOST_CALLS = INVOICES / 100 + 3;
const MOST_MB = 150;

/** R19: who is reminded of 20,000 open invoices of 5,000 customers: calls to Lago, and what it takes of memory. */
export async function measureReminders(): Promise<Row[]> {
	const { outputs, calls, mb } = await runOver(new ManyInvoices(Date.now()), WHO_IS_REMINDED);
	const [mails = []] = outputs;
	return [
		{
			id: 'R19',
			what: `calls to Lago to find who is reminded of ${INVOICES} open invoices of ${CUSTOMERS} customers (${mails.length} mails)`,
			measured: rounded(calls, 0),
			goal: `<= ${MOST_CALLS}`,
			met: calls <= MOST_CALLS,
			raw: calls,
		},
		{
			id: 'R19',
			what: 'MB of memory at most while it does, mails included',
			measured: rounded(mb, 0),
			goal: `<= ${MOST_MB}`,
			met: mb <= MOST_MB,
			raw: mb,
		},
	];
}
