import type { IDataObject } from 'n8n-workflow';
import { INVOICES, ManyInvoices } from '../../test/support/manyInvoices';
import { runOver } from './overInvoices';
import { rounded, type Row } from './stats';

/** Pages of 100 and the end of the list, and payment requests. */
const MOST_CALLS = INVOICES / 100 + 2;
const MOST_MB = 50;
/** What a real Lago took for a page of 100, on two slow cores. */
const PAGE_S = 0.3;
const MOST_S = 120;

/** R20: 20,000 open invoices that nobody has asked for: what the table of a back-fill takes, and a portion of it. */
export async function measureBackFill(): Promise<Row[]> {
	const lago = new ManyInvoices(Date.now(), false);
	const preview = { resource: 'backFill', operation: 'preview', order: 'oldest', perDay: 500, money: 'EUR:100000.00' };
	const shown = await runOver(lago, preview);
	const terms = shown.outputs[0]?.[0]?.terms as IDataObject;
	const agreement = { ...terms, agreedAt: Date.now(), isStopped: false };
	const chosen = await runOver(lago, { resource: 'backFill', operation: 'getPortion' }, { backFill: agreement });
	const rows = [
		['the table of a back-fill', shown],
		['a portion of it', chosen],
	] as const;
	return rows.flatMap(([what, { calls, mb, seconds }]): Row[] => {
		const all = seconds + calls * PAGE_S;
		const row = (name: string, measured: number, most: number, raw: unknown = measured): Row => ({
			id: 'R20',
			what: `${name} for ${what} of ${INVOICES} open invoices`,
			measured: rounded(measured, 0),
			goal: `<= ${most}`,
			met: measured <= most,
			raw,
		});
		return [
			row('calls to Lago', calls, MOST_CALLS),
			row('MB of memory at most', mb, MOST_MB),
			row(`seconds, of them ${PAGE_S} for each page of Lago,`, all, MOST_S, { seconds, calls }),
		];
	});
}
