import { isCurrency } from '../currencies';
import { replaceMetadata } from '../metadata';
import { invalid, notFound } from '../refusals';
import type { Coupon } from '../catalogue';
import type { Customer } from '../documents';
import { now, type LagoState } from '../state';
import { customerView } from '../views/customers';
import type { LagoEvents } from '../webhooks';
import { newCustomer } from './newCustomer';

const MAX_VALUE = 100;
const PROVIDERS = ['stripe', 'gocardless', 'cashfree', 'adyen', 'flutterwave', 'moneyhash'];
const WRITABLE = [
	'name',
	'firstname',
	'lastname',
	'customer_type',
	'account_type',
	'country',
	'address_line1',
	'address_line2',
	'state',
	'zipcode',
	'email',
	'city',
	'url',
	'phone',
	'logo_url',
	'legal_name',
	'legal_number',
	'currency',
	'tax_identification_number',
	'timezone',
	'net_payment_term',
	'finalize_zero_amount_invoice',
	'skip_invoice_custom_sections',
	'shipping_address',
];

/** Who is billed without anybody having said who that is. */
const SAMPLE = {
	name: 'Globex SAS',
	customer_type: 'company',
	country: 'FR',
	address_line1: '1 rue de la Paix',
	zipcode: '75002',
	email: 'billing@globex.example',
	city: 'Paris',
};
/** `lago-api:app/support/regex.rb`, without quoted names and bare numbers. */
const EMAIL =
	/^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?$/iu;

/** Customers, by external id. */
export class Customers {
	constructor(
		private readonly state: LagoState,
		private readonly events: LagoEvents,
	) {}

	get(externalId: string | undefined): Customer {
		return this.state.customers.get(externalId ?? '') ?? notFound('customer');
	}

	/** The customer with this external id, made if need be, with these fields changed. `provider` undefined leaves it as it is. */
	ensure(
		{ external_id = 'cust_1', ...given }: Partial<Customer>,
		currency: string,
		provider?: string | null,
	): Customer {
		const customer = this.state.customers.get(external_id) ?? Object.assign(this.create(external_id, currency), SAMPLE);
		Object.assign(customer, given);
		applyTimezone(customer, given);
		if (provider !== undefined)
			customer.billing_configuration = {
				...customer.billing_configuration,
				payment_provider: provider,
				payment_provider_code: provider,
			};
		return customer;
	}

	/** `POST /customers`: only the keys present are changed (`lago-api:services/customers/upsert_from_api_service.rb`). */
	upsert(input: Record<string, unknown>): Customer {
		const { external_id: externalId, metadata, billing_configuration: billing, billing_entity_code: entity } = input;
		if (typeof externalId !== 'string' || externalId === '') return invalid({ external_id: ['value_is_mandatory'] });
		checkFields(input);
		if (typeof entity === 'string' && !this.state.billingEntities.has(entity)) notFound('billing_entity');
		const known = this.state.customers.get(externalId);
		const entries =
			metadata === undefined
				? undefined
				: replaceMetadata(known?.metadata ?? [], metadata, { maxValue: MAX_VALUE, onCustomer: true });
		const customer = known ?? this.create(externalId, typeof input.currency === 'string' ? input.currency : null);
		for (const key of WRITABLE) if (key in input) customer[key] = input[key];
		applyTimezone(customer, input);
		if (entries !== undefined) customer.metadata = entries;
		if (typeof entity === 'string') customer.billing_entity_code = entity;
		for (const key of ['invoice_grace_period', 'document_locale'])
			if (billing !== undefined && key in (billing as object))
				customer.billing_configuration[key] = (billing as Record<string, unknown>)[key];
		const provider = (billing as { payment_provider?: unknown } | undefined)?.payment_provider;
		// A name that Lago does not know clears the provider.
		if (provider !== undefined)
			this.ensure({ external_id: externalId }, '', PROVIDERS.includes(String(provider)) ? String(provider) : null);
		customer.updated_at = now();
		this.events.announce(known ? 'customer.updated' : 'customer.created', 'customer', () =>
			customerView(customer, 'inside'),
		);
		return customer;
	}

	/** Moves somebody to another time zone, as in Lago's screen; null: the organisation's. */
	setTimezone(externalId: string, timezone: string | null): Customer {
		const customer = this.get(externalId);
		if (!isTimezone(timezone)) throw new Error(`There is no time zone "${timezone}"`);
		Object.assign(customer, { timezone, updated_at: now() });
		applyTimezone(customer, customer);
		this.events.announce('customer.updated', 'customer', () => customerView(customer, 'inside'));
		return customer;
	}

	/** The coupon of a customer, which is used up by that. */
	useCoupon({ external_id }: Customer): Coupon | null {
		const coupon = this.state.appliedCoupons.get(external_id) ?? null;
		this.state.appliedCoupons.delete(external_id);
		return coupon;
	}

	private create(externalId: string, currency: string | null): Customer {
		const customer = newCustomer(externalId, currency, this.state.customers.size + 1);
		this.state.customers.set(externalId, customer);
		return customer;
	}
}

/** What a coupon takes off an amount (minor units). */
export function couponValue(coupon: Coupon | null, amountCents: number): number {
	if (coupon === null) return 0;
	const { amount_cents, percentage_rate } = coupon;
	return Math.min(amount_cents ?? Math.round((amountCents * Number(percentage_rate)) / 100), amountCents);
}

/** Refuses what Lago's model of a customer refuses; a field that is empty is no fault. */
function checkFields({ email, currency, timezone }: Record<string, unknown>): void {
	const faults: Record<string, string[]> = {};
	if (
		email &&
		!String(email)
			.split(',')
			.every((one) => EMAIL.test(one.trim()))
	)
		faults.email = ['invalid_email_format'];
	if (currency && !isCurrency(String(currency))) faults.currency = ['value_is_invalid'];
	if (timezone && !isTimezone(timezone)) faults.timezone = ['invalid_timezone'];
	if (Object.keys(faults).length > 0) invalid(faults);
}

function isTimezone(name: unknown): boolean {
	try {
		new Intl.DateTimeFormat('en', { timeZone: String(name ?? 'UTC') });
		return true;
	} catch {
		return false;
	}
}

/** The zone that counts: the customer's own, else the organisation's, which is UTC. */
function applyTimezone(customer: Customer, given: Record<string, unknown>): void {
	if ('timezone' in given) customer.applicable_timezone = customer.timezone ?? 'UTC';
}
