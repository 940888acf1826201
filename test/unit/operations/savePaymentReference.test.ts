import type { IDataObject } from 'n8n-workflow';
import { strictNock } from '../../support/nock';
import { ID, lagoInvoice, metadata } from './lagoInvoice';
import { lago, reads, refusal, run } from './onInvoice';

strictNock();

describe('Save Payment Reference', () => {
	const state = 'v1;open;a=1;m=7380;x=1800000000;u=https://pay.example/1';
	const intent = (existing: IDataObject[] = []): IDataObject => ({
		outcome: 'created',
		invoiceId: ID,
		checkoutSessionId: 'cks_1',
		checkoutUrl: 'https://pay.example/1',
		saveToInvoice: { paymentReference: 'cks_1', state, metadata: existing, readAt: Date.now() },
	});

	test('writes two entries, keeps the others', async () => {
		lago()
			.put(`/invoices/${ID}`, {
				invoice: {
					metadata: [
						{ id: 'id-po', key: 'po', value: '4711' },
						{ key: 'dodo_payment_id', value: 'cks_1' },
						{ key: 'dodo_state', value: state },
					],
				},
			})
			.reply(200, { invoice: lagoInvoice() });
		const result = await run('savePaymentReference', intent(metadata({ po: '4711' })));
		expect(result).toMatchObject({ outcome: 'created', saved: true, checkoutUrl: 'https://pay.example/1' });
		expect(result).not.toHaveProperty('saveToInvoice');
	});

	test.each(['skipped', 'existing', 'held'])('%s passes through without a call', async (outcome) => {
		expect(await run('savePaymentReference', { outcome, message: 'x' })).toEqual({ outcome, message: 'x' });
	});

	test('of two runs at the same moment the second adopts the link of the first', async () => {
		lago()
			.put(`/invoices/${ID}`)
			.reply(422, refusal(422, 'validation_errors', { key: ['value_already_exist'] }));
		reads({
			metadata: metadata({
				dodo_payment_id: 'cks_first',
				dodo_state: 'v1;open;a=1;m=7380;x=1800000000;u=https://pay.example/first',
			}),
		});
		expect(await run('savePaymentReference', intent())).toMatchObject({
			outcome: 'existing',
			saved: false,
			checkoutSessionId: 'cks_first',
			checkoutUrl: 'https://pay.example/first',
		});
	});

	test('what was read more than 3 seconds ago is read again, so that an entry added meanwhile stays', async () => {
		const old = intent();
		(old.saveToInvoice as IDataObject).readAt = Date.now() - 3_100;
		reads({ metadata: metadata({ added: 'meanwhile' }) });
		lago()
			.put(`/invoices/${ID}`, {
				invoice: {
					metadata: [
						{ id: 'id-added', key: 'added', value: 'meanwhile' },
						{ key: 'dodo_payment_id', value: 'cks_1' },
						{ key: 'dodo_state', value: state },
					],
				},
			})
			.reply(200, { invoice: lagoInvoice() });
		expect(await run('savePaymentReference', old)).toMatchObject({ saved: true });
	});

	test('a later link never overwrites what was recorded meanwhile: it looks first', async () => {
		const second = intent(metadata({ dodo_payment_id: 'cks_0', dodo_state: 'v1;open;a=1' }));
		(second.saveToInvoice as IDataObject).state = state.replace('a=1', 'a=2');
		reads({ metadata: metadata({ dodo_payment_id: 'pay_9', dodo_state: 'v1;processing;a=1' }) });
		expect(await run('savePaymentReference', second)).toMatchObject({
			outcome: 'existing',
			saved: false,
			checkoutSessionId: 'pay_9',
		});
		reads({ payment_status: 'succeeded', metadata: metadata({ dodo_payment_id: 'pay_9', dodo_state: 'v1;paid;a=1' }) });
		expect(await run('savePaymentReference', second)).toMatchObject({
			outcome: 'skipped',
			reason: 'already_paid',
			saved: false,
		});
		reads({ metadata: metadata({ dodo_payment_id: 'cks_0', dodo_state: 'v1;open;a=1' }) });
		lago().put(`/invoices/${ID}`).reply(200, { invoice: lagoInvoice() });
		expect(await run('savePaymentReference', second)).toMatchObject({ saved: true });
	});

	test('an answer that was lost is found: our own link is there already', async () => {
		lago()
			.put(`/invoices/${ID}`)
			.reply(422, refusal(422, 'validation_errors', { key: ['value_already_exist'] }));
		reads({ metadata: metadata({ dodo_payment_id: 'cks_1', dodo_state: state }) });
		expect(await run('savePaymentReference', intent())).toMatchObject({ saved: true });
	});

	test('anything else is refused in words', async () => {
		await expect(run('savePaymentReference', { hello: 'world' })).rejects.toMatchObject({
			message: expect.stringContaining('Create Intent'),
		});
	});
});
