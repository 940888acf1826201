import { dodoId } from '../../shared/ids';
import type { DodoContext } from '../context';
import { existing, timestamp, type Customer, type Metadata } from '../state';

export type CustomerRequest =
	{ customer_id: string } | { email: string; name?: string | null; phone_number?: string | null };

export interface NewCustomer {
	email: string;
	name?: string | null;
	phone_number?: string | null;
	metadata?: Metadata;
}

/** Who pays. Dodo allows several customers with one e-mail address. */
export class Customers {
	constructor(private readonly context: DodoContext) {}

	create({ email, name, phone_number = null, metadata = {} }: NewCustomer): Customer {
		const { state } = this.context;
		const customer: Customer = {
			customer_id: dodoId('cus_'),
			business_id: state.businessId,
			email,
			name: name ?? email,
			phone_number,
			metadata,
			created_at: timestamp(),
		};
		state.customers.set(customer.customer_id, customer);
		return customer;
	}

	/** The customer that a request names: by id, else an existing one with this e-mail, else a new one. */
	resolve(request: CustomerRequest, alwaysNew = false): Customer {
		const { customers } = this.context.state;
		if ('customer_id' in request) return existing(customers, request.customer_id);
		const known = alwaysNew ? undefined : [...customers.values()].find(({ email }) => email === request.email);
		return known ?? this.create(request);
	}
}

/** As a customer stands inside payments, refunds, disputes and subscriptions. */
export function limitedView({ customer_id, email, name, metadata, phone_number }: Customer): Record<string, unknown> {
	return { customer_id, email, name, metadata, phone_number };
}
