import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { IDataObject } from 'n8n-workflow';
import { refundNamedBy } from '../../nodes/shared/domain/noteTie';
import {
	startDodoSimulator,
	startLagoSimulator,
	type DodoSimulator,
	type LagoSimulator,
} from '../../sandbox/simulators';
import { seededRandom } from '../../sandbox/shared/faults';
import type { Payment } from '../../sandbox/dodo/state';
import type { CreditNote, Invoice } from '../../sandbox/lago/documents';
import { API_KEY } from '../support/executeContext';
import { runs } from '../support/runs';
import { World } from '../support/world';

// A storm of one second makes more calls than Dodo takes in a minute.
jest.mock('../../nodes/DodoPayments/transport/rateLimit', () => ({ takeTurn: async () => await Promise.resolve() }));

/**
 * The lanes of the full sync without n8n: the operations one after the other, as the template connects them. Events come several times, at
 * once and in random order; calls fail, many of them after their effect. In the end both books must agree.
 */
class Lanes {
	private readonly onDodo: World['onDodo'];
	private readonly onLago: World['onLago'];

	constructor(dodo: DodoSimulator, lago: LagoSimulator) {
		({ onDodo: this.onDodo, onLago: this.onLago } = World.over({ dodo, lago }));
	}

	async fromLago(event: string, data: IDataObject): Promise<void> {
		if (event === 'credit_note.created') {
			const note = await this.onLago('creditNote', 'get', { creditNote: data.lago_id });
			const refund = await this.onDodo('refund', 'create', { source: 'creditNote', creditNote: '={{ $json }}' }, note);
			await this.onLago('creditNote', 'saveRefund', { refund: '={{ $json }}' }, refund);
		}
		if (event === 'invoice.created') await this.collect(String(data.lago_id));
	}

	async collect(invoiceId: string): Promise<void> {
		const invoice = await this.onLago('invoice', 'get', { invoice: invoiceId });
		const charged = await this.onDodo('mandate', 'charge', { invoice: '={{ $json }}' }, invoice);
		const intent =
			charged.outcome === 'needs_link'
				? await this.onDodo(
						'payment',
						'createIntent',
						{ source: 'invoice', invoice: '={{ $json }}', taxMode: 'inclusive', productSource: 'automatic' },
						charged,
					)
				: charged;
		const saved = await this.onLago(
			'invoice',
			'savePaymentReference',
			{ intent: '={{ $json }}', payLinkAddress: 'https://n8n.example/webhook/pay' },
			intent,
		);
		if (saved.outcome === 'mandate_busy')
			await this.onLago(
				'invoice',
				'planRetry',
				{ failure: '={{ $json }}', schedule: '1d,3d', timeOfDay: '09:00' },
				saved,
			);
	}

	async fromDodo(event: string, item: IDataObject): Promise<void> {
		const data = item.data as IDataObject;
		if (event.startsWith('payment.')) {
			const result = await this.onLago(
				'invoice',
				'updatePaymentStatus',
				{ payment: '={{ $json }}', retrySchedule: '1d,3d', timeOfDay: '09:00' },
				item,
			);
			if (result.outcome === 'overpaid')
				await this.onDodo('refund', 'create', { source: 'overpayment', overpayment: '={{ $json }}' }, result);
		}
		if (event.startsWith('refund.')) {
			const payment = await this.onDodo('payment', 'get', { payment: data.payment_id });
			await this.onLago('creditNote', 'create', { refund: item, payment: '={{ $json }}', reason: 'other' }, payment);
		}
		if (event.startsWith('dispute.')) {
			const payment = await this.onDodo('payment', 'get', { payment: data.payment_id });
			await this.onLago('invoice', 'recordDispute', { dispute: item, payment: '={{ $json }}' }, payment);
		}
		if (/^subscription\.(active|cancelled|expired|failed)$/.test(event))
			await this.onLago('customer', 'saveMandate', { mandate: '={{ $json }}' }, item);
	}

	/** The link of an invoice for somebody who wants to pay it now. */
	async setUpLink(customer: string): Promise<string> {
		const known = await this.onLago('customer', 'get', { customer });
		return String(
			(
				await this.onDodo(
					'mandate',
					'createSetupLink',
					{ customer: '={{ $json }}', currency: 'EUR', taxMode: 'inclusive' },
					known,
				)
			).checkoutSessionId,
		);
	}
}

