import { createHash } from 'node:crypto';
import { NodeOperationError, type IDataObject, type IExecuteFunctions } from 'n8n-workflow';
import { sharesText } from '../../shared/domain/bundle';
import { keyOf } from '../../shared/domain/counted';
import { nextAttempt, sessionOut, type Recorded } from '../../shared/domain/dueTogether';
import { encodeState, ourRecord } from '../../shared/domain/invoiceMetadata';
import type { Json, Result } from '../../shared/node/operation';
import { withKeyedLock } from '../../shared/process/keyedLock';
import { bundleSchema, type Bundle } from '../../shared/wire/bundle';
import type { DodoClient } from '../transport/client';
import { seenHere } from './business';
import { billingAddressOf, pageOf, payerOf, type Checkout } from './checkout';
import { endsWith, useOf } from './earlierPayment';
import { bundleMetadata } from './invoiceInput';
import { linkState, type LinkOutcome } from './invoiceLink';
import { isTaxOnTop, linkMessage, linkOf, openLink, type LinkRequest } from './links';
import { orHeld } from './refusals';

/** One checkout for several invoices: the one that is out, or another one unless money is on its way. */
export class BundleLink {
	private readonly members: Recorded[];

	constructor(
		private readonly ctx: IExecuteFunctions,
		private readonly client: DodoClient,
		private readonly index: number,
		private readonly bundle: Bundle,
	) {
		this.members = bundle.invoices.map(({ amount, metadata }) => ({
			amount,
			metadata: metadata.map(({ lago_id: id, key, value }) => ({ id, key, value })),
		}));
	}

	/** @throws ApiError */
	async get(): Promise<Result<LinkOutcome>> {
		const { customerId, currency, billingEntity, requestId, invoices } = this.bundle;
		const about = { customerId, paymentRequestId: requestId, invoiceCount: invoices.length };
		const key = `intent ${this.client.accountKey} of ${customerId} ${currency} ${billingEntity}`;
		return await withKeyedLock(key, async () => ({ ...about, ...((await this.reuse()) ?? (await this.create())) }));
	}

	/** The session that the invoices name, if it can still be paid; what ends it if it was paid; null for another one. */
	private async reuse(): Promise<Result<LinkOutcome> | null> {
		const { client, bundle } = this;
		const out = sessionOut(this.members, client.mode, Math.floor(Date.now() / 1000));
		if (out === null) return null;
		const { sessionId, state } = out;
		const found = await useOf(client, sessionId);
		if (found.use === 'paid') return endsWith(found.paymentId, found.status, this.name);
		const url = found.use === 'usable' ? pageOf(client, sessionId, state.page) : null;
		if (url === null) return null;
		return {
			outcome: 'existing',
			message: `There is a checkout link for ${this.name} already, and it still works.`,
			...linkOf(bundle, { sessionId, url, expiresAt: state.expiresAt ?? 0 }),
			attempt: state.attempt,
		};
	}

	private async create(): Promise<Result<LinkOutcome>> {
		const { ctx, client, index, bundle } = this;
		const { amount, currency, customer, invoices } = bundle;
		const attempt = nextAttempt(this.members);
		const shares = sharesText(invoices.map((one) => ({ invoiceId: one.id, amount: one.amount })));
		const request: LinkRequest = {
			amount,
			currency,
			billingEntity: bundle.billingEntity,
			metadata: bundleMetadata(ctx, index, bundle, attempt),
			idempotencyKey: `lago-all-${createHash('sha256').update(shares).digest('hex').slice(0, 32)}`,
			customer: payerOf(await seenHere(client, customer)),
			billingAddress: billingAddressOf(customer),
			taxId: customer?.tax_identification_number ?? undefined,
		};
		const opened = await orHeld(openLink(ctx, client, request, index), `the checkout for ${this.name}`);
		if ('outcome' in opened) return opened;
		const { checkout, productId } = opened;
		const { paidBy } = checkout;
		const ended = paidBy === undefined ? null : endsWith(paidBy.paymentId, paidBy.status, this.name);
		return (
			ended ?? {
				outcome: 'created',
				message: linkMessage(request, this.name),
				...linkOf(request, checkout),
				attempt,
				productId,
				saveToInvoices: this.toSave(checkout, attempt),
			}
		);
	}

	private get name(): string {
		const { invoices, customerId } = this.bundle;
		return invoices.length === 1
			? `invoice ${invoices[0]?.number}`
			: `${invoices.length} invoices of customer ${customerId}`;
	}

	/** What is to be written on each of the invoices. */
	private toSave(checkout: Checkout, attempt: number): IDataObject[] {
		const { client, bundle, members } = this;
		const taxOnTop = isTaxOnTop(this.ctx, this.index) || undefined;
		const request = { key: keyOf(checkout.sessionId), amount: bundle.amount };
		return bundle.invoices.map(({ id, amount, metadata }, place) => {
			const { state: before } = ourRecord(members[place]?.metadata ?? []);
			return {
				invoiceId: id,
				saveToInvoice: {
					paymentReference: checkout.sessionId,
					state: encodeState(linkState(client, checkout, before, { attempt, amount, request, taxOnTop })),
					metadata,
					readAt: bundle.readAt,
				},
			};
		});
	}
}

/** What a node of Lago found to be due together. Throws NodeOperationError when it is none. */
export function bundleIn(ctx: IExecuteFunctions, given: Json, index: number): Bundle {
	const parsed = bundleSchema.safeParse(given.bundle);
	if (parsed.success) return parsed.data;
	throw new NodeOperationError(ctx.getNode(), '"Invoice" is not what Lago > Payment Request > Get returns', {
		itemIndex: index,
		description: 'Put Lago > Payment Request > Get directly before this node and leave the field at {{ $json }}.',
	});
}
