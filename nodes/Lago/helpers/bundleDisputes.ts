import { broughtBy, sumOf } from '../../shared/domain/bundle';
import { endOf, lostPart } from '../../shared/domain/dispute';
import { proportion } from '../../shared/domain/exact';
import type { DodoMode } from '../../shared/domain/mode';
import type { PaymentFacts } from '../../shared/domain/payment';
import { shareLosses, type LossMember } from '../../shared/domain/shareOut';
import type { Result } from '../../shared/node/operation';
import { withKeyedLock } from '../../shared/process/keyedLock';
import type { DodoDispute, DodoPayment } from '../../shared/wire/dodo/objects';
import { refundedOf } from '../../shared/wire/dodo/paymentFacts';
import type { LagoClient } from '../transport/client';
import { booksOf, disputesOf, lostBy, refundsMade, type MemberBook } from './bundleBooks';
import { aboutDispute, lostAs, markLost, noteLess, noteVictory, type Recorded } from './disputes';
import { withInvoice } from './invoices';

/** A payment of several invoices, as Dodo shows it now. */
export interface DisputedBundle {
	payment: DodoPayment;
	facts: PaymentFacts;
	mode: DodoMode | null;
}

/** What an item says that is about a dispute. */
export type ToldOfDispute = Recorded | Result<'dispute_won'>;

/** Marks the invoices that a lost dispute is shared out to, each once. Throws ApiError when trying again can help. */
export async function loseOverBundle(
	client: LagoClient,
	dispute: DodoDispute,
	bundle: DisputedBundle,
): Promise<Recorded[]> {
	return await inTurn(client, bundle, async () => await lose(client, dispute, bundle));
}

async function lose(client: LagoClient, dispute: DodoDispute, bundle: DisputedBundle): Promise<Recorded[]> {
	const { payment, facts, mode } = bundle;
	const said = lostAs(dispute, facts);
	const nothing: Recorded = {
		outcome: 'ignored',
		message: `${said}, but what it took was booked on none of the invoices; the books need no change.`,
	};
	const listed = disputesOf(payment) ?? [];
	const isWon = listed.some((one) => one.dispute_id === dispute.dispute_id && endOf(one.dispute_status) === 'won');
	const books = isWon ? null : await booksOf(client, payment, facts, mode);
	if (books === null) return [nothing];
	const { written, fixed } = planOf(bundle, books, lostBeside(dispute, listed, books), [dispute]);
	const told: Recorded[] = [];
	for (const [place, book] of books.entries()) {
		const part = Math.max(written[0]?.[place] ?? 0, Math.min(fixed[place] ?? 0, amountOf(dispute, bundle)));
		if (part > 0 || lostBy(book, dispute.dispute_id)) told.push(await ofMember(client, book, dispute, part, said));
	}
	return told.length > 0 ? told : [nothing];
}

/** Takes back what a dispute that was won took of each invoice, and shares out anew what others took. Throws ApiError. */
export async function winOverBundle(
	client: LagoClient,
	dispute: DodoDispute,
	bundle: DisputedBundle,
	said: string,
): Promise<ToldOfDispute[]> {
	return await inTurn(client, bundle, async () => {
		const { payment, facts, mode } = bundle;
		const books = (await booksOf(client, payment, facts, mode)) ?? [];
		const told: ToldOfDispute[] = [];
		const won = { id: dispute.dispute_id, amount: null, currency: null, refunded: 0 };
		for (const book of books) {
			if (lostBy(book, won.id) === undefined) continue;
			const undo = async () => await noteVictory(client, book.invoiceId, won, book.part);
			told.push(wonAs(said, await withInvoice(client, book.invoiceId, undo)));
		}
		const others = lostBeside(dispute, disputesOf(payment) ?? [], books);
		const changed = await shareAnew(client, bundle, books, others, said);
		if (told.length + changed.length > 0) return [...told, ...changed];
		return [wonAs(said, { said: 'there is nothing to undo' })];
	});
}

/**
 * Shares out anew what lost disputes took, after a refund: it takes first what was never booked, which had borne them. Within the turn of the
 * payment. Throws ApiError.
 */
export async function loseAfterRefund(client: LagoClient, bundle: DisputedBundle): Promise<ToldOfDispute[]> {
	const { payment, facts, mode } = bundle;
	const lost = (disputesOf(payment) ?? []).filter((one) => endOf(one.dispute_status) === 'lost');
	const books = lost.length === 0 ? null : await booksOf(client, payment, facts, mode);
	// Elsewhere each has its own turn.
	if (books?.some(({ surplus, isFixed }) => surplus > 0 || isFixed) !== true) return [];
	return await shareAnew(client, bundle, books, lost, `A refund of payment ${facts.id} went back`);
}

