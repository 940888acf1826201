import type { IDataObject } from 'n8n-workflow';
import { z } from 'zod';
import { CUSTOMER_KEY } from '../../../shared/domain/keys';
import { isLagoId } from '../../../shared/domain/payment';
import { orNull } from '../../../shared/transport/orNull';
import { onFirstUse } from '../../../shared/wire/onFirstUse';
import type { LagoClient } from '../../transport/client';
import { fetchInvoice } from '../invoices';

const customer = z.object({ external_id: z.string().min(1) });
/** The places in which events and results of this package name a customer. */
const named = onFirstUse(() =>
	z.union([
		z
			.object({ data: z.object({ external_customer_id: z.string().min(1) }) })
			.transform(({ data }) => data.external_customer_id),
		z.object({ data: z.object({ customer }) }).transform(({ data }) => data.customer.external_id),
		z
			.object({ data: z.object({ invoice: z.object({ customer }) }) })
			.transform(({ data }) => data.invoice.customer.external_id),
		z
			.object({ data: z.object({ metadata: z.object({ [CUSTOMER_KEY]: z.string().min(1) }) }) })
			.transform(({ data }) => data.metadata[CUSTOMER_KEY]),
		z.object({ customerExternalId: z.string().min(1) }).transform(({ customerExternalId }) => customerExternalId),
		z.object({ customer }).transform((item) => item.customer.external_id),
		z.object({ external_customer_id: z.string().min(1) }).transform((item) => item.external_customer_id),
	]),
);
/** Where they name an invoice. */
const invoiceNamed = onFirstUse(() =>
	z.union([
		z.object({ invoiceId: z.string().min(1) }).transform(({ invoiceId }) => invoiceId),
		z.object({ lagoInvoiceId: z.string().min(1) }).transform(({ lagoInvoiceId }) => lagoInvoiceId),
	]),
);

/**
 * The customer whom an item is about: named in it, or by its invoice (one call). Null when it is about nobody.
 * @throws ApiError, but not for an invoice that Lago does not know.
 */
export async function customerOfItem(client: LagoClient, item: IDataObject): Promise<string | null> {
	const direct = named.safeParse(item);
	if (direct.success) return direct.data;
	const invoice = invoiceNamed.safeParse(item);
	if (!invoice.success || !isLagoId(invoice.data)) return null;
	const found = await orNull(fetchInvoice(client, invoice.data), ({ code }) => code === 'invoice_not_found');
	return found?.customer?.external_id ?? null;
}
