import type { IDataObject } from 'n8n-workflow';
import { formatDodoAmount } from '../../shared/domain/money';
import { held } from '../../shared/domain/outcome';
import type { Result } from '../../shared/node/operation';
import { withKeyedLock } from '../../shared/process/keyedLock';
import { ApiError } from '../../shared/transport/apiError';
import {
	lineItemsSchema,
	paymentSchema,
	refundSchema,
	type DodoPayment,
	type DodoRefund,
} from '../../shared/wire/dodo/objects';
import type { DodoClient } from '../transport/client';
import { heldByDodo } from './refusals';
import { UnclearCalls } from './unclearCalls';

const unclear = new UnclearCalls();

/** What became of a refund that was to be made. */
export type Refunding = Result<'existing' | 'held' | 'refunded' | 'refunding'>;

/** A refund to make exactly once. */
export interface WantedRefund {
	paymentId: string;
	/** Minor units of the payment's currency; null: all that is left. */
	amount: number | null;
	/** The amount leaves out the tax that Dodo added on top. */
	withoutTax: boolean;
	/** Natural key: a payment shows the reasons of its refunds, but not their metadata. At most 3000 characters. */
	reason: string;
	metadata: Record<string, string>;
	/** It must not begin later, ms since 1970. */
	notAfter?: number;
}

/** One payment with its refunds. Throws ApiError. */
export async function fetchPayment(client: DodoClient, id: string): Promise<DodoPayment> {
	return await client.request(paymentSchema, { method: 'GET', path: `/payments/${encodeURIComponent(id)}` });
}

/** What could still be refunded of a payment, minor units; refunds that are under way count as gone. */
export function leftOf({ total_amount, refunds }: DodoPayment): number {
	return (refunds ?? []).reduce(
		(left, { status, amount }) => (status === 'failed' ? left : left - (amount ?? 0)),
		total_amount,
	);
}

/**
 * Makes a refund unless one with the same reason exists already. `payment` is how the payment stands now.
 * @returns `refunding` (made), `existing` (under way), `refunded`, or held; always with `refundId`, `paymentId`, `status` when there is one.
 * @throws ApiError
 */
export async function refundOnce(client: DodoClient, wanted: WantedRefund, payment: DodoPayment): Promise<Refunding> {
	const known = existing(payment, wanted);
	if (known !== null) return known;
	unclear.refuseWhileUnclear(keyOf(client, wanted), `A refund of payment ${wanted.paymentId}`);
	return await make(client, wanted);
}

/** Refunds of one payment queue here: each looks at what the one before has left, and asks for its refund then. */
export async function refundLocked(
	client: DodoClient,
	paymentId: string,
	wantedOf: (payment: DodoPayment) => WantedRefund,
): Promise<Refunding> {
	return await withKeyedLock(`refund ${client.accountKey} ${paymentId}`, async () => {
		const payment = await fetchPayment(client, paymentId);
		return await refundOnce(client, wantedOf(payment), payment);
	});
}

async function make(client: DodoClient, wanted: WantedRefund): Promise<Refunding> {
	const { paymentId, amount, reason, metadata, notAfter } = wanted;
	const body: IDataObject = { payment_id: paymentId, reason, metadata };
	if (amount !== null) {
		const items = await itemsFor(client, paymentId, amount, wanted.withoutTax);
		// A refund without items is one of everything.
		if (items.length === 0)
			return {
				...held(
					'refund_refused',
					`Payment ${paymentId} shows no line that a part could be refunded of.`,
					'Refund the part by hand in Dodo Payments, then set the refund status in Lago.',
				),
				paymentId,
			};
		body.items = items;
	}
	const made = await client
		.request(refundSchema, { method: 'POST', path: '/refunds', body, notAfter })
		.catch(async (caught: unknown) => await afterRefusal(client, wanted, caught));
	return 'outcome' in made ? (made as Refunding) : toldOf(made as DodoRefund, wanted);
}

