import { EventEmitter } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { Faults, type Fault } from './faults';
import { RateLimiter, type RateLimit } from './rateLimit';

/** One API call as the simulator saw and answered it. The key is never kept. */
export interface CallRecord {
	at: string;
	method: string;
	path: string;
	query: Record<string, unknown>;
	headers: Record<string, string>;
	body: unknown;
	/** 0 when the caller got no answer. */
	status: number;
	response: unknown;
	fault?: string;
}

/** What a route answers. */
export interface Reply {
	status: number;
	body?: unknown;
	html?: string;
	text?: string;
	headers?: Record<string, string>;
}

/** Thrown by a route: the service refuses. */
export class Refusal extends Error {
	constructor(
		readonly status: number,
		readonly body: unknown,
	) {
		super(`refused with ${status}: ${JSON.stringify(body)}`);
	}
}

/** What a route gets. */
export interface ApiCall {
	params: Record<string, string>;
	query: Record<string, unknown>;
	body: Record<string, unknown>;
}

/** How this service says what every service has to say. */
export interface ApiManners {
	/** Throws a Refusal when the caller may not do this. */
	authorize(call: { method: string; authorization: string | undefined }): void;
	tooManyRequests: Reply;
	malformedBody: Reply;
	unknownRoute: Reply;
	rateLimit: RateLimit | null;
	/** An older version of the service: what it knows of a call, and what of an answer it would tell. */
	version?: { hasRoute(path: string): boolean; heard(call: ApiCall): ApiCall; told(body: unknown): unknown };
}

export type Handler = (call: ApiCall) => Reply | Promise<Reply>;
export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** 200 with a body, or with none. */
export const ok = (body?: unknown): Reply => ({ status: 200, body });

/** An HTTP API on loopback with a log of its calls and faults on demand. */
export class SimulatedApi {
	readonly calls: CallRecord[] = [];
	readonly activity = new EventEmitter();
	readonly faults = new Faults();
	private readonly app: Express = express();
	private readonly server: Server;
	private readonly limiter: RateLimiter | null;

	constructor(private readonly manners: ApiManners) {
		this.limiter = manners.rateLimit === null ? null : new RateLimiter(manners.rateLimit);
		this.app.disable('x-powered-by');
		this.app.set('query parser', 'extended');
		this.app.use(express.json({ limit: '5mb', strict: false }));
		this.app.use(express.urlencoded({ extended: false }));
		this.server = createServer(this.app);
	}

	/** Listens on 127.0.0.1 and returns the address. No route can be added after it. */
	async listen(port: number): Promise<string> {
		this.app.use((request: Request, response: Response) => this.finish(request, response, this.manners.unknownRoute));
		this.app.use((_error: unknown, request: Request, response: Response, _next: NextFunction) =>
			this.finish(request, response, this.manners.malformedBody),
		);
		await new Promise<void>((resolve, reject) => {
			this.server.once('error', reject);
			this.server.listen(port, '127.0.0.1', resolve);
		});
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	/** A call of the service itself: authorized, limited, logged, disturbed. */
	route(method: Method, path: string, handler: Handler): void {
		this.app[method](path, async (request: Request, response: Response) => {
			const fault = this.faults.take(request.method, request.path);
			if (fault && !fault.after) return this.strike(request, response, fault);
			const reply = await this.run(request, handler);
			if (fault) return this.strike(request, response, fault);
			this.finish(request, response, reply);
		});
	}

	/** A route beside the API (control, payer's page): neither authorized nor logged. */
	page(method: 'get' | 'post', path: string, handler: Handler): void {
		this.app[method](path, async (request: Request, response: Response) => {
			const { origin, host } = request.headers;
			// A page from elsewhere in the same browser must not pay or push buttons here.
			if (method === 'post' && origin !== undefined && origin !== `http://${host}`)
				return send(response, { status: 403, body: { message: 'Only pages of the simulator itself may do that' } });
			send(response, await answerOf(handler, toCall(request)));
		});
	}

	async close(): Promise<void> {
		this.server.closeAllConnections();
		await new Promise<void>((resolve) => this.server.close(() => resolve()));
	}

	private async run(request: Request, handler: Handler): Promise<Reply> {
		const limit = this.limiter?.take();
		const { authorize, tooManyRequests, unknownRoute, version } = this.manners;
		const reply = await answerOf(async (call) => {
			authorize({ method: request.method, authorization: request.headers.authorization });
			if (limit?.allowed === false) return tooManyRequests;
			if (version?.hasRoute(request.path) === false) return unknownRoute;
			return await handler(version?.heard(call) ?? call);
		}, toCall(request));
		const body = version === undefined ? reply.body : version.told(reply.body);
		return { ...reply, body, headers: { ...limit?.headers, ...reply.headers } };
	}

	private strike(request: Request, response: Response, fault: Fault): void {
		const word = `${fault.kind}${fault.after ? ' after the effect' : ''}`;
		if (fault.kind === 'reset' || fault.kind === 'timeout') {
			this.log(request, 0, null, word);
			if (fault.kind === 'reset') request.socket.destroy();
			return;
		}
		const reply =
			fault.kind === '429'
				? this.manners.tooManyRequests
				: { status: Number(fault.kind), body: { message: 'Something went wrong' } };
		this.log(request, reply.status, reply.body, word);
		send(response, reply);
	}

	private finish(request: Request, response: Response, reply: Reply): void {
		this.log(request, reply.status, reply.body);
		send(response, reply);
	}

	private log(request: Request, status: number, response: unknown, fault?: string): void {
		const { authorization: _hidden, ...headers } = request.headers as Record<string, string>;
		const record: CallRecord = {
			at: new Date().toISOString(),
			method: request.method,
			path: request.path,
			query: { ...request.query },
			headers,
			body: request.body,
			status,
			response: response === undefined ? null : structuredClone(response),
			...(fault ? { fault } : {}),
		};
		this.calls.push(record);
		this.activity.emit('call', record);
	}
}

function toCall(request: Request): ApiCall {
	const { body } = request as { body: unknown };
	return {
		params: request.params as Record<string, string>,
		query: request.query as Record<string, unknown>,
		body: typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {},
	};
}

async function answerOf(handler: Handler, call: ApiCall): Promise<Reply> {
	try {
		return await handler(call);
	} catch (caught) {
		if (caught instanceof Refusal) return { status: caught.status, body: caught.body };
		// A mistake of the simulator itself must not look like the service's own 500.
		return {
			status: 500,
			body: { simulator_error: caught instanceof Error ? (caught.stack ?? caught.message) : String(caught) },
		};
	}
}

function send(response: Response, { status, body, html, text, headers = {} }: Reply): void {
	response.status(status).set(headers);
	if (html !== undefined) response.type('html').send(html);
	else if (text !== undefined) response.type('text').send(text);
	else if (body === undefined) response.end();
	else response.json(body);
}
