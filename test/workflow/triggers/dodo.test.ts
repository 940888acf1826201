import nock from 'nock';
import type { TriggerBench } from '../../support/n8nCore';
import { strictNock } from '../../support/nock';
import { DODO, dodoEvent, dodoTrigger, INVOICE_ID, signDodo } from '../../support/triggers';

strictNock();

// What only Dodo has: everything else is told of both triggers in the files beside this one.
const { bench, body, sign, url } = dodoTrigger;

it('gives one item with what the next node needs', async () => {
	const { items } = await bench().deliver(body, signDodo(body, { id: 'msg_first' }));
	expect(items).toEqual([
		{
			event: 'payment.succeeded',
			eventId: 'msg_first',
			occurredAt: dodoEvent.timestamp,
			mode: 'test',
			lagoInvoiceId: INVOICE_ID,
			delivery: { id: expect.stringMatching(/^dodo \S+ msg_first$/) as string, about: 'payment pay_1 not started' },
			data: dodoEvent.data,
		},
	]);
});

it('tells the mode of its credential, and no invoice where there is none', async () => {
	const foreign = JSON.stringify({ ...dodoEvent, data: { payment_id: 'pay_2' } });
	const { items } = await bench({}, { environment: 'live' }).deliver(foreign, sign(foreign));
	expect(items).toMatchObject([{ mode: 'live', lagoInvoiceId: null }]);
});

describe('payment.refunded', () => {
	it.each([
		[['payment.refunded'], 'refund.succeeded', 'payment.refunded'],
		[['payment.refunded'], 'payment.refunded', 'payment.refunded'],
		[['refund.succeeded', 'payment.refunded'], 'refund.succeeded', 'refund.succeeded'],
		[['refund.succeeded'], 'payment.refunded', 'refund.succeeded'],
		[['payment.succeeded'], 'payment.refunded', null],
	])('with %j chosen, %s leaves as %s', async (events, type, name) => {
		const sent = dodoTrigger.ofEvent(type);
		const { items } = await bench({ events }).deliver(sent, sign(sent));
		if (name === null) expect(items).toBeNull();
		else expect(items).toMatchObject([{ event: name }]);
	});
});

describe('registers itself', () => {
	const automatic = (parameters: object = {}): TriggerBench =>
		bench({ registration: 'automatic', ...parameters }, { webhookSecret: '' });
	const endpoint = (changes: object = {}): object => ({
		id: 'ep_1',
		url,
		disabled: false,
		filter_types: ['payment.failed', 'payment.succeeded'],
		...changes,
	});
	const list = (data: object[], times = 1): nock.Scope =>
		nock(DODO).get('/webhooks').query({ limit: 100 }).times(times).reply(200, { data, iterator: 'x', done: true });

	it('never sends the derived name to Dodo, whose list does not know it', async () => {
		list([], 2);
		let sent: { filter_types?: string[] } = {};
		nock(DODO)
			.post('/webhooks', (given: object) => ((sent = given), true))
			.reply(200, endpoint());
		await automatic({ events: ['payment.refunded', 'refund.succeeded', 'payment.failed'] }).publish();
		expect(sent.filter_types).toEqual(['payment.failed', 'refund.succeeded']);
	});

	it('finds it on a later page', async () => {
		nock(DODO)
			.get('/webhooks')
			.query({ limit: 100 })
			.reply(200, { data: [endpoint({ id: 'ep_a', url: 'https://a.example' })], iterator: 'next', done: false });
		nock(DODO)
			.get('/webhooks')
			.query({ limit: 100, iterator: 'next' })
			.reply(200, { data: [endpoint()], iterator: 'end', done: true });
		await automatic().publish();
	});

	it('takes the short cut of the stored id, but not when it belongs to another URL', async () => {
		const trigger = automatic();
		trigger.staticData.endpointId = 'ep_1';
		nock(DODO).get('/webhooks/ep_1').reply(200, endpoint());
		expect(await trigger.hook('checkExists')).toBe(true);
		nock(DODO)
			.get('/webhooks/ep_1')
			.reply(200, endpoint({ url: 'https://moved.example' }));
		list([]);
		expect(await trigger.hook('checkExists')).toBe(false);
		nock(DODO).get('/webhooks/ep_1').reply(404, { code: 'NOT_FOUND', message: 'No.' });
		list([endpoint()]);
		expect(await trigger.hook('checkExists')).toBe(true);
	});
});