/** What became of a refund that was refused or not answered. */
async function afterRefusal(client: DodoClient, wanted: WantedRefund, caught: unknown): Promise<Refunding> {
	const { paymentId } = wanted;
	if (!(caught instanceof ApiError) || caught.unauthorized) throw caught;
	if (caught.mayHaveWorked && caught.status !== 429) unclear.remember(keyOf(client, wanted));
	// Done all the same, or somebody else was quicker: the payment tells.
	const known = existing(await fetchPayment(client, paymentId), wanted);
	if (known !== null) return known;
	const busy = caught.code === 'EXISTING_REFUND_REQUEST_PROCESSING';
	const refused = busy ? null : heldByDodo(caught, `the refund of payment ${paymentId}`);
	if (refused === null) throw busy ? laterAgain(paymentId) : caught;
	return { ...refused, reason: 'refund_refused', paymentId };
}

function toldOf({ refund_id, status, amount, currency }: DodoRefund, wanted: WantedRefund): Refunding {
	const { paymentId } = wanted;
	const hasSucceeded = status === 'succeeded';
	const what = amount && currency ? `${formatDodoAmount(amount, currency)} of payment` : 'Payment';
	return {
		outcome: hasSucceeded ? 'refunded' : 'refunding',
		message: `${what} ${paymentId} ${hasSucceeded ? 'went back' : 'are on their way back'} (refund ${refund_id}).`,
		refundId: refund_id,
		paymentId,
		refundAmount: amount ?? wanted.amount,
		currency: currency ?? null,
		status,
	};
}

function keyOf({ accountKey }: DodoClient, { paymentId, reason }: WantedRefund): string {
	return `${accountKey} ${paymentId} ${reason}`;
}

/** Another refund of the payment still runs; Dodo takes one after the other. */
function laterAgain(paymentId: string): ApiError {
	return new ApiError(
		'Dodo Payments',
		503,
		'EXISTING_REFUND_REQUEST_PROCESSING',
		`Another refund of payment ${paymentId} is still running`,
	);
}

function existing(payment: DodoPayment, { reason, amount }: WantedRefund): Refunding | null {
	const { payment_id: paymentId, currency } = payment;
	const same = (payment.refunds ?? []).filter((refund) => refund.reason === reason);
	const known = same.find(({ status }) => status !== 'failed') ?? same[0];
	const nothingLeft = amount === null && leftOf(payment) <= 0;
	if (known === undefined && !nothingLeft) return null;
	if (known === undefined)
		return {
			outcome: 'refunded',
			message: `Payment ${paymentId} has already gone back in full.`,
			paymentId,
			currency,
			refundId: payment.refunds?.at(-1)?.refund_id ?? null,
			status: payment.refunds?.at(-1)?.status ?? null,
		};
	const about = {
		refundId: known.refund_id,
		paymentId,
		refundAmount: known.amount ?? null,
		currency,
		status: known.status ?? 'pending',
	};
	if (known.status === 'failed')
		return {
			...held(
				'refund_failed',
				`Refund ${known.refund_id} of payment ${paymentId} failed at Dodo Payments; it is not tried again by itself.`,
				'Look at the refund in Dodo Payments. Return the money there or another way, then set the refund status in Lago.',
			),
			...about,
		};
	const succeeded = known.status === 'succeeded';
	return {
		outcome: succeeded ? 'refunded' : 'existing',
		message: `Refund ${known.refund_id} of payment ${paymentId} ${succeeded ? 'has already gone through' : 'is already under way'}.`,
		...about,
	};
}

/** Spreads an amount over what the lines of the payment still have; Dodo refuses more with words of its own. */
async function itemsFor(
	client: DodoClient,
	paymentId: string,
	amount: number,
	withoutTax: boolean,
): Promise<IDataObject[]> {
	const { items } = await client.request(lineItemsSchema, {
		method: 'GET',
		path: `/payments/${encodeURIComponent(paymentId)}/line-items`,
	});
	const chosen: IDataObject[] = [];
	let left = amount;
	for (const { items_id, refundable_amount } of items) {
		const part = Math.min(left, refundable_amount);
		if (part > 0) chosen.push({ item_id: items_id, amount: part, tax_inclusive: !withoutTax });
		left -= part;
	}
	const [first] = items;
	if (left > 0 && first !== undefined) {
		const listed = chosen.find(({ item_id }) => item_id === first.items_id);
		if (listed) listed.amount = Number(listed.amount) + left;
		else chosen.push({ item_id: first.items_id, amount: left, tax_inclusive: !withoutTax });
	}
	return chosen;
}
