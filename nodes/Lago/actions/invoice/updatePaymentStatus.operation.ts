import type { INodeProperties } from 'n8n-workflow';
import { held } from '../../../shared/domain/outcome';
import type { RetryPolicy } from '../../../shared/domain/retrySchedule';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { objectParameter } from '../../../shared/node/parameters';
import { heldBefore } from '../../../shared/node/unknown';
import { paymentSchema } from '../../../shared/wire/dodo/objects';
import { toPaymentFacts } from '../../../shared/wire/dodo/paymentFacts';
import type { Settlement } from '../../helpers/settlement/books';
import { entitiesOfEvent } from '../../helpers/billingEntities';
import { modeOf, paidAt, settleAll } from '../../helpers/settlement/settle';
import type { LagoClient } from '../../transport/client';
import { readRetryPolicy, SCHEDULE_WORDS, timeOfDayField } from './schedule.fields';

const fields: INodeProperties[] = [
	{
		displayName: 'Payment',
		name: 'payment',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		description:
			'What the Dodo Payments Trigger, or Dodo Payments > Payment > Get, returned. The invoice is the one in its metadata; amount, currency, mode and origin are checked before anything is booked.',
		hint: 'Leave as it is behind a Dodo Payments node',
	},
	{
		displayName: 'Retry Schedule',
		name: 'retrySchedule',
		type: 'string',
		default: '',
		placeholder: 'e.g. 1d,3d,5d,7d',
		description: `Writes the time of the next try to the invoice together with a failure. ${SCHEDULE_WORDS} Empty: a failure is only noted.`,
		hint: 'Together with a lane that runs what Get Many > Retry Due finds',
	},
	timeOfDayField,
];

/**
 * Invoice -> Update Payment Status: books what a Dodo payment says. With a premium licence a success is a payment with the Dodo id as
 * its reference, otherwise the status; a failure never touches a paid invoice; whatever does not fit comes out as held.
 */
export const updatePaymentStatus: Operation<LagoClient, Settlement['outcome']> = {
	menu: {
		name: 'Update Payment Status',
		action: 'Update the payment status of an invoice',
		description:
			'Book what a Dodo payment says: paid, failed or under way; anything that does not fit comes out as held',
	},
	fields: fieldsOf('invoice', 'updatePaymentStatus', fields),
	endsEvent: true,
	outputs: [
		{ name: 'Paid', outcomes: ['settled'] },
		{ name: 'Other' },
		{ name: 'No More Tries', outcomes: ['exhausted', 'hard_decline'] },
		{ name: 'Overpaid', outcomes: ['overpaid'] },
		{ name: 'Held', outcomes: ['held'] },
	],
	async execute(ctx, client, index) {
		const given = objectParameter(ctx, 'payment', 'Payment', index);
		const before = heldBefore(given);
		if (before !== null) return before;
		const parsed = paymentSchema.safeParse(given.data ?? given);
		if (!parsed.success)
			return held(
				'unreadable_payment',
				`This is not a payment as Dodo Payments sends it; not as expected: ${parsed.error.issues.map(({ path }) => path.join('.') || 'everything').join(', ')}.`,
				'Look the payment up in Dodo Payments and record it in Lago by hand if it belongs to an invoice.',
			);
		const payment = toPaymentFacts(parsed.data);
		const about = {
			invoiceId: payment.invoiceId,
			paymentId: payment.id,
			amount: payment.amount,
			currency: payment.currency,
		};
		// Read when a payment has failed: a slip in the schedule must not keep others from being booked.
		const retries = (): RetryPolicy | null =>
			String(ctx.getNodeParameter('retrySchedule', index, '') ?? '').trim() === ''
				? null
				: readRetryPolicy(ctx, 'retrySchedule', index);
		const told = await settleAll(
			client,
			payment,
			modeOf(given, payment),
			paidAt(parsed.data, given),
			retries,
			entitiesOfEvent(ctx, index),
		);
		return told.map((result) => ({ ...about, ...result }));
	},
};