/** Money leaves a payment of several invoices once at a time. */
export async function inTurn<T>(client: LagoClient, { facts }: DisputedBundle, work: () => Promise<T>): Promise<T> {
	return await withKeyedLock(`credit ${client.accountKey} ${facts.id}`, work);
}

/** How it is told that a dispute takes less than before, mostly nothing. */
export function wonAs(what: string, { said, nextStep }: { said: string; nextStep?: string }): Result<'dispute_won'> {
	return { outcome: 'dispute_won', message: `${what}; ${said}.`, ...(nextStep === undefined ? {} : { nextStep }) };
}

/** Brings what each of these disputes takes to what it should be, told for each invoice that it changes. */
async function shareAnew(
	client: LagoClient,
	bundle: DisputedBundle,
	books: readonly MemberBook[],
	lost: readonly DodoDispute[],
	why: string,
): Promise<ToldOfDispute[]> {
	const { written } = planOf(bundle, books, [], lost);
	const told: ToldOfDispute[] = [];
	for (const [at, dispute] of lost.entries())
		for (const [place, book] of books.entries()) {
			const { invoiceId, isFixed } = book;
			const [before, after] = [lostBy(book, dispute.dispute_id) ?? 0, written[at]?.[place] ?? 0];
			if (isFixed || before === after) continue;
			if (after > before) {
				const said = lostAs(dispute, bundle.facts);
				told.push({
					...aboutDispute(dispute, bundle.facts),
					...(await ofMember(client, book, dispute, after, said)),
				});
				continue;
			}
			const less = async () => await noteLess(client, invoiceId, { id: dispute.dispute_id }, after);
			const noted = await withInvoice(client, invoiceId, less);
			if (noted !== null) told.push(wonAs(why, noted));
		}
	return told;
}

/** What disputes should take of each invoice; `beside` stays as it is written. */
function planOf(
	{ payment, facts }: DisputedBundle,
	books: readonly MemberBook[],
	beside: readonly DodoDispute[],
	asked: readonly DodoDispute[],
): ReturnType<typeof shareLosses> {
	const brought = broughtBy(facts);
	const wentBack = proportion(sumOf(refundsMade(payment)), brought, facts.amount);
	// What was never booked goes first, as far as it has not gone back before.
	const surplus = Math.max(0, books.reduce((sum, one) => sum + one.surplus, 0) - wentBack);
	const taken = [...asked, ...beside].reduce((sum, one) => sum + amountOf(one, { payment, facts }), 0);
	const left = lostPart({ id: '', amount: null, currency: null, refunded: refundedOf(payment) }, facts, brought);
	const writtenOf = (one: DodoDispute): number[] => books.map((book) => lostBy(book, one.dispute_id) ?? 0);
	const members = books.map((book, place): LossMember => ({
		...book,
		credited: book.wentBack,
		lost: beside.reduce((sum, one) => sum + (writtenOf(one)[place] ?? 0), 0),
	}));
	return shareLosses(
		Math.max(0, Math.min(taken, left) - surplus),
		asked.map((one) => ({ amount: amountOf(one, { payment, facts }), written: writtenOf(one) })),
		members,
	);
}

/** What a lost dispute took of the payment, in the books' measure. */
function amountOf(dispute: DodoDispute, { payment, facts }: Pick<DisputedBundle, 'payment' | 'facts'>): number {
	const { dispute_id: id, amount = null, currency = null } = dispute;
	return lostPart({ id, amount, currency, refunded: refundedOf(payment) }, facts, broughtBy(facts));
}

/** Those that are lost too: what is written of one says so where the payment was read before. */
function lostBeside(
	{ dispute_id }: DodoDispute,
	listed: readonly DodoDispute[],
	books: readonly MemberBook[],
): DodoDispute[] {
	return listed.filter((one) => {
		const end = endOf(one.dispute_status);
		const isWritten = books.some((book) => lostBy(book, one.dispute_id));
		return one.dispute_id !== dispute_id && (end === 'lost' || (end === null && isWritten));
	});
}

/** The invoice's part, by the rules for a payment of one invoice. */
async function ofMember(
	client: LagoClient,
	{ part, invoiceId, booked }: MemberBook,
	{ dispute_id: id }: DodoDispute,
	amount: number,
	said: string,
): Promise<Recorded> {
	const facts = { ...part, amount: booked };
	const mark = async (): Promise<Recorded> =>
		await markLost(client, invoiceId, { id, amount, currency: null, refunded: 0 }, facts, said);
	return { ...(await withInvoice(client, invoiceId, mark)), invoiceId };
}
