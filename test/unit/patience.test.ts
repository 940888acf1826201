import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import type { IDataObject, IExecuteFunctions, IHttpRequestOptions } from 'n8n-workflow';
import { z } from 'zod';
import { DodoClient } from '../../nodes/DodoPayments/transport/client';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { runOperation, type Operation } from '../../nodes/shared/node/operation';
import { ApiError } from '../../nodes/shared/transport/apiError';
import { Patience } from '../../nodes/shared/transport/patience';
import type { ApiRequest } from '../../nodes/shared/transport/request';
import { executeContext } from '../support/executeContext';
import { runs } from '../support/runs';

jest.unmock('../../nodes/shared/transport/patience');

const DODO_WAITS_MS = 15_000;
const LAGO_WAITS_MS = 30_000;

beforeEach(() => {
	jest.useFakeTimers({ now: 1_800_000_000_000 });
});
afterEach(() => {
	jest.useRealTimers();
});

interface Answer {
	status?: number;
	headers?: Record<string, string>;
	body?: unknown;
	/** Instead of an answer: the network's word; `hang`: nothing until the request gives up. */
	fails?: string;
	/** How long the service takes, ms. */
	takes?: number;
}

interface Sent {
	method: string;
	path: string;
	at: number;
	timeoutMs: number;
}

/** An execution of a node behind these triggers, with services that answer in this order; the last answer comes again and again. */
function execution(
	answers: Answer[],
	{
		mode = 'webhook',
		triggers = ['dodoPaymentsTrigger'],
		id = randomUUID(),
	}: { mode?: string; triggers?: string[]; id?: string } = {},
): { context: IExecuteFunctions; sent: Sent[] } {
	const sent: Sent[] = [];
	const context = executeContext({ parameters: { resource: 'r', operation: 'o' }, input: [{}] });
	Object.assign(context, {
		getMode: () => mode,
		getExecutionId: () => id,
		getParentNodes: () => triggers.map((type) => ({ type: `n8n-nodes-dodo-lago.${type}` })),
	});
	context.helpers.httpRequestWithAuthentication = async (
		_type: string,
		{ method = 'GET', url, timeout = 0 }: IHttpRequestOptions,
	) => {
		const {
			status = 200,
			headers = {},
			body = {},
			fails,
			takes = 0,
		} = answers[Math.min(sent.length, answers.length - 1)] ?? {};
		sent.push({ method, path: new URL(url).pathname, at: Date.now(), timeoutMs: timeout });
		const hangs = fails === 'hang' || takes > timeout;
		await new Promise((resolve) => setTimeout(resolve, hangs ? timeout : takes));
		if (hangs) throw Object.assign(new Error('timeout'), { code: 'ECONNABORTED' });
		if (fails !== undefined) throw Object.assign(new Error('no'), { code: fails });
		return { statusCode: status, headers, body };
	};
	return { context, sent };
}

/** Runs an operation that sends these requests one after the other; how it ended and after how many ms. */
async function run(
	{ context }: { context: IExecuteFunctions },
	requests: ApiRequest[],
	of: typeof DodoClient.of | typeof LagoClient.of = LagoClient.of,
): Promise<{ result: unknown; ms: number }> {
	const began = Date.now();
	const operation: Operation<DodoClient | LagoClient> = {
		menu: { name: 'Try', action: 'Try something', description: 'Only here' },
		fields: [],
		async execute(_ctx, client) {
			let last: unknown;
			for (const request of requests) last = await client.request(z.unknown(), request);
			return { last };
		},
	};
	const ended = runOperation(context, { r: { o: operation } }, of as typeof LagoClient.of).then(
		([items]) => ({ result: items?.[0]?.json.last as unknown, ms: Date.now() - began }),
		(caught: Error) => ({ result: caught, ms: Date.now() - began }),
	);
	await jest.advanceTimersByTimeAsync(200_000);
	return await ended;
}

const read: ApiRequest = { method: 'GET', path: '/things' };
const write: ApiRequest = { method: 'POST', path: '/things', body: {} };
const ok: Answer = { body: { done: true } };

