/**
 * What Lago bills for fees, checks when a credit note with a refund is created, and how it rounds: a second reading of
 * `lago-api:app/services/{credit_notes,fees,invoices}/*`. Ruby divides by `fdiv` in floating point and counts the rest in decimals; so does
 * this, with decimals as whole numbers of {@link PART}.
 */
export interface RuledTax {
	code: string;
	/** Percent. */
	rate: number;
}

export interface RuledFee {
	id: string;
	/** Minor units. */
	amount: number;
	/** Minor units, up to five decimals. */
	coupons: string;
	taxes: readonly RuledTax[];
	/** Minor units of the first tax, as a provider of taxes computed it; absent: Lago's own taxes. */
	providerTax?: number;
}

interface Item {
	feeId: string;
	amount: number;
}

interface Note {
	items: readonly Item[];
	refund: number;
	taxes: number;
	preciseTaxes: bigint;
}

const DIGITS = 40;
const PART = 10n ** BigInt(DIGITS);
/** Coupons and taxes of a note are kept with five decimals. */
const FIVE = PART / 100_000n;

export class RuledInvoice {
	readonly notes: Note[] = [];
	readonly paid: number;
	readonly taxes: number;
	private readonly byId: ReadonlyMap<string, RuledFee>;
	private readonly credited = new Map<string, number>();
	/** What of each tax's fees is taxed, and its rate: what a note is taxed by. */
	private readonly applied = new Map<string, { rate: number; net: bigint; taxed: bigint }>();
	private readonly feeTotal: number;

	/** @param couponTotal minor units; the shares of the fees are rounded and need not add up. */
	constructor(
		readonly fees: readonly RuledFee[],
		couponTotal: number,
	) {
		this.byId = new Map(fees.map((fee) => [fee.id, fee]));
		let taxes = 0n;
		for (const fee of fees) {
			const net = netOf(fee);
			for (const { code, rate } of fee.taxes) {
				const sum = this.applied.get(code) ?? { rate, net: 0n, taxed: 0n };
				this.applied.set(code, {
					...sum,
					net: sum.net + net,
					taxed: sum.taxed + times(net, decimal(baseOf(fee))),
				});
				taxes += times(times(net, decimal(baseOf(fee))), decimal(rate)) / 100n;
			}
		}
		this.taxes = whole(taxes);
		const gross = fees.reduce((sum, { amount }) => sum + amount, 0);
		this.paid = gross - couponTotal + this.taxes;
		this.feeTotal = gross + Math.round(fees.reduce((sum, fee) => sum + fee.amount * rateOf(fee), 0) / 100);
	}

	creditedOn(feeId: string): number {
		return this.credited.get(feeId) ?? 0;
	}

	get refunded(): number {
		return this.notes.reduce((sum, { refund }) => sum + refund, 0);
	}

	/** @returns what the note refunds in the end, or Lago's words for the refusal. */
	create(refund: number, items: readonly Item[]): number | string {
		for (const { feeId, amount } of items) {
			const fee = this.byId.get(feeId);
			if (fee === undefined) return 'fee_not_found';
			if (!Number.isInteger(amount) || amount < 0) return 'invalid_value';
			if (amount > fee.amount - this.creditedOn(feeId)) return 'higher_than_remaining_fee_amount';
		}
		if (new Set(items.map(({ feeId }) => feeId)).size < items.length) return 'a fee is named twice';
		if (refund <= 0) return 'total_amount_must_be_positive';
		const sums = this.sumsOf(items);
		if (Math.abs(refund - whole(sums.net + sums.preciseTaxes)) > 1) return 'does_not_match_item_amounts';
		if (refund > this.paid - this.refunded) return 'higher_than_remaining_invoice_amount';
		if (refund > this.feeTotal - this.refunded + 1) return 'higher_than_remaining_invoice_amount';
		const stored = refund + Math.sign(this.refundOf(items) - refund);
		for (const { feeId, amount } of items) this.credited.set(feeId, this.creditedOn(feeId) + amount);
		this.notes.push({ items, refund: stored, taxes: whole(sums.preciseTaxes), preciseTaxes: sums.preciseTaxes });
		return stored;
	}

	/** What a note over these items comes to: asked for exactly that, Lago changes nothing. */
	refundOf(items: readonly Item[]): number {
		const { net, preciseTaxes } = this.sumsOf(items);
		return whole(net) + whole(preciseTaxes);
	}

