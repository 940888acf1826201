import type { Debtor, DueTogether } from '../../shared/domain/dueTogether';
import type { Result } from '../../shared/node/operation';
import type { LagoInvoice } from '../../shared/wire/lago/objects';
import type { LagoClient } from '../transport/client';
import { askFor, dueOf, openInvoicesOf } from './dueTogether';
import { merchantOf } from './merchant';
import type { AllDue, PageName, PageSubject } from './payPage';
import { tokenOfDebtor } from './payLinkToken';

/** A page, and what is told of it. */
interface Shown {
	outcome: 'listed' | 'not_payable' | 'paid';
	page: PageName;
	subject: PageSubject;
}

/**
 * What a click on the link to everything that is due leads to: the list, and from there what one payment asks for. Throws ApiError.
 * @param isConfirmed the visitor comes from the list.
 */
export async function openAllDue(
	client: LagoClient,
	debtor: Debtor,
	token: string,
	isConfirmed: boolean,
): Promise<{ asked: Result<'payable'> } | Shown> {
	const readAt = Date.now();
	const invoices = await openInvoicesOf(client, debtor);
	const asked = await askFor(client, { debtor, invoices, requestId: null, readAt });
	const { outcome } = asked;
	if (outcome === 'payable' && isConfirmed) return { asked: asked as Result<'payable'> };
	const code = debtor.billingEntity ?? invoices[0]?.billing_entity_code;
	const merchant = await merchantOf(client, { billing_entity_code: code });
	if (outcome === 'payable')
		return {
			outcome: 'listed',
			page: 'allDue',
			subject: { merchant, allDue: listOf(dueOf(invoices), debtor.currency, token) },
		};
	return outcome === 'held'
		? { outcome: 'not_payable', page: 'allLater', subject: { merchant } }
		: { outcome: 'paid', page: 'allPaid', subject: { merchant } };
}

/** The links stay on the page that they stand on. */
function listOf({ members, amount }: DueTogether, currency: string, token: string): AllDue {
	const invoices = members.map(({ invoice: { number, dueOn }, amount: due }) => ({ number, dueOn, amount: due }));
	return { href: `?c=${token}&pay=1`, amount, currency, invoices };
}

/** Where the page of an invoice leads to everything that its customer owes; undefined when that is nothing. Throws ApiError. */
export async function linkToAllDue(
	client: LagoClient,
	{ customer, currency, billing_entity_code: billingEntity = null }: LagoInvoice,
	hmacKey: string,
): Promise<string | undefined> {
	const customerId = customer?.external_id;
	if (!customerId) return undefined;
	const debtor = { customerId, currency, billingEntity };
	const due = dueOf(await openInvoicesOf(client, debtor));
	return due.members.length > 0 ? `?c=${tokenOfDebtor(debtor, hmacKey)}` : undefined;
}
