import { z } from 'zod';
import { sharesIn, type Share } from '../../domain/bundle';
import { INVOICE_KEY, INVOICE_NUMBER_KEY, TOP_UP_KEY } from '../../domain/keys';
import type { KnownMovement } from '../../domain/statement/books';
import { COLUMNS, type Balance, type LedgerEntry, type Movement } from '../../domain/statement/ledger';
import { lenient } from '../lenient';
import { onFirstUse } from '../onFirstUse';

const text = z.string().min(1);
const minorUnits = z.number().int();
const moment = z.string().transform((written, { addIssue }) => {
	const at = Date.parse(written);
	if (Number.isNaN(at)) addIssue({ code: 'custom', message: 'is no moment' });
	return at;
});
const name = lenient(z.string()).transform((value) => value || null);

/** `GET /balances/ledger` (OpenAPI `BalanceLedgerEntryResponse`): one movement of a wallet. `payout_id` comes with newer versions of Dodo. */
export const ledgerEntrySchema = onFirstUse(() =>
	z
		.object({
			id: text,
			event_type: text,
			amount: minorUnits,
			currency: text,
			is_credit: z.boolean(),
			created_at: moment,
			before_balance: minorUnits.nullish(),
			after_balance: minorUnits.nullish(),
			usd_equivalent_amount: lenient(minorUnits),
			reference_object_id: name,
			payout_id: name,
		})
		.transform((entry): LedgerEntry => ({
			id: entry.id,
			type: entry.event_type,
			amount: Math.abs(entry.amount) * (entry.is_credit ? 1 : -1),
			currency: entry.currency,
			at: entry.created_at,
			reference: entry.reference_object_id,
			payoutId: entry.payout_id,
			before: entry.before_balance ?? null,
			after: entry.after_balance ?? null,
			inUsd: entry.usd_equivalent_amount ?? 0,
		})),
);

/** What a statement keeps of a payment, a refund or a dispute. Amounts in minor units of `currency`. */
export interface StatedObject {
	/** Its own: of a refund or dispute not that of its payment. */
	id: string;
	paymentId: string;
	refundId: string | null;
	amount: number | null;
	currency: string | null;
	status: string | null;
	invoiceId: string | null;
	invoiceNumber: string | null;
	shares: readonly Share[];
	topUpId: string | null;
	payer: string | null;
}

/** An entry of `GET /payments`, `/refunds` or `/disputes`, or one of them by itself; the amount of a dispute is text. */
export const statedObjectSchema = onFirstUse(() =>
	z
		.object({
			payment_id: text,
			refund_id: name,
			dispute_id: name,
			total_amount: lenient(minorUnits),
			amount: lenient(z.coerce.number().int()),
			currency: name,
			dispute_status: name,
			metadata: lenient(z.record(z.unknown())),
			customer: lenient(z.object({ name, email: name })),
		})
		.transform((one): StatedObject => ({
			id: one.refund_id ?? one.dispute_id ?? one.payment_id,
			paymentId: one.payment_id,
			refundId: one.refund_id,
			amount: one.total_amount ?? one.amount ?? null,
			currency: one.currency,
			status: one.dispute_status,
			invoiceId: wordIn(one.metadata, INVOICE_KEY),
			invoiceNumber: wordIn(one.metadata, INVOICE_NUMBER_KEY),
			shares: sharesIn(one.metadata ?? {}) ?? [],
			topUpId: wordIn(one.metadata, TOP_UP_KEY),
			payer: one.customer?.name ?? one.customer?.email ?? null,
		})),
);

function wordIn(metadata: Record<string, unknown> | null | undefined, key: string): string | null {
	const value = metadata?.[key];
	return typeof value === 'string' && value !== '' ? value : null;
}

/**
 * A movement with what is known of it.
 * @param own the payment, refund or dispute that it is about; `payment` the payment of that.
 */
export function toKnownMovement(
	movement: Movement,
	own: StatedObject | null,
	payment: StatedObject | null,
	refundIds: readonly string[] = [movement.id],
): KnownMovement {
	const { invoiceId = null, invoiceNumber = null, shares = [], topUpId = null, payer = null } = payment ?? {};
	return {
		...movement,
		charged: movement.charged ?? own?.amount ?? null,
		chargedCurrency: movement.chargedCurrency ?? own?.currency ?? null,
		paymentId: own?.paymentId ?? null,
		refundIds: movement.movement === 'refund' ? refundIds : [],
		status: own?.status ?? null,
		invoiceId,
		invoiceNumber,
		shares,
		topUpId,
		payer,
	};
}

/** `GET /payouts`. */
export const payoutSchema = onFirstUse(() =>
	z.object({ payout_id: text, status: text, currency: text, amount: minorUnits, created_at: moment }).passthrough(),
);

const words = [
	'payoutId',
	'chargedCurrency',
	'paymentId',
	'status',
	'invoiceId',
	'invoiceNumber',
	'topUpId',
	'payer',
] as const;

/** What Statement > Get gives out of a movement, with `at` as a moment that a person can read. */
export const movementSchema = onFirstUse(() =>
	z.object({
		movement: text,
		id: text,
		at: moment,
		currency: text,
		charged: minorUnits.nullable(),
		refundIds: z.array(z.string()),
		shares: z.array(z.object({ invoiceId: text, amount: minorUnits })),
		...(Object.fromEntries(words.map((word) => [word, z.string().nullable()])) as Record<
			(typeof words)[number],
			z.ZodNullable<z.ZodString>
		>),
		...(Object.fromEntries(COLUMNS.map((column) => [column, minorUnits])) as Record<
			(typeof COLUMNS)[number],
			z.ZodNumber
		>),
	}),
) satisfies z.ZodType<KnownMovement, z.ZodTypeDef, unknown>;

/** The other items of Statement > Get: what period it is of, and a wallet's balances at its ends; without currency where nothing moved. */
export const periodSchema = onFirstUse(() =>
	z.object({
		movement: z.literal('period'),
		from: moment,
		until: moment,
		currency: z.string().nullable(),
		opening: minorUnits.nullable(),
		closing: minorUnits.nullable(),
	}),
);

/** One item of a period. */
export type PeriodItem = Omit<Balance, 'currency'> & { currency: string | null; from: number; until: number };