/** Longer than the senders' own patience: what nobody would deliver any more is a matter of its own. */
const TRIES = 12;

interface Storm {
	dodo: DodoSimulator;
	lago: LagoSimulator;
	lanes: Lanes;
	/** Resolves when every event has been worked off. */
	quiet(): Promise<void>;
	/** Errors that stayed to the end. */
	lost: string[];
	/** While it is, no call fails. */
	calm: { is: boolean };
	close(): Promise<void>;
}

async function startStorm(random: () => number): Promise<Storm> {
	const dodo = await startDodoSimulator({ apiKey: API_KEY, chargeDelayMs: 3 });
	const lago = await startLagoSimulator({ apiKey: API_KEY });
	const lanes = new Lanes(dodo, lago);
	const lost: string[] = [];
	const calm = { is: false };
	let working = 0;
	const work = async (lane: () => Promise<void>): Promise<void> => {
		working++;
		for (let tried = 1; ; tried++) {
			const problem = await lane().then(
				() => null,
				(caught: Error & { description?: string }) => `${caught.message} ${caught.description ?? ''}`,
			);
			if (problem === null) break;
			// A charge whose answer was lost is not sent again before it is clear that it was not made.
			const isUnclear = problem.includes('NOT_CLEAR_YET');
			if (isUnclear) tried--;
			if (tried === TRIES) {
				lost.push(problem);
				break;
			}
			await new Promise((resolve) => setTimeout(resolve, isUnclear ? 500 : random() * 20));
		}
		working--;
	};
	const server: Server = createServer((request, response) => {
		const chunks: Buffer[] = [];
		request.on('data', (chunk: Buffer) => chunks.push(chunk));
		request.on('end', () => {
			const body = JSON.parse(Buffer.concat(chunks).toString()) as IDataObject;
			const event = String(body.webhook_type ?? body.type);
			response.end();
			if (!calm.is && random() < 0.3) disturb(random() < 0.5 ? dodo : lago, random);
			if (request.url === '/lago')
				void work(async () => await lanes.fromLago(event, body[String(body.object_type)] as IDataObject));
			else
				void work(
					async () =>
						await lanes.fromDodo(event, {
							event,
							mode: 'test',
							occurredAt: body.timestamp,
							data: body.data,
						} as IDataObject),
				);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	dodo.addWebhook({ url: `${url}/dodo` });
	lago.addEndpoint({ url: `${url}/lago` });
	for (const { knobs } of [dodo, lago]) Object.assign(knobs, { copies: 3, shuffle: true });
	const idle = async (): Promise<void> => {
		await Promise.all([dodo.idle(), lago.idle()]);
		while (working > 0) await new Promise((resolve) => setTimeout(resolve, 5));
	};
	return {
		dodo,
		lago,
		lanes,
		lost,
		calm,
		async quiet() {
			// What is worked off causes new events, and charges and refunds take a moment to end.
			for (let round = 0; round < 4; round++) {
				await idle();
				await new Promise((resolve) => setTimeout(resolve, 30));
			}
			await idle();
		},
		async close() {
			await Promise.all([dodo.close(), lago.close()]);
			server.closeAllConnections();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		},
	};
}

/** Reads fail before, writes after their effect: an answer that is lost is the harder case. */
function disturb(service: DodoSimulator | LagoSimulator, random: () => number): void {
	const kind = (['500', '502', 'reset'] as const)[Math.floor(random() * 3)] ?? '500';
	const method = (['GET', 'PUT', 'POST'] as const)[Math.floor(random() * 3)] ?? 'GET';
	service.faults.add({ method, kind, after: method !== 'GET' });
}

const paymentsAtDodo = ({ dodo }: Storm, invoice: Invoice) =>
	[...dodo.state.payments.values()].filter(
		({ metadata, status }) => metadata.lago_invoice_id === invoice.lago_id && status === 'succeeded',
	);
const notesOf = ({ lago }: Storm, invoice: Invoice) =>
	[...lago.state.creditNotes.values()].filter((note) => note.invoice === invoice);

/** What a bookkeeper checks at the end of the month. */
function expectEqualBooks(world: Storm): void {
	expect(world.lost).toEqual([]);
	for (const invoice of world.lago.state.invoices.values()) {
		const atDodo = paymentsAtDodo(world, invoice);
		const booked = [...world.lago.state.payments.values()].filter(
			({ lago_payable_id }) => lago_payable_id === invoice.lago_id,
		);
		const surplus = atDodo.filter(({ payment_id }) => !booked.some(({ reference }) => reference === payment_id));
		const about = `${invoice.number} ${JSON.stringify(invoice.metadata.map(({ value }) => value))}`;
		expect([about, booked.length]).toEqual([about, Math.min(1, atDodo.length)]);
		expect([about, invoice.payment_status === 'succeeded']).toEqual([about, atDodo.length > 0]);
		for (const payment of surplus) expect([about, payment.refund_status]).toEqual([about, 'full']);
		const refunds = [...world.dodo.state.refunds.values()].filter(
			({ payment_id, status }) => status === 'succeeded' && booked.some(({ reference }) => reference === payment_id),
		);
		const notes = notesOf(world, invoice);
		// A Lago that keeps no metadata of notes: of one that was made there, the refund names the note.
		const keeps = world.lago.state.version.has('noteMetadata');
		const refundOf = (note: CreditNote): string | undefined =>
			refundNamedBy(note) ??
			refunds.find(({ metadata }) => !keeps && metadata.lago_credit_note_id === note.lago_id)?.refund_id;
		expect([about, notes.map(refundOf).sort()]).toEqual([about, refunds.map(({ refund_id }) => refund_id).sort()]);
		for (const note of notes) {
			const refund = refunds.find(({ refund_id }) => refund_id === refundOf(note));
			expect([about, note.refund_status]).toEqual([about, 'succeeded']);
			expect(Math.abs(Number(refund?.amount) - note.refund_amount_cents)).toBeLessThanOrEqual(1);
		}
	}
}

const UNDISTURBED = (): number => 0.999;

/** An invoice that was paid, partly refunded and disputed while nobody told us; and the events of it that come now. */
async function toldLate(world: Storm): Promise<{ invoice: Invoice; events: IDataObject[] }> {
	const { dodo, lago } = world;
	for (const endpoint of dodo.state.webhooks.values()) endpoint.disabled = true;
	const invoice = lago.issueInvoice();
	await world.quiet();
	const { payment_id } = dodo.payCheckout(lago.metadataOf(invoice.lago_id, 'dodo_payment_id') ?? '');
	const { refund_id } = dodo.refundPayment(payment_id, { amount: 2_500 });
	await world.quiet();
	const dispute = dodo.moveDispute(dodo.openDispute(payment_id, { amount: 7_500 }).dispute_id, 'lost');
	const event = (name: string, data: object): IDataObject => ({
		event: name,
		mode: 'test',
		occurredAt: new Date().toISOString(),
		data: { ...data } as IDataObject,
	});
	return {
		invoice,
		events: [
			event('payment.succeeded', { ...dodo.state.payments.get(payment_id) }),
			event('refund.succeeded', { ...dodo.state.refunds.get(refund_id) }),
			event('dispute.lost', dispute),
		],
	};
}

function expectAllOfIt(world: Storm, invoice: Invoice): void {
	expectEqualBooks(world);
	expect(invoice).toMatchObject({ payment_status: 'succeeded', total_paid_amount_cents: 10_000 });
	expect(invoice.payment_dispute_lost_at).not.toBeNull();
	expect(notesOf(world, invoice)).toHaveLength(1);
}

test.each([
	[0, 1, 2],
	[0, 2, 1],
	[1, 0, 2],
	[1, 2, 0],
	[2, 0, 1],
	[2, 1, 0],
])('payment, refund and lost dispute lead to the same books in the order %i %i %i', async (...order) => {
	const world = await startStorm(UNDISTURBED);
	try {
		const { invoice, events } = await toldLate(world);
		for (const index of [...order, ...order])
			await world.lanes.fromDodo(String(events[index]?.event), events[index] as IDataObject);
		expectAllOfIt(world, invoice);
	} finally {
		await world.close();
	}
});

test('and when they come at the same moment, twice', async () => {
	const random = seededRandom(2);
	const world = await startStorm(UNDISTURBED);
	try {
		for (let round = 0; round < 6; round++) {
			const { invoice, events } = await toldLate(world);
			const tell = async (one: IDataObject): Promise<void> => {
				await new Promise((resolve) => setTimeout(resolve, random() * 6));
				await world.lanes.fromDodo(String(one.event), one);
			};
			await Promise.all([...events, ...events].map(tell));
			expectAllOfIt(world, invoice);
		}
	} finally {
		await world.close();
	}
});

/** Each invoice costs some two hundred calls and deliveries. */
const [STORMS, INVOICES] = [runs(2, 20), runs(12, 24)];

test.each(Array.from({ length: STORMS }, (_, index) => index + 1))(
	'storm %i: events three times, in any order, with calls that fail: both books agree',
	async (seed) => {
		const random = seededRandom(seed);
		const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
		const world = await startStorm(random);
		try {
			const { dodo, lago, lanes } = world;
			for (const customer of ['link', 'mandate'])
				lago.issueInvoice({
					customer: { external_id: customer },
					emit: false,
					fees: [{ amountCents: 1_000, taxRate: 0 }],
				});
			dodo.activateMandate(await lanes.setUpLink('mandate'));
			await world.quiet();
			const issued = Array.from({ length: INVOICES }, (_, index) =>
				lago.issueInvoice({
					customer: { external_id: index % 4 === 0 ? 'mandate' : 'link' },
					fees: [{ amountCents: 1_000 + Math.floor(random() * 9_000), taxRate: pick([0, 7, 20]) }],
				}),
			);
			await world.quiet();
			for (const { lago_id } of issued) {
				// A session whose answer was lost is known to nobody.
				const session = lago.metadataOf(lago_id, 'dodo_payment_id') ?? '';
				if (!session.startsWith('cks_')) continue;
				if (random() < 0.3) dodo.payCheckout(session, { card: 'INSUFFICIENT_FUNDS' });
				if (random() < 0.9) dodo.payCheckout(session);
			}
			await world.quiet();
			for (const invoice of issued) {
				const [payment] = paymentsAtDodo(world, invoice);
				if (payment === undefined || random() < 0.4) continue;
				const half = Math.floor(payment.total_amount / 2);
				if (random() < 0.5) dodo.refundPayment(payment.payment_id, { amount: half });
				else
					lago.createCreditNoteInUi(invoice.lago_id, {
						items: [{ fee_id: String(invoice.fees[0]?.lago_id), amount_cents: 100 }],
						refund_amount_cents: Math.round(100 * (1 + Number(invoice.fees[0]?.taxes_rate) / 100)),
					});
			}
			await world.quiet();
			// Somebody pays a second time by a link of old: it goes back by itself.
			const twice = issued.find(
				(invoice) => paymentsAtDodo(world, invoice).length === 1 && notesOf(world, invoice).length === 0,
			) as Invoice;
			const { total_amount, currency, metadata } = paymentsAtDodo(world, twice)[0] as Payment;
			dodo.createPayment({ status: 'succeeded', total_amount, currency, metadata, checkout_session_id: 'cks_of_old' });
			await world.quiet();
			expectEqualBooks(world);
			expect(paymentsAtDodo(world, twice)).toHaveLength(2);
			// Who was declined gets a new page by the next copy of the event.
			world.calm.is = true;
			for (const { faults } of [dodo, lago]) faults.clear();
			const told = { dodo: [...dodo.deliveries], lago: [...lago.deliveries] };
			for (const { id } of told.lago) lago.resend(id);
			await world.quiet();
			world.calm.is = false;
			// All of it once more: nothing moves any more.
			const effects = () =>
				JSON.stringify([
					dodo.state.payments.size,
					dodo.state.refunds.size,
					dodo.state.checkouts.size,
					lago.state.payments.size,
					lago.state.creditNotes.size,
				]);
			const before = effects();
			for (const { id } of told.dodo) dodo.redeliver(id);
			for (const { id } of told.lago) lago.resend(id);
			await world.quiet();
			expect(effects()).toBe(before);
			expectEqualBooks(world);
		} finally {
			await world.close();
		}
	},
	120_000,
);
