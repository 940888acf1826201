import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import type { DisputeStatus } from '../../sandbox/dodo/ledger/disputes';
import type { Dispute, Payment, Refund } from '../../sandbox/dodo/state';
import type { Invoice } from '../../sandbox/lago/documents';
import { API_KEY } from './executeContext';
import { letAMinutePass } from './sync';
import { dyingAfter, PAY_PAGE, type How, type World } from './world';

/** How somebody bills and collects. */
export interface Shop {
	currency: 'EUR' | 'JPY' | 'KWD';
	taxMode: 'inclusive' | 'exclusive';
	isByMandate: boolean;
	isPremium: boolean;
	/** Percent of tax that Lago adds. */
	tax: number;
	/** Credits that count when they are paid, in place of invoices. */
	isTopUp: boolean;
	/** What each customer's invoices are over, the oldest due first; minor units, without tax. */
	customers: number[][];
}

/** `pick` chooses among what there is, `share` is in percent; after `calls` requests n8n is killed, 0: it is not. */
export interface Step {
	kind: keyof typeof ACTS;
	pick: number;
	share: number;
	calls: number;
}

/** What a payer, a bank, a bookkeeper, a network and n8n do in the course of a story; whatever makes no sense at the time is left out. */
const ACTS = {
	ask: async (shop: Merchant, { pick, share, calls }: Step) => await shop.ask(pick, share > 50, calls),
	askForAll: async (shop: Merchant, { pick, calls }: Step) => await shop.askForAll(pick, calls),
	pay: (shop: Merchant, { pick, share, calls }: Step) => shop.pay(pick, share, calls),
	payTwice: (shop: Merchant, { pick }: Step) => shop.payTwice(pick),
	endDebit: (shop: Merchant, { pick, share }: Step) => shop.endDebit(pick, share > 30),
	byBank: (shop: Merchant, { pick, share }: Step) => shop.byBank(pick, share),
	void: (shop: Merchant, { pick, share }: Step) => shop.void(pick, share),
	refund: async (shop: Merchant, { pick, share }: Step) => await shop.refund(pick, share),
	returnSurplus: async (shop: Merchant, { pick, calls }: Step) => await shop.returnSurplus(pick, calls),
	note: async (shop: Merchant, { pick, share, calls }: Step) => await shop.note(pick, share, calls),
	dispute: (shop: Merchant, { pick, share }: Step) => void shop.dispute(pick, share),
	lose: (shop: Merchant, { pick, share }: Step) => shop.lose(pick, share),
	moveDispute: (shop: Merchant, { pick, share }: Step) => shop.moveDispute(pick, share),
	tell: async (shop: Merchant, { pick, calls }: Step) => await shop.tell(pick, calls),
	tellOld: async (shop: Merchant, { pick, calls }: Step) => await shop.tellOld(pick, calls),
	look: async (shop: Merchant) => await shop.look(),
} satisfies Record<string, (shop: Merchant, step: Step) => unknown>;

const LOST = ['dispute_lost', 'dispute_accepted', 'dispute_expired'];
const OPEN = ['dispute_opened', 'dispute_challenged'];
const IT = '={{ $json }}';
const sum = (amounts: number[]): number => amounts.reduce((all, one) => all + one, 0);
const at = <T>(list: T[], pick: number): T | undefined => list[pick % Math.max(1, list.length)];

/** Somebody who bills by Lago and collects by Dodo Payments; both books, and what was told of them. */
export class Merchant {
	readonly invoices: Invoice[] = [];
	/** What was said last of each object at Dodo, and of each credit note, by id. */
	readonly said = new Map<string, IDataObject[]>();
	/** Payments as they were once. */
	private readonly old: Payment[] = [];

	private constructor(
		private readonly world: World,
		readonly shop: Shop,
	) {}

