import { whyNoEngine } from '../support/docker/engine';
import { machine, type Machine } from '../support/docker/machine';
import { waitFor } from '../support/sync';

const why = whyNoEngine();
const describeContainer = why === null ? describe : describe.skip;

describeContainer(why ?? 'one container', () => {
	let here: Machine;
	beforeAll(async () => {
		here = await machine('dodo-lago-one');
		here.settings();
	});
	afterAll(async () => await here?.remove());

	test('is built and takes webhooks', async () => {
		await here.type('docker build -f docker/Dockerfile -t dodo-lago .');
		await here.type(
			'docker run -d --name dodo-lago --read-only --tmpfs /tmp --tmpfs /home/node/.cache:uid=1000,gid=1000,mode=0700 --cap-drop ALL --security-opt no-new-privileges -v dodo-lago:/home/node/.n8n -v "$PWD/docker/.env:/run/secrets/settings:ro" -e ENV_FILE=/run/secrets/settings -p 127.0.0.1:5678:5678 dodo-lago',
		);
		await waitFor(async () => (await here.type('docker logs dodo-lago')).includes('Both webhooks answer'));
		here.given.dodo.addWebhook({
			url: `${here.url}/webhooks/dodo`,
			secret: here.given.env.DODO_WEBHOOK_SECRET as string,
		});
		here.given.lago.addEndpoint({ url: `${here.url}/webhooks/lago` });
		const { lago, dodo } = here.given;
		const invoice = lago.issueInvoice({ fees: [{ amountCents: 10_000 }] });
		await waitFor(() => lago.metadataOf(invoice.lago_id, 'dodo_payment_id') !== undefined);
		dodo.payCheckout(lago.metadataOf(invoice.lago_id, 'dodo_payment_id') as string);
		await waitFor(() => invoice.payment_status === 'succeeded');
	});
});
