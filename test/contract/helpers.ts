import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CallRecord } from '../../sandbox/simulators';
import { validateResponse, type Spec } from '../support/openapi';
import { waitUntil } from '../support/waiting';

/** What a simulator answered. */
export interface Answer {
	status: number;
	// eslint-disable-next-line @typescript-eslint/no-explicit-any
	body: any;
	headers: Headers;
}

export type Caller = (method: string, path: string, body?: unknown) => Promise<Answer>;

/** Calls a simulator without any SDK between. */
export function callerOf(url: string, apiKey: string): Caller {
	return async (method, path, body) => {
		const response = await fetch(url + path, {
			method,
			headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
			body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
		});
		const text = await response.text();
		return { status: response.status, body: text === '' ? null : JSON.parse(text), headers: response.headers };
	};
}

export interface Received {
	headers: IncomingHttpHeaders;
	body: string;
}

/** An endpoint that takes webhooks; `answer` decides on each. */
export interface Receiver {
	url: string;
	received: Received[];
	answer: (delivery: Received) => number;
	close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
	const received: Received[] = [];
	const server = createServer({ maxHeaderSize: 128 * 1024 }, (request, response) => {
		let body = '';
		request.setEncoding('utf8').on('data', (part: string) => (body += part));
		request.on('end', () => {
			const delivery = { headers: request.headers, body };
			received.push(delivery);
			response.writeHead(receiver.answer(delivery)).end();
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const receiver: Receiver = {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
		received,
		answer: () => 200,
		async close() {
			server.closeAllConnections();
			await new Promise<void>((resolve) => server.close(() => resolve()));
		},
	};
	return receiver;
}

/** The path of a call with its query, as it went over the wire. */
export const pathOf = ({ path, query }: CallRecord): string => {
	const flat = Object.entries(query).flatMap(([name, value]): Array<[string, string]> => {
		if (Array.isArray(value)) return value.map((one) => [`${name}[]`, String(one)]);
		if (typeof value === 'object' && value !== null)
			return Object.entries(value).map(([key, one]) => [`${name}[${key}]`, String(one)]);
		return [[name, String(value)]];
	});
	return flat.length === 0 ? path : `${path}?${new URLSearchParams(flat).toString()}`;
};

/** What the service's own description says against the answers of these calls, each operation once. */
export function disagreements(
	spec: Spec,
	calls: readonly CallRecord[],
	undocumented: readonly RegExp[] = [],
): string[] {
	const problems = calls
		.filter(({ method, path, status }) => status === 200 && !undocumented.some((one) => one.test(`${method} ${path}`)))
		.flatMap(({ method, path, status, response }) =>
			validateResponse(spec, method, path, status, response ?? undefined).map(
				(problem) => `${method} ${path.replace(/[\w-]{20,}/g, ':id')}: ${problem}`,
			),
		);
	return [...new Set(problems)];
}

/** Waits until something holds. */
export async function eventually(condition: () => boolean, timeoutMs = 20_000): Promise<void> {
	await waitUntil('What was expected did not happen in time', timeoutMs, 10, condition);
}

/** Lago has it (`lago-api:app/controllers/api/v1/organizations_controller.rb#show`), its OpenAPI file does not. */
export const UNDESCRIBED = 'GET /api/v1/organizations is not in the description of lago';
