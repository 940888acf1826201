import type { IDataObject } from 'n8n-workflow';
import type { z } from 'zod';
import type { KnownMovement, Period } from '../../shared/domain/statement/books';
import { LedgerReader, type Balance, type Movement } from '../../shared/domain/statement/ledger';
import { orNull } from '../../shared/transport/orNull';
import { lineItemsSchema } from '../../shared/wire/dodo/objects';
import {
	ledgerEntrySchema,
	payoutSchema,
	statedObjectSchema,
	toKnownMovement,
	type StatedObject,
} from '../../shared/wire/dodo/statement';
import type { DodoClient } from '../transport/client';

/** What is sold is in the ledger a moment after it was begun; what took longer is read by itself. */
const BEGUN_BEFORE_MS = 3_600_000;
const KINDS = ['payment', 'refund', 'dispute'] as const;
type Kind = (typeof KINDS)[number];

/** All movements of a period, oldest first, and the balances of their wallets. Throws ApiError. */
export async function readStatement(
	client: DodoClient,
	period: Period,
): Promise<{ movements: KnownMovement[]; balances: Balance[] }> {
	const reader = new LedgerReader();
	await eachOf(client, ledgerEntrySchema, '/balances/ledger', queryOf(period), (entry) => {
		if (entry.at >= period.from && entry.at < period.until) reader.add(entry);
	});
	const movements = reader.movements();
	const objects = new Objects(client);
	await objects.read(movements, period);
	const known: KnownMovement[] = [];
	for (const movement of movements) known.push(await objects.complete(movement));
	return { movements: known, balances: reader.balances() };
}

/**
 * What a payout was made of: everything since the payout before it, in its wallet and in those that were emptied for it.
 * @returns null when Dodo does not know the payout.
 * @throws ApiError
 */
export async function readPayout(
	client: DodoClient,
	payoutId: string,
): Promise<{ movements: KnownMovement[]; balances: Balance[]; period: Period } | null> {
	const payouts = await client.list(payoutSchema, '/payouts', {}, Number.MAX_SAFE_INTEGER);
	const payout = payouts.find(({ payout_id }) => payout_id === payoutId);
	if (payout === undefined) return null;
	const [before] = payouts
		.filter(({ currency, created_at }) => currency === payout.currency && created_at < payout.created_at)
		.sort((one, other) => other.created_at - one.created_at);
	const from = before === undefined ? 0 : await bookedAt(client, before);
	const period = { from, until: await bookedAt(client, payout) };
	const { movements, balances } = await readStatement(client, period);
	// By what the ledger says: the bank may get another currency than the wallet has.
	const wallets = new Set(movements.filter((one) => one.payoutId === payoutId).map(({ currency }) => currency));
	if (wallets.size === 0) wallets.add(payout.currency);
	return {
		period,
		movements: movements.filter(({ currency }) => wallets.has(currency)),
		balances: balances.filter(({ currency }) => wallets.has(currency)),
	};
}

/** The moment behind which the ledger has a payout, ms. */
async function bookedAt(
	client: DodoClient,
	{ payout_id, created_at }: { payout_id: string; created_at: number },
): Promise<number> {
	const query = { reference_object_id: payout_id, event_type: 'payout' };
	const entries = await client.list(ledgerEntrySchema, '/balances/ledger', query, 100);
	return Math.max(created_at, ...entries.map(({ at }) => at)) + 1;
}

const queryOf = ({ from, until }: Period): IDataObject => ({
	created_at_gte: new Date(from).toISOString(),
	created_at_lte: new Date(until).toISOString(),
});

/** Page by page: nothing but what `take` keeps stays in memory. */
async function eachOf<T>(
	client: DodoClient,
	schema: z.ZodType<T, z.ZodTypeDef, unknown>,
	path: string,
	query: IDataObject,
	take: (entry: T) => void,
): Promise<void> {
	const pages = client.pages(schema, path, query);
	for (let page = await pages.next(); page !== null; page = await pages.next()) page.forEach(take);
}

/** What the ledger's entries are about: by lists as far as they go, what is older one by one. */
class Objects {
	private readonly known = new Map<string, StatedObject | null>();
	private readonly refundsOf = new Map<string, string[]>();

	constructor(private readonly client: DodoClient) {}

	async read(movements: readonly Movement[], { from, until }: Period): Promise<void> {
		const query = queryOf({ from: Math.max(0, from - BEGUN_BEFORE_MS), until });
		for (const kind of KINDS) {
			const wanted = new Set(movements.filter(({ movement }) => movement === kind).map(({ id }) => id));
			if (wanted.size === 0) continue;
			await eachOf(this.client, statedObjectSchema, `/${kind}s`, query, (one) => this.keep(one, wanted));
			// A ledger that names the payment of a refund.
			for (const id of wanted) await this.readOne(id.startsWith('pay_') ? 'payment' : kind, id);
		}
		for (const one of [...this.known.values()]) if (one !== null) await this.readOne('payment', one.paymentId);
	}

	/** A movement with what is known of it. */
	async complete(movement: Movement): Promise<KnownMovement> {
		const own = this.known.get(movement.id) ?? null;
		const payment = (own && this.known.get(own.paymentId)) ?? own;
		const taxed = movement.gross === 0 ? movement : { ...movement, ...(await this.taxOf(movement, own)) };
		return toKnownMovement(taxed, own, payment, this.refundsOf.get(movement.id));
	}

	/** Where the ledger has what came in without its tax, the lines of the payment tell it. */
	private async taxOf({ id, gross, tax, currency }: Movement, own: StatedObject | null): Promise<Partial<Movement>> {
		if (own === null || own.currency !== currency || own.amount === null || own.amount === gross) return {};
		const { items } = await this.ask(lineItemsSchema, `/payments/${encodeURIComponent(id)}/line-items`);
		const within = items.reduce((sum, item) => sum + (item.tax ?? 0), 0);
		return own.amount - within === gross ? { gross: own.amount, tax: tax - within } : {};
	}

	private keep(one: StatedObject, wanted: Set<string>): void {
		const { id, refundId, paymentId } = one;
		if (refundId !== null && wanted.has(paymentId))
			this.refundsOf.set(paymentId, [...(this.refundsOf.get(paymentId) ?? []), refundId]);
		if (wanted.delete(id)) this.known.set(id, one);
	}

	private async readOne(kind: Kind, id: string): Promise<void> {
		if (this.known.has(id)) return;
		const request = this.ask(statedObjectSchema, `/${kind}s/${encodeURIComponent(id)}`);
		this.known.set(id, await orNull(request, ({ gone }) => gone));
	}

	private async ask<T>(schema: z.ZodType<T, z.ZodTypeDef, unknown>, path: string): Promise<T> {
		this.client.patience.nextItem();
		return await this.client.request(schema, { method: 'GET', path });
	}
}
