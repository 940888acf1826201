import type { IDataObject } from 'n8n-workflow';
import { strictNock } from '../../support/nock';
import { ID, lagoInvoice, metadata } from './lagoInvoice';
import { lago, paid, reads, refusal, run } from './onInvoice';

strictNock();

describe('a failure and its next try', () => {
	const RETRIES = { retrySchedule: '1d,3d', timeOfDay: '09:00' };
	const failed = (error_code = 'INSUFFICIENT_FUNDS'): IDataObject => paid({ status: 'failed', error_code });
	const stateIn = (body: unknown): string =>
		(body as { invoice: { metadata: Array<{ key: string; value: string }> } }).invoice.metadata.find(
			({ key }) => key === 'dodo_state',
		)?.value ?? '';
	const seconds = (fromNow: number): number => Math.floor(Date.now() / 1000) + fromNow;
	/** An invoice on which this failure stands already. */
	const recorded = (more: string): void =>
		void reads({
			payment_status: 'failed',
			metadata: metadata({ dodo_payment_id: 'pay_1', dodo_state: `v1;failed;a=1;m=7380${more}` }),
		});

	test('are one write', async () => {
		reads();
		let written = '';
		lago()
			.put(`/invoices/${ID}`, (body) => ((written = stateIn(body)), body.invoice.payment_status === 'failed'))
			.reply(200, { invoice: lagoInvoice({ payment_status: 'failed' }) });
		expect(await run('updatePaymentStatus', failed(), RETRIES)).toMatchObject({
			outcome: 'retry_planned',
			failedTries: 1,
			declineCode: 'INSUFFICIENT_FUNDS',
		});
		expect(written).toMatch(/^v1;failed;.*n=\d+;f=1/);
	});

	test('a hard decline plans nothing, and says what to do', async () => {
		reads();
		let written = '';
		lago()
			.put(`/invoices/${ID}`, (body) => ((written = stateIn(body)), true))
			.reply(200, { invoice: lagoInvoice({ payment_status: 'failed' }) });
		expect(await run('updatePaymentStatus', failed('STOLEN_CARD'), RETRIES)).toMatchObject({
			outcome: 'hard_decline',
			nextStep: expect.any(String) as string,
		});
		expect(written).not.toContain('n=');
	});

	test('old news plans nothing new: a try that is planned stays, and one that is due is left to whoever makes it', async () => {
		recorded(`;n=${seconds(3_600)};f=1`);
		expect(await run('updatePaymentStatus', failed(), RETRIES)).toMatchObject({
			outcome: 'retry_planned',
			failedTries: 1,
		});
		recorded(`;n=${seconds(-60)};f=1`);
		expect(await run('updatePaymentStatus', failed(), RETRIES)).toMatchObject({ outcome: 'failed' });
	});

	test('a plan that was never written is made up for; what Lago refuses of it is held', async () => {
		for (const status of [200, 422]) {
			recorded('');
			lago()
				.put(`/invoices/${ID}`, (body) => /;n=\d+;f=1/.test(stateIn(body)))
				.reply(
					status,
					status === 200
						? { invoice: lagoInvoice() }
						: refusal(422, 'validation_errors', { metadata: ['too_many_keys'] }),
				);
			expect(await run('updatePaymentStatus', failed(), RETRIES)).toMatchObject(
				status === 200 ? { outcome: 'retry_planned' } : { outcome: 'held', reason: 'lago_refused' },
			);
		}
	});

	test('a slip in the schedule stops failures only: what was paid is booked', async () => {
		reads();
		lago()
			.post('/payments')
			.reply(200, { payment: { lago_id: 'p1' } });
		expect(await run('updatePaymentStatus', paid(), { retrySchedule: '1d,3 days' })).toMatchObject({
			outcome: 'settled',
		});
		await expect(run('updatePaymentStatus', failed(), { retrySchedule: '1d,3 days' })).rejects.toThrow(
			'"3 days" is not a wait',
		);
	});
});
