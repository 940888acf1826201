export type Json = Record<string, unknown>;

export interface Answer {
	status: number;
	body: Json;
}

/** By which the calls of the stories are told from those of n8n. */
export const USER_AGENT = 'n8n-nodes-dodo-lago test:real';
const TRIES = 6;
/** For an answer. */
const ANSWER_MS = 30_000;
const PAUSE_MS = 2_000;
/** What passes by itself: too many calls, and a server that is being started. */
const PASSING: readonly number[] = [429, 502, 503, 504];

/** Lago by its public REST API, as anybody's own system uses it. */
export class LagoApi {
	/** Objects that are made carry it in their codes, so that no run meets those of another. */
	readonly run = `real${Date.now().toString(36)}`;
	private counter = 0;

	constructor(
		readonly url: string,
		private readonly apiKey: string,
	) {}

	/** A code or external id that nobody has used before. */
	name(kind: string): string {
		return `${this.run}_${kind}_${(this.counter += 1)}`;
	}

	/** One call, whatever the answer. What is refused for a passing reason is asked again; a write only if it was refused before it was done. */
	async ask(method: string, path: string, body?: unknown): Promise<Answer> {
		for (let tried = 1; ; tried++) {
			const answer = await this.send(method, path, body).catch((caught: unknown) => {
				if (method !== 'GET' || tried >= TRIES) throw new Error(`${method} ${this.url}${path}: ${reasonOf(caught)}`);
				return null;
			});
			const isOver =
				answer !== null && !(PASSING.includes(answer.status) && (method === 'GET' || answer.status === 429));
			if (answer !== null && (isOver || tried >= TRIES)) return answer;
			await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
		}
	}

	/** One call that must be taken; resolves with the object under `key`. Throws with Lago's words otherwise. */
	async call<T = Json>(method: string, path: string, key: string, body?: unknown): Promise<T> {
		const { status, body: answer } = await this.ask(method, path, body);
		if (status !== 200)
			throw new Error(
				`Lago answered ${status} to ${method} ${path} ${JSON.stringify(body) ?? ''}: ${JSON.stringify(answer)}`,
			);
		return answer[key] as T;
	}

	/** A list, whose `meta` may count another one and is not looked at. Those that are asked for here fit on a page. */
	async list<T = Json>(path: string, key: string): Promise<T[]> {
		return await this.call<T[]>('GET', `${path}${path.includes('?') ? '&' : '?'}per_page=100`, key);
	}

	private async send(method: string, path: string, body: unknown): Promise<Answer> {
		const response = await fetch(`${this.url}/api/v1${path}`, {
			method,
			headers: {
				'user-agent': USER_AGENT,
				authorization: `Bearer ${this.apiKey}`,
				...(body === undefined ? {} : { 'content-type': 'application/json' }),
			},
			body: body === undefined ? undefined : JSON.stringify(body),
			signal: AbortSignal.timeout(ANSWER_MS),
		});
		const text = await response.text();
		return { status: response.status, body: parsed(text) };
	}
}

function parsed(text: string): Json {
	try {
		return JSON.parse(text) as Json;
	} catch {
		return { text: text.slice(0, 300) };
	}
}

function reasonOf(caught: unknown): string {
	if (!(caught instanceof Error)) return String(caught);
	const { cause } = caught as { cause?: { message?: string; code?: string } };
	return cause?.message || cause?.code || caught.message;
}
