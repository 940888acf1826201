import { Refusal, type Reply, type SimulatedApi } from '../shared/api';
import { SUCCESS_CARD } from './cards';
import type { Checkouts } from './ledger/checkouts';
import type { Mandates } from './ledger/mandates';
import { existing, type DodoState } from './state';

const DECLINED_CARD = '4000000000009995';

/** Stands for Dodo's hosted pages: checkout, and the new card of a mandate. */
export function payerPages(api: SimulatedApi, state: DodoState, checkouts: Checkouts, mandates: Mandates): void {
	api.page('get', '/session/:id', ({ params }) => {
		const session = existing(state.checkouts, params.id);
		if (session.consumed) return html('Already used', '<p>This checkout was used.</p>');
		const currency = checkouts.currencyOf(session);
		const open = session.mandate === null && session.cart.some(({ customerChooses }) => customerChooses);
		const total = session.cart.reduce((sum, { amount }) => sum + amount, 0);
		const what =
			session.mandate === null
				? `<b>${currency} ${open ? 'any amount' : total}</b> (smallest units)`
				: 'Save a card for automatic payments';
		const field = open ? '<input name="amount" type="number" min="1" required>' : '';
		return html(
			'Simulated checkout',
			`<p>${escape(String(session.metadata.lago_invoice_number ?? 'Payment'))}: ${what}</p>${buttons(`/session/${session.id}`, field)}`,
		);
	});
	api.page('post', '/session/:id', ({ params, body }) =>
		outcome(() => {
			const card = String(body.card ?? SUCCESS_CARD);
			const session = existing(state.checkouts, params.id);
			if (session.mandate !== null)
				return mandates.activate(session.id, card).status === 'active' ? 'Card saved' : 'Declined';
			const payment = checkouts.pay(session.id, {
				card,
				...(body.amount === undefined ? {} : { amount: Number(body.amount) }),
			});
			return payment.status === 'succeeded' ? 'Paid' : 'Declined';
		}),
	);
	api.page('get', '/update/:id', ({ params }) =>
		html('New card', buttons(`/update/${existing(state.subscriptions, params.id).subscription_id}`, '')),
	);
	api.page('post', '/update/:id', ({ params, body }) =>
		outcome(
			() => `Card saved; the mandate is ${mandates.setCard(params.id ?? '', String(body.card ?? SUCCESS_CARD)).status}`,
		),
	);
}

function buttons(action: string, field: string): string {
	const button = (card: string, label: string): string => `<button name="card" value="${card}">${label}</button>`;
	return `<form method="post" action="${action}">${field}${button(SUCCESS_CARD, 'Pay')}${button(DECLINED_CARD, 'Decline')}</form>`;
}

function outcome(act: () => string): Reply {
	try {
		return html(act(), '');
	} catch (caught) {
		if (caught instanceof Refusal) return html('Not possible', `<pre>${escape(JSON.stringify(caught.body))}</pre>`);
		throw caught;
	}
}

function html(title: string, content: string): Reply {
	return {
		status: 200,
		html: `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>
<style>body{font:16px system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem}button,input{font:inherit;padding:.6rem 1.2rem;margin:.3rem .5rem .3rem 0}</style>
<h1>${title}</h1>${content}</html>`,
	};
}

function escape(text: string): string {
	return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
