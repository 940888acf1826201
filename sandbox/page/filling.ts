import { toOpen } from '../../nodes/Lago/helpers/backFill';
import type { BackFillTerms } from '../../nodes/shared/domain/backFill';
import { BackFillTable } from '../../nodes/shared/domain/backFillTable';
import { invoiceSchema } from '../../nodes/shared/wire/lago/objects';
import { invoiceView } from '../lago/views/invoices';
import type { LagoSimulator } from '../simulators';

/** What a back-fill would do now, of whatever age, 50 a day over any amount, by the rules of the template. Nothing moves. */
export function filling(lago: LagoSimulator, now: number) {
	const open = [...lago.state.invoices.values()].filter(
		(one) => one.status === 'finalized' && one.payment_status !== 'succeeded',
	);
	const money = Object.fromEntries(open.map(({ currency }) => [currency, Number.MAX_SAFE_INTEGER]));
	const terms: BackFillTerms = { until: now, notBefore: null, order: 'oldest', perDay: 50, money };
	const table = new BackFillTable(terms);
	for (const one of open) table.add(toOpen(invoiceSchema.parse(invoiceView(one, 'list')), new Set()));
	const { rows, message } = table.done();
	return { rows, message };
}
