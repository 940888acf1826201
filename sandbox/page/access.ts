import type { INode } from 'n8n-workflow';
import { readAccessPolicy } from '../../nodes/Lago/actions/access/policy.fields';
import { evaluateAccess } from '../../nodes/shared/domain/access/evaluate';
import { asOf, segmentsOf, type AccessHistory, type PastInvoice } from '../../nodes/shared/domain/access/history';
import type { AccessPolicy } from '../../nodes/shared/domain/access/policy';
import { viewOf } from '../../nodes/shared/domain/access/view';
import { DAY_MS } from '../../nodes/shared/domain/calendar';
import {
	listedInvoiceSchema,
	subscriptionSchema,
	toAccessInvoice,
	toSubscriptionFacts,
} from '../../nodes/shared/wire/lago/access';
import type { LagoSimulator } from '../simulators';
import type { Customer, Invoice } from '../lago/documents';
import { invoiceView } from '../lago/views/invoices';
import { subscriptionView } from '../lago/views/subscriptions';

/** How far the page shows to both sides of now. */
const SHOWN_DAYS = 30;

/** The rules that the workflow was started with, by the names of the node's parameters. */
export type SandboxRules = Readonly<Record<string, boolean | number | string>>;

/** Who may use the product by these rules: now, in the last days, and in the next ones if nothing happens. */
export function accessBook(lago: LagoSimulator, rules: SandboxRules, now: number): unknown[] {
	const policy = policyOf(rules);
	return [...lago.state.customers.values()].reverse().map((customer) => {
		const history = historyOf(lago, customer);
		const [from, to] = [now - SHOWN_DAYS * DAY_MS, now + SHOWN_DAYS * DAY_MS];
		const beginning = Math.max(from, Math.min(now, Date.parse(String(customer.created_at))));
		const before = beginning > from ? [{ from, to: beginning, state: 'none', why: '' }] : [];
		const { customer: decision } = viewOf(evaluateAccess(asOf(history, now), policy, now));
		const segments = segmentsOf(history, policy, beginning, to).map(({ reasons, ...segment }) => ({
			from: segment.from,
			to: segment.to,
			state: segment.state,
			why: [
				...new Set(reasons.flatMap(({ rule, invoiceNumber }) => [rule, invoiceNumber].filter(Boolean).join(' '))),
			].join(', '),
		}));
		return { id: customer.external_id, ...decision, segments: [...before, ...segments], now };
	});
}

function policyOf(rules: SandboxRules): AccessPolicy {
	return readAccessPolicy({} as INode, (name, fallback) => rules[name] ?? fallback, 'minor units');
}

function historyOf(lago: LagoSimulator, customer: Customer): AccessHistory {
	const rows = [...lago.state.subscriptions.values()].filter((one) => one.customer === customer);
	const invoices = [...lago.state.invoices.values()].filter(
		(one) => one.customer === customer && ['draft', 'finalized', 'voided'].includes(one.status),
	);
	return {
		customer: {
			externalId: customer.external_id,
			timeZone: typeof customer.applicable_timezone === 'string' ? customer.applicable_timezone : 'UTC',
		},
		subscriptions: rows.map((row) => toSubscriptionFacts(subscriptionSchema.parse(subscriptionView(row)), false)),
		invoices: invoices.map((invoice) => pastInvoice(lago, invoice)),
	};
}

function pastInvoice(lago: LagoSimulator, invoice: Invoice): PastInvoice {
	const { subscription, invoicing_reason } = invoice;
	const covers =
		subscription === null
			? []
			: [
					{
						subscriptionId: subscription.lago_id,
						externalId: subscription.external_id,
						isFirst: invoicing_reason === 'subscription_starting',
						prepaidUntil: null,
					},
				];
	const payments = [...lago.state.payments.values()].filter((one) => one.invoice_ids.includes(invoice.lago_id));
	// A status put by hand leaves no other trace.
	const paidAts = [
		...payments.map(({ created_at }) => created_at),
		...(payments.length > 0 ? [] : [invoice.updated_at]),
	];
	const isPaid = invoice.payment_status === 'succeeded';
	return {
		...toAccessInvoice(listedInvoiceSchema.parse(invoiceView(invoice, 'list')), covers),
		issuedAt: Date.parse(invoice.created_at),
		paidAt: isPaid ? Math.max(...paidAts.map((at) => Date.parse(at))) : null,
		total: invoice.total_amount_cents,
	};
}
