import { randomUUID } from 'node:crypto';
import nock from 'nock';
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { operations as dodoOperations } from '../../nodes/DodoPayments/actions/operations';
import { outputOf as dodoOutputOf } from '../../nodes/DodoPayments/helpers/eventItem';
import { DodoClient } from '../../nodes/DodoPayments/transport/client';
import { operations as lagoOperations } from '../../nodes/Lago/actions/operations';
import { outputOf as lagoOutputOf } from '../../nodes/Lago/helpers/eventItem';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { OUTCOMES } from '../../nodes/shared/domain/outcome';
import { runOperation, type Operation, type OperationOutput } from '../../nodes/shared/node/operation';
import { eventParameter, idParameter, objectParameter } from '../../nodes/shared/node/parameters';
import { DODO_OUTPUTS, LAGO_OUTPUTS, leavingBy, startingEvent } from '../../nodes/shared/node/start';
import { BASE_URL, executeContext, itemsOf } from '../support/executeContext';
import { strictNock } from '../support/nock';
import { ID, lagoInvoice } from './operations/lagoInvoice';

strictNock();

const began = {
	event: 'invoice.payment_failure',
	organizationId: 'org_1',
	webhookBaseUrl: 'https://n8n.example/webhook',
	lagoInvoiceId: ID,
};

/** With its parameters as a person wrote them, expressions included. */
function writtenContext(
	written: IDataObject,
	input: IDataObject,
	ofNode: object = {},
	more: Partial<Parameters<typeof executeContext>[0]> = {},
): { context: IExecuteFunctions; asked: string[] } {
	const asked: string[] = [];
	const context = executeContext({ parameters: written, input: [input], ...more });
	const node = { ...context.getNode(), parameters: written, ...ofNode };
	const ask = context.getNodeParameter.bind(context) as unknown as (...given: unknown[]) => unknown;
	Object.assign(context, {
		getNode: () => node,
		getNodeParameter: (name: string, ...rest: unknown[]) => (asked.push(name), ask(name, ...rest)),
	});
	return { context, asked };
}

describe('an operation', () => {
	const operation: Operation<LagoClient, 'settled' | 'already_settled' | 'held'> = {
		menu: { name: 'Try', action: 'Try something', description: 'Only here' },
		fields: [],
		outputs: [
			{ name: 'Good', outcomes: ['settled', 'already_settled'] },
			{ name: 'All Else' },
			{ name: 'Held', outcomes: ['held'] },
		],
		execute: async (ctx, _client, index) =>
			await (ctx.getInputData()[index]?.json.fails === true
				? Promise.reject(new Error('no'))
				: Promise.resolve({ ...ctx.getInputData()[index]?.json })),
	};
	const input = [
		{ outcome: 'held' },
		{ outcome: 'already_settled' },
		{ outcome: 'unheard of' },
		{},
		{ fails: true },
		{ outcome: 'settled' },
	];
	const run = async (ofNode: object = {}) => {
		const context = executeContext({ parameters: { resource: 'r', operation: 'o' }, input, continueOnFail: true });
		const node = { ...context.getNode(), type: 'n8n-nodes-dodo-lago.lago', ...ofNode };
		return await runOperation(Object.assign(context, { getNode: () => node }), { r: { o: operation } }, LagoClient.of);
	};

	test('lets each item leave by the output of its outcome, and all else, errors too, by the one without', async () => {
		const left = (await run()).map((items) => items.map(({ pairedItem }) => (pairedItem as { item: number }).item));
		expect(left).toEqual([[1, 5], [2, 3, 4], [0]]);
	});

	test('gives errors by the first, where n8n looks for them, when they have an output of their own', async () => {
		const [first] = await run({ onError: 'continueErrorOutput' });
		expect(first?.map(({ json }) => json)).toContainEqual({ error: 'no' });
	});

	test.each([
		['an AI agent', { type: 'n8n-nodes-dodo-lago.lagoTool' }],
		['a workflow of an older version', { typeVersion: 1 }],
	])('gives %s everything by the only output that it knows', async (_whom, ofNode) => {
		expect((await run(ofNode)).map((items) => items.length)).toEqual([input.length]);
	});
});

