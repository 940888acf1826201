import { z } from 'zod';
import { allocateRefund } from '../../nodes/shared/domain/refundAllocation';
import { toRefundedInvoice } from '../../nodes/shared/wire/lago/creditFacts';
import { invoiceSchema } from '../../nodes/shared/wire/lago/objects';
import type { DodoSimulator, LagoSimulator } from '../simulators';
import { DECLINE_CODES } from '../dodo/cards';
import { subunits } from '../lago/money';
import type { Invoice } from '../lago/documents';
import { invoiceView } from '../lago/views/invoices';
import { openAllDueLink, openInvoiceLink, openTopUpLink, orderCredits, USER_AGENT } from './links';

/** What can be done on the page: as customer, as merchant in Lago, as merchant in Dodo's dashboard, as bank. */
export interface World {
	dodo: DodoSimulator;
	lago: LagoSimulator;
	/** Where pay links lead to. */
	n8nUrl: string;
}

const id = z.string().min(1);
/** Minor units; nothing means all of it. */
const amount = z.number().int().positive().optional();
/** Dodo's reason why a card or a bank says no. */
const declineCode = z.string().refine((code) => DECLINE_CODES.includes(code), 'is no decline code of Dodo');
/** A number, or a decline code: a card that declines with it. */
const card = z
	.string()
	.refine(
		(text) => /^\d{16}$/.test(text) || DECLINE_CODES.includes(text),
		'is neither a card number nor a decline code of Dodo',
	)
	.optional();
const currency = z.enum(['EUR', 'USD', 'JPY', 'KWD']);
/** How long a bank debit is on its way here; in real life it is days. */
const DEBIT_MS = 5_000;

/** Declares an action: what it needs, and what it does. */
function action<Shape extends z.ZodRawShape>(
	shape: Shape,
	run: (input: z.output<z.ZodObject<Shape>>, world: World) => unknown,
) {
	const schema = z.object(shape).strict();
	return async (input: unknown, world: World): Promise<void> => void (await run(schema.parse(input), world));
}

