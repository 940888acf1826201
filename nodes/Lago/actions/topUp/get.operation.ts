import { collectability } from '../../../shared/domain/invoice';
import { formatAmount } from '../../../shared/domain/money';
import { topUpNeedsPremium } from '../../../shared/domain/topUp';
import { fieldsOf, type Operation, type Result } from '../../../shared/node/operation';
import { readOrHold } from '../../../shared/node/unknown';
import { toInvoiceFacts } from '../../../shared/wire/lago/objects';
import { takesPayments } from '../../helpers/manualPayments';
import { withOrganization } from '../../helpers/organization';
import { fetchTopUp } from '../../helpers/topUps';
import type { LagoClient } from '../../transport/client';
import { topUpField, topUpParameter } from './topUp.field';

type Outcome = 'held' | 'payable' | 'skipped';

/** Top-Up -> Get: whether it is to be paid, with its invoice, which Lago shows to nobody before. Four calls, a fifth once in ten minutes. */
export const get: Operation<LagoClient, Outcome> = {
	menu: {
		name: 'Get',
		action: 'Get a top up',
		description: 'Retrieve a top-up that must be paid before it counts, as an invoice that can be collected',
	},
	fields: fieldsOf('topUp', 'get', [topUpField]),
	outputs: [{ name: 'To Be Paid', outcomes: ['payable'] }, { name: 'Other' }, { name: 'Held', outcomes: ['held'] }],
	async execute(ctx, client, index) {
		const id = topUpParameter(ctx, index);
		const wanted = { id, kind: 'top-up', reason: 'unknown_top_up' } as const;
		return await readOrHold(ctx, index, wanted, async () => await read(client, id));
	},
};

async function read(client: LagoClient, id: string): Promise<Result<Outcome>> {
	const invoice = await fetchTopUp(client, id);
	const skip = (message: string): Result<'skipped'> => ({ outcome: 'skipped', reason: 'own_invoice', message });
	if (invoice === null) return skip(`Nothing has to be paid before transaction ${id} counts.`);
	const { lago_id: invoiceId, number, topUp } = invoice;
	const about = { invoiceId, invoiceNumber: number, ...(topUp && { topUp }) };
	const verdict = collectability(toInvoiceFacts(invoice));
	if (verdict.decision === 'skip')
		return { outcome: 'skipped', reason: verdict.reason, message: verdict.message, ...about };
	if (topUp === undefined)
		return { ...skip(`Lago shows invoice ${number} of this top-up, so it is collected as any other.`), ...about };
	if (verdict.decision === 'held') return { ...verdict.held, ...about };
	const sum = formatAmount(verdict.amount, invoice.currency);
	if (!(await takesPayments(client, invoiceId)))
		return { ...topUpNeedsPremium(number, `${sum} are not collected`), ...about };
	const message = `${sum} are to be paid before ${number} counts.`;
	return { outcome: 'payable', message, ...about, invoice: await withOrganization(client, invoice) };
}
