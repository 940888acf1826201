import type { Payment } from '../../sandbox/dodo/state';
import type { Invoice } from '../../sandbox/lago/documents';
import type { Sync } from '../support/sync';

/** What a customer and the merchant's staff will do with an invoice. */
type Fate =
	| 'pays'
	| 'is declined first'
	| 'gets some money back at Dodo'
	| 'gets a credit note in Lago'
	| 'disputes'
	| 'never pays';

const FATES: ReadonlyArray<[Fate, number]> = [
	['pays', 0.5],
	['is declined first', 0.12],
	['gets some money back at Dodo', 0.14],
	['gets a credit note in Lago', 0.12],
	['disputes', 0.04],
	['never pays', 0.08],
];
const REFUND = 2_500;

/** Plays everybody who is not a machine: looks at an invoice now and then, and does the next thing as soon as it is possible. */
export class Payers {
	private readonly open = new Map<Invoice, Array<() => boolean>>();
	/** Payments that succeeded, by invoice, as of the newest round. */
	private succeeded = new Map<unknown, Payment>();
	/** How many of each kind. */
	readonly fates: Record<string, number> = {};

	constructor(
		private readonly sync: Pick<Sync, 'dodo' | 'lago'>,
		private readonly random: () => number,
	) {}

	/** Issues an invoice; one whose customer has a mandate is paid without anybody. */
	issue(mandateCustomer?: string): Invoice {
		const invoice = this.sync.lago.issueInvoice(
			mandateCustomer === undefined ? {} : { customer: { external_id: mandateCustomer } },
		);
		const fate = mandateCustomer === undefined ? this.draw() : 'charged by mandate';
		this.fates[fate] = (this.fates[fate] ?? 0) + 1;
		this.open.set(invoice, this.stepsOf(invoice, fate));
		return invoice;
	}

	/** How many have not done everything. */
	get waiting(): number {
		return this.open.size;
	}

	/** Who can do something does it. */
	act(): void {
		const payments = [...this.sync.dodo.state.payments.values()].filter(({ status }) => status === 'succeeded');
		this.succeeded = new Map(payments.map((payment) => [payment.metadata.lago_invoice_id, payment]));
		for (const [invoice, steps] of this.open) {
			while (steps[0]?.() === true) steps.shift();
			if (steps.length === 0) this.open.delete(invoice);
		}
	}

	private draw(): Fate {
		let left = this.random();
		for (const [fate, share] of FATES) if ((left -= share) < 0) return fate;
		return 'pays';
	}

	/** Each tells whether it was possible. */
	private stepsOf(invoice: Invoice, fate: Fate | 'charged by mandate'): Array<() => boolean> {
		const { dodo, lago } = this.sync;
		const link = (): string | undefined => {
			const reference = lago.metadataOf(invoice.lago_id, 'dodo_payment_id');
			return reference?.startsWith('cks_') ? reference : undefined;
		};
		const payment = (): Payment | undefined => this.succeeded.get(invoice.lago_id);
		const pay = (code?: string) => (): boolean => {
			const id = link();
			if (id === undefined) return false;
			dodo.payCheckout(id, code === undefined ? {} : { code });
			return true;
		};
		const isPaid = (): boolean => invoice.payment_status === 'succeeded';
		const when = (possible: () => boolean, act: () => void) => (): boolean => {
			if (!possible()) return false;
			act();
			return true;
		};
		const paymentId = (): string => payment()?.payment_id ?? '';
		switch (fate) {
			case 'pays':
				return [pay()];
			case 'is declined first':
				return [pay('INSUFFICIENT_FUNDS'), pay()];
			case 'gets some money back at Dodo':
				return [
					pay(),
					() => payment() !== undefined,
					when(
						() => true,
						() => void dodo.refundPayment(paymentId(), { amount: REFUND }),
					),
				];
			case 'gets a credit note in Lago':
				return [
					pay(),
					when(
						isPaid,
						() =>
							void lago.createCreditNoteInUi(invoice.lago_id, {
								refund_amount_cents: REFUND,
								items: [{ fee_id: invoice.fees[0]?.lago_id ?? '', amount_cents: REFUND }],
							}),
					),
				];
			case 'disputes':
				return [
					pay(),
					() => payment() !== undefined,
					when(
						() => true,
						() => void dodo.moveDispute(dodo.openDispute(paymentId()).dispute_id, 'lost'),
					),
				];
			case 'charged by mandate':
				return [() => payment() !== undefined];
			case 'never pays':
				return [];
		}
	}
}
