/** Money that came in at Dodo, and what became of it. Times in seconds from the beginning of the month; amounts in minor units. */
export interface Story {
	currency: 'EUR' | 'USD' | 'CHF' | 'JPY';
	/** What Lago billed. */
	amount: number;
	taxPercent: number;
	at: number;
	/** Lago's payment is dated so much later. */
	lag: number;
	/** `topUp` and `topUpHeld`: credits that count only when they are paid; Lago shows nobody the invoice of one that is not. */
	fate: 'booked' | 'held' | 'overpaid' | 'foreign' | 'less' | 'onTop' | 'byStatus' | 'topUp' | 'topUpHeld';
	entity: string;
	timeZone: string;
	refund: null | {
		after: number;
		perMille: number;
		note: 'exact' | 'beside' | 'missing';
		lag: number;
		/** Dodo's bank sent the refund back. */
		reversedAfter: number | null;
	};
	dispute: null | { after: number; decidedAfter: number; end: 'won' | 'lost' | 'open'; lag: number };
}

/** One payment for several invoices of one customer. */
export interface Shared {
	currency: Story['currency'];
	/** What each invoice asked for, the oldest due first. */
	amounts: number[];
	at: number;
	lag: number;
	entity: string;
	/** The place of an invoice that a bank transfer has paid before; null for none. */
	paidBefore: number | null;
	/** Whether Lago has a licence, and so payments. */
	byStatus: boolean;
	/** What went back so much later: first what was never booked, then of the youngest due. */
	refund: null | { after: number; perMille: number; lag: number };
	/** The bank took all of it, so much later. */
	lost: null | { after: number; decidedAfter: number };
}

/** What a person booked in Lago, or gave back, outside Dodo. */
export interface ByHand {
	currency: Story['currency'];
	amount: number;
	at: number;
	entity: string;
	/** A credit note with a refund that nobody has made at Dodo. */
	note: null | 'pending' | 'succeeded' | 'failed';
}

export interface Month {
	stories: Story[];
	shared: Shared[];
	byHand: ByHand[];
	/** When Dodo pays out what is there. */
	payouts: number[];
	/** Corrections of Dodo's own. */
	adjustments: Array<{ at: number; amount: number; wallet: 'USD' | 'EUR' }>;
}

const FROM = Date.UTC(2026, 9, 1);
const UNTIL = Date.UTC(2026, 10, 1);
export const MONTH_S = (UNTIL - FROM) / 1000;
const UNITS: Readonly<Record<string, number>> = { EUR: 100, USD: 100, CHF: 100, JPY: 1 };

/** A moment of the month as both services write it. */
export const isoOf = (seconds: number): string => new Date(FROM + seconds * 1000).toISOString();
export const uuidOf = (kind: number, index: number): string =>
	`0000000${kind}-0000-4000-8000-${String(index).padStart(12, '0')}`;
/** Whether a moment lies in the month. */
export const within = (seconds: number): boolean => seconds >= 0 && seconds < MONTH_S;
export const walletOf = (currency: string): 'EUR' | 'USD' => (currency === 'EUR' ? 'EUR' : 'USD');
/** Whole minor units of the wallet, by a rate of the day's kind. */
export const toWallet = (amount: number, currency: string): number =>
	currency === 'JPY' ? Math.round(amount * 0.67) : currency === 'CHF' ? Math.round(amount * 1.1235) : amount;

/** What must come out, worked out from what happened and from nothing else. */
export interface Expected {
	/** By wallet, signed minor units. */
	wallets: Record<
		string,
		{ tax: number; fees: number; disputeFees: number; conversions: number; other: number; payouts: number } & {
			gross: number;
			refunds: number;
			disputes: number;
			opening: number;
			closing: number;
		}
	>;
	/** What Lago's own reports say of the month, by currency; minor units. */
	lago: Record<string, { payments: number; creditNotes: number }>;
	/** Of what Dodo moved within the month: the reason of its difference, null for none; by `movement id`. */
	reasons: Map<string, string | null>;
}

/** Nothing else happens in it. */
export const A_STORY: Story = {
	currency: 'EUR',
	amount: 0,
	taxPercent: 0,
	at: 0,
	lag: 0,
	fate: 'booked',
	entity: 'main',
	timeZone: 'UTC',
	refund: null,
	dispute: null,
};

/** A decimal of a sheet in minor units. */
export function minorUnits(amount: unknown, currency: string): number {
	return Math.round(Number(amount) * (UNITS[currency] ?? 100));
}
