import { unaskable, type Debtor, type DueTogether } from '../../shared/domain/dueTogether';
import type { Result } from '../../shared/node/operation';
import type { LagoInvoice } from '../../shared/wire/lago/objects';
import type { LagoClient } from '../transport/client';
import { askFor, dueOf, ONE_PAGE, openInvoicesOf } from './dueTogether';
import { inTime } from './inTime';
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
 * @param chosen codes of the billing entities that the page works for; none for all.
 * @param isConfirmed the visitor comes from the list.
 */
export async function openAllDue(
	client: LagoClient,
	debtor: Debtor,
	{ token, chosen, isConfirmed }: { token: string; chosen: readonly string[]; isConfirmed: boolean },
): Promise<{ asked: Result<'payable'> } | Shown> {
	const readAt = Date.now();
	const invoices = await openInvoicesOf(client, debtor, { chosen });
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

/** A visitor who can pay waits no longer for what else there is. */
const LONGEST_WAIT_MS = 2_000;

/** What else there is to pay for whoever clicked the link of an invoice, and where it is listed. */
interface Others {
	due: DueTogether;
	/** More than one call brings may be open. */
	isPartOnly: boolean;
	token: string;
}

/** One call, tried once; null when it does not come soon, or nobody is told who owes. */
async function othersOf(client: LagoClient, invoice: LagoInvoice, hmacKey: string): Promise<Others | null> {
	const { customer, currency, billing_entity_code: billingEntity = null } = invoice;
	if (!customer?.external_id) return null;
	const debtor = { customerId: customer.external_id, currency, billingEntity };
	const open = await inTime(openInvoicesOf(client.once, debtor, { limit: ONE_PAGE }), LONGEST_WAIT_MS);
	if (open === null) return null;
	const isPartOnly = open.length === ONE_PAGE;
	return { due: dueOf(open), isPartOnly, token: tokenOfDebtor(debtor, hmacKey) };
}

/** Where the page of an invoice leads to everything that its customer owes; undefined when that is nothing, or is not known soon. */
export async function linkToAllDue(
	client: LagoClient,
	invoice: LagoInvoice,
	hmacKey: string,
): Promise<string | undefined> {
	const others = await othersOf(client, invoice, hmacKey);
	return others !== null && others.due.members.length > 0 ? `?c=${others.token}` : undefined;
}

/**
 * What the visitor of an invoice that can be paid may choose between: this one alone, or everything that one payment can be made for. Null when
 * there is no choice, or nobody tells soon: then nothing stands in the way of paying this one.
 * @param link the token that was clicked.
 * @param amount what is to be paid of this one, minor units.
 */
export async function choiceFor(
	client: LagoClient,
	{ invoice, link, amount }: { invoice: LagoInvoice; link: string; amount: number },
	hmacKey: string,
): Promise<PageSubject | null> {
	const others = await othersOf(client, invoice, hmacKey);
	if (others === null) return null;
	const { due, isPartOnly, token } = others;
	const { number, currency } = invoice;
	const isMember = due.members.some(({ invoiceId }) => invoiceId === invoice.lago_id);
	if (!isPartOnly && (!isMember || due.members.length < 2 || unaskable(due, currency) !== null)) return null;
	const all = isPartOnly ? { allDueHref: `?c=${token}` } : { allDue: listOf(due, currency, token) };
	const only = { href: `?t=${link}&pay=1`, number, amount, currency };
	return { merchant: await merchantOf(client, invoice), only, ...all };
}
