import { entryOf } from '../shop';
import type { Stage } from '../stage';

export function payLink({ world }: Stage): void {
	describe('pay link', () => {
		test('it leads to the checkout, and to a page that says so when the invoice is paid', async () => {
			const { shop, n8n, base } = world();
			const since = await n8n.newestId();
			const issued = await shop.oneOff(await shop.customer());
			const checkout = await world().collected(issued);
			const said = await world().said(
				since,
				'Note It on the Invoice',
				issued.number,
				({ invoiceId, payLink: link }) => invoiceId === issued.lago_id && typeof link === 'string',
			);
			const link = String(said.payLink);
			expect(link.startsWith(`${base}/webhooks/pay?t=`)).toBe(true);
			const written = /;l=(.+)$/.exec(entryOf(await shop.invoice(issued.lago_id), 'dodo_state'))?.[1];
			// With a long address it has no room on the invoice.
			if (written !== undefined) expect(written).toBe(link);
			const click = async (): Promise<Response> =>
				// From here n8n is on loopback, wherever Lago finds it.
				await fetch(`${n8n.hook('pay')}${new URL(link).search}`, { redirect: 'manual' });
			const clicked = await click();
			expect(clicked.status).toBe(302);
			expect(clicked.headers.get('location')).toContain(checkout.id);
			await world().pay(issued);
			const paid = await click();
			expect(paid.status).toBe(200);
			expect(await paid.text()).toMatch(/is paid/);
		});
	});
}