/** Every action of the page by its name. */
export const actions: Readonly<Record<string, (input: unknown, world: World) => Promise<void>>> = {
	issue: action(
		{
			amount: z.number().int().positive().default(10_000),
			taxRate: z.number().min(0).max(50).default(20),
			currency: currency.default('EUR'),
			type: z.enum(['subscription', 'one_off', 'credit']).default('subscription'),
			customer: z.string().trim().min(1).max(60).default('cust_1'),
			count: z.number().int().min(1).max(100).default(1),
			isOld: z.boolean().default(false),
		},
		({ count, amount: amountCents, taxRate, type, customer, isOld, ...billed }, { lago }) => {
			for (let index = 0; index < count; index++) {
				const invoice = lago.issueInvoice({
					...billed,
					type,
					customer: { external_id: customer },
					fees: [{ amountCents, taxRate: type === 'credit' ? 0 : taxRate }],
					emit: !isOld,
				});
				if (isOld) setBack(invoice);
			}
		},
	),
	void: action({ id }, ({ id: invoice }, { lago }) => lago.voidInvoice(invoice)),
	retryPayment: action({ id }, ({ id: invoice }, { lago }) => lago.retryPayment(invoice)),
	payByHand: action({ id, amount }, ({ id: invoice, amount: given }, { lago }) =>
		lago.payManually(invoice, given ?? invoiceOf(lago, invoice).total_amount_cents, 'by hand'),
	),
	creditNote: action({ id, amount }, ({ id: invoice, amount: given }, { lago }) =>
		creditNote(lago, invoiceOf(lago, invoice), given),
	),
	dueNow: action({ id }, ({ id: invoice }, { lago }) => {
		const state = lago.metadataOf(invoice, 'dodo_state');
		if (state === undefined || !/;n=\d+/.test(state)) throw new Error('No further try is planned for this invoice.');
		lago.setMetadata(invoice, { dodo_state: state.replace(/;n=\d+/, `;n=${Math.floor(Date.now() / 1000) - 1}`) });
	}),
	premium: action({ value: z.boolean() }, ({ value }, { lago }) => void (lago.premium = value)),

	passDays: action({ days: z.number().int().min(1).max(366) }, ({ days }, { dodo, lago }) => {
		dodo.passDays(days);
		lago.passDays(days);
	}),
	startSubscription: action(
		{ customer: id, currency: currency.default('EUR') },
		({ customer, currency: given }, { lago }) =>
			lago.issueInvoice({ customer: { external_id: customer }, currency: given, reason: 'subscription_starting' }),
	),
	endSubscription: action({ id }, ({ id: subscription }, { lago }) => lago.terminateSubscription(subscription)),
	timeZone: action({ id, zone: z.string().trim() }, ({ id: customer, zone }, { lago }) =>
		lago.setTimezone(customer, zone === '' ? null : zone),
	),
	spendWallet: action({ id, amount }, ({ id: walletId, amount: given }, { lago }) => {
		const wallet = lago.state.wallets.get(walletId);
		lago.spendWallet(
			walletId,
			given === undefined || wallet === undefined ? undefined : given / subunits(wallet.currency) / wallet.rate,
		);
	}),

	orderCredits: action(
		{ customer: id, amount: z.number().int().positive(), currency: currency.default('EUR') },
		async (order, { lago }) => await orderCredits(order, lago),
	),

	followPayLink: action({ id }, async ({ id: invoice }, world) => await openInvoiceLink(invoice, world)),
	payEverything: action({ customer: id }, async ({ customer }, world) => await openAllDueLink(customer, world)),
	followTopUpLink: action({ id }, async ({ id: wallet }, world) => await openTopUpLink(wallet, world)),
	pay: action({ id, card, amount }, ({ id: session, ...options }, { dodo }) => dodo.payCheckout(session, options)),
	payByDebit: action({ id, card, amount }, ({ id: session, ...options }, { dodo }) =>
		dodo.payCheckout(session, { ...options, settleAfterMs: DEBIT_MS }),
	),
	refund: action({ id, amount, fail: z.boolean().optional() }, ({ id: payment, ...options }, { dodo }) =>
		dodo.refundPayment(payment, options),
	),
	failNextRefund: action({ id }, ({ id: payment }, { dodo }) => dodo.failNextRefund(payment)),
	openDispute: action({ id }, ({ id: payment }, { dodo }) => dodo.openDispute(payment)),
	moveDispute: action(
		{
			id,
			status: z.enum(['challenged', 'won', 'lost', 'accepted', 'expired', 'cancelled']),
			rdr: z.boolean().optional(),
		},
		({ id: dispute, status, rdr }, { dodo }) => dodo.moveDispute(dispute, status, { rdr }),
	),

	payOut: action({ currency: z.enum(['USD', 'INR']).optional() }, (chosen, { dodo }) => dodo.payOut(chosen)),

	setUpMandate: action(
		{ customer: id, currency: currency.optional(), card },
		async ({ customer, card: given, ...chosen }, { dodo, lago }) => {
			const wanted = chosen.currency ?? lago.state.customers.get(customer)?.currency ?? 'EUR';
			dodo.activateMandate(await setUpLink(dodo, customer, wanted), given);
		},
	),
	giveCard: action({ id, card }, ({ id: session, card: given }, { dodo }) => dodo.activateMandate(session, given)),
	mandateCard: action({ id, card }, ({ id: mandate, card: given }, { dodo }) => dodo.setMandateCard(mandate, given)),
	expireCard: action({ id }, ({ id: mandate }, { dodo }) => dodo.expireCard(mandate)),
	planCharge: action(
		{ id, code: declineCode.optional(), debit: z.boolean().default(false) },
		({ id: mandate, code, debit }, { dodo }) =>
			dodo.planCharge(mandate, { code, ...(debit ? { settleAfterMs: DEBIT_MS } : {}) }),
	),
	moveMandate: action(
		{ id, status: z.enum(['active', 'paused', 'cancelled', 'failed', 'expired']) },
		({ id: mandate, status }, { dodo }) => dodo.moveMandate(mandate, status),
	),
};