describe('what is sent again', () => {
	test.each<[string, Answer]>([
		['500', { status: 500 }],
		['502', { status: 502 }],
		['503', { status: 503 }],
		['408', { status: 408 }],
		['429', { status: 429 }],
		['a broken connection', { fails: 'ECONNRESET' }],
		['a refused connection', { fails: 'ECONNREFUSED' }],
		['no answer', { fails: 'hang' }],
	])('a read after %s', async (_name, trouble) => {
		const service = execution([trouble, trouble, ok], { triggers: ['lagoTrigger'] });
		expect((await run(service, [read])).result).toEqual({ done: true });
		expect(service.sent).toHaveLength(3);
	});

	test.each<[string, Answer]>([
		["Lago's lock", { status: 422, body: { code: 'lock_acquisition_failed' } }],
		['a refused connection', { fails: 'ECONNREFUSED' }],
		['an unknown host', { fails: 'ENOTFOUND' }],
	])('a write that was certainly not carried out: %s', async (_name, trouble) => {
		const service = execution([ok, trouble, ok]);
		expect((await run(service, [read, write])).result).toEqual({ done: true });
		expect(service.sent.map(({ method }) => method)).toEqual(['GET', 'POST', 'POST']);
	});

	test.each<[string, Answer]>([
		['500', { status: 500 }],
		['502', { status: 502 }],
		['408', { status: 408 }],
		['429', { status: 429 }],
		['a broken connection', { fails: 'ECONNRESET' }],
		['no answer', { fails: 'hang' }],
	])('a write that may have worked only after its operation has looked again: %s', async (_name, trouble) => {
		const service = execution([ok, trouble, ok]);
		expect((await run(service, [read, write])).result).toEqual({ done: true });
		expect(service.sent.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET', 'POST']);
	});

	test.each([400, 401, 403, 404, 405, 409, 410, 422])('nothing after a permanent %p', async (status) => {
		const service = execution([{ status, body: { code: 'no' } }, ok]);
		const { result, ms } = await run(service, [write]);
		expect(result).toBeInstanceOf(Error);
		expect(ms).toBe(0);
		expect(service.sent).toHaveLength(1);
	});
});

describe('how long', () => {
	const troubles: Answer[] = [
		{ status: 503 },
		{ fails: 'hang' },
		{ fails: 'ECONNRESET' },
		{ status: 429, headers: { 'retry-after': '3' } },
		{ status: 500, takes: 4_000 },
	];

	test.each([
		['Dodo', ['dodoPaymentsTrigger'], DODO_WAITS_MS],
		['Lago', ['lagoTrigger'], LAGO_WAITS_MS],
		['a visitor of the pay page', ['lagoPayPageTrigger'], DODO_WAITS_MS],
		['any of them', ['lagoTrigger', 'lagoPayPageTrigger'], DODO_WAITS_MS],
	])(
		'while %s waits, an execution of several nodes ends before it hangs up, whatever the trouble',
		async (_name, triggers, waitsMs) => {
			for (const trouble of troubles) {
				const id = randomUUID();
				let ms = 0;
				const starts: number[] = [];
				const began = Date.now();
				// n8n's own retry-on-fail, and nodes behind this one.
				for (let node = 0; node < 4; node++) {
					const service = execution([trouble], { id, triggers });
					const before = Date.now();
					const ended = await run(service, [read, write]);
					expect(ended.result).toBeInstanceOf(Error);
					jest.setSystemTime(before + ended.ms);
					ms += ended.ms;
					starts.push(...service.sent.map(({ at }) => at - began));
				}
				expect(starts.length).toBeGreaterThan(1);
				expect(ms).toBeLessThan(waitsMs - 1_000);
			}
		},
	);

	test('a request that hangs leaves time for another one', async () => {
		const service = execution([{ fails: 'hang' }, ok]);
		expect((await run(service, [read])).result).toEqual({ done: true });
	});

	test('nothing is sent when the sender has hung up, and it says so', async () => {
		const id = randomUUID();
		const first = execution([{ fails: 'hang' }], { id });
		await run(first, [read]);
		jest.setSystemTime((first.sent[0]?.at ?? 0) + 12_000);
		const late = execution([ok], { id });
		const { result } = await run(late, [write]);
		expect(late.sent).toEqual([]);
		expect(result).toMatchObject({
			message: expect.stringContaining('waits no longer') as string,
			description: expect.stringContaining('Nothing was lost') as string,
		});
	});

	test('where nobody waits, as in a schedule or long after the answer, it goes on for longer, for each item anew', async () => {
		const scheduled = execution([...Array.from({ length: 8 }, () => ({ status: 503 })), ok], {
			mode: 'trigger',
			triggers: ['scheduleTrigger'],
		});
		const { result, ms } = await run(scheduled, [read]);
		expect(result).toEqual({ done: true });
		expect(ms).toBeGreaterThan(1_000);
		expect((await run(execution([{ status: 503 }], { mode: 'integrated' }), [read])).ms).toBeLessThan(40_000);

		const id = randomUUID();
		await run(execution([ok], { id }), [read]);
		const behindAWait = execution([{ status: 503 }, ok], { id });
		expect((await run(behindAWait, [read])).result).toEqual({ done: true });
	});
});

describe('a run by hand', () => {
	const byHand = { mode: 'manual', triggers: [] };

	test.each<[string, Answer[]]>([
		['hangs', [{ fails: 'hang' }]],
		['answers 503', [{ status: 503 }]],
		['is not there', [{ fails: 'ECONNREFUSED' }]],
		['asks for a minute', [{ status: 429, headers: { 'retry-after': '60' } }]],
		['is slow and fails', [{ status: 500, takes: 2_500 }]],
		['fails and then hangs', [{ status: 503, takes: 2_000 }, { fails: 'hang' }]],
		['takes the write but does not answer', [ok, { fails: 'hang' }]],
	])('does not keep a person waiting for a service that %s, and says what to do', async (_name, answers) => {
		const { result, ms } = await run(execution(answers, byHand), [read, write]);
		expect(result).toMatchObject({ description: expect.stringContaining('try again') as string });
		expect(JSON.stringify(result)).not.toMatch(/delivered again/);
		expect(ms).toBeLessThanOrEqual(11_000);
		if (answers.length === 1) expect(ms).toBeLessThanOrEqual(8_500);
	});

	test('reads for as long as the service answers, and still bears a failure then', async () => {
		const service = execution([...Array.from({ length: 30 }, () => ({ takes: 1_000 })), { status: 503 }, ok], byHand);
		const { result, ms } = await run(
			service,
			Array.from({ length: 31 }, () => read),
		);
		expect(result).toEqual({ done: true });
		expect(ms).toBeGreaterThan(30_000);
	});

	test('ends even when reads work and only the write fails', async () => {
		const answers = Array.from({ length: 400 }, (_, index) => (index % 2 === 0 ? { takes: 50 } : { status: 502 }));
		const { result, ms } = await run(execution(answers, byHand), [read, write]);
		expect(result).toBeInstanceOf(Error);
		expect(ms).toBeLessThan(15_000);
	});
});

describe('pauses', () => {
	const patience = (random: number): Patience => new Patience(60_000, undefined, () => random);
	const lengthOf = async (paused: Promise<boolean>): Promise<number | null> => {
		const began = Date.now();
		const ended = paused.then((went) => (went ? Date.now() - began : null));
		await jest.advanceTimersByTimeAsync(120_000);
		return await ended;
	};

	test('grow exponentially up to 5 s, with full jitter', async () => {
		const longest = [];
		for (const tries of [1, 2, 3, 4, 5, 6, 20]) longest.push(await lengthOf(patience(1).pause(tries)));
		expect(longest).toEqual([400, 800, 1600, 3200, 5000, 5000, 5000]);
		for (const tries of [1, 5]) expect(await lengthOf(patience(0).pause(tries))).toBe(0);
	});

	test('are never shorter than what the service asked for, never longer than 20 s, and not begun when the time is short', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.integer({ min: 1, max: 12 }),
				fc.nat(100_000),
				fc.double({ min: 0, max: 1, noNaN: true }),
				fc.integer({ min: 1, max: 90_000 }),
				async (tries, retryAfterMs, random, leftMs) => {
					const length = await lengthOf(new Patience(leftMs, undefined, () => random).pause(tries, retryAfterMs));
					const asked = Math.min(retryAfterMs, 20_000);
					if (length === null) expect(Math.max(asked, 5_000) >= leftMs || asked >= leftMs).toBe(true);
					else {
						expect(length).toBeGreaterThanOrEqual(Math.floor(asked));
						expect(length).toBeLessThanOrEqual(Math.min(leftMs, 20_000));
					}
				},
			),
			{ numRuns: runs(60, 300) },
		);
	});

	test.each<[string, Record<string, string>, number, number]>([
		['seconds', { 'retry-after': '4' }, 4_000, 9_000],
		['a date', { 'retry-after': new Date(1_800_000_007_000).toUTCString() }, 6_000, 12_000],
		['a date that has passed', { 'retry-after': new Date(1_700_000_000_000).toUTCString() }, 0, 400],
		['a negative number', { 'retry-after': '-5' }, 0, 400],
		['nonsense', { 'retry-after': 'soon' }, 0, 400],
		["Lago's own header", { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '3' }, 3_000, 8_000],
		['a moment instead of seconds', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1800000003' }, 0, 400],
	])('after a 429 with %s', async (_name, headers, least, most) => {
		const service = execution([{ status: 429, headers }, ok], { triggers: ['lagoTrigger'] });
		const { result, ms } = await run(service, [write]);
		expect(result).toEqual({ done: true });
		expect(ms).toBeGreaterThanOrEqual(least);
		expect(ms).toBeLessThanOrEqual(most);
	});

	test('a service that asks for more time than the sender has is not waited for', async () => {
		const service = execution([{ status: 429, headers: { 'retry-after': '3600' } }, ok]);
		const { result, ms } = await run(service, [write]);
		expect(result).toMatchObject({ message: expect.stringContaining('429') as string });
		expect(ms).toBe(0);
		const scheduled = execution([{ status: 429, headers: { 'retry-after': '15' } }, ok], { mode: 'trigger' });
		expect((await run(scheduled, [write])).result).toEqual({ done: true });
		expect((scheduled.sent[1]?.at ?? 0) - (scheduled.sent[0]?.at ?? 0)).toBeGreaterThanOrEqual(15_000);
	});
});

