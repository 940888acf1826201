import type { IDataObject } from 'n8n-workflow';
import type { Payment } from '../../sandbox/dodo/state';
import type { Invoice } from '../../sandbox/lago/documents';
import type { Merchant } from './merchant';
import type { World } from './world';

const sum = (amounts: Iterable<number>): number => [...amounts].reduce((all, one) => all + one, 0);

/** What one payment brought, where it is booked, and what of it went back; minor units as Lago counts them: without tax that Dodo adds. */
interface Account {
	payment: Payment;
	/** What of each unit that the customer paid counts in Lago. */
	counts: number;
	/** By invoice, in the order of their due dates. */
	booked: number[];
	credited: number[];
	/** Of that, by notes that somebody made in Lago. */
	noted: number[];
	/** Was never booked. */
	surplus: number;
	/** All that went back by refunds, notes included. */
	back: number;
	/** What lost disputes took of what was left. */
	taken: number;
	/** Notes of Lago whose refund failed: they take room all the same. */
	failed: number[];
	/** How far rounding may lead. */
	rounding: number;
	/** What Lago would still take notes over, on the invoices that it is booked on. */
	room: number;
}

/**
 * What is wrong between both books at the end, in words: every unit that Dodo Payments has received is booked, given back or taken, or a person was
 * told of it. Made of what `docs/` promises, and of nothing else.
 */
export async function everyCent(world: World, merchant: Merchant): Promise<string[]> {
	const accounts = merchant.payments('succeeded').map((payment) => accountOf(world, merchant, payment));
	const problems = accounts.flatMap((account) => ofBooking(merchant, account));
	if (merchant.shop.isPremium) problems.push(...accounts.flatMap((account) => ofRefunds(merchant, account)));
	else problems.push(...ofNotes(world, merchant, accounts));
	for (const invoice of merchant.invoices) problems.push(...ofInvoice(merchant, invoice));
	const customers = new Set(merchant.invoices.map(({ customer }) => customer.external_id));
	for (const customer of customers) problems.push(...(await ofCustomer(world, merchant, accounts, customer)));
	return problems;
}

function accountOf(world: World, merchant: Merchant, payment: Payment): Account {
	const { payment_id, total_amount } = payment;
	const tax = merchant.shop.taxMode === 'exclusive' ? Number(payment.tax) : 0;
	const counts = (total_amount - tax) / total_amount;
	const refunds = merchant.refundsOf(payment);
	const notes = merchant.invoices.map((invoice) =>
		world
			.notesOf(invoice)
			.filter(
				({ refund_status, metadata }) => refund_status === 'succeeded' && metadata.dodo_payment_id === payment_id,
			),
	);
	const made = new Set(refunds.map(({ metadata }) => metadata.lago_credit_note_id));
	const amountOf = ({ refund_amount_cents }: { refund_amount_cents: number }): number => refund_amount_cents;
	const booked = merchant.invoices.map(
		(invoice) => merchant.booked(invoice, payment) + byStatus(merchant, invoice, payment),
	);
	const back = sum(refunds.map(({ amount }) => amount));
	const taken = Math.min(merchant.disputed(payment), total_amount - back);
	return {
		payment,
		counts,
		booked,
		credited: notes.map((of) => sum(of.map(amountOf))),
		noted: notes.map((of) => sum(of.filter(({ lago_id }) => made.has(lago_id)).map(amountOf))),
		surplus: total_amount - tax - sum(booked),
		back: back * counts,
		taken: taken * counts,
		failed: merchant.invoices.map((invoice) =>
			sum(
				world
					.notesOf(invoice)
					.filter(({ refund_status }) => refund_status !== 'succeeded')
					.map(amountOf),
			),
		),
		room: sum(
			merchant.invoices.map((invoice, place) =>
				booked[place] === 0 ? 0 : invoice.total_paid_amount_cents - sum(world.notesOf(invoice).map(amountOf)),
			),
		),
		rounding: roundingOf(merchant, counts, refunds.length, made.size),
	};
}

/** A tax on top is shared out, rounded once over all; each note of Lago, and each note over taxed fees, is rounded by itself. */
function roundingOf({ shop }: Merchant, counts: number, refunds: number, made: number): number {
	if (counts === 1 && shop.tax === 0) return 0;
	return (counts === 1 ? 0 : 1) + (shop.tax === 0 ? made : refunds);
}