	static async open(world: World, shop: Shop): Promise<Merchant> {
		const { dodo, lago } = world;
		const { payments, paymentLines, refunds, disputes, checkouts, subscriptions } = dodo.state;
		const { invoices, payments: booked, creditNotes, customers } = lago.state;
		for (const objects of [payments, paymentLines, refunds, disputes, checkouts, subscriptions]) objects.clear();
		for (const objects of [invoices, booked, creditNotes, customers, lago.state.subscriptions]) objects.clear();
		for (const objects of [lago.state.wallets, lago.state.walletTransactions]) objects.clear();
		for (const service of [dodo, lago]) service.reset();
		lago.premium = shop.isPremium;
		const merchant = new Merchant(world, shop);
		for (const amounts of shop.customers) await merchant.bill(`c-${randomUUID()}`, amounts);
		return merchant;
	}

	private async bill(external_id: string, amounts: number[]): Promise<void> {
		const { currency, tax: taxRate, isTopUp, isByMandate } = this.shop;
		const customer = { external_id };
		// Somebody buys credits who is known.
		if (isTopUp) this.world.issue({ currency, customer, paymentStatus: 'succeeded' });
		for (const [place, amountCents] of amounts.entries())
			this.invoices.push(
				isTopUp
					? await this.sellCredits(external_id, amountCents)
					: this.world.issue({
							currency,
							customer,
							fees: [{ amountCents, taxRate }],
							dueInDays: place - amounts.length,
						}),
			);
		if (isByMandate) await this.world.setUpMandate(external_id);
	}

	/** A credit is one smallest unit. */
	private async sellCredits(external_customer_id: string, credits: number): Promise<Invoice> {
		const { currency } = this.shop;
		const decimals = { JPY: '1', EUR: '0.01', KWD: '0.001' };
		const wallet = {
			external_customer_id,
			currency,
			rate_amount: decimals[currency],
			paid_credits: String(credits),
			invoice_requires_successful_payment: true,
		};
		const { url, state } = this.world.lago;
		await fetch(`${url}/api/v1/wallets`, {
			method: 'POST',
			headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
			body: JSON.stringify({ wallet }),
		});
		// Its invoice is made by a job.
		await new Promise((resolve) => setImmediate(resolve));
		return [...state.invoices.values()].at(-1) as Invoice;
	}

	async do(step: Step): Promise<void> {
		await ACTS[step.kind](this, step);
		await this.settled();
		for (const payment of this.payments()) this.old.push(structuredClone(payment));
	}

	/** Both books are looked through until nothing is missing, then everything is told once more, twice. */
	async end(): Promise<void> {
		for (let looks = 0; looks < 4 && (await this.look()) > 0; looks++) await this.settled();
		for (let told = 0; told < 2; told++)
			for (const one of this.told()) {
				await this.tellOf(one);
				await this.settled();
			}
	}

	payments(status?: string): Payment[] {
		const all = [...this.world.dodo.state.payments.values()].filter(({ metadata }) => this.isOurs(metadata));
		return status === undefined ? all : all.filter((one) => one.status === status);
	}

	refundsOf({ payment_id }: Payment): Refund[] {
		return [...this.world.dodo.state.refunds.values()].filter(
			(one) => one.payment_id === payment_id && one.status === 'succeeded',
		);
	}

	/** What disputes over a payment have taken, or may still take. */
	disputed({ payment_id }: Payment, isOpenCounted = false): number {
		const counted = isOpenCounted ? [...LOST, ...OPEN] : LOST;
		const all = [...this.world.dodo.state.disputes.values()].filter((one) => one.payment_id === payment_id);
		return sum(all.filter((one) => counted.includes(one.dispute_status)).map(({ amount }) => Number(amount)));
	}

	/** What of a payment is still with the merchant. */
	left(payment: Payment): number {
		const back = sum(this.refundsOf(payment).map(({ amount }) => amount));
		return Math.max(0, payment.total_amount - back - this.disputed(payment, true));
	}

	booked(invoice: Invoice, { payment_id }: Payment): number {
		const all = [...this.world.lago.state.payments.values()];
		return sum(
			all
				.filter((one) => one.lago_payable_id === invoice.lago_id && one.reference === payment_id)
				.map(({ amount_cents }) => amount_cents),
		);
	}

