import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import type { Dispute, Payment, Refund } from '../../sandbox/dodo/state';
import type { Invoice } from '../../sandbox/lago/documents';
import { world } from '../support/oneWorld';

// More calls than Dodo takes in a minute.
jest.mock('../../nodes/DodoPayments/transport/rateLimit', () => ({ takeTurn: async () => await Promise.resolve() }));

/**
 * Disputes over one payment of several invoices, of which some are lost, some are won later, and money goes back between them: what is written as
 * lost on the invoices is what the disputes took at Dodo, less what was never booked.
 */
const AMOUNTS = [1_000, 2_000, 3_000];

type Event =
	/** Over all of the payment, without an amount. */
	[kind: 'lose', dispute: string, amount?: number] | [kind: 'win', dispute: string] | [kind: 'refund', amount: number];

class Story {
	readonly invoices: Invoice[];
	private readonly disputes = new Map<string, string>();
	private constructor(
		readonly payment: Payment,
		invoices: Invoice[],
	) {
		this.invoices = invoices;
	}

	/** @param surplus what of the one in the middle a bank has paid before. */
	static async begin(surplus: number): Promise<Story> {
		const external_id = `c-${randomUUID()}`;
		const invoices = AMOUNTS.map((amountCents, place) =>
			world.issue({ customer: { external_id }, fees: [{ amountCents }], dueInDays: place - AMOUNTS.length }),
		);
		const made = await world.linkAll(await world.allDue(external_id));
		const payment = structuredClone(world.dodo.payCheckout(String(made.checkoutSessionId)));
		if (surplus > 0) world.lago.payManually(String(invoices[1]?.lago_id), surplus, 'bank');
		await world.settleAll(payment);
		return new Story(payment, invoices);
	}

	/** What happens at Dodo or in Lago. Returns who tells of it, as often as it is called. */
	async happen(event: Event): Promise<() => Promise<IDataObject[]>> {
		const { payment_id } = this.payment;
		switch (event[0]) {
			case 'refund': {
				const refund = await world.refund(this.payment, event[1]);
				return async () => await world.mirrorAll(refund);
			}
			case 'lose': {
				const { dispute_id } = world.dodo.openDispute(payment_id, event[2] === undefined ? {} : { amount: event[2] });
				this.disputes.set(event[1], dispute_id);
				world.dodo.moveDispute(dispute_id, 'lost');
				return this.telling(dispute_id);
			}
			case 'win': {
				const id = String(this.disputes.get(event[1]));
				world.dodo.moveDispute(id, 'won');
				return this.telling(id);
			}
		}
	}

	private telling(id: string): () => Promise<IDataObject[]> {
		return async () => await world.recordAll(structuredClone(world.dodo.state.disputes.get(id)) as Dispute);
	}

	/** What should be written as lost: what was taken, less what was never booked. */
	wanted(): number {
		const { total_amount, payment_id } = this.payment;
		const ofPayment = <One extends { payment_id: string }>(all: Map<string, One>): One[] =>
			[...all.values()].filter((one) => one.payment_id === payment_id);
		const { disputes, refunds } = world.dodo.state;
		const lost = ofPayment(disputes).filter(({ dispute_status }) => dispute_status === 'dispute_lost');
		const back = sum(ofPayment<Refund>(refunds).map(({ amount }) => Number(amount)));
		const surplus = total_amount - sum(this.invoices.map((one) => this.booked(one)));
		const taken = Math.min(total_amount - back, sum(lost.map(({ amount }) => Number(amount))));
		return Math.max(0, taken - Math.max(0, surplus - back));
	}

	lost(): number[] {
		return this.invoices.map((one) =>
			sum([...world.stateOf(one).matchAll(/[0-9a-z]{5}\+(\d+)/g)].map(([, amount]) => Number(amount))),
		);
	}

	private booked({ lago_id }: Invoice): number {
		return sum(
			[...world.lago.state.payments.values()]
				.filter((one) => one.lago_payable_id === lago_id && one.reference === this.payment.payment_id)
				.map(({ amount_cents }) => amount_cents),
		);
	}
}

const sum = (amounts: number[]): number => amounts.reduce((all, one) => all + one, 0);