test('no word of an operation has two outputs, and one output takes all others', () => {
	const ways = [...Object.values(lagoOperations), ...Object.values(dodoOperations)].flatMap((resource) =>
		Object.values<{ outputs?: readonly OperationOutput[] }>(resource).flatMap(({ outputs }) =>
			outputs ? [outputs] : [],
		),
	);
	expect(ways.length).toBeGreaterThan(5);
	for (const outputs of ways) {
		const words = outputs.flatMap(({ outcomes }) => outcomes ?? []);
		expect(new Set(words).size).toBe(words.length);
		expect(words.filter((word) => !(word in OUTCOMES))).toEqual([]);
		expect(outputs.filter(({ outcomes, takes }) => !outcomes && !takes)).toHaveLength(1);
	}
});

describe('an event', () => {
	test.each([
		['invoice.created', 'To Collect'],
		['invoice.one_off_created', 'To Collect'],
		['invoice.paid_credit_added', 'To Collect'],
		['invoice.payment_failure', 'To Collect'],
		['credit_note.created', 'Credit Note'],
		['invoice.payment_status_updated', 'Other'],
		['subscription.started', 'Other'],
	])('%s of Lago leaves by %s', (event, output) => expect(lagoOutputOf(event)).toBe(output));

	test.each([
		['payment.succeeded', 'Payment'],
		['payment.refunded', 'Refund'],
		['refund.failed', 'Refund'],
		['dispute.lost', 'Dispute'],
		['subscription.active', 'Mandate'],
		['payout.success', 'Other'],
		['nonsense', 'Other'],
	])('%s of Dodo leaves by %s', (event, output) => expect(dodoOutputOf(event)).toBe(output));

	test.each([
		['a trigger of the first versions has one output', 1.1, {}, [[{ json: { a: 1 } }]]],
		['one of version 1.2 has several', 1.2, {}, [[], [{ json: { a: 1 } }], []]],
		['since then it has one', 1.3, { separateOutputs: false }, [[{ json: { a: 1 } }]]],
		['since then it has one, unsaid too', 1.3, {}, [[{ json: { a: 1 } }]]],
		[
			'since then it has several when a person asks for them',
			1.3,
			{ separateOutputs: true },
			[[], [{ json: { a: 1 } }], []],
		],
	])('%s', (_, typeVersion, parameters, expected) => {
		expect(leavingBy({ typeVersion, parameters }, LAGO_OUTPUTS, 'Credit Note', { a: 1 })).toEqual(expected);
	});

	test('is found again, whichever output it left by and whatever else the execution could have begun with', () => {
		const item = { event: 'subscription.active' };
		const starts: Record<string, Array<IDataObject | undefined> | null> = {
			Schedule: [{}],
			'Lago Trigger': null,
			'Dodo Payments Trigger': DODO_OUTPUTS.map((name) => (name === 'Mandate' ? item : undefined)),
		};
		const types: Record<string, string> = {
			Schedule: 'n8n-nodes-base.scheduleTrigger',
			'Lago Trigger': 'n8n-nodes-dodo-lago.lagoTrigger',
			'Dodo Payments Trigger': 'n8n-nodes-dodo-lago.dodoPaymentsTrigger',
		};
		const { context } = writtenContext({}, {});
		Object.assign(context, {
			getParentNodes: () => Object.entries(types).map(([name, type]) => ({ name, type })),
			getWorkflowDataProxy: () => ({
				$: (name: string) => ({
					isExecuted: starts[name] !== null,
					all: (output: number) => (starts[name]?.[output] === undefined ? [] : [{ json: starts[name]?.[output] }]),
				}),
			}),
		});
		expect(startingEvent(context, 0)).toBe(item);
		starts['Dodo Payments Trigger'] = null;
		expect(startingEvent(context, 0)).toEqual({});
	});
});

