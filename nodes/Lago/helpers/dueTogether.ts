import { sharesText } from '../../shared/domain/bundle';
import {
	dueTogether,
	unaskable,
	type Debtor,
	type DueInvoice,
	type DueTogether,
} from '../../shared/domain/dueTogether';
import { formatAmount } from '../../shared/domain/money';
import { held, type Held } from '../../shared/domain/outcome';
import type { Result } from '../../shared/node/operation';
import type { Bundle } from '../../shared/wire/bundle';
import {
	invoiceSchema,
	toInvoiceFacts,
	type LagoInvoice,
	type LagoPaymentRequest,
} from '../../shared/wire/lago/objects';
import type { LagoClient } from '../transport/client';
import { entityQuery } from './billingEntities';
import { organizationOf } from './organization';

/** More open invoices than one customer ever has. */
const MOST_OPEN = 2_000;
/** What one call brings of a list. */
export const ONE_PAGE = 100;

/**
 * The open invoices of a debtor as they are now, newest first; one call for each hundred. Throws ApiError.
 * @param limit how many are wanted.
 * @param chosen codes of the billing entities that are worked for; none for all.
 */
export async function openInvoicesOf(
	client: LagoClient,
	{ customerId, currency, billingEntity }: Debtor,
	{ limit = MOST_OPEN, chosen = [] }: { limit?: number; chosen?: readonly string[] } = {},
): Promise<LagoInvoice[]> {
	const entities = billingEntity === null ? chosen : [billingEntity];
	const query = {
		external_customer_id: customerId,
		currency,
		statuses: ['finalized'],
		payment_statuses: ['pending', 'failed'],
		...entityQuery(entities),
	};
	const listed = await client.list('invoices', invoiceSchema, query, limit);
	// An older Lago ignores filters that it does not know.
	return listed
		.filter(
			(one) =>
				one.currency === currency &&
				one.payment_status !== 'succeeded' &&
				one.customer?.external_id === customerId &&
				(entities.length === 0 || entities.includes(one.billing_entity_code ?? '')),
		)
		.map((one) => client.withUnit(one));
}

/** What is due of these, as one payment can ask for it. */
export function dueOf(invoices: readonly LagoInvoice[]): DueTogether {
	return dueTogether(
		invoices.map((one): DueInvoice => ({
			...toInvoiceFacts(one),
			dueOn: one.payment_due_date ?? one.issuing_date ?? '',
		})),
	);
}

/** Who owes what a payment request of Lago asks for. */
export function debtorOf({ customer, amount_currency: currency, invoices }: LagoPaymentRequest): Debtor {
	const [first] = invoices;
	return { customerId: customer.external_id, currency, billingEntity: first?.billing_entity_code ?? null };
}

/** Why a payment request with a link to be sent waits for a person. */
export function withoutAddress({ customerId }: Debtor): Held {
	return held(
		'no_email',
		`Customer ${customerId} was not asked for what is due: Lago has no e-mail address of theirs.`,
		'Write an address into Lago and run this again; or send them the link in payLink another way.',
	);
}

/** What goes on to Dodo of it: everything that a checkout needs to know. */
export interface Asked {
	debtor: Debtor;
	invoices: readonly LagoInvoice[];
	/** The payment request of Lago that asks for it, if one does. */
	requestId: string | null;
	/** When the invoices were read, ms since 1970. */
	readAt: number;
}

/** What is to be paid together, as an item; or why nothing is. Throws ApiError. */
export async function askFor(client: LagoClient, asked: Asked): Promise<Result<'held' | 'payable' | 'skipped'>> {
	const { debtor, invoices, requestId } = asked;
	const due = dueOf(invoices);
	const { currency, customerId } = debtor;
	const about = {
		customerId,
		currency,
		billingEntityCode: debtor.billingEntity,
		paymentRequestId: requestId,
		leftOut: due.leftOut.map(({ invoice, why }) => ({ invoiceNumber: invoice.number, why })),
	};
	if (due.members.length === 0)
		return {
			outcome: 'skipped',
			reason: 'nothing_due',
			message: `Nothing of customer ${customerId} is to be paid in ${currency} together.`,
			...about,
		};
	const hindrance = unaskable(due, currency);
	if (hindrance !== null) return { ...hindrance, ...about };
	const bundle = await bundleOf(client, asked, due);
	const { length } = due.members;
	const amountDue = formatAmount(due.amount, currency);
	return {
		outcome: 'payable',
		message: `Customer ${customerId} owes ${amountDue} on ${length} ${length === 1 ? 'invoice' : 'invoices'}.`,
		amount: due.amount,
		amountDue,
		invoiceCount: length,
		...about,
		bundle,
	};
}

async function bundleOf(
	client: LagoClient,
	{ debtor, invoices, requestId, readAt }: Asked,
	{ amount, members }: DueTogether,
): Promise<Bundle> {
	const byId = new Map(invoices.map((one) => [one.lago_id, one]));
	const proof = client.proofs.ofShares(sharesText(members));
	const [{ customer } = {}] = invoices;
	return {
		customer: customer ?? null,
		customerId: debtor.customerId,
		currency: debtor.currency,
		billingEntity: debtor.billingEntity,
		amount,
		invoices: members.map((member) => ({
			id: member.invoice.id,
			number: member.invoice.number,
			dueOn: member.invoice.dueOn,
			amount: member.amount,
			metadata: byId.get(member.invoice.id)?.metadata ?? [],
		})),
		...(proof === null ? {} : { proof }),
		organizationId: (await organizationOf(client)) ?? undefined,
		requestId,
		readAt,
	};
}
