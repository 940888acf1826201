import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { decideIntent, moneyIsMoving, type IntentDecision } from '../../shared/domain/intent';
import { encodeState, ourRecord, type CollectionState } from '../../shared/domain/invoiceMetadata';
import { nextState, noted, whileDue } from '../../shared/domain/phases';
import type { Result } from '../../shared/node/operation';
import { isDoubted } from '../../shared/process/doubtedSessions';
import { toInvoiceFacts, type LagoInvoice } from '../../shared/wire/lago/objects';
import type { DodoClient } from '../transport/client';
import { seenHere } from './business';
import { billingAddressOf, pageHostOf, pageOf, payerOf, type Checkout } from './checkout';
import { paymentsOf } from './charges';
import { endsBecauseOf, endsWith, useOf } from './earlierPayment';
import { idempotencyKeyOf, ofOthers, paymentMetadata } from './invoiceInput';
import { isTaxOnTop, linkMessage, linkOf, openLink, type LinkRequest } from './links';
import { orHeld } from './refusals';

/** What becomes of an invoice that is to have a link. */
export type LinkOutcome = 'created' | 'existing' | 'held' | 'skipped';

/** Which try a link is, and what it asks for, minor units of the invoice's currency. */
interface LinkTry {
	attempt: number;
	amount: number;
}

/** The link of one invoice: the one that is out, or another one unless money is on its way. */
export class InvoiceLink {
	constructor(
		private readonly ctx: IExecuteFunctions,
		private readonly client: DodoClient,
		private readonly index: number,
		private readonly invoice: LagoInvoice,
	) {}

	/** @throws ApiError */
	async get(): Promise<Result<LinkOutcome>> {
		const others = ofOthers(this.ctx, this.index, this.invoice);
		if (others !== null) return others;
		const nowS = Math.floor(Date.now() / 1000);
		const decision = decideIntent(toInvoiceFacts(this.invoice), nowS, this.client.mode);
		if (decision.action === 'skip') return { outcome: 'skipped', reason: decision.reason, message: decision.message };
		if (decision.action === 'hold') return decision.held;
		if (decision.action === 'create') return await this.create(decision);
		return decision.action === 'reuse' ? await this.reuse(decision, nowS) : await this.lookFirst(decision);
	}

	private async reuse(
		{ sessionId, state, isCertain }: Extract<IntentDecision, { action: 'reuse' }>,
		nowS: number,
	): Promise<Result<LinkOutcome>> {
		const { client } = this;
		const again = { attempt: state.attempt + 1, amount: state.amount ?? 0 };
		const isSure = isCertain && !isDoubted(sessionId);
		const { use } = isSure ? { use: 'usable' } : await useOf(client, sessionId);
		if (use === 'unknown' || use === 'over') return await this.create(again);
		const page = use === 'usable' ? (state.url ?? pageOf(client, sessionId, state.page)) : null;
		// A session that lives, but nobody remembers where, is of no more use than one that was paid.
		if (page === null) return await this.lookFirst({ dodoId: sessionId, ...again });
		return this.existing(state, { sessionId, url: page, expiresAt: state.expiresAt ?? 0 }, nowS);
	}

	/** Another link, unless money is on its way by the earlier one. */
	private async lookFirst({ dodoId, ...next }: LinkTry & { dodoId: string }): Promise<Result<LinkOutcome>> {
		return (await endsBecauseOf(this.client, dodoId, toInvoiceFacts(this.invoice))) ?? (await this.create(next));
	}

	/** The link that is out. A retry that was due has been made by handing it out again, and must not stay due. */
	private existing({ nextTryAt, ...state }: CollectionState, checkout: Checkout, nowS: number): Result<'existing'> {
		const { number, currency } = this.invoice;
		const wasDue = nextTryAt !== undefined && nextTryAt <= nowS;
		const { mode } = this.client;
		return {
			outcome: 'existing',
			message: `Invoice ${number} already has a checkout link that still works.`,
			...linkOf({ amount: state.amount ?? 0, currency }, checkout),
			payLink: state.payLink ?? null,
			attempt: state.attempt,
			...(wasDue ? this.toSave(checkout, noted(state, 'link_reused', { mode }), Date.now()) : {}),
		};
	}

