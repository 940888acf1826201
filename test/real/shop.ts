import type { Json, LagoApi } from './api';
import { until } from './until';

/** An invoice as Lago's API shows it, as far as the stories look at it. Amounts in minor units. */
export interface Invoice {
	lago_id: string;
	number: string;
	status: string;
	payment_status: string;
	invoice_type: string;
	currency: string;
	total_amount_cents: number;
	total_due_amount_cents: number;
	total_paid_amount_cents?: number;
	taxes_amount_cents: number;
	coupons_amount_cents: number;
	payment_dispute_lost_at: string | null;
	fees?: Array<{ lago_id: string; amount_cents: number; item: { type: string } }>;
	metadata?: Array<{ lago_id: string; key: string; value: string }>;
}

export interface Note {
	lago_id: string;
	number: string;
	lago_invoice_id: string;
	refund_amount_cents: number;
	refund_status: string | null;
	metadata?: Record<string, string>;
}

const AN_HOUR_S = 3_600;

/** A line of a one-off invoice: minor units before tax, and codes of taxes. */
export interface Line {
	amount: number;
	taxes?: string[];
}

/** The merchant at work: makes whatever a story needs in Lago, each with a code of its own. Everything is in EUR. */
export class Shop {
	private addOn: Promise<string> | undefined;

	constructor(private readonly api: LagoApi) {}

	/** Resolves with the external id. */
	async customer(given: Json = {}): Promise<string> {
		const external_id = this.api.name('customer');
		const customer = {
			external_id,
			name: 'Globex',
			email: `${external_id}@example.com`,
			country: 'DE',
			currency: 'EUR',
		};
		await this.api.call('POST', '/customers', 'customer', { customer: { ...customer, ...given } });
		return typeof given.external_id === 'string' ? given.external_id : external_id;
	}

	/** Resolves with the code. @param rate in percent */
	async tax(rate: number): Promise<string> {
		const code = this.api.name(`vat${rate}`);
		await this.api.call('POST', '/taxes', 'tax', { tax: { name: `VAT ${rate}`, code, rate: String(rate) } });
		return code;
	}

	/** Bills a customer once, and resolves with the invoice when it is finalized. */
	async oneOff(customer: string, lines: Line[] = [{ amount: 10_000 }]): Promise<Invoice> {
		const add_on_code = await (this.addOn ??= this.makeAddOn());
		const fees = lines.map(({ amount, taxes = [] }) => ({
			add_on_code,
			unit_amount_cents: amount,
			units: '1',
			tax_codes: taxes,
		}));
		const { lago_id } = await this.api.call<Invoice>('POST', '/invoices', 'invoice', {
			invoice: { external_customer_id: customer, currency: 'EUR', fees },
		});
		return await until(
			`one-off invoice ${lago_id} to be finalized`,
			async () => await this.invoice(lago_id),
			({ status }) => status === 'finalized',
		);
	}

	/** Resolves with the code. `amount_cents`: for a month. */
	async plan(given: { amount_cents: number; pay_in_advance: boolean } & Json): Promise<string> {
		const code = this.api.name('plan');
		await this.api.call('POST', '/plans', 'plan', {
			plan: { name: 'Pro', code, interval: 'monthly', amount_currency: 'EUR', ...given },
		});
		return code;
	}

	/** A metric that adds up the property `units` of events. */
	async metric(): Promise<{ lago_id: string; code: string }> {
		return await this.api.call('POST', '/billable_metrics', 'billable_metric', {
			billable_metric: {
				name: 'Calls',
				code: this.api.name('metric'),
				aggregation_type: 'sum_agg',
				field_name: 'units',
				recurring: false,
			},
		});
	}

	/** Tells of usage under a subscription an hour ago, so that it lies clearly before whatever ends now, and waits until Lago has it. */
	async use(subscription: string, code: string, units: number): Promise<void> {
		const transaction_id = this.api.name('event');
		const timestamp = Math.floor(Date.now() / 1000) - AN_HOUR_S;
		const event = {
			transaction_id,
			external_subscription_id: subscription,
			code,
			timestamp,
			properties: { units: String(units) },
		};
		await this.api.call('POST', '/events', 'event', { event });
		await until(
			`event ${transaction_id} to be known`,
			async () => (await this.api.ask('GET', `/events/${transaction_id}`)).status,
			(status) => status === 200,
		);
	}