test('of several items that a workflow is called with, each has its own event', () => {
	const { context } = writtenContext({}, {});
	const items = [{ json: { event: 'one' } }, { json: { event: 'two' } }];
	Object.assign(context, {
		getParentNodes: () => [{ name: 'Start', type: 'n8n-nodes-base.executeWorkflowTrigger' }],
		getWorkflowDataProxy: (index: number) => ({
			$: () => ({ isExecuted: true, all: () => items, item: items[index] }),
		}),
	});
	expect([startingEvent(context, 0), startingEvent(context, 1)]).toEqual(items.map(({ json }) => json));
	// A node in between that does not say what its items came from.
	const unpaired = {
		isExecuted: true,
		all: () => items,
		get item(): never {
			throw new Error('Paired item data is unavailable');
		},
	};
	Object.assign(context, { getWorkflowDataProxy: () => ({ $: () => unpaired }) });
	expect(startingEvent(context, 0)).toEqual({});
});

describe('a field', () => {
	test.each([
		['={{ $json }}', { a: { b: { c: 1 } } }],
		['={{ $json.a }}', { b: { c: 1 } }],
		['={{$json.a.b}}', { c: 1 }],
	])('%s is read from the item, and n8n is not asked', (expression, expected) => {
		const { context, asked } = writtenContext({ field: expression }, { a: { b: { c: 1 } } });
		expect(objectParameter(context, 'field', 'Field', 0)).toEqual(expected);
		expect(asked).toEqual([]);
	});

	test.each([
		'={{ $json.a ?? {} }}',
		"={{ $json['a'] }}",
		'={{ $json.a }}{{ $json.a }}',
		'{"a":1}',
		"={{ $('Lago Trigger').item.json }}",
	])("%s is n8n's to read", (written) => {
		const { context, asked } = writtenContext({ field: written }, { a: {} });
		// The stand-in hands expressions back as they are, which is no object.
		const read = (): IDataObject => objectParameter(context, 'field', 'Field', 0);
		if (written.startsWith('=')) expect(read).toThrow('is not a JSON object');
		else expect(read()).toEqual({ a: 1 });
		expect(asked).toEqual(['field']);
	});

	test("a tool's input is what the model wrote, so n8n is asked", () => {
		const { context, asked } = writtenContext(
			{ field: '={{ $json }}' },
			{ a: 1 },
			{ type: 'n8n-nodes-dodo-lago.lagoTool' },
		);
		expect(objectParameter(context, 'field', 'Field', 0)).toEqual({ a: 1 });
		expect(asked).toEqual(['field']);
	});

	test("an id by expression is read from the item as well; a chosen one is n8n's", () => {
		const byExpression = writtenContext(
			{ id: { __rl: true, mode: 'id', value: '={{ $json.lagoInvoiceId }}' } },
			{ lagoInvoiceId: ` ${ID} ` },
		);
		expect(idParameter(byExpression.context, 'id', 0)).toBe(ID);
		expect(byExpression.asked).toEqual([]);
		const missing = writtenContext({ id: { __rl: true, mode: 'id', value: '={{ $json.no.such.thing }}' } }, {});
		expect(idParameter(missing.context, 'id', 0)).toBe('');
		const chosen = writtenContext({ id: 'inv_1' }, {});
		expect(idParameter(chosen.context, 'id', 0)).toBe('inv_1');
		expect(chosen.asked).toEqual(['id']);
	});

	test('an empty field for an event stands for the one that began the execution', () => {
		expect(eventParameter(executeContext({ parameters: { event: '' }, began }), 'event', 'Event', 0)).toBe(began);
		expect(eventParameter(executeContext({ parameters: { event: '{"a":1}' }, began }), 'event', 'Event', 0)).toEqual({
			a: 1,
		});
	});
});

