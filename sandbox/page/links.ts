import { decodeState } from '../../nodes/shared/domain/invoiceMetadata';
import { signPayLink, tokenOfDebtor } from '../../nodes/Lago/helpers/payLinkToken';
import type { LagoSimulator } from '../simulators';

/** The API calls that the page makes in a person's name, as the timeline knows them. */
export const USER_AGENT = 'sandbox-page';

interface Linked {
	lago: LagoSimulator;
	/** Where pay links lead to. */
	n8nUrl: string;
}

/** The link on an invoice. */
export async function openInvoiceLink(id: string, { lago, n8nUrl }: Linked): Promise<void> {
	const link = decodeState(lago.metadataOf(id, 'dodo_state'))?.payLink;
	if (link === undefined || new URL(link).origin !== new URL(n8nUrl).origin)
		throw new Error('There is no pay link of this n8n on the invoice.');
	// Whoever presses this has chosen this invoice.
	await follow(`${link}&pay=1`);
}

/** The link to everything that a customer owes, as the template that mails it would sign it; from the list straight on to the payment. */
export async function openAllDueLink(customerId: string, { lago, n8nUrl }: Linked): Promise<void> {
	const own = [...lago.state.invoices.values()].filter(({ customer }) => customer.external_id === customerId);
	const open = own.find((one) => one.status === 'finalized' && one.payment_status !== 'succeeded');
	if (open === undefined) throw new Error(`Nothing of ${customerId} is open.`);
	const { currency, billing_entity_code: billingEntity } = open;
	await follow(
		`${n8nUrl}/webhooks/pay?c=${tokenOfDebtor({ customerId, currency, billingEntity }, lago.hmacKey)}&pay=1`,
	);
}

/** The link of the last top-up that waits for its payment, as the template that mails it would sign it. */
export async function openTopUpLink(walletId: string, { lago, n8nUrl }: Linked): Promise<void> {
	const waiting = [...lago.state.walletTransactions.values()].findLast(
		(one) => one.lago_wallet_id === walletId && one.status === 'pending',
	);
	if (waiting === undefined) throw new Error('No top-up of this wallet waits for its payment.');
	await follow(signPayLink(`${n8nUrl}/webhooks/pay`, waiting.lago_id, lago.hmacKey, 'topUp'));
}

async function follow(link: string): Promise<void> {
	const { status } = await fetch(link, { redirect: 'manual', headers: { 'user-agent': USER_AGENT } });
	if (status !== 302) throw new Error(`The pay page answered ${status} instead of leading to a checkout.`);
}

/** Orders credits that count only when they are paid, by Lago's API: with a wallet of their own, and a customer where there is none. */
export async function orderCredits(
	{ customer, amount, currency }: { customer: string; amount: number; currency: string },
	lago: LagoSimulator,
): Promise<void> {
	const email = `${customer.replace(/[^a-z0-9]/gi, '')}@example.com`;
	if (!lago.state.customers.has(customer))
		await ask(lago, '/customers', { customer: { external_id: customer, name: customer, email, currency } });
	await ask(lago, '/wallets', {
		wallet: {
			external_customer_id: customer,
			name: 'Prepaid',
			currency,
			rate_amount: '1.0',
			paid_credits: String(amount),
			invoice_requires_successful_payment: true,
		},
	});
}

async function ask(lago: LagoSimulator, path: string, body: object): Promise<void> {
	const response = await fetch(`${lago.url}/api/v1${path}`, {
		method: 'POST',
		headers: {
			authorization: `Bearer ${lago.apiKey}`,
			'content-type': 'application/json',
			'user-agent': USER_AGENT,
		},
		body: JSON.stringify(body),
	});
	if (!response.ok) throw new Error(`Lago answered ${response.status}: ${await response.text()}`);
}