	async ask(pick: number, tryAgain: boolean, calls: number): Promise<void> {
		const invoice = at(this.invoices, pick) as Invoice;
		const item = this.shop.isTopUp ? await this.readTopUp(invoice) : await this.world.read(invoice);
		if (this.shop.isTopUp && item.outcome !== 'payable') return;
		if (this.shop.isByMandate) {
			const fields = { invoice: IT, tryAgain };
			const charged = await this.world.onDodo('mandate', 'charge', fields, item).catch(() => ({}) as IDataObject);
			if (charged.outcome !== 'needs_link') return await this.save(charged, calls);
		}
		await this.save(await this.intent(this.shop.isTopUp ? await this.clickTopUp(item) : item), calls);
	}

	private async readTopUp({ lago_id }: Invoice): Promise<IDataObject> {
		const all = [...this.world.lago.state.walletTransactions.values()];
		const topUp = all.find(({ lago_invoice_id }) => lago_invoice_id === lago_id)?.lago_id;
		return await this.world.onLago('topUp', 'get', { topUp });
	}

	private async clickTopUp(item: IDataObject): Promise<IDataObject> {
		const given = { topUpItem: IT, payLinkAddress: PAY_PAGE };
		const { payLink } = await this.world.onLago('topUp', 'createPayLink', given, item);
		const link = new URL(String(payLink)).searchParams.get('t');
		return await this.world.onLago('invoice', 'openPayLink', { link });
	}

	async askForAll(pick: number, calls: number): Promise<void> {
		const { external_id: customer } = (at(this.invoices, pick) as Invoice).customer;
		const { currency } = this.shop;
		const fields = { source: 'customer', customer, currency, billingEntity: '', payLinkAddress: PAY_PAGE };
		const due = await this.world.onLago('paymentRequest', 'get', fields);
		if (due.outcome === 'payable') await this.save(await this.intent(due), calls);
	}

	/** By any page that was ever shown: in full or too little, declined, or by a bank debit. */
	pay(pick: number, share: number, way: number): void {
		const open = [...this.world.dodo.state.checkouts.values()].filter((one) => !one.consumed && one.mandate === null);
		const session = at(open, pick);
		if (session === undefined) return;
		const how = way === 1 ? { code: 'INSUFFICIENT_FUNDS' } : way === 2 ? { settleAfterMs: 3_600_000 } : {};
		const payment = this.world.dodo.payCheckout(session.id, how);
		if (way !== 3 || this.shop.taxMode === 'exclusive') return;
		payment.total_amount = Math.ceil((payment.total_amount * share) / 100);
		const [line] = this.world.dodo.state.paymentLines.get(payment.payment_id) ?? [];
		Object.assign(line ?? {}, { amount: payment.total_amount });
	}

	payTwice(pick: number): void {
		const first = at(
			this.payments('succeeded').filter((one) => one.checkout_session_id !== null),
			pick,
		);
		if (first === undefined) return;
		const { total_amount, tax, currency, metadata } = first;
		const checkout_session_id = `cks_${randomUUID()}`;
		this.world.dodo.createPayment({ status: 'succeeded', total_amount, tax, currency, metadata, checkout_session_id });
	}

	endDebit(pick: number, isPaid: boolean): void {
		const debit = at(this.payments('processing'), pick);
		if (debit !== undefined) this.world.dodo.movePayment(debit.payment_id, isPaid ? 'succeeded' : 'failed');
	}

	byBank(pick: number, share: number): void {
		const { lago_id, total_amount_cents, total_paid_amount_cents, offset_cents, payment_status, status } = at(
			this.invoices,
			pick,
		) as Invoice;
		const due = total_amount_cents - total_paid_amount_cents - offset_cents;
		if (this.shop.isTopUp) return;
		if (status !== 'finalized' || due <= 0 || payment_status === 'succeeded' || !this.shop.isPremium) return;
		this.world.lago.payManually(lago_id, Math.ceil((due * share) / 100), 'bank');
	}

	/** Seldom one that is paid. */
	void(pick: number, share: number): void {
		const { lago_id, status, payment_status } = at(this.invoices, pick) as Invoice;
		if (status === 'finalized' && (payment_status !== 'succeeded' || share > 80)) this.world.lago.voidInvoice(lago_id);
	}

