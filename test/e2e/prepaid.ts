import type { IDataObject } from 'n8n-workflow';
import type { Checkout, Payment } from '../../sandbox/dodo/state';
import type { WalletTransaction } from '../../sandbox/lago/state';
import { readTemplate, type ImportedWorkflow } from '../support/n8n';
import { startSync, waitFor, withoutClock, type Sync } from '../support/sync';
import { byId, mandateSetUp, newCustomer, publishOperations } from './operations';

/** The template of top-ups on a real n8n, as it is shipped, but for the mail, which goes nowhere. */
export interface Prepaid {
	sync: Sync;
	lane: ImportedWorkflow;
	/** Somebody buys ten credits that count only when they are paid. */
	buy(customer: string): Promise<WalletTransaction>;
	/** A customer who has agreed to automatic payment, as the full sync keeps it. Returns the mandate. */
	withMandate(customer: string): Promise<string>;
	paymentsOf(top: WalletTransaction): Payment[];
	checkoutsOf(top: WalletTransaction): Checkout[];
	/** References of what is booked on its invoice. */
	bookedOn(top: WalletTransaction): string[];
	creditsOf(top: WalletTransaction): number | undefined;
}

export async function startPrepaid(options: { queue?: { workers: number } } = {}): Promise<Prepaid> {
	const sync = await startSync({ registration: 'automatic', template: null, ...options });
	const template = readTemplate('prepaid-top-ups.json');
	withoutClock(template);
	const mail = { type: 'n8n-nodes-base.noOp', typeVersion: 1, parameters: {} };
	const isMail = ({ type }: { type: string }): boolean => type.endsWith('.emailSend');
	const lane = await sync.n8n.importWorkflow({
		...template,
		nodes: template.nodes.map((node) => (isMail(node) ? { ...node, ...mail } : node)),
	});
	const operate = await publishOperations(sync, {
		setup: mandateSetUp('EUR'),
		keep: [
			{
				node: 'dodoPayments',
				parameters: { resource: 'mandate', operation: 'get', mandate: byId('={{ $json.body.mandate }}') },
			},
			{ node: 'lago', parameters: { resource: 'customer', operation: 'saveMandate', mandate: '={{ $json }}' } },
		],
	});
	await lane.publish();
	const { dodo, lago } = sync;
	await waitFor(() => lago.state.endpoints.size === 1 && dodo.state.webhooks.size === 1);
	const isOf =
		({ lago_id }: WalletTransaction) =>
		({ metadata }: { metadata: Record<string, unknown> }): boolean =>
			metadata.lago_wallet_transaction_id === lago_id;
	return {
		sync,
		lane,
		async buy(customer) {
			const wallet = { external_customer_id: customer, currency: 'EUR', rate_amount: '1.0', paid_credits: '10' };
			await call(sync, '/wallets', { wallet: { ...wallet, invoice_requires_successful_payment: true } });
			return [...lago.state.walletTransactions.values()].at(-1) as WalletTransaction;
		},
		async withMandate(customer) {
			await newCustomer(sync, { external_id: customer });
			const { checkoutSessionId } = await operate('setup', { customer });
			const { subscription_id: mandate } = dodo.activateMandate(String(checkoutSessionId));
			await operate('keep', { mandate });
			return mandate;
		},
		paymentsOf: (top) => [...dodo.state.payments.values()].filter(isOf(top)),
		checkoutsOf: (top) => [...dodo.state.checkouts.values()].filter(isOf(top)),
		bookedOn: ({ lago_invoice_id }) =>
			[...lago.state.payments.values()]
				.filter(({ lago_payable_id }) => lago_payable_id === lago_invoice_id)
				.map(({ reference }) => String(reference)),
		creditsOf: ({ lago_wallet_id }) => lago.state.wallets.get(lago_wallet_id)?.credits,
	};
}

async function call({ lago }: Sync, path: string, body: IDataObject): Promise<void> {
	const response = await fetch(`${lago.url}/api/v1${path}`, {
		method: 'POST',
		headers: { authorization: `Bearer ${lago.apiKey}`, 'content-type': 'application/json' },
		body: JSON.stringify(body),
	});
	if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${await response.text()}`);
}
