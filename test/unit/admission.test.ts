import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { IWebhookFunctions } from 'n8n-workflow';
import { turns, type Limit } from '../../nodes/shared/process/turns';
import { BEGINS_WITHIN_MS, decideAdmission, type Admission, type Arrival } from '../../nodes/shared/webhook/admission';
import { deliveries, registryKey, type DeliveryState } from '../../nodes/shared/webhook/deliveryRegistry';
import { admit } from '../../nodes/shared/webhook/intake';
import { overloadGuard } from '../../nodes/shared/webhook/overloadGuard';
import { ProcessedEvents } from '../../nodes/shared/webhook/processedEvents';
import { waitUntil } from '../support/waiting';

/** As Dodo's lowest tier. */
const LIMITS: Limit[] = [{ spanMs: 60_000, requests: 240 }];

let workflow: string;
beforeEach(() => {
	jest.useFakeTimers({ now: 1_800_000_000_000 });
	workflow = randomUUID();
	turns.noteUse(workflow, workflow);
});
afterEach(() => jest.useRealTimers());

class Answer extends EventEmitter {
	statusCode = 0;
	readonly headers: Record<string, string> = {};
	status(code: number): this {
		this.statusCode = code;
		return this;
	}
	json(): void {
		this.emit('finish');
	}
	setHeader(name: string, value: string): void {
		this.headers[name] = value;
	}
}

/** One delivery; its answer once n8n or the trigger has given one. */
function deliver(about: string, needsTurn = true): Answer & { executed: boolean } {
	const response = Object.assign(new Answer(), { executed: false });
	response.executed = admitted(about, response, needsTurn);
	return response;
}

function admitted(about: string, response: EventEmitter, needsTurn = false): boolean {
	const ctx = {
		getMode: () => 'webhook',
		getResponseObject: () => response,
		getWorkflow: () => ({ id: workflow }),
		getWorkflowStaticData: () => ({}),
	};
	return admit(ctx as unknown as IWebhookFunctions, { id: `delivery of ${about}`, about }, needsTurn) === null;
}
const use = async (count: number): Promise<void> => {
	for (let taken = 0; taken < count; taken++) await turns.take(workflow, LIMITS, 0, 'event');
};

test('an event that gets its turn within two seconds is taken in', async () => {
	await use(200);
	expect(deliver('invoice 1').executed).toBe(true);
});

test('one that would wait longer gets 503 at once and is looked for; when there is room again it is welcome', async () => {
	await use(240);
	const first = deliver('invoice 1');
	expect(first).toMatchObject({ executed: false, statusCode: 503, headers: { 'Retry-After': '5' } });
	expect(deliveries.hasFailedSince(Date.now())).toBe(true);
	await jest.advanceTimersByTimeAsync(58_100);
	expect(deliver('invoice 1').executed).toBe(true);
});

test('one that calls nobody who counts is never kept waiting: payments are booked while invoices queue', async () => {
	await use(240);
	expect(deliver('payment 1', false).executed).toBe(true);
});

test('those at work may each take a turn first: ten senders never overrun the limit by waiting', async () => {
	await use(230);
	const answers = Array.from({ length: 20 }, (_, index) => deliver(`invoice ${index}`));
	const taken = answers.filter(({ executed }) => executed);
	expect(taken.length).toBeLessThanOrEqual(10);
	expect(answers.filter(({ statusCode }) => statusCode === 503)).toHaveLength(20 - taken.length);
	for (const one of taken) one.status(200).json();
});

test.each([
	[200, 'done'],
	[500, 'failed'],
])('a look leaves alone what is at work, until it has ended with %i', (status, state) => {
	const processed = new ProcessedEvents(workflow, {});
	const answer = deliver('payment 1', false);
	expect(processed.isAtWork('payment 1')).toBe(true);
	answer.status(status).json();
	expect(processed.isAtWork('payment 1')).toBe(false);
	expect(deliveries.stateOf(registryKey(workflow, 'payment 1'))).toBe(state);
	expect(processed.isProcessed('payment 1')).toBe(status === 200);
});