	async refund(pick: number, share: number): Promise<void> {
		const payment = at(this.payments('succeeded'), pick);
		if (payment === undefined || this.left(payment) === 0) return;
		const amount = Math.min(this.left(payment), Math.ceil((payment.total_amount * share) / 100));
		await this.world.refund(payment, amount);
	}

	async returnSurplus(pick: number, calls: number): Promise<void> {
		const payment = at(this.payments('succeeded'), pick);
		if (payment === undefined) return;
		for (const item of await this.settle(payment)) {
			if (item.outcome !== 'overpaid' || Number(item.surplus ?? payment.total_amount) > this.left(payment)) continue;
			await this.lane(calls, async (how) => {
				await this.world.onDodo('refund', 'create', { source: 'overpayment', overpayment: IT }, item, how);
			});
			await this.settled();
		}
	}

	/** Somebody gives a part of an invoice back, in Lago. */
	async note(pick: number, share: number, calls: number): Promise<void> {
		const invoice = at(this.invoices, pick) as Invoice;
		const payment = this.payments('succeeded').find((one) => this.booked(invoice, one) > 0);
		if (payment === undefined || !this.shop.isPremium) return;
		const tax = this.shop.taxMode === 'exclusive' ? Number(payment.tax) : 0;
		const given = sum(this.world.notesOf(invoice).map(({ refund_amount_cents }) => refund_amount_cents));
		const net = Math.floor((this.left(payment) * (payment.total_amount - tax)) / payment.total_amount);
		const amount = Math.min(net, Math.ceil(((this.booked(invoice, payment) - given) * share) / 100));
		if (amount <= 0) return;
		const taxed = Math.floor((amount * 100) / (100 + this.shop.tax));
		if (taxed === 0) return;
		const items = [{ fee_id: String(invoice.fees[0]?.lago_id), amount_cents: taxed }];
		const refund_amount_cents = Math.round((taxed * (100 + this.shop.tax)) / 100);
		const note = this.world.lago.createCreditNoteInUi(invoice.lago_id, { items, refund_amount_cents });
		await this.giveBack(note.lago_id, calls);
	}

	dispute(pick: number, share: number): Dispute | undefined {
		const payment = at(this.payments('succeeded'), pick);
		if (payment === undefined || this.left(payment) === 0) return undefined;
		const isWhole = share > 60 && this.disputed(payment, true) === 0;
		const amount = Math.min(this.left(payment), Math.ceil((payment.total_amount * share) / 100));
		return this.world.dodo.openDispute(payment.payment_id, isWhole ? {} : { amount });
	}

	lose(pick: number, share: number): void {
		const dispute = this.dispute(pick, share);
		if (dispute !== undefined) this.world.dodo.moveDispute(dispute.dispute_id, 'lost', { rdr: share % 5 === 0 });
	}

	/** Lost mostly; what was lost may be won after all. */
	moveDispute(pick: number, share: number): void {
		const dispute = at([...this.world.dodo.state.disputes.values()], pick);
		if (dispute === undefined || ['dispute_won', 'dispute_cancelled'].includes(dispute.dispute_status)) return;
		const words: DisputeStatus[] = LOST.includes(dispute.dispute_status)
			? ['won']
			: ['lost', 'lost', 'accepted', 'expired', 'won', 'cancelled', 'challenged'];
		this.world.dodo.moveDispute(dispute.dispute_id, at(words, share) as DisputeStatus);
	}

	async tell(pick: number, calls: number): Promise<void> {
		const one = at(this.told(), pick);
		if (one !== undefined) await this.tellOf(one, calls);
	}

	/** An event that was under way for long. */
	async tellOld(pick: number, calls: number): Promise<void> {
		const payment = at(this.old, pick);
		if (payment !== undefined) await this.lane(calls, async (how) => void (await this.world.settleAll(payment, how)));
	}

