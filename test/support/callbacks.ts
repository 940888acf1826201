import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A change as it arrived, with the bytes that were signed. */
export interface ReceivedCallback {
	headers: Record<string, string>;
	rawBody: string;
	body: {
		type: string;
		timestamp: string;
		data: {
			changes: Array<Record<string, string>>;
			customer: Record<string, unknown>;
			subscriptions: Array<Record<string, unknown>>;
		};
	};
}

/** A system of the user that is told of changes, on loopback. */
export interface CallbackServer {
	url: string;
	/** What it accepted, oldest first. */
	received: ReceivedCallback[];
	/** How often it was asked and said no. */
	refused: number;
	/** What it answers; 200 unless set. */
	status: number;
	close(): Promise<void>;
}

export async function startCallbackServer(): Promise<CallbackServer> {
	const server = createServer((request, response) => {
		let rawBody = '';
		request.on('data', (chunk: Buffer) => (rawBody += chunk.toString()));
		request.on('end', () => {
			if (callbacks.status < 300)
				callbacks.received.push({
					headers: request.headers as Record<string, string>,
					rawBody,
					body: JSON.parse(rawBody) as ReceivedCallback['body'],
				});
			else callbacks.refused++;
			response.writeHead(callbacks.status).end();
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const callbacks: CallbackServer = {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/access`,
		received: [],
		refused: 0,
		status: 200,
		close: async () => await new Promise((resolve) => void server.close(() => resolve())),
	};
	return callbacks;
}
