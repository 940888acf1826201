import type { INodeProperties } from 'n8n-workflow';
import type { Debtor } from '../../../shared/domain/dueTogether';
import { isOfEntities, readEntities } from '../../../shared/domain/entities';
import { collectability } from '../../../shared/domain/invoice';
import { fieldsOf, type Json, type Operation, type Result } from '../../../shared/node/operation';
import { idParameter } from '../../../shared/node/parameters';
import { startingItem } from '../../../shared/node/start';
import { orNull } from '../../../shared/transport/orNull';
import { toInvoiceFacts, type LagoInvoice } from '../../../shared/wire/lago/objects';
import { choiceFor, linkToAllDue, openAllDue } from '../../helpers/allDuePage';
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

/**
 * Invoice -> Open Pay Link: what a click on a permanent link leads to. One call to Lago, none for a forged link; a second one where the visitor
 * may choose to pay everything that is due (behind a Pay Page Trigger since 1.2); who billed is asked for a page only.
 */
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
		const visit: Visit = {
			client,
			token: idParameter(ctx, 'link', index),
			key: await linkKey(ctx, index),
			chosen: readEntities(billingEntities),
			isConfirmed: typeof isConfirmed === 'boolean' ? isConfirmed : null,
			shown: (outcome, page, about = {}, subject = {}) => ({
				outcome,
				message: payPage(page, 'en', subject).title,
				...about,
				...payPage(page, visitorLanguage(language), subject),
			}),
		};
		const debtor = debtorOfToken(visit.token, visit.key);
		return debtor === null ? await openOne(visit) : await openAll(visit, debtor);
	},
};

/** A click, and how it is answered. */
interface Visit {
	client: LagoClient;
	token: string;
	key: string;
	/** Codes of the billing entities that the page works for. */
	chosen: string[];
	/** Whether the visitor comes from a list of what is due; null where nobody is shown one. */
	isConfirmed: boolean | null;
	shown(outcome: Closed, page: PageName, about?: Json, subject?: PageSubject): Result<Closed>;
}

async function openAll(
	{ client, token, chosen, isConfirmed, shown }: Visit,
	debtor: Debtor,
): Promise<Result<'payable' | Closed>> {
	if (!isOfEntities(debtor.billingEntity, chosen)) return shown('unknown', 'unknown');
	const opened = await openAllDue(client, debtor, { token, chosen, isConfirmed: isConfirmed === true });
	return 'asked' in opened ? opened.asked : shown(opened.outcome, opened.page, {}, opened.subject);
}

/** The link of an invoice or of a top-up. */
async function openOne({ client, token, key, chosen, isConfirmed, shown }: Visit): Promise<Result<'payable' | Closed>> {
	const [invoiceId, topUpId] = [invoiceOfToken(token, key), topUpOfToken(token, key)];
	const read = invoiceId === null ? topUpId !== null && fetchTopUp(client, topUpId) : fetchInvoice(client, invoiceId);
	if (!read) return shown('forged', 'forged');
	const invoice = await orNull(read, ({ code }) => /^(invoice|wallet_transaction)_not_found$/.test(code ?? ''));
	if (invoice === null || !isOfEntities(invoice.billing_entity_code, chosen))
		return shown('unknown', 'unknown', invoiceId === null ? { topUpId } : { invoiceId });
	const { lago_id: id, number, topUp } = invoice;
	const about = { invoiceId: id, invoiceNumber: number };
	const verdict = collectability(toInvoiceFacts(invoice));
	if (verdict.decision === 'collect' && (topUp === undefined || (await takesPayments(client, id)))) {
		const mayChoose = isConfirmed === false && topUp === undefined;
		const clicked = { invoice, link: token, amount: verdict.amount };
		const choice = mayChoose ? await choiceFor(client, clicked, key) : null;
		if (choice !== null) return shown('listed', 'allDue', about, choice);
		const payable = await withOrganization(client, await withReferences(client, invoice));
		return { outcome: 'payable', message: `Invoice ${number} can be paid.`, ...about, invoice: payable };
	}
	const { outcome, page } = closed(invoice, verdict.decision !== 'skip');
	const [merchant, allDueHref] = await Promise.all([merchantOf(client, invoice), linkToAllDue(client, invoice, key)]);
	return shown(outcome, page, about, { invoice, merchant, allDueHref });
}

/** @param isHeld something is due, but not to be paid here. */
function closed(
	{ status, payment_status: paymentStatus }: LagoInvoice,
	isHeld: boolean,
): { outcome: Closed; page: PageName } {
	if (paymentStatus === 'succeeded') return { outcome: 'paid', page: 'paid' };
	if (status === 'voided') return { outcome: 'voided', page: 'voided' };
	return { outcome: 'not_payable', page: isHeld ? 'notHere' : 'nothingDue' };
}