describe('behind a Lago Trigger', () => {
	const mandated = lagoInvoice({
		customer: {
			...(lagoInvoice().customer as IDataObject),
			metadata: [{ key: 'dodo_subscription_id', value: 'sub_1' }],
		},
		metadata: [],
	});

	test("the organisation travels with the payment; Lago's button tries again by itself", async () => {
		const metadata = [
			{ lago_id: 'm1', key: 'dodo_payment_id', value: 'pay_0' },
			{ lago_id: 'm2', key: 'dodo_state', value: 'v1;failed;a=1;f=1' },
		];
		const charge = async (event: string, lagoInvoiceId = ID): Promise<IDataObject> => {
			nock(BASE_URL)
				.get('/subscriptions/sub_1')
				.reply(200, {
					subscription_id: 'sub_1',
					status: 'active',
					currency: 'EUR',
					on_demand: true,
					tax_inclusive: true,
					cancel_at_next_billing_date: false,
					metadata: {},
					customer: { customer_id: 'cus_1' },
				});
			const parameters = {
				resource: 'mandate',
				operation: 'charge',
				invoice: '={{ $json }}',
				tryAgain: false,
				additionalFields: {},
			};
			const [item] = await itemsOf(
				executeContext({
					input: [{ ...mandated, metadata }],
					credentialId: randomUUID(),
					parameters,
					began: { ...began, event, lagoInvoiceId },
				}),
				dodoOperations,
				DodoClient.of,
			);
			return item?.json as IDataObject;
		};
		expect(await charge('invoice.created')).toMatchObject({ outcome: 'skipped', reason: 'try_failed' });
		// Pressed on another invoice.
		expect(await charge('invoice.payment_failure', randomUUID())).toMatchObject({
			outcome: 'skipped',
			reason: 'try_failed',
		});
		const sent: IDataObject[] = [];
		nock(BASE_URL)
			.get('/payments')
			.query(true)
			.reply(200, {
				items: [
					{
						payment_id: 'pay_0',
						subscription_id: 'sub_1',
						status: 'failed',
						total_amount: 7_380,
						currency: 'EUR',
						refund_status: null,
						metadata: { lago_invoice_id: ID, attempt: '1' },
					},
				],
			});
		nock(BASE_URL)
			.post('/subscriptions/sub_1/charge', (body: IDataObject) => sent.push(body) > 0)
			.reply(200, { payment_id: 'pay_1' });
		expect(await charge('invoice.payment_failure')).toMatchObject({ outcome: 'charging', attempt: 2 });
		expect(sent).toMatchObject([{ metadata: { lago_organization_id: 'org_1' } }]);
	});

	test.each([
		{ outcome: 'charging', paymentId: 'pay_1', saveToInvoice: {} },
		{ outcome: 'held', reason: 'paid_at_dodo' },
		{ outcome: 'mandate_busy' },
		{ outcome: 'skipped' },
	])('Create Intent lets $outcome of Charge pass', async (item) => {
		const parameters = {
			resource: 'payment',
			operation: 'createIntent',
			source: 'invoice',
			invoice: '={{ $json }}',
			taxMode: 'inclusive',
			productSource: 'automatic',
			additionalFields: {},
		};
		expect(await itemsOf(executeContext({ input: [item], parameters }), dodoOperations, DodoClient.of)).toMatchObject([
			{ json: item },
		]);
	});

	test.each([
		['/pay', began, /^https:\/\/n8n\.example\/webhook\/pay\?t=/],
		['/pay', undefined, undefined],
		['https://pay.example/now', began, /^https:\/\/pay\.example\/now\?t=/],
	])('the pay page %s', async (payLinkAddress, event, expected) => {
		nock(`${BASE_URL}/api/v1`).put(`/invoices/${ID}`).reply(200, { invoice: lagoInvoice() });
		const intent = {
			outcome: 'created',
			invoiceId: ID,
			saveToInvoice: { paymentReference: 'cks_1', state: 'v1;open;a=1;m=7380', metadata: [], readAt: Date.now() },
		};
		const context = executeContext({
			input: [intent],
			parameters: { resource: 'invoice', operation: 'savePaymentReference', intent: '={{ $json }}', payLinkAddress },
			credential: { webhookHmacKey: 'key' },
			began: event,
		});
		const [item] = await itemsOf(context, lagoOperations, LagoClient.of);
		expect(item?.json.payLink).toEqual(expected === undefined ? null : expect.stringMatching(expected));
	});
});