const STORIES: Array<[name: string, surplus: number, events: Event[]]> = [
	[
		'one, won later',
		0,
		[
			['lose', 'a', 3_500],
			['win', 'a'],
		],
	],
	[
		'two, each won later',
		0,
		[
			['lose', 'a', 3_000],
			['lose', 'b', 500],
			['win', 'a'],
			['win', 'b'],
		],
	],
	[
		'two less than what was never booked',
		1_000,
		[
			['lose', 'a', 300],
			['lose', 'b', 400],
			['win', 'a'],
			['win', 'b'],
		],
	],
	[
		'together more than that',
		1_000,
		[
			['lose', 'a', 700],
			['lose', 'b', 600],
			['win', 'a'],
			['win', 'b'],
		],
	],
	[
		'the other one is won',
		1_000,
		[
			['lose', 'a', 700],
			['lose', 'b', 600],
			['win', 'b'],
			['win', 'a'],
		],
	],
	[
		'one alone is more than that',
		1_000,
		[
			['lose', 'a', 1_500],
			['lose', 'b', 600],
			['win', 'a'],
			['win', 'b'],
		],
	],
	[
		'over several invoices',
		1_000,
		[
			['lose', 'a', 2_500],
			['lose', 'b', 3_500],
			['win', 'a'],
			['win', 'b'],
		],
	],
	[
		'over several invoices, the other one is won',
		1_000,
		[
			['lose', 'a', 2_500],
			['lose', 'b', 3_500],
			['win', 'b'],
		],
	],
	[
		'three',
		1_000,
		[
			['lose', 'a', 700],
			['lose', 'b', 600],
			['lose', 'c', 200],
			['win', 'a'],
			['win', 'c'],
			['win', 'b'],
		],
	],
	[
		'the second one over all that is left',
		0,
		[
			['lose', 'a', 4_000],
			['lose', 'b'],
			['win', 'a'],
			['win', 'b'],
		],
	],
	[
		'both over everything',
		0,
		[
			['lose', 'a'],
			['lose', 'b'],
			['win', 'a'],
			['win', 'b'],
		],
	],
	[
		'both over everything, of which a part was never booked',
		500,
		[
			['lose', 'a'],
			['lose', 'b'],
			['win', 'b'],
		],
	],
	[
		'what was never booked goes back after it',
		1_000,
		[
			['lose', 'a', 700],
			['refund', 800],
			['win', 'a'],
		],
	],
	[
		'and before another one',
		1_000,
		[
			['lose', 'a', 700],
			['refund', 800],
			['lose', 'b', 600],
			['win', 'a'],
		],
	],
	[
		'a refund beyond what was never booked',
		1_000,
		[
			['lose', 'a', 1_700],
			['refund', 1_800],
			['win', 'a'],
		],
	],
	[
		'all that is left goes back',
		1_000,
		[
			['lose', 'a', 700],
			['refund', 5_300],
		],
	],
	[
		'a refund, then two',
		1_000,
		[
			['refund', 300],
			['lose', 'a', 800],
			['lose', 'b', 500],
			['win', 'a'],
		],
	],
];

test.each(STORIES)('told one by one: %s', async (_name, surplus, events) => {
	const story = await Story.begin(surplus);
	const said: unknown[] = [];
	for (const event of events) {
		const tell = await story.happen(event);
		for (let told = 0; told < 2; told++) {
			said.push(event, ...(await tell()).map(({ outcome }) => outcome));
			expect([said, sum(story.lost())]).toEqual([said, story.wanted()]);
		}
	}
});

test.each(STORIES)('told when all of it has happened, in another order: %s', async (_name, surplus, events) => {
	const places = [...events.keys()];
	const odd = places.filter((place) => place % 2 === 1);
	for (const order of [[...places].reverse(), [...odd, ...places.filter((place) => !odd.includes(place))]]) {
		const story = await Story.begin(surplus);
		const told: Array<() => Promise<IDataObject[]>> = [];
		for (const event of events) told.push(await story.happen(event));
		for (const place of order) await told[place]?.();
		expect([order, sum(story.lost())]).toEqual([order, story.wanted()]);
	}
});

