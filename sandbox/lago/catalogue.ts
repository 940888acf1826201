export interface Plan {
	lago_id: string;
	code: string;
	name: string;
	interval: string;
	amount_cents: number;
	amount_currency: string;
	pay_in_advance: boolean;
	/** Days; null or 0: none. */
	trial_period: number | null;
	/** What every fee of the plan is taxed with. */
	taxes: Tax[];
	/** What usage costs, billed in arrears. */
	charges: Charge[];
	created_at: string;
}

/** What is counted of events. */
export interface BillableMetric {
	lago_id: string;
	code: string;
	name: string;
	description: string | null;
	aggregation_type: 'count_agg' | 'sum_agg';
	/** The property that is added up. */
	field_name: string | null;
	recurring: boolean;
	created_at: string;
}

/** The price of one unit of a metric. */
export interface Charge {
	lago_id: string;
	metric: BillableMetric;
	/** Major units, as text. */
	amount: string;
	created_at: string;
}

export interface AddOn {
	lago_id: string;
	code: string;
	name: string;
	amount_cents: number;
	amount_currency: string;
	description: string | null;
	invoice_display_name: string | null;
	created_at: string;
}

export interface Tax {
	lago_id: string;
	name: string;
	code: string;
	/** Percent. */
	rate: number;
	description: string | null;
	created_at: string;
}

export interface Coupon {
	lago_id: string;
	name: string;
	code: string;
	coupon_type: string;
	amount_cents: number | null;
	amount_currency: string | null;
	/** Percent, as text. */
	percentage_rate: string | null;
	frequency: string;
	reusable: boolean;
	expiration: string;
	created_at: string;
}
