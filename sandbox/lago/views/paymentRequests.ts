import type { PaymentRequest } from '../documents';
import { customerView } from './customers';
import { invoiceView } from './invoices';

/** A payment request with its invoices, which are without fees (`lago-api:serializers/v1/payment_request_serializer.rb`). */
export function paymentRequestView({ customer, invoices, ...rest }: PaymentRequest): Record<string, unknown> {
	const bare = invoices.map((invoice) => {
		const { customer: _customer, ...view } = invoiceView(invoice, 'bare');
		return view;
	});
	return { ...rest, customer: customerView(customer, 'told'), invoices: bare };
}
