import type { Configuration } from '../../docker/entrypoint/configuration';
import type { Provisioned } from '../../docker/entrypoint/provision';
import { watch } from '../../docker/entrypoint/watch';

jest.mock('../../docker/entrypoint/services', () => ({ questionsFor: () => [] }));

/** From when on, in seconds after the start, n8n is ready, and its webhooks answer. */
interface Start {
	ready: number;
	listens: number;
}

const PORT = '5678';
let lines: string[];
let hasSecrets: boolean;

beforeEach(() => {
	jest.useFakeTimers();
	[lines, hasSecrets] = [[], true];
	const print = (...said: unknown[]): void => void lines.push(said.join(' ').replace(/\d[\d.]* s/, 'x s'));
	jest.spyOn(console, 'log').mockImplementation(print);
	jest.spyOn(console, 'error').mockImplementation(print);
});

afterEach(() => {
	jest.useRealTimers();
	jest.restoreAllMocks();
});

function begin({ ready, listens }: Start, provisioned: Provisioned | null): void {
	const began = Date.now();
	jest.spyOn(globalThis, 'fetch').mockImplementation(async (url) => {
		const seconds = (Date.now() - began) / 1000;
		const isHook = !String(url).endsWith('/healthz/readiness');
		if (seconds < ready) throw new Error('nothing listens');
		return new Response('{}', { status: isHook ? (seconds < listens ? 404 : 401) : 200 });
	});
	const files = { path: String, write: String, remove: () => void (hasSecrets = false) };
	void watch({} as Configuration, { N8N_PORT: PORT, N8N_ENDPOINT_WEBHOOK: 'webhooks' }, files, provisioned);
}

const after = async (seconds: number): Promise<void> => await jest.advanceTimersByTimeAsync(seconds * 1000);
const PUBLISHED: Provisioned = { decision: 'nothing', published: true };
const ANSWER = '[dodo-lago] Both webhooks answer, x s after the start.';
const late = (what: string): RegExp => new RegExp(`^\\[dodo-lago\\] ${what} yet, though x s have passed`);

test('the secrets stay until n8n is ready, and are gone before its webhooks answer', async () => {
	begin({ ready: 20, listens: 40 }, PUBLISHED);
	await after(19);
	expect([hasSecrets, lines]).toEqual([true, []]);
	await after(2);
	expect([hasSecrets, lines]).toEqual([false, []]);
	await after(20);
	expect(lines).toEqual([ANSWER]);
});

test.each<[string, Start]>([
	['n8n is not ready', { ready: 900, listens: 905 }],
	['The webhooks do not answer', { ready: 30, listens: 900 }],
])('a long start is spoken of once, and its end is told: %s', async (what, start) => {
	begin(start, PUBLISHED);
	await after(800);
	expect(lines).toEqual([expect.stringMatching(late(what))]);
	expect(hasSecrets).toBe(start.ready > 800);
	await after(110);
	expect([hasSecrets, lines.slice(1)]).toEqual([false, [ANSWER]]);
});

test.each<[string, Provisioned | null]>([
	['a helper of queue mode', null],
	['a workflow that is not published', { decision: 'nothing', published: false }],
])('webhooks are not waited for: %s', async (_what, provisioned) => {
	begin({ ready: 10, listens: Infinity }, provisioned);
	await after(15);
	expect([hasSecrets, lines]).toEqual([false, ['[dodo-lago] n8n is ready, x s after the start.']]);
});
