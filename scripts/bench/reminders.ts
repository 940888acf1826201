import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { operations } from '../../nodes/Lago/actions/operations';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { runOperation } from '../../nodes/shared/node/operation';
import { executeContext } from '../../test/support/executeContext';
import { CUSTOMERS, INVOICES, ManyInvoices } from '../../test/support/manyInvoices';
import { rounded, type Row } from './stats';

const MB = 1_048_576;
/** Pages of 100, the end of the list, disputes, who bills. */
const MOST_CALLS = INVOICES / 100 + 3;
const MOST_MB = 150;

/** R19: who is reminded of 20,000 open invoices of 5,000 customers: calls to Lago, and what it takes of memory. */
export async function measureReminders(): Promise<Row[]> {
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc') as () => void;
	const heap = (): number => process.memoryUsage().heapUsed / MB;
	const lago = new ManyInvoices(Date.now());
	const context = executeContext({
		parameters: {
			resource: 'reminder',
			operation: 'getDue',
			show: 'now',
			payLinkAddress: 'https://n8n.example/pay',
			earliestHour: 0,
			latestHour: 24,
			sundays: true,
		},
		credential: { baseUrl: 'https://lago.example', webhookHmacKey: 'bench' },
		credentialId: 'bench',
		typeVersion: 1.3,
	});
	collect();
	const before = heap();
	let peak = before;
	context.helpers.httpRequestWithAuthentication = (async (...given: Parameters<ManyInvoices['request']>) => {
		// What is left after a collection is kept; the rest is only not swept yet.
		if (lago.calls.length % 25 === 0) collect();
		peak = Math.max(peak, heap());
		return await lago.request(...given);
	}) as never;
	const [mails = []] = await runOperation(context, operations, LagoClient.of);
	collect();
	peak = Math.max(peak, heap());
	const calls = lago.calls.length;
	const took = peak - before;
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
			measured: rounded(took, 0),
			goal: `<= ${MOST_MB}`,
			met: took <= MOST_MB,
			raw: took,
		},
	];
}
