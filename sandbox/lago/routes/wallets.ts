import { ok, type SimulatedApi } from '../../shared/api';
import type { LagoLedger } from '../ledger';
import { notFound } from '../refusals';
import type { NewWallet } from '../ledger/newWallet';
import type { TopUp } from '../ledger/wallets';
import type { Customer } from '../documents';
import type { LagoState, Wallet, WalletTransaction } from '../state';
import { walletTransactionView, walletView } from '../views/wallets';
import { page, root, V1 } from './requests';

/** Names that Lago filters by; what is no word of theirs is passed over (`lago-api:app/queries/wallet_transactions_query.rb`). */
const FILTERS = ['status', 'transaction_status', 'transaction_type'] as const;
const WORDS: readonly unknown[] = [
	...['pending', 'settled', 'failed'],
	...['purchased', 'granted', 'voided', 'invoiced'],
	...['inbound', 'outbound'],
];
const fits = (asked: unknown, is: string): boolean => !WORDS.includes(asked) || asked === is;

/** Wallets and top-ups; credits come as decimal strings. */
export function walletRoutes(api: SimulatedApi, state: LagoState, { wallets, customers }: LagoLedger): void {
	const shown = (transaction: WalletTransaction): unknown =>
		walletTransactionView(transaction, wallets.get(transaction.lago_wallet_id));
	const alone = (wallet: Wallet): unknown => ({
		...walletView(wallet),
		applies_to: { fee_types: [], billable_metric_codes: [] },
		applied_invoice_custom_sections: [],
	});

	api.route('post', `${V1}/wallets`, ({ body }) => {
		const input = root(body, 'wallet');
		const customer = customers.get(
			typeof input.external_customer_id === 'string' ? input.external_customer_id : undefined,
		);
		const wallet = wallets.create(customer, walletOf(input, customer));
		wallets.topUp(wallet, topUpOf(input));
		return ok({ wallet: alone(wallet) });
	});
	api.route('get', `${V1}/wallets`, (call) => {
		const { external_customer_id } = call.query;
		const matching = [...state.wallets.values()]
			.reverse()
			.filter(({ customer }) => external_customer_id === undefined || customer.external_id === external_customer_id);
		return page('wallets', matching, call, walletView);
	});
	api.route('get', `${V1}/wallets/:id`, ({ params }) => ok({ wallet: alone(wallets.get(params.id)) }));
	api.route('delete', `${V1}/wallets/:id`, ({ params }) =>
		ok({ wallet: alone(wallets.terminate(wallets.get(params.id))) }),
	);
	api.route('patch', `${V1}/wallets/:id/metadata`, ({ params, body }) =>
		ok({ metadata: wallets.mergeMetadata(wallets.get(params.id), body.metadata) }),
	);
	api.route('delete', `${V1}/wallets/:id/metadata/:key`, ({ params }) =>
		ok({ metadata: wallets.forgetMetadata(wallets.get(params.id), params.key ?? '') }),
	);
	api.route('get', `${V1}/wallets/:id/wallet_transactions`, (call) => {
		const { lago_id } = wallets.get(call.params.id);
		return page(
			'wallet_transactions',
			[...state.walletTransactions.values()]
				.reverse()
				.filter((one) => one.lago_wallet_id === lago_id && FILTERS.every((name) => fits(call.query[name], one[name]))),
			call,
			shown,
		);
	});
	api.route('post', `${V1}/wallet_transactions`, ({ body }) => {
		const input = root(body, 'wallet_transaction');
		return ok({ wallet_transactions: wallets.topUp(wallets.get(String(input.wallet_id)), topUpOf(input)).map(shown) });
	});
	api.route('get', `${V1}/wallet_transactions/:id`, ({ params }) =>
		ok({ wallet_transaction: shown(state.walletTransactions.get(params.id ?? '') ?? notFound('wallet_transaction')) }),
	);
}

function walletOf(input: Record<string, unknown>, { currency }: Customer): NewWallet {
	return {
		currency: typeof input.currency === 'string' ? input.currency : (currency ?? 'EUR'),
		rate: Number(input.rate_amount ?? 1),
		name: typeof input.name === 'string' ? input.name : null,
		requiresPayment: input.invoice_requires_successful_payment === true,
		expiresAt: typeof input.expiration_at === 'string' ? input.expiration_at : null,
	};
}

function topUpOf({
	paid_credits,
	granted_credits,
	invoice_requires_successful_payment: isPaidFirst,
}: Record<string, unknown>): TopUp {
	return {
		paid: Number(paid_credits ?? 0),
		granted: Number(granted_credits ?? 0),
		requiresPayment: typeof isPaidFirst === 'boolean' ? isPaidFirst : undefined,
	};
}
