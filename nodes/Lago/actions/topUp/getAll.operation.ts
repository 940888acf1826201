import type { INodeProperties } from 'n8n-workflow';
import { isToCollect, topUpAmount, topUpNumber } from '../../../shared/domain/topUp';
import { fieldsOf, type Json, type Operation } from '../../../shared/node/operation';
import { limitFields, limitOf } from '../../../shared/node/parameters';
import { timeOf } from '../../../shared/wire/lago/objects';
import { toTopUpMetadata } from '../../../shared/wire/lago/topUp';
import { waitingTopUps, type WaitingTopUp } from '../../helpers/topUps';
import type { LagoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Show',
		name: 'showTopUps',
		type: 'options',
		options: [
			{
				name: 'To Collect Now',
				value: 'toCollect',
				description: 'Nobody was asked for the money yet, because the event never came, or the next try is due',
			},
			{ name: 'Waiting for Payment', value: 'waiting', description: 'All that count only when they are paid' },
		],
		default: 'waiting',
		description: 'Which top-ups to return',
	},
	...limitFields,
];

/** Top-Up -> Get Many: those that wait for their payment, oldest first. */
export const getAll: Operation<LagoClient> = {
	menu: {
		name: 'Get Many',
		action: 'Get many top ups',
		description: 'Retrieve top-ups that wait for their payment: no other list of Lago has them',
	},
	fields: fieldsOf('topUp', 'getAll', fields),
	async execute(ctx, client, index) {
		const isEach = ctx.getNodeParameter('showTopUps', index) !== 'toCollect';
		const limit = limitOf(ctx, index);
		const waiting = (await waitingTopUps(client)).filter((one) => isEach || isDue(one));
		return waiting
			.sort((one, other) => createdAt(one) - createdAt(other))
			.slice(0, limit)
			.map(toRow);
	},
};

const createdAt = ({ transaction }: WaitingTopUp): number => timeOf(transaction.created_at) ?? 0;

function isDue(one: WaitingTopUp): boolean {
	const { wallet, transaction } = one;
	return isToCollect(toTopUpMetadata(wallet, transaction.lago_id), createdAt(one), Date.now());
}

function toRow({ wallet, transaction }: WaitingTopUp): Json {
	const { lago_id: id, amount, lago_invoice_id: invoiceId, created_at: created } = transaction;
	return {
		topUp: { id, walletId: wallet.lago_id },
		invoiceId,
		invoiceNumber: topUpNumber(id),
		customerExternalId: wallet.external_customer_id,
		amount: topUpAmount(amount, wallet.currency),
		currency: wallet.currency,
		createdAt: created,
		metadata: toTopUpMetadata(wallet, id).map(({ key, value }) => ({ key, value })),
	};
}
