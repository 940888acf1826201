import { EventEmitter } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type Request, type Response } from 'express';

/** One API call as the simulator saw and answered it. The key is never kept. */
export interface CallRecord {
	at: string;
	method: string;
	path: string;
	query: Record<string, unknown>;
	headers: Record<string, string>;
	body: unknown;
	status: number;
	response: unknown;
	fault?: string;
}

/** A disturbance of matching calls. `after`: the work is done, only its answer is lost. */
export interface Fault {
	method?: string;
	path?: RegExp;
	kind: '500' | '502' | '429' | 'timeout' | 'reset';
	after?: boolean;
	/** How often it strikes; once when left out. */
	times?: number;
}

/** What a route answers. */
export interface Reply {
	status: number;
	body?: unknown;
	html?: string;
}

/** Thrown by a route: the service refuses. */
export class Refusal extends Error {
	constructor(
		readonly status: number,
		readonly body: unknown,
	) {
		super(`refused with ${status}`);
	}
}

/** What a route gets. */
export interface ApiCall {
	params: Record<string, string>;
	query: Record<string, unknown>;
	body: Record<string, unknown>;
	headers: Record<string, string | string[] | undefined>;
}

export interface RateLimit {
	perMinute: number;
	perSecond: number;
}

export interface ApiOptions {
	/** Throws a Refusal when the caller may not do this. */
	authorize(call: { method: string; path: string; authorization: string | undefined }): void;
	tooManyRequests: Reply;
	rateLimit?: RateLimit | null;
}

type Handler = (call: ApiCall) => Reply | Promise<Reply>;

/** An HTTP API on loopback with a log of its calls and faults on demand. */
export class SimulatedApi {
	readonly calls: CallRecord[] = [];
	readonly activity = new EventEmitter();
	readonly faults = new Faults();
	private readonly app: Express = express();
	private readonly server: Server;
	private readonly recentCalls: number[] = [];

	constructor(private readonly options: ApiOptions) {
		this.app.disable('x-powered-by');
		this.app.set('query parser', 'extended');
		this.app.use(express.json({ limit: '5mb', strict: false }));
		this.server = createServer(this.app);
	}

	/** Listens on 127.0.0.1 and returns the address. */
	async listen(port: number, unknownRoute: Reply): Promise<string> {
		this.app.use((request: Request, response: Response) => {
			this.finish(request, response, unknownRoute);
		});
		await new Promise<void>((resolve, reject) => {
			this.server.once('error', reject);
			this.server.listen(port, '127.0.0.1', resolve);
		});
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	/** A call of the service itself: authorized, limited, logged, disturbed. */
	route(method: 'get' | 'post' | 'put' | 'patch' | 'delete', path: string, handler: Handler): void {
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
			send(response, await answerOf(handler, toCall(request)));
		});
	}

	async close(): Promise<void> {
		this.server.closeAllConnections();
		await new Promise<void>((resolve) => this.server.close(() => resolve()));
	}

	private async run(request: Request, handler: Handler): Promise<Reply> {
		return await answerOf(async (call) => {
			this.options.authorize({ method: request.method, path: request.path, authorization: request.headers.authorization });
			if (this.limited()) return this.options.tooManyRequests;
			return await handler(call);
		}, toCall(request));
	}

	private limited(): boolean {
		const { rateLimit } = this.options;
		if (!rateLimit) return false;
		const now = Date.now();
		while (this.recentCalls[0] !== undefined && this.recentCalls[0] <= now - 60_000) this.recentCalls.shift();
		const lastSecond = this.recentCalls.filter((at) => at > now - 1000).length;
		if (this.recentCalls.length >= rateLimit.perMinute || lastSecond >= rateLimit.perSecond) return true;
		this.recentCalls.push(now);
		return false;
	}

	private strike(request: Request, response: Response, fault: Fault): void {
		const word = `${fault.kind}${fault.after ? ' after the effect' : ''}`;
		if (fault.kind === 'reset' || fault.kind === 'timeout') {
			this.log(request, 0, null, word);
			if (fault.kind === 'reset') request.socket.destroy();
			return;
		}
		const reply = fault.kind === '429' ? this.options.tooManyRequests : { status: Number(fault.kind), body: { message: 'Something went wrong' } };
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

/** Faults that wait for their call, and random ones from a seed. */
export class Faults {
	private planned: Fault[] = [];
	private chance: { next: () => number; rate: number; afterShare: number } | null = null;

	add(fault: Fault): void {
		this.planned.push({ ...fault, times: fault.times ?? 1 });
	}

	/** Every call fails with probability `rate`; `afterShare` of the failures strike after the effect. */
	random({ seed, rate, afterShare }: { seed: number; rate: number; afterShare: number }): void {
		this.chance = { next: mulberry32(seed), rate, afterShare };
	}

	clear(): void {
		this.planned = [];
		this.chance = null;
	}

	/** The fault that strikes this call, null for none. */
	take(method: string, path: string): Fault | null {
		const fault = this.planned.find((one) => (one.times ?? 0) > 0 && (!one.method || one.method === method) && (!one.path || one.path.test(path)));
		if (fault) {
			fault.times = (fault.times ?? 1) - 1;
			return fault;
		}
		if (this.chance === null || this.chance.next() >= this.chance.rate) return null;
		const kinds = ['500', '502', '429', 'timeout', 'reset'] as const;
		const kind = kinds[Math.floor(this.chance.next() * kinds.length)] ?? '500';
		return { kind, after: this.chance.next() < this.chance.afterShare };
	}
}

/** Small seeded generator, 0 <= x < 1. */
export function mulberry32(seed: number): () => number {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
}

function toCall(request: Request): ApiCall {
	return {
		params: request.params as Record<string, string>,
		query: request.query as Record<string, unknown>,
		body: (request.body ?? {}) as Record<string, unknown>,
		headers: request.headers,
	};
}

async function answerOf(handler: Handler, call: ApiCall): Promise<Reply> {
	try {
		return await handler(call);
	} catch (caught) {
		if (caught instanceof Refusal) return { status: caught.status, body: caught.body };
		throw caught;
	}
}

function send(response: Response, reply: Reply): void {
	if (reply.html !== undefined) response.status(reply.status).type('html').send(reply.html);
	else if (reply.body === undefined) response.status(reply.status).end();
	else response.status(reply.status).json(reply.body);
}
