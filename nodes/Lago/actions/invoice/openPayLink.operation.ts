import type { INodeProperties } from 'n8n-workflow';
import { collectability } from '../../../shared/domain/invoice';
import { fieldsOf, type Json, type Operation, type Result } from '../../../shared/node/operation';
import { idParameter } from '../../../shared/node/parameters';
import { orNull } from '../../../shared/transport/orNull';
import { toInvoiceFacts, type LagoInvoice } from '../../../shared/wire/lago/objects';
import { fetchInvoice, withReferences } from '../../helpers/invoices';
import { invoiceOfToken, linkKey } from '../../helpers/payLink';
import { FORGED, htmlOf, type PayPage } from '../../helpers/payPage';
import type { LagoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Link Parameter',
		name: 'link',
		type: 'string',
		required: true,
		default: '={{ $json.query.t }}',
		description:
			'The parameter t of the link that was clicked. A link that this credential did not sign opens nothing.',
		hint: 'Leave as it is behind a Lago Pay Page Trigger',
	},
];

const UNKNOWN: PayPage = {
	statusCode: 404,
	title: 'This invoice does not exist any more',
	text: 'Please ask whoever sent you the link.',
};

type Closed = 'forged' | 'not_payable' | 'paid' | 'unknown' | 'voided';

/** Invoice -> Open Pay Link: what a click on a permanent link leads to. One call to Lago, none for a forged link. */
export const openPayLink: Operation<LagoClient, 'payable' | Closed> = {
	menu: {
		name: 'Open Pay Link',
		action: 'Open a permanent pay link',
		description: 'Check the link that somebody clicked: the invoice if it can be paid, a friendly page if not',
	},
	fields: fieldsOf('invoice', 'openPayLink', fields),
	// Whoever clicks has made up the link, or cut it: the page says so.
	judges: ['link'],
	outputs: [{ name: 'Payable', outcomes: ['payable'] }, { name: 'Show Page' }],
	async execute(ctx, client, index) {
		const invoiceId = invoiceOfToken(idParameter(ctx, 'link', index), await linkKey(ctx, index));
		if (invoiceId === null) return shown('forged', FORGED);
		const invoice = await orNull(fetchInvoice(client, invoiceId), ({ code }) => code === 'invoice_not_found');
		if (invoice === null) return shown('unknown', UNKNOWN, { invoiceId });
		const about = { invoiceId, invoiceNumber: invoice.number };
		const verdict = collectability(toInvoiceFacts(invoice));
		if (verdict.decision === 'collect')
			return {
				outcome: 'payable',
				message: `Invoice ${invoice.number} can be paid.`,
				...about,
				invoice: await withReferences(client, invoice),
			};
		const { outcome, page } = closed(invoice, verdict.decision === 'held');
		return shown(outcome, page, about);
	},
};

/** @param isHeld something is due, but not to be paid here. */
function closed(invoice: LagoInvoice, isHeld: boolean): { outcome: Closed; page: PayPage } {
	const { number, status, payment_status: paymentStatus } = invoice;
	if (paymentStatus === 'succeeded')
		return {
			outcome: 'paid',
			page: {
				statusCode: 200,
				title: `Invoice ${number} is paid`,
				text: 'Thank you. There is nothing left to do, and this link will not charge you again.',
			},
		};
	if (status === 'voided')
		return {
			outcome: 'voided',
			page: {
				statusCode: 410,
				title: `Invoice ${number} was cancelled`,
				text: 'You need not pay it. Please ask whoever sent it if you expected another one.',
			},
		};
	return {
		outcome: 'not_payable',
		page: {
			statusCode: 409,
			title: `Invoice ${number} cannot be paid here`,
			text: `${isHeld ? 'It has to be paid another way.' : 'Nothing is due on it at the moment.'} Please ask whoever sent you the link.`,
		},
	};
}

function shown(outcome: Closed, page: PayPage, about: Json = {}): Result<Closed> {
	return { outcome, message: page.title, ...about, ...page, html: htmlOf(page) };
}