test('what its sender has hung up on is at work for half a minute more', async () => {
	const processed = new ProcessedEvents(workflow, {});
	deliver('payment 1', false).emit('close');
	expect(processed.isAtWork('payment 1')).toBe(true);
	await jest.advanceTimersByTimeAsync(31_000);
	expect(processed.isAtWork('payment 1')).toBe(false);
});

test('whoever has hung up before n8n came to it is counted nowhere and looked for; its next copy is taken in', async () => {
	jest.useRealTimers();
	const atWork = overloadGuard.atWork;
	const [began, sender] = [Date.now(), new AbortController()];
	let isTaken: boolean | undefined;
	const server = createServer((request, response: ServerResponse) => {
		// What n8n does first takes longer than the sender waits.
		const asExpress = Object.assign(response, {
			status: (code: number) => Object.assign(asExpress, { statusCode: code }),
			json: (body: object) => asExpress.end(JSON.stringify(body)),
		});
		response.on('close', () => (isTaken = admitted('payment 1', asExpress)));
		request.resume().on('end', () => sender.abort());
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	await expect(
		fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: '{}', signal: sender.signal }),
	).rejects.toThrow();
	await waitUntil('The server did not notice', 20_000, 5, () => isTaken !== undefined);
	await new Promise<void>((resolve) => server.close(() => resolve()));
	expect(isTaken).toBe(false);
	expect(overloadGuard.atWork).toBe(atWork);
	expect(new ProcessedEvents(workflow, {}).isAtWork('payment 1')).toBe(false);
	expect(deliveries.hasFailedSince(began)).toBe(true);
	expect(deliver('payment 1', false).executed).toBe(true);
});

describe('the decision', () => {
	const free: Arrival = { state: undefined, isProcessed: false, turnMs: 0, isOverloaded: false, isUnheard: false };
	const busy: Partial<Arrival> = { turnMs: 60_000, isOverloaded: true, isUnheard: true };

	test.each<[string, Partial<Arrival>, Admission]>([
		['new', {}, 'execute'],
		['new, its turn comes just in time', { turnMs: BEGINS_WITHIN_MS }, 'execute'],
		['new, its turn comes too late', { turnMs: BEGINS_WITHIN_MS + 1 }, 'too_busy'],
		['new, too many run', { isOverloaded: true }, 'too_busy'],
		['new, nobody waits for its answer any more', { isUnheard: true }, 'too_busy'],
		['marked by an earlier process', { isProcessed: true }, 'already_processed'],
		['marked, however busy', { isProcessed: true, ...busy }, 'already_processed'],
		['done here', { state: 'done' }, 'already_processed'],
		['done here, however busy', { state: 'done', ...busy }, 'already_processed'],
		['running', { state: 'in_flight' }, 'in_progress'],
		['running, however busy', { state: 'in_flight', ...busy }, 'in_progress'],
		['running, with a mark of its own already', { state: 'in_flight', isProcessed: true }, 'in_progress'],
		['running without its sender', { state: 'abandoned' }, 'in_progress'],
		['running without its sender, marked already', { state: 'abandoned', isProcessed: true }, 'in_progress'],
		['failed', { state: 'failed' }, 'execute'],
		['failed behind its mark', { state: 'failed', isProcessed: true }, 'execute'],
		['failed, too many run', { state: 'failed', isOverloaded: true }, 'too_busy'],
	])('%s', (_what, arrival, admission) => {
		expect(decideAdmission({ ...free, ...arrival })).toBe(admission);
	});

	test('whatever is known, what was done is never executed, and what runs never twice', () => {
		const states: Array<DeliveryState | undefined> = [undefined, 'in_flight', 'abandoned', 'done', 'failed'];
		for (const state of states)
			for (const isProcessed of [false, true])
				for (const turnMs of [0, BEGINS_WITHIN_MS + 1])
					for (const isOverloaded of [false, true])
						for (const isUnheard of [false, true]) {
							const admission = decideAdmission({ state, isProcessed, turnMs, isOverloaded, isUnheard });
							const isNeeded = state === 'failed' || (state === undefined && !isProcessed);
							const hasRoom = turnMs === 0 && !isOverloaded && !isUnheard;
							expect(admission === 'execute').toBe(isNeeded && hasRoom);
							expect(admission === 'too_busy').toBe(isNeeded && !hasRoom);
						}
	});
});
