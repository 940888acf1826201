import { operations } from '../../nodes/Lago/actions/operations';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { executeContext, itemsOf } from '../support/executeContext';
import { CUSTOMERS, INVOICES, ManyInvoices, WHO_IS_REMINDED } from '../support/manyInvoices';

/** Who is reminded is found out by pages, not by invoices or customers. */
test('5,000 customers with 20,000 open invoices cost their pages', async () => {
	const lago = new ManyInvoices(Date.now());
	const context = executeContext({
		parameters: WHO_IS_REMINDED,
		credential: { baseUrl: 'https://lago.example', webhookHmacKey: 'hmac' },
		credentialId: 'many',
		typeVersion: 1.3,
	});
	context.helpers.httpRequestWithAuthentication = lago.request as never;
	const items = await itemsOf(context, operations, LagoClient.of);
	const told = items.map(({ json }) => json.customerExternalId);
	// Of fifteen kinds of customers those who have reached a step within the last three days, or are about to.
	expect([new Set(told).size, told.length < CUSTOMERS, told.length > CUSTOMERS / 4]).toEqual([told.length, true, true]);
	// A list ends with a short page; one more of disputes; what Lago counts, and who bills, is asked once.
	expect(lago.calls.length).toBeLessThanOrEqual(INVOICES / 100 + 4);
	expect(lago.calls.filter((path) => path !== '/invoices').length).toBeLessThanOrEqual(2);
});