test('an item that fails does not use up the time of the next one', async () => {
	const { context, sent } = execution([{ status: 503 }], { mode: 'trigger' });
	Object.assign(context, { getInputData: () => [{ json: {} }, { json: {} }], continueOnFail: () => true });
	const operation: Operation<LagoClient> = {
		menu: { name: 'Try', action: 'Try something', description: 'Only here' },
		fields: [],
		execute: async (_ctx, client) => (await client.request(z.unknown(), read)) as IDataObject,
	};
	const items = runOperation(context, { r: { o: operation } }, LagoClient.of);
	await jest.advanceTimersByTimeAsync(200_000);
	expect((await items)[0]).toHaveLength(2);
	const [first = 0, last = 0] = [sent[0]?.at, sent.at(-1)?.at];
	expect(last - first).toBeGreaterThan(35_000);
});

test('a try that time did not allow any more hides nothing: what was wrong before is told', async () => {
	const patience = new Patience(0, Date.now() + 1_000, () => 0);
	const refused = new ApiError('Lago', null, 'ECONNREFUSED', 'Lago did not answer');
	const late = new ApiError('Lago', null, 'NO_TIME_LEFT', 'Lago was not asked');
	const answers = [refused, late];
	const work = async (): Promise<never> => {
		await Promise.resolve();
		throw answers.shift() ?? new Error('asked too often');
	};
	const told = expect(patience.keepTrying(work, ({ code }) => code !== 'NO_TIME_LEFT')).rejects.toBe(refused);
	await jest.advanceTimersByTimeAsync(2_000);
	await told;
	const first = expect(
		patience.keepTrying(
			async () => await Promise.reject(late),
			() => false,
		),
	).rejects.toBe(late);
	await first;
});
