import { randomUUID } from 'node:crypto';
import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { runOperation, type Operation } from '../../nodes/shared/node/operation';
import { ENDS_EVENTS } from '../../nodes/shared/node/version';
import { deliveries, registryKey } from '../../nodes/shared/webhook/deliveryRegistry';
import { isMarked, digestOf, readMarks } from '../../nodes/shared/webhook/marks';
import { ProcessedEvents, processedEventsOf } from '../../nodes/shared/webhook/processedEvents';
import { executeContext } from '../support/executeContext';

const operation: Operation<LagoClient, 'settled' | 'held' | 'dispute_won'> = {
	menu: { name: 'Try', action: 'Try something', description: 'Only here' },
	fields: [],
	endsEvent: true,
	outputs: [{ name: 'Good' }, { name: 'Held', outcomes: ['held'] }],
	execute: async (ctx, _client, index) =>
		await (ctx.getInputData()[index]?.json.fails === true
			? Promise.reject(new Error('no'))
			: Promise.resolve({ ...ctx.getInputData()[index]?.json })),
};

interface Case {
	items?: IDataObject[];
	typeVersion?: number;
	began?: boolean;
	mode?: 'manual' | 'webhook';
	type?: string;
	continueOnFail?: boolean;
	endsEvent?: boolean;
}

/** Runs the last operation of an event; tells by which output its items left, and whether the event counts as processed. */
async function end({ items = [{ outcome: 'settled' }], began = true, type = 'lago', ...given }: Case) {
	const about = randomUUID();
	const ctx = executeContext({
		parameters: { resource: 'r', operation: 'o' },
		input: items,
		typeVersion: given.typeVersion ?? ENDS_EVENTS.lago,
		continueOnFail: given.continueOnFail ?? false,
		...(began ? { began: { delivery: { id: null, about } } } : {}),
	}) as IExecuteFunctions & Record<string, unknown>;
	const node = { ...ctx.getNode(), type: `n8n-nodes-dodo-lago.${type}` };
	const staticData: IDataObject = {};
	Object.assign(ctx, {
		getNode: () => node,
		getWorkflow: () => ({ id: about }),
		getWorkflowStaticData: () => staticData,
		getMode: () => given.mode ?? 'webhook',
	});
	const operations = { r: { o: { ...operation, endsEvent: given.endsEvent ?? true } } };
	const [left, problem] = await runOperation(ctx, operations, LagoClient.of, ENDS_EVENTS.lago).then(
		(outputs): [number[], null] => [outputs.map((of: INodeExecutionData[]) => of.length), null],
		(caught: Error): [number[], string] => [[], caught.message],
	);
	return { left, problem, marked: processedEventsOf(ctx).isProcessed(about) };
}

describe('the last operation of an event', () => {
	test.each<[string, Case, number[], boolean]>([
		['marks what it has done', {}, [1, 0], true],
		['marks what a person is told of', { items: [{ outcome: 'held' }] }, [0, 1], true],
		[
			'tells a person of what it has done and leaves a next step',
			{ items: [{ outcome: 'dispute_won', nextStep: 'Give it back.' }, { outcome: 'dispute_won' }] },
			[1, 1],
			true,
		],
		['marks nothing before its time', { endsEvent: false }, [1, 0], false],
		['marks nothing in a workflow of an older version', { typeVersion: 1.2 }, [1, 0], false],
		['marks nothing when somebody tries it in the editor', { mode: 'manual' }, [1, 0], false],
		['marks nothing for an AI agent', { type: 'lagoTool' }, [1], false],
		['marks nothing where no event began', { began: false }, [1, 0], false],
		[
			'marks nothing of which a part has failed',
			{ items: [{ outcome: 'settled' }, { fails: true }], continueOnFail: true },
			[1, 1],
			false,
		],
		[
			'hands on, to a person, what failed before where no event began',
			{ items: [{ error: 'x' }], began: false },
			[0, 1],
			false,
		],
	])('%s', async (_what, given, left, marked) => {
		expect(await end(given)).toEqual({ left, problem: null, marked });
	});

	test('fails with what failed before it, so that the event comes again', async () => {
		const failed = await end({ items: [{ outcome: 'settled' }, { error: 'Lago is down' }] });
		expect(failed).toEqual({ left: [], problem: expect.stringContaining('Lago is down'), marked: false });
	});
});

describe('a mark behind which a person is told', () => {
	const begin = (): { events: ProcessedEvents; id: string; about: string; stored: () => boolean[] } => {
		const [workflowId, id, about] = [randomUUID(), randomUUID(), randomUUID()];
		const staticData: IDataObject = {};
		for (const text of [id, about]) deliveries.begin(registryKey(workflowId, text));
		const events = new ProcessedEvents(workflowId, staticData);
		events.mark({ id, about }, false);
		const stored = (): boolean[] => {
			// Whatever execution ends next writes what is known.
			events.carryOn();
			return [id, about].map((text) => isMarked(readMarks(staticData.processed), digestOf(text)));
		};
		const answered = (how: 'done' | 'failed'): void => {
			for (const text of [id, about]) deliveries[how](registryKey(workflowId, text));
		};
		return Object.assign({ events, id, about, stored }, { answered });
	};
	type Begun = ReturnType<typeof begin> & { answered: (how: 'done' | 'failed') => void };

	test('is stored once the sender has got its 200', () => {
		const { stored, answered } = begin() as Begun;
		expect(stored()).toEqual([false, false]);
		answered('done');
		expect(stored()).toEqual([true, true]);
	});

	test('is never stored when that fails', () => {
		const { events, stored, answered, about } = begin() as Begun;
		answered('failed');
		expect([stored(), events.isProcessed(about)]).toEqual([[false, false], false]);
	});

	test('is stored at once where the work is at its end', () => {
		const { events, id, about, stored } = begin();
		events.mark({ id, about });
		expect(stored()).toEqual([true, true]);
	});

	test('is taken back by a look whose execution failed behind it', () => {
		const events = new ProcessedEvents(randomUUID(), {});
		events.mark({ id: null, about: 'payment pay_1 succeeded' });
		events.takeBack('payment pay_1 succeeded');
		expect(events.isProcessed('payment pay_1 succeeded')).toBe(false);
	});
});
