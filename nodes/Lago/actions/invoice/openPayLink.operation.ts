import type { INodeProperties } from 'n8n-workflow';
import { isOfEntities, readEntities } from '../../../shared/domain/entities';
import { collectability } from '../../../shared/domain/invoice';
import { fieldsOf, type Json, type Operation, type Result } from '../../../shared/node/operation';
import { idParameter } from '../../../shared/node/parameters';
import { startingItem } from '../../../shared/node/start';
import { orNull } from '../../../shared/transport/orNull';
import { toInvoiceFacts, type LagoInvoice } from '../../../shared/wire/lago/objects';
import { linkToAllDue, openAllDue } from '../../helpers/allDuePage';
import { fetchInvoice, withReferences } from '../../helpers/invoices';
import { merchantOf } from '../../helpers/merchant';
import { takesPayments } from '../../helpers/manualPayments';
import { linkKey } from '../../helpers/payLink';
import { debtorOfToken, invoiceOfToken, topUpOfToken } from '../../helpers/payLinkToken';
import { withOrganization } from '../../helpers/organization';
import { payPage, visitorLanguage, type PageName, type PageSubject } from '../../helpers/payPage';
import { fetchTopUp } from '../../helpers/topUps';
import type { LagoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Link Parameter',
		name: 'link',
		type: 'string',
		required: true,
		default: '={{ $json.query.t }}',
		description:
			'The parameter t of the link that was clicked, or c of one to everything that is due. A link that this credential did not sign opens nothing.',
		hint: 'Leave as it is behind a Lago Pay Page Trigger',
	},
];

type Closed = 'forged' | 'listed' | 'not_payable' | 'paid' | 'unknown' | 'voided';

/** Invoice -> Open Pay Link: what a click on a permanent link leads to. One call to Lago, none for a forged link; who billed is asked for a page only. */
export const openPayLink: Operation<LagoClient, 'payable' | Closed> = {
	menu: {
		name: 'Open Pay Link',
		action: 'Open a permanent pay link',
		description: 'Check the link that somebody clicked: the invoice if it can be paid, a friendly page if not',
	},
	fields: fieldsOf('invoice', 'openPayLink', fields),
	// Whoever clicks has made up the link, or cut it: the page says so.
	judges: ['link'],
	outputs: [{ name: 'Payable', outcomes: ['payable'] }, { name: 'Show Page' }],
	async execute(ctx, client, index) {
		const { language, billingEntities, isConfirmed } = startingItem(ctx, 'lagoPayPageTrigger');
		const isOurs = (entity: string | null | undefined): boolean => isOfEntities(entity, readEntities(billingEntities));
		const shown = (outcome: Closed, page: PageName, about: Json = {}, subject: PageSubject = {}): Result<Closed> => ({
			outcome,
			message: payPage(page, 'en', subject).title,
			...about,
			...payPage(page, visitorLanguage(language), subject),
		});
		const [token, key] = [idParameter(ctx, 'link', index), await linkKey(ctx, index)];
		const debtor = debtorOfToken(token, key);
		if (debtor !== null && !isOurs(debtor.billingEntity)) return shown('unknown', 'unknown');
		if (debtor !== null) {
			const opened = await openAllDue(client, debtor, token, isConfirmed === true);
			return 'asked' in opened ? opened.asked : shown(opened.outcome, opened.page, {}, opened.subject);
		}
		const [invoiceId, topUpId] = [invoiceOfToken(token, key), topUpOfToken(token, key)];
		const read = invoiceId === null ? topUpId !== null && fetchTopUp(client, topUpId) : fetchInvoice(client, invoiceId);
		if (!read) return shown('forged', 'forged');
		const invoice = await orNull(read, ({ code }) => /^(invoice|wallet_transaction)_not_found$/.test(code ?? ''));
		if (invoice === null || !isOurs(invoice.billing_entity_code))
			return shown('unknown', 'unknown', invoiceId === null ? { topUpId } : { invoiceId });
		const about = { invoiceId: invoice.lago_id, invoiceNumber: invoice.number };
		const verdict = collectability(toInvoiceFacts(invoice));
		if (
			verdict.decision === 'collect' &&
			(invoice.topUp === undefined || (await takesPayments(client, invoice.lago_id)))
		)
			return {
				outcome: 'payable',
				message: `Invoice ${invoice.number} can be paid.`,
				...about,
				invoice: await withOrganization(client, await withReferences(client, invoice)),
			};
		const { outcome, page } = closed(invoice, verdict.decision !== 'skip');
		const [merchant, allDueHref] = await Promise.all([
			merchantOf(client, invoice),
			// A page without the link is better than one that does not come.
			orNull(linkToAllDue(client, invoice, key), () => true),
		]);
		return shown(outcome, page, about, { invoice, merchant, allDueHref: allDueHref ?? undefined });
	},
};

/** @param isHeld something is due, but not to be paid here. */
function closed(
	{ status, payment_status: paymentStatus }: LagoInvoice,
	isHeld: boolean,
): { outcome: Closed; page: PageName } {
	if (paymentStatus === 'succeeded') return { outcome: 'paid', page: 'paid' };
	if (status === 'voided') return { outcome: 'voided', page: 'voided' };
	return { outcome: 'not_payable', page: isHeld ? 'notHere' : 'nothingDue' };
}