	private async create({ attempt, amount }: LinkTry): Promise<Result<LinkOutcome>> {
		const { ctx, client, index, invoice } = this;
		const paid = await this.paidBefore();
		if (paid !== null) return paid;
		const request: LinkRequest = {
			amount,
			currency: invoice.currency,
			billingEntity: invoice.billing_entity_code,
			metadata: paymentMetadata(ctx, index, invoice, attempt),
			idempotencyKey: idempotencyKeyOf(invoice, attempt),
			customer: payerOf(await seenHere(client, invoice.customer)),
			billingAddress: billingAddressOf(invoice.customer),
			taxId: invoice.customer?.tax_identification_number ?? undefined,
		};
		const readAt = Date.now();
		const opened = await orHeld(openLink(ctx, client, request, index), `the checkout for invoice ${invoice.number}`);
		if ('outcome' in opened) return opened;
		const { checkout, productId } = opened;
		const { paidBy, sessionId } = checkout;
		// The record of this link was removed, or never written, and it was paid meanwhile.
		const ended = paidBy === undefined ? null : endsWith(sessionId, paidBy.status, `invoice ${invoice.number}`);
		if (ended !== null) return ended;
		return {
			outcome: 'created',
			message: linkMessage(request, `invoice ${invoice.number}`),
			...linkOf(request, checkout),
			attempt,
			productId,
			...this.toSave(checkout, this.stateWith(checkout, { attempt, amount }), readAt),
		};
	}

	/** The link of a top-up may have been paid although nothing of it is written: only Dodo knows. An invoice always has its record. */
	private async paidBefore(): Promise<Result<'held' | 'skipped'> | null> {
		const { client, invoice } = this;
		if (invoice.topUp === undefined) return null;
		const { customerId } = payerOf(invoice.customer);
		const payments = await paymentsOf(client, invoice, customerId === undefined ? {} : { customer_id: customerId });
		const moving = payments.find(({ status, refund_status }) => moneyIsMoving(status) && refund_status !== 'full');
		return moving === undefined ? null : endsWith(moving.payment_id, moving.status ?? null, invoice.number);
	}

	private stateWith(checkout: Checkout, asked: LinkTry): CollectionState {
		const { state: before } = ourRecord(toInvoiceFacts(this.invoice).metadata);
		return linkState(this.client, checkout, before, {
			...asked,
			url: checkout.url,
			...(isTaxOnTop(this.ctx, this.index) ? { taxOnTop: true } : {}),
		});
	}

	/** @param readAt when the invoice was read, ms since 1970. */
	private toSave({ sessionId }: Checkout, state: CollectionState, readAt: number): IDataObject {
		return {
			saveToInvoice: {
				paymentReference: sessionId,
				state: encodeState(state),
				metadata: this.invoice.metadata ?? [],
				readAt,
			},
		};
	}
}

/** What is written of a link that was made, on an invoice of which this is recorded. */
export function linkState(
	client: DodoClient,
	checkout: Checkout,
	before: CollectionState | null,
	asked: Pick<CollectionState, 'amount' | 'attempt' | 'request' | 'taxOnTop' | 'url'>,
): CollectionState {
	const { failedTries, failedSince, payLink, nextTryAt = 0 } = before ?? {};
	return nextState(whileDue(before), 'link_made', {
		...asked,
		expiresAt: checkout.expiresAt,
		failedTries,
		failedSince,
		// A try that is planned for later stays planned; one that was due has been made.
		nextTryAt: nextTryAt * 1000 > Date.now() ? nextTryAt : undefined,
		payLink,
		mode: client.mode,
		page: pageHostOf(client, checkout),
	});
}
