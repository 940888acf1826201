import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';
import { operations as dodoOperations } from '../../nodes/DodoPayments/actions/operations';
import { DodoClient } from '../../nodes/DodoPayments/transport/client';
import { operations as lagoOperations } from '../../nodes/Lago/actions/operations';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { runOperation } from '../../nodes/shared/node/operation';
import { executeContext } from '../../test/support/executeContext';

const PAYMENTS = 50_000;
const DAYS = 30;
const FROM = Date.UTC(2026, 10, 1);
const STEP_MS = (DAYS * 86_400_000) / PAYMENTS;
const MB = 1_048_576;

const iso = (index: number): string => new Date(FROM + index * STEP_MS).toISOString();
const uuidOf = (index: number): string => `00000001-0000-4000-8000-${String(index).padStart(12, '0')}`;

/** A page is made when it is asked for: what is measured is what the operations keep. */
function answer({ url, qs = {} }: IHttpRequestOptions): IDataObject {
	const path = new URL(url).pathname.replace('/api/v1', '');
	const isLago = url.includes('lago');
	const [page, size] = isLago
		? [Number(qs.page) - 1, Number(qs.per_page)]
		: [Number(qs.page_number), Number(qs.page_size)];
	const indexOf = (moment: unknown, otherwise: number): number =>
		moment === undefined ? otherwise : Math.ceil((Date.parse(String(moment)) - FROM) / STEP_MS);
	const [first, end] = [
		Math.max(0, indexOf(qs.created_at_gte, 0)),
		Math.min(PAYMENTS, indexOf(qs.created_at_lte, PAYMENTS)),
	];
	const parts = path === '/balances/ledger' ? 3 : 1;
	const newest = end * parts - 1 - page * size;
	const entries: IDataObject[] = [];
	if (path === '/credit_notes' || qs.payment_dispute_lost !== undefined) return { [path.slice(1)]: [] };
	for (let at = newest; at > newest - size && at >= first * parts; at--) entries.push(ENTRIES[path]?.(at) ?? {});
	return { [isLago ? path.slice(1) : 'items']: entries };
}

const TYPES = [
	['payment', 1_000],
	['tax', -190],
	['payment_fees', -80],
] as const;
const ENTRIES: Readonly<Record<string, (at: number) => IDataObject>> = {
	'/balances/ledger': (at) => {
		const [index, part] = [Math.floor(at / 3), at % 3];
		const [event_type, amount] = TYPES[part] as (typeof TYPES)[number];
		const before = index * 730 + (part > 0 ? 1_000 : 0) - (part > 1 ? 190 : 0);
		return {
			id: `bal_${at}`,
			event_type,
			amount: Math.abs(amount),
			is_credit: amount > 0,
			currency: 'EUR',
			before_balance: before,
			after_balance: before + amount,
			usd_equivalent_amount: 0,
			reference_object_id: `pay_${index}`,
			created_at: iso(index),
		};
	},
	'/payments': (index) => ({
		lago_id: `00000002-0000-4000-8000-${String(index).padStart(12, '0')}`,
		payment_id: `pay_${index}`,
		reference: `pay_${index}`,
		status: 'succeeded',
		payment_status: 'succeeded',
		total_amount: 1_000,
		amount_cents: 1_000,
		currency: 'EUR',
		amount_currency: 'EUR',
		invoice_ids: [uuidOf(index)],
		metadata: { lago_invoice_id: uuidOf(index), lago_invoice_number: `INV-${index}` },
		customer: { name: `Payer ${index}`, email: null },
		created_at: iso(index),
	}),
	'/invoices': (index) => ({
		lago_id: uuidOf(index),
		number: `INV-${index}`,
		status: 'finalized',
		payment_status: 'succeeded',
		billing_entity_code: 'main',
		issuing_date: iso(index).slice(0, 10),
		currency: 'EUR',
		total_amount_cents: 1_000,
		total_due_amount_cents: 0,
		total_paid_amount_cents: 1_000,
		customer: { external_id: `c-${index}`, name: `Customer ${index}` },
		metadata: [],
	}),
};

/** R17: a month of 50,000 payments (150,000 entries of the ledger): what its statement takes of memory, day by day as in the template. */
async function measure(): Promise<void> {
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc') as () => void;
	const heap = (): number => process.memoryUsage().heapUsed / MB;
	collect();
	const before = heap();
	let peak = before;
	const timer = setInterval(() => (peak = Math.max(peak, heap())), 20);
	const on = (host: string, parameters: object, input: IDataObject[]) => {
		const baseUrl = `https://${host}.example`;
		const context = executeContext({
			parameters: { ...parameters },
			input,
			credential: { baseUrl, requestsPerMinute: 5_000 },
			typeVersion: 1.2,
			credentialId: 'bench',
		});
		context.helpers.httpRequestWithAuthentication = (async (_type: string, options: IHttpRequestOptions) => {
			peak = Math.max(peak, heap());
			return await Promise.resolve({ statusCode: 200, body: answer(options) });
		}) as never;
		return context;
	};
	const began = performance.now();
	const read: IDataObject[] = [];
	for (let day = 0; day < DAYS; day++) {
		const [from, until] = [day, day + 1].map((one) => new Date(FROM + one * 86_400_000).toISOString());
		const get = { resource: 'statement', operation: 'get', of: 'period', from, until };
		const [items = []] = await runOperation(on('dodo', get, [{}]), dodoOperations, DodoClient.of);
		read.push(...items.map(({ json }) => json));
	}
	const compare = { resource: 'statement', operation: 'compare' };
	const [rows = [], , summary = []] = await runOperation(on('lago', compare, read), lagoOperations, LagoClient.of);
	clearInterval(timer);
	peak = Math.max(peak, heap());
	console.log(
		JSON.stringify({
			rows: rows.length,
			outcome: summary[0]?.json.outcome,
			different: rows.filter(({ json }) => json.Difference !== 0).length,
			peakMB: Math.round(peak - before),
			seconds: Math.round((performance.now() - began) / 1000),
		}),
	);
}

void measure();
