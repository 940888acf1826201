import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { collectability, type InvoiceFacts } from '../../../shared/domain/invoice';
import { ourRecord } from '../../../shared/domain/invoiceMetadata';
import { formatAmount } from '../../../shared/domain/money';
import { noted } from '../../../shared/domain/phases';
import { fieldsOf, type Operation, type Result } from '../../../shared/node/operation';
import { objectParameter } from '../../../shared/node/parameters';
import { reconciliationMemoryOf } from '../../../shared/reconciliation/reconciliationMemory';
import { orNull } from '../../../shared/transport/orNull';
import { toInvoiceFacts, type LagoInvoice } from '../../../shared/wire/lago/objects';
import { withInvoice } from '../../helpers/invoices';
import { payLinkAddressField, payLinkAddressOf, payLinkOf } from '../../helpers/payLink';
import { fetchTopUp, writeRecord } from '../../helpers/topUps';
import type { LagoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Top-Up',
		name: 'topUpItem',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		description:
			'A top-up as Get returns it, or what became of a charge or a payment of it. Only where no try by itself follows there is a link; anything else passes through.',
		hint: 'Leave as it is behind Get, Save Payment Reference or Update Payment Status',
	},
	{ ...payLinkAddressField, required: true },
];

/** What leaves it to the customer to pay. */
const ASKS: readonly unknown[] = ['payable', 'needs_link', 'hard_decline', 'exhausted'];

/**
 * Top-Up -> Create Pay Link: the permanent link of a top-up. The same each time, so whoever sends it may be run again; a record on the wallet
 * says that the customer was asked.
 */
export const createPayLink: Operation<LagoClient, 'created' | 'held' | 'skipped'> = {
	menu: {
		name: 'Create Pay Link',
		action: 'Create the permanent pay link of a top up',
		description: 'Sign a link that does not die for a top-up that nobody can collect without the customer',
	},
	fields: fieldsOf('topUp', 'createPayLink', fields),
	outputs: [{ name: 'Link to Send', outcomes: ['created'] }, { name: 'Done' }, { name: 'Held', outcomes: ['held'] }],
	async execute(ctx, client, index) {
		const given = objectParameter(ctx, 'topUpItem', 'Top-Up', index);
		const { id } = (given.topUp ?? {}) as IDataObject;
		if (typeof id !== 'string' || !ASKS.includes(given.outcome)) return given;
		// In the lane of a schedule it is that of the last event of this workflow.
		const lastBase = (): string | undefined => reconciliationMemoryOf(ctx).source?.webhookBaseUrl;
		const payLink = await payLinkOf(ctx, payLinkAddressOf(ctx, index, lastBase), id, index, 'topUp');
		return await withInvoice(client, String(given.invoiceId), async () => await linkFor(client, id, payLink));
	},
};

async function linkFor(
	client: LagoClient,
	id: string,
	payLink: string,
): Promise<Result<'created' | 'held' | 'skipped'>> {
	const invoice = await fetchTopUp(client, id);
	if (invoice === null)
		return { outcome: 'skipped', reason: 'own_invoice', message: `Nothing has to be paid for ${id}.` };
	const facts = toInvoiceFacts(invoice);
	const { id: invoiceId, number, topUp } = facts;
	const about = { invoiceId, invoiceNumber: number, ...(topUp && { topUp }) };
	const verdict = collectability(facts);
	if (verdict.decision === 'skip')
		return { outcome: 'skipped', reason: verdict.reason, message: verdict.message, ...about };
	if (verdict.decision === 'held') return { ...verdict.held, ...about };
	return {
		outcome: 'created',
		message: `The permanent link of ${number} is ready to be sent.`,
		...about,
		payLink,
		amount: verdict.amount,
		amountDue: formatAmount(verdict.amount, facts.currency),
		currency: facts.currency,
		customerEmail: invoice.customer?.email ?? null,
		savedOnWallet: topUp !== undefined && (await save(client, facts, payLink)) !== null,
	};
}

/** A try that was due is made by asking, and must not stay due. Where the wallet has no room the link works all the same. */
async function save(client: LagoClient, facts: InvoiceFacts, payLink: string): Promise<LagoInvoice | null> {
	const { state } = ourRecord(facts.metadata);
	const isDue = (state?.nextTryAt ?? Infinity) * 1000 <= Date.now();
	const next = noted(state, 'pay_link_made', { payLink, ...(isDue ? { nextTryAt: undefined } : {}) });
	return await orNull(writeRecord(client, facts, { state: next }), ({ final }) => final);
}
