import type { IExecuteFunctions } from 'n8n-workflow';
import {
	backFillVerdict,
	dateOf,
	firstOfEach,
	portionOf,
	sumsInWords,
	type BackFillRow,
	type Portion,
} from '../../../shared/domain/backFill';
import { ourRecord } from '../../../shared/domain/invoiceMetadata';
import { BACK_FILL_KEY, INVOICE_KEY } from '../../../shared/domain/keys';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { paymentSummarySchema } from '../../../shared/wire/dodo/objects';
import { agreementOf, eachOpen, todayOf, type Agreement } from '../../helpers/backFill';
import type { LagoClient } from '../../transport/client';
import { NOTHING_AGREED } from './startOrStop.operation';

/** Each is collected by itself, within the quarter of an hour until the next look. */
const MOST_AT_ONCE = 200;
/** So many are kept in memory at most before those that cannot come into question are dropped. */
const KEPT = 20_000;

type Outcome = 'back_fill_stopped' | 'back_fill_waits' | 'nothing_agreed' | 'to_begin';

/**
 * Back-Fill -> Get Portion: the old invoices that may be begun now, within what a person agreed to. What was begun today is read from the books:
 * from the invoices, and, because a paid one is in no list of open ones, from the payments of today that come in.
 */
export const getPortion: Operation<LagoClient, Outcome> = {
	menu: {
		name: 'Get Portion',
		action: 'Get the old invoices that may be begun now',
		description: 'The old invoices that may be collected now, within the limits of the day that a person agreed to',
	},
	fields: fieldsOf('backFill', 'getPortion', [
		{
			displayName: 'The items must be the payments of today, from Dodo Payments > Payment > Get Many',
			name: 'portionNotice',
			type: 'notice',
			default: '',
		},
	]),
	outputs: [{ name: 'Begin', outcomes: ['to_begin'] }, { name: 'Not Now' }],
	once: true,
	async execute(ctx, client) {
		const agreement = agreementOf(ctx);
		if (agreement === null) return NOTHING_AGREED;
		if (agreement.isStopped) return { outcome: 'back_fill_stopped', message: 'The back-fill is stopped.' };
		const begun = begunByPayment(ctx);
		const portion = portionOf(await waitingIn(ctx, client, agreement, begun), begun, agreement);
		const chosenAt = Date.now();
		const rows = portion.rows.slice(0, MOST_AT_ONCE);
		const message = inWords(portion, agreement);
		if (rows.length === 0) return { outcome: 'back_fill_waits', message };
		return rows.map(({ id, number, issuedOn }) => {
			const about = { invoiceId: id, invoiceNumber: number, issuedOn };
			return { outcome: 'to_begin' as const, message, ...about, chosenAt };
		});
	},
};

/** Payments of today that a back-fill of today has led to, by invoice. */
function begunByPayment(ctx: IExecuteFunctions): Map<string, { amount: number; currency: string }> {
	const today = dateOf(todayOf(ctx));
	const begun = new Map<string, { amount: number; currency: string }>();
	for (const { json } of ctx.getInputData()) {
		const payment = paymentSummarySchema.safeParse(json);
		if (!payment.success || payment.data.metadata[BACK_FILL_KEY] !== today) continue;
		const { metadata, total_amount: amount, currency } = payment.data;
		begun.set(String(metadata[INVOICE_KEY]), { amount, currency });
	}
	return begun;
}

/** What may be begun; adds to `begun` what was begun today and is open. */
async function waitingIn(
	ctx: IExecuteFunctions,
	client: LagoClient,
	agreement: Agreement,
	begun: Map<string, { amount: number; currency: string }>,
): Promise<BackFillRow[]> {
	const today = todayOf(ctx);
	let waiting: BackFillRow[] = [];
	await eachOpen(
		client,
		agreement.billingEntities,
		(open) => {
			const { facts, createdAt, issuedOn } = open;
			const verdict = backFillVerdict(open, agreement);
			if (verdict === null) return;
			const { id, number, currency } = facts;
			const { amount } = verdict;
			if (ourRecord(facts.metadata).state?.begunOn === today) begun.set(id, { amount, currency });
			if (verdict.what === 'charge' || verdict.what === 'link')
				waiting.push({ id, number, currency, amount, issuedOn, createdAt });
		},
		() => {
			if (waiting.length > KEPT) waiting = firstOfEach(waiting, agreement);
		},
	);
	return waiting;
}

function inWords({ count, money, hasMore }: Portion, { perDay, money: most }: Agreement): string {
	const rest = hasMore ? 'The rest follows from tomorrow on.' : 'Then nothing is left.';
	return `Today ${count} of at most ${perDay} invoices, ${sumsInWords(money)} of at most ${sumsInWords(most)}. ${rest}`;
}
