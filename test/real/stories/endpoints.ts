import type { Stage } from '../stage';

export function endpoints({ world }: Stage): void {
	describe('the endpoint at Lago', () => {
		const others = async (): Promise<string[]> =>
			(await world().allEndpoints())
				.map(({ webhook_url }) => webhook_url)
				.filter((url) => !url.startsWith(`${world().base}/`))
				.sort();

		test('signed by JWT instead: it is changed, not doubled, and an invoice comes through', async () => {
			const { n8n, shop } = world();
			await n8n.changeTemplate((json) => json.replaceAll('"signature":"hmac"', '"signature":"jwt"'));
			const isJwt = ({ signature_algo }: { signature_algo: string }): boolean => signature_algo === 'jwt';
			await world().untilEndpoints('to be one, signed by JWT', (seen) => seen.length === 1 && seen.every(isJwt));
			await n8n.process.waitForWebhook('lago');
			await world().pay(await shop.oneOff(await shop.customer()));
		});

		test('unpublishing removes it and nothing else; publishing brings back exactly one, signed by HMAC', async () => {
			const { n8n, shop } = world();
			const before = await others();
			await n8n.changeTemplate((json) => json.replaceAll('"signature":"jwt"', '"signature":"hmac"'));
			await n8n.setPublished(false);
			await world().untilEndpoints('to be gone', (seen) => seen.length === 0);
			expect(await others()).toEqual(before);
			await n8n.setPublished(true);
			const [endpoint] = await world().untilEndpoints(
				'to be one, signed by HMAC',
				(seen) => seen.length === 1 && seen.every(({ signature_algo }) => signature_algo === 'hmac'),
			);
			expect(endpoint?.event_types).toEqual(expect.arrayContaining(['invoice.created', 'credit_note.created']));
			expect(await others()).toEqual(before);
			await n8n.process.waitForWebhook('lago');
			await world().pay(await shop.oneOff(await shop.customer()));
		});
	});
}
