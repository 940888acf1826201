import { startLagoSimulator, type LagoSimulator } from '../../sandbox/simulators';
import type { Invoice } from '../../sandbox/lago/documents';
import { callerOf, startReceiver, type Answer, type Receiver } from './helpers';

/** A Lago of its own for each test of its rules: the simulator refuses what Lago refuses, in Lago's words. */
export let lago: LagoSimulator;
export let receiver: Receiver;
export let call: (method: string, path: string, body?: unknown) => Promise<Answer>;

/** Starts one before each test, with an endpoint that listens. */
export function eachWithItsOwnLago(): void {
	beforeEach(async () => {
		lago = await startLagoSimulator();
		receiver = await startReceiver();
		lago.addEndpoint({ url: receiver.url });
		const raw = callerOf(lago.url, lago.apiKey);
		call = async (method, path, body) => await raw(method, `/api/v1${path}`, body);
	});

	afterEach(async () => {
		await Promise.all([lago.close(), receiver.close()]);
	});
}

/** What was told since the last time. */
export const told = async (): Promise<string[]> => {
	await lago.idle();
	return lago.deliveries.splice(0).map(({ event }) => event);
};
export const validation = (error_details: object) => ({
	status: 422,
	body: { status: 422, error: 'Unprocessable Entity', code: 'validation_errors', error_details },
});
export const refused = (status: number, code: string) => ({ status, body: { status, code } });
export const put = async ({ lago_id }: Invoice, invoice: object) =>
	await call('PUT', `/invoices/${lago_id}`, { invoice });
export const entries = async ({ lago_id }: Invoice) =>
	(await call('GET', `/invoices/${lago_id}`)).body.invoice.metadata as Array<{
		lago_id: string;
		key: string;
		value: string;
	}>;
