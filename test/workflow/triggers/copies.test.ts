import { digestOf, withMark } from '../../../nodes/shared/webhook/marks';
import { dodoTrigger, expectRefused, INVOICE_ID, lagoTrigger, signDodo, TRIGGERS } from '../../support/triggers';
import type { Delivered } from '../../support/n8nCore';
import { strictNock } from '../../support/nock';

strictNock();

const expectRun = ({ items }: Delivered): void => expect(items).toHaveLength(1);
const expectNeedless = (delivered: Delivered): void =>
	expect(delivered).toMatchObject({ items: null, response: { statusCode: 200, body: { duplicate: true } } });
const expectLater = (delivered: Delivered): void => {
	expectRefused(delivered, 503);
	expect(delivered.response.headers['retry-after']).toBe('5');
};

describe.each(TRIGGERS)('%s: copies of a delivery', (_name, { bench, body, anew, sign, signatureHeader, forged }) => {
	const forge = (headers: Record<string, string>): Record<string, string> => ({
		...headers,
		[signatureHeader]: forged,
	});

	it('wait while the first runs, need nothing once it is done', async () => {
		const trigger = bench();
		const headers = sign(body);
		const first = await trigger.deliver(body, headers);
		expectRun(first);
		expectLater(await trigger.deliver(body, headers));
		first.response.end(200);
		expectNeedless(await trigger.deliver(body, headers));
	});

	it('wait while the first runs, run again when it failed, need nothing once one is done', async () => {
		const trigger = bench();
		const headers = sign(body);
		const first = await trigger.deliver(body, headers);
		expectLater(await trigger.deliver(body, headers));
		first.response.end(500);
		const second = await trigger.deliver(body, headers);
		expectRun(second);
		second.response.end(200);
		expectNeedless(await trigger.deliver(body, headers));
	});

	it('run again when the first failed, however often', async () => {
		const trigger = bench();
		const headers = sign(body);
		for (const status of [500, 503, 500]) {
			const copy = await trigger.deliver(body, headers);
			expectRun(copy);
			copy.response.end(status);
		}
		expectRun(await trigger.deliver(body, headers));
	});

	it('wait when the sender of the first hung up: its work goes on', async () => {
		const trigger = bench();
		const headers = sign(body);
		(await trigger.deliver(body, headers)).response.emit('close');
		expectLater(await trigger.deliver(body, headers));
	});

	it('need nothing when an earlier process marked the first as processed', async () => {
		const trigger = bench();
		const headers = sign(body);
		const { items } = await trigger.deliver(body, headers, 'manual');
		const [{ delivery }] = items as unknown as [{ delivery: { id: string } }];
		trigger.workflow.getStaticData('global').processed = { ...withMark({}, digestOf(delivery.id), Date.now()) };
		expectNeedless(await trigger.deliver(body, headers));
		const other = anew();
		expectRun(await trigger.deliver(other, sign(other)));
	});

	it('need the right signature as well: a duplicate is no back door', async () => {
		const trigger = bench();
		const headers = sign(body);
		(await trigger.deliver(body, headers)).response.end(200);
		expectRefused(await trigger.deliver(body, forge(headers)), 401);
	});

	it('are told from a new event', async () => {
		const trigger = bench();
		(await trigger.deliver(body, sign(body))).response.end(200);
		const other = anew();
		expectRun(await trigger.deliver(other, sign(other)));
	});

	it('are told apart by workflow', async () => {
		const headers = sign(body);
		for (let workflow = 0; workflow < 2; workflow++) expectRun(await bench().deliver(body, headers));
	});

	it('all run for somebody who tests by hand', async () => {
		const trigger = bench();
		const headers = sign(body);
		for (let copy = 0; copy < 2; copy++) expectRun(await trigger.deliver(body, headers, 'manual'));
	});

	it('do not hide an event that a forger announced before under the same id', async () => {
		const trigger = bench();
		const headers = sign(body);
		expectRefused(await trigger.deliver(body, forge(headers)), 401);
		expectRun(await trigger.deliver(body, headers));
	});
});

it('of Dodo are known by their id, signed anew at each attempt', async () => {
	const { body } = dodoTrigger;
	const trigger = dodoTrigger.bench();
	const now = Math.floor(Date.now() / 1000);
	(await trigger.deliver(body, signDodo(body, { id: 'msg_again', atS: now - 60 }))).response.end(200);
	expectNeedless(await trigger.deliver(body, signDodo(body, { id: 'msg_again', atS: now })));
	expectRun(await trigger.deliver(body, signDodo(body)));
});

it('of Lago are not what has the same key, which Lago does not sign, and another body', async () => {
	const { body, tampered: other, sign } = lagoTrigger;
	const trigger = lagoTrigger.bench();
	(await trigger.deliver(body, sign(body, { id: 'same' }))).response.end(200);
	expectRun(await trigger.deliver(other, sign(other, { id: 'same' })));
});

it.each<[string, Record<string, string>]>([
	['another key', { 'x-lago-unique-key': 'made-up' }],
	['an empty key', { 'x-lago-unique-key': '' }],
])('of Lago are what has the same body, with %s or none: the key is not signed', async (_case, changed) => {
	const { body, sign } = lagoTrigger;
	const trigger = lagoTrigger.bench();
	const headers = sign(body);
	(await trigger.deliver(body, headers)).response.end(200);
	expectNeedless(await trigger.deliver(body, { ...headers, ...changed }));
	const { 'x-lago-unique-key': _key, ...unkeyed } = headers;
	expectNeedless(await trigger.deliver(body, unkeyed));
});

it('the button of Lago sends the same body each time: a press counts once an hour', async () => {
	const press = JSON.stringify({
		webhook_type: 'invoice.payment_failure',
		object_type: 'payment_provider_invoice_payment_error',
		organization_id: 'org_1',
		payment_provider_invoice_payment_error: {
			lago_invoice_id: INVOICE_ID,
			error_details: { code: 'customer_must_have_payment_provider' },
		},
	});
	const trigger = lagoTrigger.bench({ events: ['invoice.payment_failure'] });
	const clock = jest.spyOn(Date, 'now').mockReturnValue(1_800_000_000_000);
	try {
		(await trigger.deliver(press, lagoTrigger.sign(press))).response.end(200);
		expectNeedless(await trigger.deliver(press, lagoTrigger.sign(press)));
		clock.mockReturnValue(1_800_003_600_000);
		expectRun(await trigger.deliver(press, lagoTrigger.sign(press)));
	} finally {
		clock.mockRestore();
	}
});

it('both triggers share nothing but the registry: the same id of two services is two deliveries', async () => {
	for (const { bench, body, sign } of [dodoTrigger, lagoTrigger])
		expectRun(await bench({}, {}, undefined, 'one workflow').deliver(body, sign(body, { id: 'same-id' })));
});