test('what another dispute takes since then is told as its own, once, and what it takes less as what was won', async () => {
	const story = await Story.begin(1_000);
	const tell = async (event: Event): Promise<IDataObject[]> => await (await story.happen(event))();
	expect(await tell(['lose', 'a', 700])).toMatchObject([{ outcome: 'ignored' }]);
	const [lost] = await tell(['lose', 'b', 600]);
	expect(lost).toMatchObject({ outcome: 'dispute_lost', message: expect.stringContaining('EUR 3.00') as string });
	const refunded = await (await story.happen(['refund', 200]))();
	const again = { outcome: 'dispute_lost', amount: 700, message: expect.stringContaining('EUR 2.00') as string };
	expect(refunded).toMatchObject([{ outcome: 'overpayment_returned' }, again]);
	const won = await tell(['win', 'a']);
	expect(won).toMatchObject([{ outcome: 'dispute_won' }, { outcome: 'dispute_won', amount: 700 }]);
	expect(String(won[1]?.message)).toContain(`dispute ${String(lost?.disputeId)} now takes EUR 0.00 of invoice`);
	expect(won[1]).not.toHaveProperty('nextStep');
	expect(story.lost()).toEqual([0, 0, 0]);
});

test('who has paid again meanwhile what another dispute does not take any more gets it back', async () => {
	const story = await Story.begin(1_000);
	await (
		await story.happen(['lose', 'a', 700])
	)();
	await (
		await story.happen(['lose', 'b', 600])
	)();
	const youngest = story.invoices[2] as Invoice;
	const intent = await world.link(youngest);
	expect(intent).toMatchObject({ outcome: 'created', amount: 300 });
	await world.save(intent);
	await world.settle(structuredClone(world.dodo.payCheckout(String(intent.checkoutSessionId))));
	const won = await (await story.happen(['win', 'a']))();
	expect(won).toMatchObject([
		{ outcome: 'dispute_won', nextStep: expect.stringContaining('EUR 3.00 of it again') as string },
	]);
});

test('a dispute that is written as lost counts as that where the payment was read before it was', async () => {
	const story = await Story.begin(1_000);
	const a = await story.happen(['lose', 'a', 1_500]);
	const b = await story.happen(['lose', 'b', 600]);
	for (const tell of [a, b]) await tell();
	expect(story.lost()).toEqual([0, 0, 1_100]);
	const read = structuredClone(world.dodo.state.payments.get(story.payment.payment_id)) as Payment;
	for (const listed of read.disputes) if (listed.amount === '600') listed.dispute_status = 'dispute_opened';
	await story.happen(['win', 'a']);
	const won = world.dodo.state.disputes.get(String(read.disputes[0]?.dispute_id));
	const fields = { dispute: { event: 'dispute.won', mode: 'test', data: { ...won } }, payment: '={{ $json }}' };
	await world.allOnLago('invoice', 'recordDispute', fields, read as unknown as IDataObject);
	expect(story.lost()).toEqual([0, 0, 0]);
});

test('a credit note whose refund failed gave nothing back: a dispute takes all of the payment', async () => {
	const story = await Story.begin(0);
	const { lago_id, fees } = story.invoices[2] as Invoice;
	const items = [{ fee_id: String(fees[0]?.lago_id), amount_cents: 500 }];
	world.lago.createCreditNoteInUi(lago_id, { items, refund_amount_cents: 500 }).refund_status = 'failed';
	await (
		await story.happen(['lose', 'a'])
	)();
	expect(story.lost()).toEqual(AMOUNTS);
});

test('of a voided invoice, which takes no words, the mark alone stands for what it lost', async () => {
	const story = await Story.begin(0);
	world.lago.voidInvoice(String(story.invoices[2]?.lago_id));
	for (const event of [
		['lose', 'a', 2_000],
		['lose', 'b', 2_000],
	] as Event[]) {
		const tell = await story.happen(event);
		for (let told = 0; told < 2; told++) await tell();
	}
	expect(story.lost()).toEqual([0, 1_000, 0]);
	await (
		await story.happen(['win', 'a'])
	)();
	expect(story.lost()).toEqual([0, 0, 0]);
});
