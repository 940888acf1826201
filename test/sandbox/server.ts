import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express, { type Request, type Response } from 'express';
import type { DodoSimulator, LagoSimulator } from '../simulators';
import { Refusal } from '../simulators/shared/api';
import { Timeline } from './timeline';

export interface Sandbox {
	url: string;
	timeline: Timeline;
	close(): Promise<void>;
}

/** A page on loopback that shows both books side by side and lets a person act as customer and merchant. */
export async function startSandbox({ port, dodo, lago, n8nUrl }: { port: number; dodo: DodoSimulator; lago: LagoSimulator; n8nUrl: string }): Promise<Sandbox> {
	const timeline = new Timeline(dodo, lago);
	const app = express();
	app.disable('x-powered-by');
	app.use(express.json());
	const page = readFileSync(join(process.cwd(), 'test', 'sandbox', 'page.html'), 'utf8');
	app.get('/', (_request: Request, response: Response) => {
		response.type('html').send(page);
	});
	app.get('/state', (_request: Request, response: Response) => {
		response.json({ ...books(dodo, lago), n8nUrl, premium: lago.premium, timeline: timeline.entries.slice(-200) });
	});
	app.post('/act', (request: Request, response: Response) => {
		try {
			act(request.body as Record<string, unknown>, dodo, lago);
			response.json({ done: true });
		} catch (caught) {
			const words = caught instanceof Refusal ? JSON.stringify(caught.body) : caught instanceof Error ? caught.message : String(caught);
			response.status(400).json({ message: words });
		}
	});
	const server = createServer(app);
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, '127.0.0.1', resolve);
	});
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		timeline,
		async close() {
			server.closeAllConnections();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		},
	};
}

function books(dodo: DodoSimulator, lago: LagoSimulator): Record<string, unknown> {
	const invoices = [...lago.state.invoices.values()].reverse().map((invoice) => ({
		id: invoice.lago_id,
		number: invoice.number,
		type: invoice.invoice_type,
		status: invoice.status,
		paymentStatus: invoice.payment_status,
		total: invoice.total_amount_cents,
		paid: invoice.total_paid_amount_cents,
		currency: invoice.currency,
		metadata: Object.fromEntries(invoice.metadata.map(({ key, value }) => [key, value])),
	}));
	const checkouts = [...dodo.state.checkouts.values()].reverse().map((checkout) => ({
		id: checkout.id,
		invoice: checkout.metadata.lago_invoice_number ?? '',
		amount: checkout.cart.reduce((sum, { amount }) => sum + amount, 0),
		currency: dodo.state.products.get(checkout.cart[0]?.product_id ?? '')?.price.currency ?? '',
		open: !checkout.consumed,
	}));
	const payments = [...dodo.state.payments.values()].reverse().map((payment) => ({
		id: payment.payment_id,
		invoice: payment.metadata.lago_invoice_number ?? '',
		amount: payment.total_amount,
		currency: payment.currency,
		status: payment.status,
		code: payment.error_code,
		refunded: payment.refund_status,
	}));
	return { invoices, checkouts, payments };
}

/** What a person can do on the page. */
function act({ action, id, value }: Record<string, unknown>, dodo: DodoSimulator, lago: LagoSimulator): void {
	const target = String(id ?? '');
	switch (action) {
		case 'issue':
			lago.issueInvoice({ type: value === 'one_off' ? 'one_off' : 'subscription', fees: [{ amountCents: 10_000, taxRate: 20 }] });
			return;
		case 'void':
			lago.voidInvoice(target);
			return;
		case 'pay':
			dodo.payCheckout(target);
			return;
		case 'decline':
			dodo.payCheckout(target, { card: '4000000000009995' });
			return;
		case 'refund':
			dodo.refundPayment(target);
			return;
		case 'premium':
			lago.premium = value === true;
			return;
		default:
			throw new Error(`The sandbox cannot do "${String(action)}"`);
	}
}