/** Where Lago has no payment, or takes no second one, only the status is left, and our word for it. */
function byStatus(merchant: Merchant, invoice: Invoice, payment: Payment): number {
	if (merchant.invoices.some((one) => merchant.booked(one, payment) > 0)) return 0;
	const isSaid = (merchant.said.get(payment.payment_id) ?? []).some(
		({ outcome, invoiceId }) =>
			['settled', 'already_settled'].includes(String(outcome)) && invoiceId === invoice.lago_id,
	);
	if (!isSaid) return 0;
	const [, part] = new RegExp(`${invoice.lago_id}:(\\d+)`).exec(JSON.stringify(payment.metadata)) ?? [];
	return Number(part ?? payment.total_amount - (merchant.shop.taxMode === 'exclusive' ? Number(payment.tax) : 0));
}

/** What was received is booked, or told as too much or held. */
function ofBooking(merchant: Merchant, { payment, surplus, counts }: Account): string[] {
	const said = merchant.said.get(payment.payment_id) ?? [];
	const told = said
		.filter(({ outcome }) => outcome === 'overpaid')
		.map((item) => Number(item.surplus ?? Math.round(payment.total_amount * counts)));
	const isHeld = said.some(({ outcome }) => outcome === 'held');
	if (isHeld ? sum(told) < surplus : sum(told) === surplus) return [];
	return [`${payment.payment_id}: ${surplus} are booked nowhere, told are ${told.join()} ${JSON.stringify(said)}`];
}

/** Credit notes are what went back, less what was never booked: first that, then the youngest due. What Lago took no note of was told. */
function ofRefunds(merchant: Merchant, account: Account): string[] {
	const { payment, surplus, back, booked, credited, noted, rounding } = account;
	const said = merchant.refundsOf(payment).flatMap(({ refund_id }) => merchant.said.get(refund_id) ?? []);
	const wanted = Math.max(0, back - sum(noted) - surplus);
	const missing = wanted + sum(noted) - sum(credited);
	if (said.some(({ outcome }) => outcome === 'held') && account.room < missing) return [];
	const problems: string[] = [];
	let rest = wanted;
	if (Math.abs(missing) > rounding)
		problems.push(
			`${payment.payment_id}: ${back} went back, ${sum(noted)} of it by notes of Lago; ${surplus} were never booked; credited are ${credited.join()} ${JSON.stringify(said)}`,
		);
	for (const [place, { number }] of [...merchant.invoices.entries()].reverse()) {
		const [of, by] = [booked[place] ?? 0, noted[place] ?? 0];
		if (Number(credited[place]) > of) problems.push(`${number}: ${credited[place]} credited of ${of}`);
		const expected = Math.min(Math.max(0, of - by - Number(account.failed[place])), rest);
		rest -= expected;
		if (merchant.disputed(payment) === 0 && Math.abs(Number(credited[place]) - by - expected) > rounding)
			problems.push(
				`${number}: ${expected} of ${payment.payment_id} should be credited beside ${by}: ${credited.join()}`,
			);
	}
	return problems;
}

/** A Lago without a licence has no notes: what went back is written on the invoice. */
function ofNotes(world: World, merchant: Merchant, accounts: Account[]): string[] {
	const wanted = merchant.invoices.map(() => 0);
	for (const { payment, back, surplus, booked } of accounts) {
		let rest = Math.max(0, back - surplus);
		for (const place of [...booked.keys()].reverse()) {
			const part =
				Number(booked[place]) > 0 && !('lago_invoices' in payment.metadata)
					? rest
					: Math.min(rest, Number(booked[place]));
			wanted[place] = Number(wanted[place]) + part;
			rest -= part;
		}
	}
	const rounding = accounts.reduce((all, one) => all + one.rounding, 0);
	const places = [...merchant.invoices.keys()];
	const said = merchant.invoices.map((invoice) => Number(/;r=(\d+)/.exec(world.stateOf(invoice))?.[1] ?? 0));
	const isVoided = (place: number): boolean => merchant.invoices[place]?.status === 'voided';
	// Where a dispute took its part first, what went back is of what that left: only the sum is the same in any order.
	const isLoose = (place: number): boolean =>
		accounts.some(
			({ payment, booked }) =>
				payment.disputes.length > 0 && Number(booked[place]) > 0 && booked.filter((one) => one > 0).length > 1,
		);
	const groups = [...places.filter((place) => !isLoose(place)).map((place) => [place]), places.filter(isLoose)];
	return groups.flatMap((group) => {
		const [open, voided] = [group.filter((place) => !isVoided(place)), group.filter(isVoided)];
		const of = (amounts: number[], some: number[]): number => sum(some.map((place) => Number(amounts[place])));
		// A voided invoice takes no words: what went back of it is written nowhere.
		const bearable = sum(accounts.map(({ booked }) => of(booked, voided)));
		const missing = of(wanted, group) - of(said, open);
		if (open.length === 0 || (missing >= -rounding && missing <= bearable + rounding)) return [];
		const names = open.map((place) => world.stateOf(merchant.invoices[place] as Invoice));
		return [`${of(wanted, group)} went back, written are ${of(said, open)}: ${names.join(' ')}`];
	});
}