	/** Returns how much was missing. */
	async look(): Promise<number> {
		letAMinutePass(this.world);
		const execution = randomUUID();
		const run = async (on: 'allOnDodo' | 'allOnLago', operation: string, input?: IDataObject) =>
			await this.world[on]('event', operation, { since: '' }, input, { execution });
		const missed: IDataObject[] = [];
		for (const item of await run('allOnLago', 'getMissed')) missed.push(...(await run('allOnDodo', 'getMissed', item)));
		for (const { event, data } of missed) if (typeof event === 'string') await this.handle(event, data as IDataObject);
		await run('allOnDodo', 'saveProgress');
		return missed.filter(({ event }) => typeof event === 'string').length;
	}

	private async handle(event: string, data: IDataObject): Promise<void> {
		const { lago_id, payment_id, refund_id, dispute_id } = data;
		if (event.startsWith('payment.')) await this.settle(this.world.dodo.state.payments.get(String(payment_id)));
		if (event.startsWith('refund.')) await this.tellOf(this.world.dodo.state.refunds.get(String(refund_id)));
		if (event.startsWith('dispute.')) await this.tellOf(this.world.dodo.state.disputes.get(String(dispute_id)));
		if (event.startsWith('credit_note.')) await this.giveBack(String(lago_id));
		if (event.startsWith('invoice.'))
			await this.ask(
				this.invoices.findIndex((one) => one.lago_id === lago_id),
				false,
				0,
			);
	}

	private told(): Array<Payment | Refund | Dispute> {
		const { refunds, disputes } = this.world.dodo.state;
		return [...this.payments(), ...refunds.values(), ...disputes.values()];
	}

	private async tellOf(one: Payment | Refund | Dispute | undefined, calls = 0): Promise<void> {
		if (one === undefined) return;
		if ('dispute_id' in one)
			return await this.lane(calls, async (how) => {
				this.said.set(String(one.dispute_id), await this.world.recordAll(structuredClone(one as Dispute), how));
			});
		if (!('refund_id' in one)) return void (await this.settle(one as Payment, calls));
		await this.lane(calls, async (how) => {
			this.said.set(String(one.refund_id), await this.world.mirrorAll(structuredClone(one as Refund), how));
		});
	}

	private async settle(payment: Payment | undefined, calls = 0): Promise<IDataObject[]> {
		let items: IDataObject[] = [];
		if (payment === undefined) return items;
		await this.lane(calls, async (how) => {
			items = await this.world.settleAll(structuredClone(payment), how);
			this.said.set(payment.payment_id, items);
		});
		return items;
	}

	private async giveBack(noteId: string, calls = 0): Promise<void> {
		await this.lane(calls, async (how) => {
			const note = await this.world.onLago('creditNote', 'get', { creditNote: noteId });
			const refund = await this.world.onDodo('refund', 'create', { source: 'creditNote', creditNote: IT }, note, how);
			this.said.set(noteId, [refund]);
			await this.world.onLago('creditNote', 'saveRefund', { refund: IT }, refund, how);
		});
	}

	private async intent(input: IDataObject): Promise<IDataObject> {
		const fields = { source: 'invoice', invoice: IT, taxMode: this.shop.taxMode, productSource: 'automatic' };
		return await this.world.onDodo('payment', 'createIntent', fields, input);
	}

	private async save(intent: IDataObject, calls: number): Promise<void> {
		await this.lane(calls, async (how) => void (await this.world.save(intent, how)));
	}

	/** A lane that may be killed; nobody is told then. */
	private async lane(calls: number, work: (how: How) => Promise<void>): Promise<void> {
		if (calls === 0) return await work({});
		await work({ gate: dyingAfter(calls) }).catch(() => {});
	}

	/** Waits for charges and refunds. */
	private async settled(): Promise<void> {
		const { payments, refunds } = this.world.dodo.state;
		for (const { payment_id, subscription_id } of payments.values())
			if (subscription_id !== null) await this.world.ended(payments, payment_id);
		for (const { refund_id } of refunds.values()) await this.world.ended(refunds, refund_id);
	}

	private isOurs(metadata: Record<string, unknown>): boolean {
		return this.invoices.some(({ lago_id }) => JSON.stringify(metadata).includes(lago_id));
	}
}
