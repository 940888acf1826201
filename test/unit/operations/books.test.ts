import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';
import { operations } from '../../../nodes/Lago/actions/operations';
import { LagoClient } from '../../../nodes/Lago/transport/client';
import { executeContext, itemsOf } from '../../support/executeContext';
import { ID, MADE_FOR_IT, lagoInvoice, metadata } from './lagoInvoice';
import { runs } from '../../support/runs';

const DUE = 7_380;
const OURS = ['dodo_payment_id', 'dodo_state'];

/** As much of Lago as settling needs: one invoice, its payments, the licence, and answers that get lost. */
class TinyLago {
	readonly invoice: IDataObject;
	readonly payments: Array<{ lago_id: string; reference: string }> = [];
	/** What is done with an answer: `true` loses it after the work was done. */
	lose: () => boolean = () => false;
	private readonly account = randomUUID();

	constructor(
		private readonly premium: boolean,
		foreign: readonly string[],
	) {
		this.invoice = lagoInvoice({ metadata: metadata(Object.fromEntries(foreign.map((key) => [key, 'mine']))) });
	}

	/** Books one event, delivered again as long as its answers get lost. Returns what came out in the end. */
	async settle(event: IDataObject): Promise<IDataObject> {
		const context = executeContext({
			input: [event],
			credentialId: this.account,
			parameters: { resource: 'invoice', operation: 'updatePaymentStatus', payment: '={{ $json }}' },
		});
		context.helpers.httpRequestWithAuthentication = async (_type: string, options: IHttpRequestOptions) => {
			// Yields, so that runs beside each other really interleave.
			await Promise.resolve();
			const answer = this.answer(options);
			if (this.lose()) throw Object.assign(new Error('lost'), { code: 'ECONNRESET' });
			return answer;
		};
		for (;;) {
			const items = await itemsOf(context, operations, LagoClient.of).catch(() => null);
			if (items !== null) return items[0]?.json as IDataObject;
		}
	}

	private answer({ method, url, body }: IHttpRequestOptions): { statusCode: number; body: unknown } {
		const path = url.slice(url.indexOf('/api/v1') + 7);
		const { payment, invoice } = (body ?? {}) as {
			payment?: { reference: string; amount_cents: number };
			invoice?: { payment_status?: string; metadata: Array<{ id?: string; key: string; value: string }> };
		};
		if (method === 'GET' && path === `/invoices/${ID}`)
			return { statusCode: 200, body: structuredClone({ invoice: this.invoice }) };
		if (method === 'GET' && path === '/payments')
			return { statusCode: 200, body: structuredClone({ payments: this.payments, meta: { next_page: null } }) };
		if (method === 'POST' && payment) {
			if (!this.premium) return { statusCode: 403, body: { error: 'Forbidden', code: 'feature_unavailable' } };
			if (payment.amount_cents > (this.invoice.total_due_amount_cents as number))
				return refusal({ amount_cents: ['value_is_out_of_range'] });
			this.payments.push({ lago_id: randomUUID(), reference: payment.reference });
			Object.assign(this.invoice, { total_due_amount_cents: 0, payment_status: 'succeeded' });
			return { statusCode: 200, body: { payment: this.payments.at(-1) } };
		}
		if (method !== 'PUT' || !invoice) throw new Error(`${method} ${path}`);
		const before = this.invoice.metadata as Array<{ lago_id: string; key: string }>;
		if (invoice.metadata.length > 5) return refusal({ metadata: ['invalid_count'] });
		for (const { id, key } of invoice.metadata)
			if (id === undefined && before.some((entry) => entry.key === key))
				return refusal({ key: ['value_already_exist'] });
		this.invoice.metadata = invoice.metadata.map(({ id, key, value }) => ({ lago_id: id ?? randomUUID(), key, value }));
		if (invoice.payment_status) this.invoice.payment_status = invoice.payment_status;
		return { statusCode: 200, body: structuredClone({ invoice: this.invoice }) };
	}
}

const refusal = (error_details: object) => ({
	statusCode: 422,
	body: { error: 'Unprocessable Entity', code: 'validation_errors', error_details },
});

const event = (payment_id: string, status: string): IDataObject => ({
	event: `payment.${status}`,
	mode: 'test',
	occurredAt: '2026-11-01T10:00:00Z',
	data: {
		payment_id,
		status,
		total_amount: DUE,
		tax: 0,
		currency: 'EUR',
		checkout_session_id: 'cks_1',
		metadata: MADE_FOR_IT,
	},
});

/** Payments of one invoice, and all their events in some order, some of them twice. Each payment has ended in the end. */
const histories = fc.array(fc.constantFrom('succeeded', 'failed'), { minLength: 1, maxLength: 3 }).chain((ends) => {
	const all = ends.flatMap((end, index) => ['processing', end, end].map((status) => event(`pay_${index}`, status)));
	const must = ends.map((end, index) => event(`pay_${index}`, end));
	return fc.record({
		ends: fc.constant(ends),
		events: fc
			.subarray(all)
			.chain((some) => fc.shuffledSubarray([...must, ...some], { minLength: must.length + some.length })),
	});
});

