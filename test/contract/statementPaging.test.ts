import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';
import { operations as dodoOperations } from '../../nodes/DodoPayments/actions/operations';
import { DodoClient } from '../../nodes/DodoPayments/transport/client';
import { operations as lagoOperations } from '../../nodes/Lago/actions/operations';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { runOperation } from '../../nodes/shared/node/operation';
import { API_KEY, executeContext } from '../support/executeContext';
import { world } from '../support/oneWorld';

const PAYMENTS = 130;

/** Somebody pays, and Lago has it. */
function paid(): string {
	const invoice = world.issue({ fees: [{ amountCents: 1_000, taxRate: 0 }] });
	const metadata = { lago_invoice_id: invoice.lago_id, lago_invoice_number: invoice.number };
	const { payment_id } = world.dodo.createPayment({
		status: 'succeeded',
		total_amount: 1_000,
		currency: 'EUR',
		metadata,
	});
	world.lago.payManually(invoice.lago_id, 1_000, payment_id);
	return payment_id;
}

/** One node of the template. Before each page but the first of a list `moves` happens. */
async function node(service: 'dodo' | 'lago', parameters: object, input: IDataObject[], moves: () => void) {
	const context = executeContext({
		parameters: { resource: 'statement', ...parameters },
		input,
		credential: { baseUrl: world[service].url, apiKey: API_KEY, requestsPerMinute: 5_000 },
		typeVersion: 1.2,
		credentialId: 'paging',
	});
	const { helpers } = context;
	const send = helpers.httpRequestWithAuthentication.bind(context);
	helpers.httpRequestWithAuthentication = async (type: string, options: IHttpRequestOptions) => {
		if (Number(options.qs?.page_number ?? 0) > 0 || Number(options.qs?.page ?? 1) > 1) moves();
		return (await send(type, options)) as unknown;
	};
	return service === 'dodo'
		? await runOperation(context, dodoOperations, DodoClient.of)
		: await runOperation(context, lagoOperations, LagoClient.of);
}

test('money that moves while the month is read is counted once, or not yet', async () => {
	const before = Array.from({ length: PAYMENTS }, paid);
	let moved = 0;
	const moves = (): void => {
		paid();
		moved++;
	};
	const [from, until] = [-1, 1].map((days) => new Date(Date.now() + days * 86_400_000).toISOString());
	const [read = []] = await node('dodo', { operation: 'get', of: 'period', from, until }, [{}], moves);
	const movements = read.map(({ json }) => json);
	const [rows = [], sums = [], summary = []] = await node('lago', { operation: 'compare' }, movements, moves);
	expect(moved).toBeGreaterThan(4);
	const own = rows.filter(({ json }) => before.includes(String(json['Dodo ID'])));
	expect(own.map(({ json }) => [json.Movement, json.Gross, json.Lago, json.Difference])).toEqual(
		before.map(() => ['payment', 10, 10, 0]),
	);
	// What came meanwhile may be in one of the books only, and says so.
	for (const { json } of rows)
		expect([json['Dodo ID'], json.Difference === 0 || json.Reason !== '']).toEqual([json['Dodo ID'], true]);
	const account = sums.find(({ json }) => json.Scope === 'Account')?.json ?? {};
	const { 'Opening Balance': opening, 'Closing Balance': closing } = account;
	expect(Math.round((Number(closing) - Number(opening) - Number(account.Net) - Number(account.Payout)) * 100)).toBe(0);
	expect(summary).toMatchObject([{ json: { outcome: 'adds_up' } }]);
});
