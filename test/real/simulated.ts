import { startLagoSimulator } from '../../sandbox/simulators';
import { freePort } from '../../scripts/n8n/process';
import type { CallRecord } from '../../sandbox/simulators';
import type { GivenLago } from './stage';

/** A Lago of ours also shows what it was asked. */
export type SimulatedLago = GivenLago & { calls: CallRecord[] };

/** Divides Lago's waits between two tries of a webhook: it gives up after 0.3 s. */
const TIME_SCALE = 100;
const OUTAGE_MS = 1_000;
/** So much later than at once does a webhook leave, in ms. */
const DELAY_MS = 300;

/** The simulator, made as little comfortable as a real Lago is: others use it as well, and its webhooks come late and in any order. */
export async function startSimulatedLago(premium: boolean): Promise<SimulatedLago> {
	const lago = await startLagoSimulator({ timeScale: TIME_SCALE, premium });
	const others = { customer: { external_id: 'somebody_else' } };
	lago.issueInvoice({ ...others, emit: false });
	lago.issueInvoice({
		...others,
		emit: false,
		paymentStatus: 'succeeded',
		metadata: { dodo_payment_id: 'pay_of_an_earlier_run' },
	});
	lago.addEndpoint({ url: 'http://127.0.0.1:9/webhooks/lago/of-others', signatureAlgo: 'jwt' });
	Object.assign(lago.knobs, { shuffle: true, delayMs: DELAY_MS });
	const port = await freePort();
	return {
		url: lago.url,
		apiKey: lago.apiKey,
		hmacKey: lago.hmacKey,
		port,
		// Another address than the one that is used without a licence.
		webhookBase: premium ? null : `http://localhost:${port}`,
		outageMs: OUTAGE_MS,
		calls: lago.calls,
		close: async () => await lago.close(),
	};
}