/** Lago's own sums of an invoice. */
function ofInvoice(merchant: Merchant, invoice: Invoice): string[] {
	const { number, total_amount_cents: total, total_paid_amount_cents: paid, payment_status, status } = invoice;
	if (status === 'voided' || !merchant.shop.isPremium) return [];
	if ((payment_status === 'succeeded') === (paid === total)) return [];
	return [`${number} is ${payment_status} with ${paid} of ${total}`];
}

/** Access restricts by what is due, and by what disputes took and nobody has paid again; by nothing else. */
async function ofCustomer(world: World, merchant: Merchant, accounts: Account[], customer: string): Promise<string[]> {
	const fields = { customer, restrictImmediately: true, restrictAfterDays: 1 };
	const answer = (await world.onLago('access', 'getCustomer', fields)).customer as IDataObject;
	const reasons = answer.reasons as Array<{ invoice_id: string; amount_cents: number }>;
	const owed = merchant.invoices.map((invoice, place) =>
		invoice.customer.external_id === customer ? owedOn(invoice, place, accounts) : { due: 0, lost: 0, rounding: 0 },
	);
	const said = merchant.invoices.map(
		({ lago_id }) => reasons.find((one) => one.invoice_id === lago_id)?.amount_cents ?? 0,
	);
	const isShared = accounts.some(({ booked }) => booked.filter((one) => one > 0).length > 1);
	const compare = (places: number[]): boolean =>
		Math.abs(sum(places.map((one) => Number(said[one]))) - sum(places.map((one) => total(owed[one])))) >
		sum(places.map((one) => Number(owed[one]?.rounding)));
	const places = [...merchant.invoices.keys()].filter(
		(one) => merchant.invoices[one]?.customer.external_id === customer,
	);
	const isWrong = isShared ? compare(places) : places.some((one) => compare([one]));
	const isRestricted = answer.state === 'restricted';
	if (!isWrong && isRestricted === said.some((one) => one > 0)) return [];
	return [`${customer} is ${String(answer.state)}: owed are ${JSON.stringify(owed)}, said ${said.join()}`];
}

const total = (one?: { due: number; lost: number }): number => Number(one?.due) + Number(one?.lost);

function owedOn(invoice: Invoice, place: number, accounts: Account[]): { due: number; lost: number; rounding: number } {
	const { status, payment_status, total_amount_cents, total_paid_amount_cents, offset_cents, invoice_type } = invoice;
	if (status !== 'finalized' || invoice_type === 'credit') return { due: 0, lost: 0, rounding: 0 };
	if (payment_status !== 'succeeded')
		return {
			due: total_amount_cents - total_paid_amount_cents - offset_cents,
			lost: lostOn(place, accounts),
			rounding: 3,
		};
	const paidAgain = Math.max(0, sum(accounts.map(({ booked }) => Number(booked[place]))) - total_amount_cents);
	const lost = Math.max(0, lostOn(place, accounts) - paidAgain);
	return { due: 0, lost, rounding: accounts.some(({ counts }) => counts !== 1) ? 3 : 0 };
}

/** What disputes took of an invoice: first what was never booked, then the youngest due that has something left. */
function lostOn(place: number, accounts: Account[]): number {
	return sum(
		accounts.map(({ taken, back, surplus, booked, credited, noted }) => {
			let rest = Math.max(0, taken - Math.max(0, surplus - (back - sum(noted))));
			for (let one = booked.length - 1; one > place; one--)
				rest -= Math.min(rest, Number(booked[one]) - Number(credited[one]));
			return Math.min(rest, Number(booked[place]) - Number(credited[place]));
		}),
	);
}
