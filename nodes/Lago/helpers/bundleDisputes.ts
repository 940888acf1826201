import { broughtBy, sumOf } from '../../shared/domain/bundle';
import { endOf, lostPart, type DisputeFacts } from '../../shared/domain/dispute';
import { proportion } from '../../shared/domain/exact';
import type { DodoMode } from '../../shared/domain/mode';
import type { PaymentFacts } from '../../shared/domain/payment';
import { shareOut } from '../../shared/domain/shareOut';
import { withKeyedLock } from '../../shared/process/keyedLock';
import type { DodoPayment } from '../../shared/wire/dodo/objects';
import type { LagoClient } from '../transport/client';
import { booksOf, disputesOf, lostBy, refundsMade, type MemberBook } from './bundleBooks';
import { markLost, noteVictory, type Recorded } from './disputes';
import { withInvoice } from './invoices';

/** A dispute over a payment of several invoices. */
export interface BundleDispute {
	dispute: DisputeFacts;
	payment: DodoPayment;
	facts: PaymentFacts;
	mode: DodoMode | null;
	/** The sentence about its end. */
	said: string;
}

/** Marks the invoices that a lost dispute is shared out to, each once. Throws ApiError when trying again can help. */
export async function loseOverBundle(client: LagoClient, disputed: BundleDispute): Promise<Recorded[]> {
	return await withKeyedLock(
		`credit ${client.accountKey} ${disputed.facts.id}`,
		async () => await lose(client, disputed),
	);
}

async function lose(client: LagoClient, { dispute, payment, facts, mode, said }: BundleDispute): Promise<Recorded[]> {
	const books = await booksOf(client, payment, facts, mode);
	const nothing: Recorded = {
		outcome: 'ignored',
		message: `${said}, but what it took was booked on none of the invoices; the books need no change.`,
	};
	if (books === null) return [nothing];
	const amount = lostPart(dispute, facts, broughtBy(facts));
	const listed = disputesOf(payment) ?? [];
	const others = listed.filter((one) => one.dispute_id !== dispute.id);
	const alsoLost = others.filter(({ dispute_status: status }) => endOf(status) === 'lost');
	const all = alsoLost.map(({ amount: of = null, currency = null }) =>
		lostPart({ ...dispute, amount: of, currency }, facts, broughtBy(facts)),
	);
	const wentBack = proportion(sumOf(refundsMade(payment)), broughtBy(facts), facts.amount);
	const members = books.map((book) => ({ ...book, done: lostBy(book, dispute.id) }));
	// What was never booked goes first, as far as it has not gone back before.
	const surplus = Math.max(0, sumOf(books.map((one) => ({ amount: one.surplus }))) - wentBack);
	const own = members.reduce((sum, { done = 0 }) => sum + done, 0);
	// A payment that was read earlier does not list it yet.
	const unlisted = listed.length > 0 && others.length === listed.length ? own : 0;
	const inBooks = books.reduce((sum, { lost }) => sum + lost, unlisted);
	const { parts } = shareOut(
		{
			amount: Math.min(amount, broughtBy(facts) - wentBack - (inBooks - own)),
			all: all.reduce((sum, one) => sum + one, amount),
			inBooks,
		},
		members.map((one, place) => ({ ...one, surplus: place === 0 ? surplus : 0 })),
	);
	const told: Recorded[] = [];
	for (const [place, book] of members.entries()) {
		const part = book.done ?? parts[place] ?? 0;
		if (part > 0) told.push(await ofMember(client, book, { ...dispute, amount: part, refunded: 0 }, said));
	}
	return told.length > 0 ? told : [nothing];
}

/** The invoice's part, by the rules for a payment of one invoice. */
async function ofMember(
	client: LagoClient,
	{ part, invoiceId, booked }: MemberBook,
	dispute: DisputeFacts,
	said: string,
): Promise<Recorded> {
	const facts = { ...part, amount: booked };
	const mark = async (): Promise<Recorded> => await markLost(client, invoiceId, dispute, facts, said);
	return { ...(await withInvoice(client, invoiceId, mark)), invoiceId };
}

/** What a dispute that was won undoes: on each invoice that it is marked on. Throws ApiError. */
export async function winOverBundle(
	client: LagoClient,
	{ dispute, payment, facts, mode }: BundleDispute,
): Promise<Array<{ said: string; nextStep?: string }>> {
	const books = (await booksOf(client, payment, facts, mode)) ?? [];
	const told: Array<{ said: string; nextStep?: string }> = [];
	for (const book of books)
		if (lostBy(book, dispute.id) !== undefined)
			told.push(
				await withInvoice(
					client,
					book.invoiceId,
					async () => await noteVictory(client, book.invoiceId, dispute, book.part),
				),
			);
	return told;
}