	/** The invoice as `GET /invoices/:id` has it, as far as a refund concerns it. */
	json() {
		return {
			number: 'RULED-1',
			currency: 'EUR',
			total_paid_amount_cents: this.paid,
			applied_taxes: [...this.applied].map(([tax_code, { rate }]) => ({ tax_code, tax_rate: rate })),
			fees: this.fees.map((fee) => {
				const taxes = times(times(netOf(fee), decimal(baseOf(fee))), decimal(rateOf(fee))) / 100n;
				return {
					lago_id: fee.id,
					amount_cents: fee.amount,
					taxes_rate: rateOf(fee),
					precise_coupons_amount_cents: fee.coupons,
					taxes_amount_cents: whole(taxes),
					taxes_precise_amount: String(float(taxes) / 100),
					precise_amount: String(fee.amount / 100),
					sub_total_excluding_taxes_precise_amount_cents: text(netOf(fee)),
				};
			}),
		};
	}

	/** Its credit notes, likewise. */
	notesJson() {
		return this.notes.map(({ items, refund, taxes, preciseTaxes }) => ({
			refund_amount_cents: refund,
			taxes_amount_cents: taxes,
			precise_taxes_amount_cents: text(preciseTaxes),
			items: items.map(({ feeId, amount }) => ({ amount_cents: amount, fee: { lago_id: feeId } })),
		}));
	}

	private sumsOf(items: readonly Item[]): { net: bigint; preciseTaxes: bigint } {
		let given = 0;
		let coupons = 0n;
		const bases = new Map<string, bigint>();
		for (const { feeId, amount } of items) {
			const fee = this.byId.get(feeId);
			if (fee === undefined || fee.amount === 0) continue;
			const share = fee.coupons === '0' ? 0n : times(decimal(fee.coupons), decimal(amount / fee.amount));
			given += amount;
			coupons += share;
			for (const { code } of fee.taxes) bases.set(code, (bases.get(code) ?? 0n) + BigInt(amount) * PART - share);
		}
		let taxes = 0;
		for (const [code, base] of bases) {
			const { rate = 0, net = 0n, taxed = 0n } = this.applied.get(code) ?? {};
			taxes += float(times(times(base, decimal(this.baseRate(net, taxed))), decimal(rate))) / 100;
		}
		const kept = nearest(decimal(taxes), FIVE);
		const left = this.fees.reduce((sum, { id, amount }) => sum + amount - this.creditedOn(id), 0) - given;
		const givenBack = this.notes.reduce((sum, note) => sum + BigInt(note.taxes) * PART - note.preciseTaxes, 0n);
		return {
			net: BigInt(given) * PART - nearest(coupons, FIVE),
			preciseTaxes: left === 0 ? kept - givenBack : kept,
		};
	}

	/** Of a provider's tax the invoice keeps the part that is taxed, and all, in whole minor units; of Lago's own nothing, which is all. */
	private baseRate(net: bigint, taxed: bigint): number {
		const isProvider = this.fees.some(({ providerTax }) => providerTax !== undefined);
		const [part, all] = [whole(taxed), Number(net / PART)];
		return !isProvider || part === 0 || all === 0 ? 1 : part / all;
	}
}

function netOf({ amount, coupons }: RuledFee): bigint {
	return BigInt(amount) * PART - decimal(coupons);
}

function rateOf({ taxes }: RuledFee): number {
	return taxes.reduce((sum, { rate }) => sum + rate, 0);
}

/** The part of a fee that is taxed: what the provider computed of what its rate makes of all. */
function baseOf(fee: RuledFee): number {
	const full = (float(netOf(fee)) * (fee.taxes[0]?.rate ?? 0)) / 100;
	return fee.providerTax !== undefined && fee.providerTax < full ? fee.providerTax / full : 1;
}

/** A number as Ruby's decimals take it over: by its shortest text. */
function decimal(value: number | string): bigint {
	if (Number.isSafeInteger(value)) return BigInt(value) * PART;
	const [digits = '', power = '0'] = String(value).toLowerCase().split('e');
	const [before = '', behind = ''] = digits.split('.');
	const shift = DIGITS - behind.length + Number(power);
	const all = BigInt(before + behind);
	return shift >= 0 ? all * 10n ** BigInt(shift) : all / 10n ** BigInt(-shift);
}

function times(a: bigint, b: bigint): bigint {
	return (a * b) / PART;
}

function text(value: bigint): string {
	const digits = String(value < 0n ? -value : value).padStart(DIGITS + 1, '0');
	return `${value < 0n ? '-' : ''}${digits.slice(0, -DIGITS)}.${digits.slice(-DIGITS)}`;
}

function float(value: bigint): number {
	return Number(text(value));
}

/** The nearest multiple, a half away from zero. */
function nearest(value: bigint, unit: bigint): bigint {
	const size = value < 0n ? -value : value;
	const near = ((2n * size + unit) / (2n * unit)) * unit;
	return value < 0n ? -near : near;
}

function whole(value: bigint): number {
	return Number(nearest(value, PART) / PART);
}
