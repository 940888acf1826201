import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { INVOICE_NUMBER_KEY } from '../domain/keys';
import type { Json } from './operation';
import { isTool } from './tool';

/** n8n shortens longer values and complains about them in its log. */
const LONGEST_VALUE = 255;
/** These never hide what became of the money. */
const ASIDE: ReadonlySet<string> = new Set([
	'access_changed',
	'access_unknown',
	'access_untold',
	'ignored',
	'skipped',
	'unchanged',
]);

/**
 * Writes to the execution what it was about, so that n8n's list of executions can be searched for an invoice, a customer, a payment or an
 * outcome (n8n calls it custom execution data: 10 keys, of which these are four). Never fails an execution.
 */
export function tellWhatItIsAbout(ctx: IExecuteFunctions, outputs: INodeExecutionData[][]): void {
	if (isTool(ctx)) return;
	try {
		const { customData } = ctx;
		const items = outputs.flat().map(({ json }) => json as Json);
		for (const [key, read] of Object.entries(READERS)) {
			const known = customData.get(key) || undefined;
			const value = key === 'outcome' ? lastWord(known, items.map(read)) : listed(known, items.map(read));
			if (value !== undefined && value !== known) customData.set(key, value);
		}
	} catch {
		// Nobody's money waits for a label in a list.
	}
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const within = (json: Json, key: string): Json =>
	typeof json[key] === 'object' && json[key] !== null ? (json[key] as Json) : {};
const invoiceOf = (json: Json): Json => (json.total_due_amount_cents === undefined ? within(json, 'invoice') : json);

const READERS: Readonly<Record<string, (json: Json) => string | undefined>> = {
	outcome: ({ outcome }) => text(outcome),
	invoice: (json) =>
		text(json.invoiceNumber) ??
		text(json.invoice_number) ??
		text(invoiceOf(json).number) ??
		text(within(json, 'metadata')[INVOICE_NUMBER_KEY]),
	customer: (json) =>
		text(json.customerExternalId) ??
		text(json.customer_external_id) ??
		text(within(json, 'customer').external_id) ??
		text(within(invoiceOf(json), 'customer').external_id),
	payment: (json) => text(json.paymentId) ?? text(json.payment_id),
};

/** All that differ, in the order in which they came, as many as there is room for. */
function listed(known: string | undefined, values: Array<string | undefined>): string | undefined {
	const all = new Set([...(known?.split(', ') ?? []), ...values.filter((value) => value !== undefined)]);
	let list: string | undefined;
	for (const value of all) {
		const longer = list === undefined ? value.slice(0, LONGEST_VALUE) : `${list}, ${value}`;
		if (longer.length > LONGEST_VALUE) break;
		list = longer;
	}
	return list;
}

/** Held stays, whatever else happened; otherwise what was said last about the money. */
function lastWord(known: string | undefined, words: Array<string | undefined>): string | undefined {
	const weight = (word: string | undefined): number =>
		word === undefined ? 0 : ASIDE.has(word) ? 1 : word === 'held' ? 3 : 2;
	return words.reduce((last, word) => (weight(word) > 0 && weight(word) >= weight(last) ? word : last), known);
}