function invoiceOf(lago: LagoSimulator, invoiceId: string): Invoice {
	const invoice = lago.state.invoices.get(invoiceId);
	if (invoice === undefined) throw new Error('This invoice does not exist.');
	return invoice;
}

/** What a person does in Lago's screen: choose how much of the fees goes back. */
function creditNote(lago: LagoSimulator, invoice: Invoice, given: number | undefined): void {
	const notes = [...lago.state.creditNotes.values()].filter((note) => note.invoice === invoice);
	const credited = (feeId: string): number =>
		notes
			.flatMap(({ items }) => items)
			.reduce((sum, item) => (item.fee.lago_id === feeId ? sum + Math.round(item.precise_amount_cents) : sum), 0);
	const refundable = invoice.total_paid_amount_cents - notes.reduce((sum, note) => sum + note.refund_amount_cents, 0);
	const { fees } = toRefundedInvoice(invoiceSchema.parse(invoiceView(invoice, 'rest')));
	const room = {
		wanted: Math.min(given ?? refundable, refundable),
		refundable,
		taxRounding: notes.reduce((sum, { precise_taxes_cents: tax }) => sum + Math.round(tax) - tax, 0),
	};
	const allocation =
		refundable <= 0
			? null
			: allocateRefund(
					room,
					fees.map((fee) => ({ ...fee, credited: credited(fee.id) })),
				);
	if (allocation === null)
		throw new Error(
			'Nothing of this invoice is left to refund in Lago. With a free Lago no payment is recorded, so nothing can be refunded there.',
		);
	lago.createCreditNoteInUi(invoice.lago_id, {
		items: allocation.items.map((item) => ({ fee_id: item.feeId, amount_cents: item.amount })),
		refund_amount_cents: allocation.refund,
	});
}

/** The checkout that Mandate > Create Set-Up Link would make. */
async function setUpLink(dodo: DodoSimulator, customer: string, currency: string): Promise<string> {
	const price = {
		type: 'recurring_price',
		currency,
		price: 500,
		tax_inclusive: true,
		discount: 0,
		purchasing_power_parity: false,
		payment_frequency_count: 1,
		payment_frequency_interval: 'Month',
		subscription_period_count: 20,
		subscription_period_interval: 'Year',
	};
	const name = `Automatic payment ${currency}`;
	const known = [...dodo.state.products.values()].find((product) => product.name === name);
	const { product_id } =
		known ?? (await ask<{ product_id: string }>(dodo, '/products', { name, tax_category: 'saas', price }));
	const session = await ask<{ session_id: string }>(dodo, '/checkouts', {
		product_cart: [{ product_id, quantity: 1 }],
		subscription_data: { on_demand: { mandate_only: true } },
		customer: { email: `${customer.replace(/[^a-z0-9]/gi, '')}@example.com` },
		metadata: { lago_customer_external_id: customer },
	});
	return session.session_id;
}

async function ask<T>(dodo: DodoSimulator, path: string, body: unknown): Promise<T> {
	const headers = {
		authorization: `Bearer ${dodo.apiKey}`,
		'content-type': 'application/json',
		'user-agent': USER_AGENT,
	};
	const response = await fetch(`${dodo.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
	const answer = (await response.json()) as T & { message?: string };
	if (!response.ok) throw new Error(answer.message ?? `Dodo answered ${response.status}`);
	return answer;
}

/** As if it was issued two years before. */
function setBack(invoice: Invoice): void {
	const earlier = (text: string): string =>
		text.replace(/^\d{4}/, (year) => String(Number(year) - 2)).replace('-02-29', '-02-28');
	for (const name of ['created_at', 'issuing_date', 'payment_due_date'] as const)
		invoice[name] = earlier(invoice[name]);
}
