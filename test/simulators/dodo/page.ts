import type { SimulatedApi } from '../shared/api';
import { Refusal } from '../shared/api';
import type { DodoLedger } from './ledger';
import { existing, type DodoState } from './state';

const escape = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

const frame = (title: string, content: string): string => `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>
<style>body{font:16px system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem}button{font:inherit;padding:.6rem 1.2rem;margin:.3rem .5rem .3rem 0}</style>
<h1>${title}</h1>${content}</html>`;

/** Stands for Dodo's hosted checkout: what is asked for, and the buttons to pay or decline. */
export function checkoutPage(api: SimulatedApi, state: DodoState, ledger: DodoLedger): void {
	api.page('get', '/session/:id', ({ params }) => {
		const session = existing(state.checkouts, params.id);
		if (session.consumed) return { status: 200, html: frame('Already used', '<p>This checkout was paid.</p>') };
		const currency = state.products.get(session.cart[0]?.product_id ?? '')?.price.currency ?? '';
		const amount = session.cart.reduce((sum, line) => sum + line.amount, 0);
		const button = (card: string, label: string): string => `<form method="post" action="/session/${session.id}/${card}"><button>${label}</button></form>`;
		return {
			status: 200,
			html: frame(
				'Simulated checkout',
				`<p>Invoice ${escape(String(session.metadata.lago_invoice_number ?? ''))}: <b>${currency} ${amount}</b> (smallest units)</p>
${button('4242424242424242', 'Pay')}${button('4000000000009995', 'Pay with a card that declines')}`,
			),
		};
	});
	api.page('post', '/session/:id/:card', ({ params }) => {
		try {
			const payment = ledger.payCheckout(params.id ?? '', { card: params.card });
			return { status: 200, html: frame(payment.status === 'succeeded' ? 'Paid' : 'Declined', `<p>${payment.payment_id}</p>`) };
		} catch (caught) {
			if (caught instanceof Refusal) return { status: 200, html: frame('Not possible', `<pre>${escape(JSON.stringify(caught.body))}</pre>`) };
			throw caught;
		}
	});
}
