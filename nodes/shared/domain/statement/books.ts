import type { Share } from '../bundle';
import type { Phase } from '../phases';
import type { Movement } from './ledger';

/** A movement of Dodo's, with what is known of its payment. */
export interface KnownMovement extends Movement {
	paymentId: string | null;
	/** Of a refund: what it is called in Lago's credit notes; more than one where the ledger names their payment. */
	refundIds: readonly string[];
	/** Of a dispute, Dodo's word. */
	status: string | null;
	invoiceId: string | null;
	invoiceNumber: string | null;
	/** The invoices of a payment of several, with what it asked for each; empty of any other. */
	shares: readonly Share[];
	/** The top-up that it pays: Lago shows its invoice to nobody before it is booked. */
	topUpId: string | null;
	/** As Dodo calls the payer. */
	payer: string | null;
}

/** From, inclusive, until, exclusive; ms since 1970. */
export interface Period {
	from: number;
	until: number;
}

/** What Lago booked. Minor units as Lago counts them; `at` ms since 1970. */
export interface LagoDocument {
	id: string;
	/** As a person finds it in Lago. */
	name: string;
	amount: number;
	currency: string;
	at: number;
	invoiceId: string | null;
}
export interface LagoPayment extends LagoDocument {
	reference: string | null;
}
export interface LagoNote extends LagoDocument {
	status: string | null;
	refundId: string | null;
}

/** What a statement needs of an invoice. */
export interface StatedInvoice {
	number: string;
	entity: string;
	customer: string;
	timeZone: string | null;
	currency: string;
	lostAt: number | null;
	/** What lost disputes took, or else what was paid; minor units as Lago counts them. */
	lost: number;
	phase: Phase | null;
	/** The payment at Dodo that the phase is about. */
	dodoId: string | null;
	/** Both count the currency alike though they do not say so. */
	countedAlike: boolean;
}

/** Lago's side. Payments and notes of the periods, and those around them that Dodo's movements name. */
export interface LagoBooks {
	payments: readonly LagoPayment[];
	notes: readonly LagoNote[];
	invoices: ReadonlyMap<string, StatedInvoice>;
}

/** The invoices that a movement is about, in the order in which its money is spent. */
export function invoicesOf({ shares, invoiceId }: Pick<KnownMovement, 'invoiceId' | 'shares'>): string[] {
	if (shares.length > 0) return shares.map((share) => share.invoiceId);
	return invoiceId === null ? [] : [invoiceId];
}
