import type { LagoSimulator, NewCreditNote } from '../../sandbox/simulators';
import type { Invoice } from '../../sandbox/lago/documents';
import { call, eachWithItsOwnLago, lago, put, receiver, refused, told, validation } from './ownLago';

eachWithItsOwnLago();

describe('credit notes', () => {
	const note = async (invoice: Invoice, given: Partial<NewCreditNote>) =>
		await call('POST', '/credit_notes', {
			credit_note: {
				invoice_id: invoice.lago_id,
				items: [{ fee_id: invoice.fees[0]?.lago_id, amount_cents: 1_000 }],
				...given,
			},
		});
	const paidInvoice = (
		fees: NonNullable<Parameters<LagoSimulator['issueInvoice']>[0]>['fees'] = [{ amountCents: 10_000, taxRate: 20 }],
	) => {
		const invoice = lago.issueInvoice({ fees });
		lago.payManually(invoice.lago_id, invoice.total_amount_cents);
		return invoice;
	};

	test('items exclude tax, shares include it; a refund stays pending and is told', async () => {
		const invoice = paidInvoice();
		await told();
		expect((await note(invoice, { refund_amount_cents: 1_200 })).body.credit_note).toMatchObject({
			total_amount_cents: 1_200,
			taxes_amount_cents: 200,
			sub_total_excluding_taxes_amount_cents: 1_000,
			refund_status: 'pending',
			credit_status: 'available',
			reason: 'other',
			taxes_rate: 20,
		});
		expect(await told()).toEqual(['credit_note.created']);
		expect(JSON.parse(receiver.received.at(-1)?.body ?? '').credit_note).not.toHaveProperty('metadata');
		await note(invoice, { refund_amount_cents: 1_200, metadata: { dodo_refund_id: 'ref_1' } });
		await lago.idle();
		expect(JSON.parse(receiver.received.at(-1)?.body ?? '').credit_note.metadata).toEqual({ dodo_refund_id: 'ref_1' });
	});

	test.each<[string, Partial<NewCreditNote>, object]>([
		[
			'shares that do not match the items',
			{ refund_amount_cents: 1_500 },
			validation({ base: ['does_not_match_item_amounts'] }),
		],
		[
			'more than the fee',
			{ items: [{ fee_id: 'FEE', amount_cents: 10_001 }], refund_amount_cents: 12_001 },
			validation({ amount_cents: ['higher_than_remaining_fee_amount'] }),
		],
		[
			'a negative item',
			{ items: [{ fee_id: 'FEE', amount_cents: -1 }] },
			validation({ amount_cents: ['invalid_value'] }),
		],
		['a fee of another invoice', { items: [{ fee_id: 'other', amount_cents: 1 }] }, refused(404, 'fee_not_found')],
		['no list of items', { items: {} as never }, validation({ items: ['must_be_an_array'] })],
		['nothing at all', { items: [] }, validation({ base: ['total_amount_must_be_positive'] })],
		[
			'a reason that is none',
			{ refund_amount_cents: 1_200, reason: 'because' },
			validation({ reason: ['value_is_invalid'] }),
		],
		[
			'an offset of a paid invoice',
			{ offset_amount_cents: 1_200 },
			validation({ offset_amount_cents: ['higher_than_remaining_invoice_amount'] }),
		],
		[
			'a value of metadata of 256 characters',
			{ refund_amount_cents: 1_200, metadata: { a: 'x'.repeat(256) } },
			{ status: 422 },
		],
	])('refused: %s', async (_case, given, answer) => {
		const invoice = paidInvoice();
		const items = Array.isArray(given.items)
			? given.items.map((item) => ({
					...item,
					fee_id: item.fee_id === 'FEE' ? (invoice.fees[0]?.lago_id ?? '') : item.fee_id,
				}))
			: given.items;
		expect(await note(invoice, { ...given, ...(given.items === undefined ? {} : { items }) })).toMatchObject(answer);
		expect(lago.state.creditNotes.size).toBe(0);
	});

	test('an invoice that was only PUT to succeeded cannot be refunded', async () => {
		const invoice = lago.issueInvoice({ fees: [{ amountCents: 10_000, taxRate: 20 }] });
		await put(invoice, { payment_status: 'succeeded' });
		expect(await note(invoice, { refund_amount_cents: 1_200 })).toMatchObject(
			validation({ refund_amount_cents: ['cannot_refund_unpaid_invoice'] }),
		);
		const { estimated_credit_note: estimate } = (
			await call('POST', '/credit_notes/estimate', {
				credit_note: {
					invoice_id: invoice.lago_id,
					items: [{ fee_id: invoice.fees[0]?.lago_id, amount_cents: 1_000 }],
				},
			})
		).body;
		expect(estimate).toMatchObject({ max_refundable_amount_cents: 0, max_creditable_amount_cents: 1_200 });
	});

	test('what was given back counts: the rest of a fee, the rest of what was paid', async () => {
		const invoice = paidInvoice();
		await note(invoice, {
			items: [{ fee_id: invoice.fees[0]?.lago_id ?? '', amount_cents: 9_000 }],
			credit_amount_cents: 10_800,
		});
		expect(
			await note(invoice, {
				items: [{ fee_id: invoice.fees[0]?.lago_id ?? '', amount_cents: 1_001 }],
				refund_amount_cents: 1_201,
			}),
		).toMatchObject(validation({ amount_cents: ['higher_than_remaining_fee_amount'] }));
		expect((await note(invoice, { refund_amount_cents: 1_200 })).status).toBe(200);
		const half = lago.issueInvoice({ fees: [{ amountCents: 10_000 }] });
		lago.payManually(half.lago_id, 500);
		expect(await note(half, { refund_amount_cents: 1_000 })).toMatchObject(
			validation({ refund_amount_cents: ['higher_than_remaining_invoice_amount'] }),
		);
		expect((await note(half, { refund_amount_cents: 500, credit_amount_cents: 500 })).status).toBe(200);
	});

	test('coupons lower what an item is worth; rounding may move a cent', async () => {
		const withCoupon = paidInvoice([{ amountCents: 10_000, taxRate: 20, couponsCents: 1_000 }]);
		expect((await note(withCoupon, { refund_amount_cents: 1_080 })).body.credit_note).toMatchObject({
			coupons_adjustment_amount_cents: 100,
			taxes_amount_cents: 180,
			total_amount_cents: 1_080,
		});
		const odd = paidInvoice([{ amountCents: 10_000, taxRate: 19 }]);
		const items = [{ fee_id: odd.fees[0]?.lago_id ?? '', amount_cents: 842.5 }];
		const { credit_note: rounded } = (await note(odd, { items, refund_amount_cents: 1_002 })).body;
		expect(rounded.sub_total_excluding_taxes_amount_cents + rounded.taxes_amount_cents).toBe(
			rounded.total_amount_cents,
		);
		expect(Math.abs(rounded.refund_amount_cents - 1_002)).toBeLessThanOrEqual(1);
	});

	test('an offset lowers what is due, and pays the invoice when nothing is left', async () => {
		const invoice = lago.issueInvoice({ fees: [{ amountCents: 1_000 }] });
		await told();
		expect((await note(invoice, { offset_amount_cents: 1_000 })).status).toBe(200);
		expect(invoice.payment_status).toBe('succeeded');
		expect((await told()).sort()).toEqual(['credit_note.created', 'invoice.payment_status_updated']);
	});

	test('PUT merges metadata and tells nobody; 50 keys at most; only unused credit can be voided', async () => {
		const { credit_note: created } = (await note(paidInvoice(), { refund_amount_cents: 1_200, metadata: { a: '1' } }))
			.body;
		await told();
		const change = async (credit_note: object) =>
			await call('PUT', `/credit_notes/${created.lago_id}`, { credit_note });
		expect((await change({ refund_status: 'failed', metadata: { b: '2' } })).body.credit_note).toMatchObject({
			refund_status: 'failed',
			metadata: { a: '1', b: '2' },
		});
		expect(await change({ refund_status: 'done' })).toMatchObject(validation({ refund_status: ['value_is_invalid'] }));
		expect(
			(await change({ metadata: Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`k${n}`, 'v'])) })).status,
		).toBe(422);
		expect(await told()).toEqual([]);
		expect(await call('PUT', `/credit_notes/${created.lago_id}/void`)).toMatchObject(
			refused(405, 'no_voidable_amount'),
		);
	});

	test('the list filters by invoice number and type, and ignores values that it does not know', async () => {
		const [first, second] = [paidInvoice(), paidInvoice()];
		await note(first, { refund_amount_cents: 1_200 });
		await note(second, { credit_amount_cents: 1_200 });
		const found = async (query: string) =>
			(await call('GET', `/credit_notes?${query}`)).body.credit_notes.map(
				({ invoice_number }: { invoice_number: string }) => invoice_number,
			);
		expect(await found('refund_status=pending&types[]=refund')).toEqual([first.number]);
		expect(await found(`invoice_number=${second.number}`)).toEqual([second.number]);
		expect(await found('refund_status=nonsense')).toHaveLength(2);
	});

	test('a top-up: unpaid only cancelled as a whole, paid refunded out of the wallet', async () => {
		const unpaid = lago.issueInvoice({ type: 'credit', fees: [{ amountCents: 1_000 }] });
		expect(await note(unpaid, { refund_amount_cents: 1_000 })).toMatchObject(refused(405, 'invalid_type_or_status'));
		expect((await note(unpaid, { offset_amount_cents: 1_000 })).status).toBe(200);
		const paid = lago.issueInvoice({ type: 'credit', customer: { external_id: 'topup' } });
		lago.payManually(paid.lago_id, 10_000);
		expect(await note(paid, { credit_amount_cents: 1_000 })).toMatchObject(
			validation({ credit_amount_cents: ['cannot_credit_invoice'] }),
		);
		expect((await note(paid, { refund_amount_cents: 1_000 })).status).toBe(200);
		expect([...lago.state.wallets.values()].find(({ customer }) => customer.external_id === 'topup')?.credits).toBe(90);
	});

	test('without a licence none can be made, of a draft never', async () => {
		expect(await note(lago.issueInvoice({ status: 'draft' }), { credit_amount_cents: 1_000 })).toMatchObject(
			refused(405, 'invalid_type_or_status'),
		);
		const invoice = paidInvoice();
		lago.premium = false;
		expect(await note(invoice, { refund_amount_cents: 1_200 })).toMatchObject(refused(403, 'feature_unavailable'));
		expect(
			await call('POST', '/credit_notes/estimate', { credit_note: { invoice_id: invoice.lago_id, items: [] } }),
		).toMatchObject(refused(403, 'feature_unavailable'));
	});
});