	/** Takes so many percent off what the customer's next subscription invoice asks for. */
	async coupon(customer: string, percent: number): Promise<void> {
		const code = this.api.name('coupon');
		const coupon = { name: 'Welcome', code, coupon_type: 'percentage', percentage_rate: String(percent) };
		await this.api.call('POST', '/coupons', 'coupon', {
			coupon: { ...coupon, frequency: 'once', expiration: 'no_expiration', reusable: true },
		});
		await this.api.call('POST', '/applied_coupons', 'applied_coupon', {
			applied_coupon: { external_customer_id: customer, coupon_code: code },
		});
	}

	/** Resolves with the external id. */
	async subscribe(customer: string, plan_code: string, given: Json = {}): Promise<string> {
		const external_id = this.api.name('subscription');
		await this.api.call('POST', '/subscriptions', 'subscription', {
			subscription: {
				external_customer_id: customer,
				plan_code,
				external_id,
				billing_time: 'anniversary',
				...given,
			},
		});
		return external_id;
	}

	/** @param given what is done with days that were paid for, e.g. `on_termination_credit_note=refund` */
	async unsubscribe(subscription: string, given = ''): Promise<void> {
		await this.api.call('DELETE', `/subscriptions/${subscription}?${given}`, 'subscription');
	}

	/** Prepaid credits of EUR 1 each that the customer has to pay for. Resolves with the wallet's id. */
	async wallet(customer: string, credits: number, given: Json = {}): Promise<string> {
		const { lago_id } = await this.api.call<{ lago_id: string }>('POST', '/wallets', 'wallet', {
			wallet: {
				external_customer_id: customer,
				name: 'Prepaid',
				rate_amount: '1.0',
				currency: 'EUR',
				paid_credits: String(credits),
				...given,
			},
		});
		return lago_id;
	}

	/** What a wallet holds, in credits. */
	async creditsOf(wallet: string): Promise<number> {
		const { credits_balance } = await this.api.call<{ credits_balance: string }>('GET', `/wallets/${wallet}`, 'wallet');
		return Number(credits_balance);
	}

	async invoice(id: string): Promise<Invoice> {
		return await this.api.call<Invoice>('GET', `/invoices/${id}`, 'invoice');
	}

	/** All that the customer has, in no order. */
	async invoicesOf(customer: string): Promise<Invoice[]> {
		return await this.api.list<Invoice>(`/invoices?external_customer_id=${customer}`, 'invoices');
	}

	/**
	 * The first invoice of a customer that is of this kind and asks for money, finalized by hand where the organisation gives it days of grace.
	 * @param of e.g. `subscription`, `credit`
	 */
	async billed(customer: string, of: string): Promise<Invoice> {
		const found = await until(
			`an invoice of type ${of} for customer ${customer}`,
			async () => await this.invoicesOf(customer),
			(all) => all.some((one) => isWanted(one, of)),
		);
		const invoice = found.find((one) => isWanted(one, of)) as Invoice;
		if (invoice.status === 'draft') await this.api.call('PUT', `/invoices/${invoice.lago_id}/finalize`, 'invoice');
		return await this.invoice(invoice.lago_id);
	}

	async notesOf(customer: string): Promise<Note[]> {
		return await this.api.list<Note>(`/credit_notes?external_customer_id=${customer}`, 'credit_notes');
	}

	private async makeAddOn(): Promise<string> {
		const code = this.api.name('work');
		await this.api.call('POST', '/add_ons', 'add_on', {
			add_on: { name: 'Work', code, amount_cents: 1_000, amount_currency: 'EUR' },
		});
		return code;
	}
}

/** One of Lago's metadata entries of an invoice; empty when there is none. */
export function entryOf({ metadata = [] }: Pick<Invoice, 'metadata'>, key: string): string {
	return metadata.find((entry) => entry.key === key)?.value ?? '';
}

function isWanted({ invoice_type, status, total_amount_cents }: Invoice, of: string): boolean {
	return invoice_type === of && total_amount_cents > 0 && ['draft', 'finalized'].includes(status);
}
