import type { KnownMovement } from '../../nodes/shared/domain/statement/books';
import { Comparison } from '../../nodes/shared/domain/statement/compare';
import { LedgerReader, type Movement } from '../../nodes/shared/domain/statement/ledger';
import { explain } from '../../nodes/shared/domain/statement/reasons';
import { sumUp, type Sum } from '../../nodes/shared/domain/statement/sums';
import { DAY_MS } from '../../nodes/shared/domain/calendar';
import { ledgerEntrySchema, statedObjectSchema, toKnownMovement } from '../../nodes/shared/wire/dodo/statement';
import { invoiceSchema } from '../../nodes/shared/wire/lago/objects';
import {
	statedNoteSchema,
	statedPaymentSchema,
	toLagoNote,
	toLagoPayment,
	toStatedInvoice,
} from '../../nodes/shared/wire/lago/statement';
import { creditNoteView } from '../lago/views/creditNotes';
import { invoiceView } from '../lago/views/invoices';
import type { DodoSimulator, LagoSimulator } from '../simulators';

const MONTH_DAYS = 31;

/** One line of an account: what it is, and how much; minor units of the wallet. */
type Figure = [name: string, amount: number];

/** The last month of one wallet, as an equation: what Lago says and what differs, less what Dodo keeps, is what was paid out and what stays. */
export interface Account {
	currency: string;
	lago: Figure[];
	dodo: Figure[];
	/** Both sides come to it. */
	total: number;
	paidOut: number;
	grew: number;
	addsUp: boolean;
}

/** The statement of the last month as the template makes it, by the same rules; each difference with its reason. */
export function closing(world: { dodo: DodoSimulator; lago: LagoSimulator }, now: number) {
	const period = { from: now - MONTH_DAYS * DAY_MS, until: now + 1 };
	const reader = new LedgerReader();
	for (const written of world.dodo.state.ledger.values()) {
		const entry = ledgerEntrySchema.parse(written);
		if (entry.at >= period.from && entry.at < period.until) reader.add(entry);
	}
	const movements = reader.movements().map((movement) => known(world.dodo, movement));
	const balances = reader.balances();
	const lines = new Comparison(booksOf(world.lago), [period]).lines(movements, balances);
	return {
		accounts: sumUp(lines, balances)
			.filter(({ entity }) => entity === null)
			.map(accountOf),
		differences: lines.flatMap(({ reason, currency, difference, movement, invoiceNumber }) =>
			reason === null ? [] : [{ movement, invoice: invoiceNumber, currency, difference, why: explain(reason) }],
		),
	};
}

function known({ state }: DodoSimulator, movement: Movement): KnownMovement {
	const { id } = movement;
	const found = state.payments.get(id) ?? state.refunds.get(id) ?? state.disputes.get(id);
	const own = found === undefined ? null : statedObjectSchema.parse(found);
	const paid = own && state.payments.get(own.paymentId);
	return toKnownMovement(movement, own, paid ? statedObjectSchema.parse(paid) : own);
}

function booksOf({ state }: LagoSimulator) {
	const invoices = [...state.invoices.values()].filter(({ status }) => ['finalized', 'voided'].includes(status));
	return {
		payments: [...state.payments.values()].flatMap((one) => toLagoPayment(statedPaymentSchema.parse(one)) ?? []),
		notes: [...state.creditNotes.values()]
			.map((one) => toLagoNote(statedNoteSchema.parse(creditNoteView(one))))
			.filter(({ amount }) => amount > 0),
		invoices: new Map(
			invoices.map((one) => [one.lago_id, toStatedInvoice(invoiceSchema.parse(invoiceView(one, 'rest')))]),
		),
	};
}

function accountOf({ currency, amounts, lago, difference, balance }: Sum): Account {
	const figures: Figure[] = [
		['Lago: payments', lago.payment],
		['Lago: credit notes', lago.creditNote],
		['Lago: lost disputes', lago.dispute],
		['Differences', difference],
	];
	const kept: Figure[] = [
		['Tax that Dodo remits', amounts.tax],
		['Fees', amounts.fee + amounts.disputeFee],
		['Conversions and corrections', amounts.conversion + amounts.other],
	];
	const total = [...figures, ...kept].reduce((sum, [, amount]) => sum + amount, 0);
	const paidOut = 0 - amounts.payout;
	const grew = (balance?.closing ?? 0) - (balance?.opening ?? 0);
	return { currency, lago: figures, dodo: kept, total, paidOut, grew, addsUp: total === paidOut + grew };
}