const foreignKeys = (count: number): string[] => Array.from({ length: count }, (_, index) => `key${index}`);

/** What a bookkeeper sees in the end must not depend on how the events came. */
async function checkBooks(
	lago: TinyLago,
	ends: readonly string[],
	events: readonly IDataObject[],
	outcomes: readonly IDataObject[],
	premium: boolean,
): Promise<void> {
	const succeeded = ends.filter((end) => end === 'succeeded').length;
	expect(lago.invoice.payment_status).toBe(succeeded > 0 ? 'succeeded' : 'failed');
	expect(lago.payments).toHaveLength(premium && succeeded > 0 ? 1 : 0);
	const surplus = new Set(outcomes.filter(({ outcome }) => outcome === 'overpaid').map(({ paymentId }) => paymentId));
	for (const { outcome, reason } of outcomes) if (outcome === 'overpaid') expect(reason).toBe('paid_twice');
	expect(outcomes.filter(({ outcome }) => outcome === 'held')).toEqual([]);
	expect(surplus.size).toBe(Math.max(0, succeeded - 1));
	const entries = lago.invoice.metadata as Array<{ lago_id: string; key: string; value: string }>;
	for (const { lago_id, key, value } of entries.filter((entry) => !OURS.includes(entry.key)))
		expect([lago_id, value]).toEqual([`id-${key}`, 'mine']);
	// Once more, all of it: nothing moves any more.
	const before = JSON.stringify([lago.invoice.payment_status, lago.payments]);
	lago.lose = () => false;
	for (const one of events) await lago.settle(one);
	expect(JSON.stringify([lago.invoice.payment_status, lago.payments])).toBe(before);
}

describe('the same books, with and without licence', () => {
	test('in whatever order and however often the events come', async () => {
		await fc.assert(
			fc.asyncProperty(
				histories,
				fc.boolean(),
				fc.integer({ min: 0, max: 3 }),
				async ({ ends, events }, premium, foreign) => {
					const lago = new TinyLago(premium, foreignKeys(foreign));
					const outcomes: IDataObject[] = [];
					for (const one of events) outcomes.push(await lago.settle(one));
					await checkBooks(lago, ends, events, outcomes, premium);
					expect((lago.invoice.metadata as unknown[]).length).toBeGreaterThanOrEqual(foreign);
				},
			),
			{ numRuns: runs(50, 300) },
		);
	});

	test('when they come at once', async () => {
		await fc.assert(
			fc.asyncProperty(histories, fc.boolean(), async ({ ends, events }, premium) => {
				const lago = new TinyLago(premium, []);
				const outcomes = await Promise.all(events.map(async (one) => await lago.settle(one)));
				await checkBooks(lago, ends, events, outcomes, premium);
			}),
			{ numRuns: runs(40, 200) },
		);
	});

	test('when answers get lost after the work was done, and the events come again', async () => {
		await fc.assert(
			fc.asyncProperty(
				histories,
				fc.boolean(),
				fc.infiniteStream(fc.boolean()),
				async ({ ends, events }, premium, losses) => {
					const lago = new TinyLago(premium, []);
					let lost = 0;
					lago.lose = () => lost < 12 && losses.next().value === true && (lost += 1) > 0;
					const outcomes: IDataObject[] = [];
					for (const one of events) outcomes.push(await lago.settle(one));
					await checkBooks(lago, ends, events, outcomes, premium);
				},
			),
			{ numRuns: runs(40, 200) },
		);
	});
});

describe('on an invoice that the merchant filled with metadata after its link was made', () => {
	test.each([
		[4, true],
		[4, false],
		[5, true],
	])('%i entries, licence %p: a second payment is still seen as overpaid', async (count, premium) => {
		const lago = new TinyLago(premium, foreignKeys(count));
		await lago.settle(event('pay_0', 'processing'));
		expect(await lago.settle(event('pay_1', 'succeeded'))).toMatchObject({ outcome: 'settled' });
		expect(await lago.settle(event('pay_0', 'succeeded'))).toMatchObject({
			outcome: 'overpaid',
			reason: 'paid_twice',
			paymentId: 'pay_0',
		});
	});

	test.each([
		[4, true],
		[4, false],
		[5, true],
		[5, false],
	])('%i entries, licence %p: nobody is told to refund the payment that settled it', async (count, premium) => {
		const lago = new TinyLago(premium, foreignKeys(count));
		expect(await lago.settle(event('pay_0', 'succeeded'))).toMatchObject({ outcome: 'settled' });
		const again = await lago.settle(event('pay_0', 'succeeded'));
		expect(again.nextStep ?? '').not.toContain('Refund payment pay_0');
	});
});
