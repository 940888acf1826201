import { broughtBy } from '../../../shared/domain/bundle';
import { proportion } from '../../../shared/domain/exact';
import { formatAmount } from '../../../shared/domain/money';
import { held } from '../../../shared/domain/outcome';
import { noted } from '../../../shared/domain/phases';
import { shareOut, type MemberMoney } from '../../../shared/domain/shareOut';
import type { Result } from '../../../shared/node/operation';
import type { LagoClient } from '../../transport/client';
import { booksOf, refundsMade, type MemberBook } from '../bundleBooks';
import { inTurn, loseAfterRefund, type ToldOfDispute } from '../bundleDisputes';
import { mirrorRefund, type Mirror, type MirrorOutcome } from './mirror';
import { record } from './withoutNote';

type Mirrored = Result<MirrorOutcome> & { invoiceId?: string };

/**
 * Brings a refund of a payment of several invoices into Lago's books: notes on those that it is shared out to, and what it changes of disputes.
 * @throws ApiError when trying again can help.
 */
export async function mirrorOverBundle(
	client: LagoClient,
	wanted: Omit<Mirror, 'invoiceId'>,
): Promise<Array<Mirrored | ToldOfDispute>> {
	return await inTurn(client, wanted, async () => [
		...(await mirror(client, wanted)),
		...(await loseAfterRefund(client, wanted)),
	]);
}

async function mirror(client: LagoClient, wanted: Omit<Mirror, 'invoiceId'>): Promise<Mirrored[]> {
	const { refund, payment, facts } = wanted;
	const books = await booksOf(client, payment, facts, wanted.mode);
	if (books === null) return [neverBooked(wanted)];
	const made = refundsMade(payment);
	const own = made.find(({ id }) => id === refund.refund_id);
	const amount = refund.amount ?? own?.amount ?? null;
	if (amount === null)
		return [
			held(
				'unreadable_refund',
				`Dodo Payments does not say how much refund ${refund.refund_id} gave back.`,
				'Look at the refund in Dodo Payments and make the credit notes in Lago by hand.',
			),
		];
	const all = made.reduce((sum, one) => sum + one.amount, 0) + (own === undefined ? amount : 0);
	const ofMade = new Set(made.map(({ id }) => id)).add(refund.refund_id);
	const measure = (gross: number, round?: 'up'): number => proportion(gross, broughtBy(facts), facts.amount, round);
	const members = books.map((book): MemberMoney => ({ ...book, ...doneOf(book, refund.refund_id) }));
	const inBooks = books.reduce((sum, book) => sum + creditedFor(book, ofMade), 0);
	const isByStatus = books.some(({ asStatus }) => asStatus);
	const { parts, left } = shareOut(
		{
			// The sums decide; a refund is rounded up so that none of them is kept from its last unit.
			amount: measure(isByStatus ? all : amount, 'up'),
			all: measure(all),
			inBooks,
			target: own?.invoiceId ? books.findIndex(({ invoiceId }) => invoiceId === own.invoiceId) : null,
		},
		members,
	);
	await noteReturned(client, books, measure(all), own?.invoiceId ?? null);
	const told: Mirrored[] = [];
	for (const [place, book] of books.entries()) {
		const part = parts[place] ?? 0;
		if (part > 0 || members[place]?.done !== undefined) told.push(await ofMember(client, wanted, book, part));
	}
	if (left > 0) told.push(exceeds(wanted, left));
	if (told.length > 0) return told;
	return [inBooks > 0 ? inBooksAlready(wanted) : neverBooked(wanted)];
}

function doneOf({ notes }: MemberBook, refundId: string): Pick<MemberMoney, 'done'> {
	const own = notes.filter((note) => note.refundId === refundId);
	return own.length === 0 ? {} : { done: own.reduce((sum, { asked }) => sum + asked, 0) };
}

/** What Lago's books say of these refunds. */
function creditedFor({ asStatus, credited, notes }: MemberBook, refunds: ReadonlySet<string>): number {
	if (asStatus) return credited;
	return notes.reduce((sum, { refundId, asked }) => (refunds.has(refundId) ? sum + asked : sum), 0);
}

/** The invoice's part of the refund, by the rules for a payment of one invoice: as if what is booked were all of the payment. */
async function ofMember(
	client: LagoClient,
	wanted: Omit<Mirror, 'invoiceId'>,
	{ part, invoiceId, booked, credited }: MemberBook,
	amount: number,
): Promise<Mirrored> {
	const { refund, payment } = wanted;
	const facts = { ...part, amount: booked };
	const before = { refund_id: 'earlier', status: 'succeeded', amount: credited };
	const own = { refund_id: refund.refund_id, status: 'succeeded', amount };
	return {
		invoiceId,
		...(await mirrorRefund(client, {
			...wanted,
			refund: { ...refund, amount, currency: refund.currency ?? payment.currency, is_partial: true },
			payment: { ...payment, total_amount: booked, tax: 0, refunds: [before, own], metadata: {} },
			facts,
			invoiceId,
			asked: amount,
		})),
	};
}

/** What was too much has gone back: all of it when as much went back, else what was said to be. */
async function noteReturned(
	client: LagoClient,
	books: readonly MemberBook[],
	wentBack: number,
	target: string | null,
): Promise<void> {
	const surplus = books.reduce((sum, one) => sum + one.surplus, 0);
	for (const { invoiceId, part, state } of books)
		if (state?.phase === 'overpaid' && (wentBack >= surplus || target === invoiceId))
			await record(client, invoiceId, (now, dodoId) =>
				dodoId === part.id && now?.phase === 'overpaid' ? noted(now, 'surplus_returned') : null,
			);
}

function inBooksAlready({ refund, facts }: Omit<Mirror, 'invoiceId'>): Mirrored {
	return {
		outcome: 'already_credited',
		message: `What refund ${refund.refund_id} gave back of payment ${facts.id} is in the books of its invoices already.`,
	};
}

function neverBooked({ refund, facts }: Omit<Mirror, 'invoiceId'>): Mirrored {
	return {
		outcome: 'overpayment_returned',
		message: `Refund ${refund.refund_id} gave back a part of payment ${facts.id} that is booked on none of its invoices; the books need no change.`,
	};
}

function exceeds({ refund, facts }: Omit<Mirror, 'invoiceId'>, left: number): Mirrored {
	return held(
		'refund_exceeds_booked',
		`Refund ${refund.refund_id} gives back ${formatAmount(left, facts.currency)} more than is left of payment ${facts.id} on its invoices in Lago.`,
		'Compare the refunds in Dodo Payments with the credit notes of the invoices in Lago and correct by hand.',
	);
}
