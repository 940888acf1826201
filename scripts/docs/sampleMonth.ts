import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { operations as dodoOperations } from '../../nodes/DodoPayments/actions/operations';
import { DodoClient } from '../../nodes/DodoPayments/transport/client';
import { operations as lagoOperations } from '../../nodes/Lago/actions/operations';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { runOperation } from '../../nodes/shared/node/operation';
import type { Payment } from '../../sandbox/dodo/state';
import type { Invoice } from '../../sandbox/lago/documents';
import { API_KEY, executeContext } from '../../test/support/executeContext';
import { waitUntil } from '../../test/support/waiting';
import { World } from '../../test/support/world';
import { ROOT } from '../n8n/package';

const LONG_MS = 10_000;

/** Everybody who buys in the sample month, the bank, and the days that pass. */
class SampleMonth {
	private customers = 0;

	constructor(private readonly world: World) {}

	private newCustomer(): { external_id: string; name: string } {
		this.customers++;
		return { external_id: `customer-${this.customers}`, name: `Customer ${this.customers}` };
	}

	bill(amountCents: number, currency = 'EUR', customer = this.newCustomer()): Invoice {
		return this.world.lago.issueInvoice({ customer, fees: [{ amountCents, taxRate: 0 }], currency, emit: false });
	}

	async pay(invoice: Invoice): Promise<Payment> {
		const intent = await this.world.link(invoice);
		await this.world.save(intent);
		return this.world.dodo.payCheckout(String(intent.checkoutSessionId));
	}

	async settled(amount: number, currency?: string): Promise<Payment> {
		const payment = await this.pay(this.bill(amount, currency));
		await this.world.settle(payment);
		return payment;
	}

	/** One payment for invoices of one customer. */
	async settledTogether(...amounts: number[]): Promise<void> {
		const customer = this.newCustomer();
		for (const amount of amounts) this.bill(amount, 'EUR', customer);
		const made = await this.world.linkAll(await this.world.allDue(customer.external_id));
		await this.world.settleAll(this.world.dodo.payCheckout(String(made.checkoutSessionId)));
	}

	async refund(payment: Payment, amount: number, isMirrored: boolean): Promise<void> {
		const { dodo } = this.world;
		const made = dodo.refundPayment(payment.payment_id, { amount });
		const read = () => dodo.state.refunds.get(made.refund_id) ?? made;
		await waitUntil('The refund was not made', LONG_MS, 5, () => read().status === 'succeeded');
		if (isMirrored) await this.world.mirror(read());
	}

	passDays(days: number): void {
		for (const service of [this.world.dodo, this.world.lago]) service.passDays(days);
	}
}

/** What happens in the sample month; every day of it is one that has passed by now. */
async function live(world: World): Promise<void> {
	const { dodo, lago } = world;
	const month = new SampleMonth(world);
	const first = await month.settled(24_000);
	await month.settled(9_900, 'USD');
	month.passDays(3);
	const yen = await month.settled(50_000, 'JPY');
	await month.refund(first, 6_000, true);
	lago.payManually(month.bill(12_000).lago_id, 12_000, 'bank transfer 17');
	month.passDays(4);
	dodo.payOut();
	month.passDays(2);
	await month.settledTogether(4_000, 2_500);
	const lost = await month.settled(8_000);
	const open = await month.settled(4_500);
	await month.pay(month.bill(3_300));
	month.passDays(5);
	const dispute = dodo.openDispute(lost.payment_id);
	await world.record(dodo.moveDispute(dispute.dispute_id, 'lost'));
	dodo.openDispute(open.payment_id);
	await month.refund(yen, 10_000, false);
	month.passDays(4);
	dodo.createPayment({ status: 'succeeded', total_amount: 2_500, currency: 'EUR' });
	await month.settled(15_000);
	month.passDays(1);
}

async function run(): Promise<void> {
	const world = await World.start();
	try {
		await live(world);
		const on = (baseUrl: string, parameters: object, input: IDataObject[]): IExecuteFunctions =>
			executeContext({
				parameters: { ...parameters },
				input,
				credential: { baseUrl, apiKey: API_KEY },
				typeVersion: 1.2,
			});
		const now = Date.now();
		const period = { from: new Date(now - 31 * 86_400_000).toISOString(), until: new Date(now).toISOString() };
		const get = { resource: 'statement', operation: 'get', of: 'period', ...period };
		const [read = []] = await runOperation(on(world.dodo.url, get, [{}]), dodoOperations, DodoClient.of);
		const compare = { resource: 'statement', operation: 'compare' };
		const input = read.map(({ json }) => json);
		const [rows = [], sums = [], summary = []] = await runOperation(
			on(world.lago.url, compare, input),
			lagoOperations,
			LagoClient.of,
		);
		for (const [name, items] of [
			['month-end-sample.csv', rows],
			['month-end-sample-sums.csv', sums],
		] as const)
			writeFileSync(join(ROOT, 'docs', name), csvOf(items.map(({ json }) => json)));
		console.log(`docs/month-end-sample.csv is written.\n${String(summary[0]?.json.message)}`);
	} finally {
		await world.stop();
	}
}

/** As Convert to File writes it. */
function csvOf(rows: readonly IDataObject[]): string {
	const headings = [...new Set(rows.flatMap((row) => Object.keys(row)))];
	const quoted = (value: unknown): string => {
		const text = String(value ?? '');
		return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
	};
	return [headings, ...rows.map((row) => headings.map((heading) => row[heading]))]
		.map((cells) => `${cells.map(quoted).join(',')}\n`)
		.join('');
}

void run();
