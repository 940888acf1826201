import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { operations as dodoOperations } from '../../nodes/DodoPayments/actions/operations';
import { DodoClient } from '../../nodes/DodoPayments/transport/client';
import { operations as lagoOperations } from '../../nodes/Lago/actions/operations';
import { LagoClient } from '../../nodes/Lago/transport/client';
import type { Operations } from '../../nodes/shared/node/operation';
import type { ServiceClient } from '../../nodes/shared/transport/serviceClient';
import { processedEventsOf } from '../../nodes/shared/webhook/processedEvents';
import { executeContext, itemsOf } from './executeContext';
import type { TwoBooks } from './twoBooks';

/** What a look says. */
export interface Said {
	outcome: string;
	message: string;
	missed: number;
	healed: number;
	failed: number;
	left: number;
	failures: string[];
}

/** A workflow of which only the reconciliation runs: its three nodes, one after the other, with the lanes in between. */
export class LookingWorkflow {
	private executions = 0;
	/** n8n's static data. */
	staticData: IDataObject = {};
	/** Events that were handed on, by fact. */
	readonly executed = new Map<string, number>();

	constructor(
		private readonly books: TwoBooks,
		readonly id: string,
		private readonly requestsPerMinute = 5_000,
	) {}

	/**
	 * @param lane what an event does; throws for a lane that fails.
	 * @param since for a person's back-fill.
	 */
	async look(lane: (event: IDataObject) => void | Promise<void>, since = ''): Promise<Said> {
		const execution = `${this.id} ${++this.executions}`;
		const mode = since === '' ? 'trigger' : 'manual';
		const context = (operation: string, input: IDataObject[]): IExecuteFunctions => {
			const ctx = executeContext({
				input,
				parameters: { resource: 'event', operation, since },
				credential: { requestsPerMinute: this.requestsPerMinute },
				credentialId: this.id,
			});
			Object.assign(ctx, {
				getExecutionId: () => execution,
				getWorkflow: () => ({ id: this.id }),
				getMode: () => mode,
				getWorkflowStaticData: () => this.staticData,
			});
			ctx.helpers.httpRequestWithAuthentication = this.books.request as never;
			return ctx;
		};
		const run = async <Client extends ServiceClient>(
			operations: Operations<Client>,
			connect: (ctx: never) => Promise<Client>,
			host: string,
			operation: string,
			input: IDataObject[],
		): Promise<IDataObject[]> => {
			const ctx = context(operation, input);
			Object.assign(ctx, {
				getCredentials: async () =>
					await Promise.resolve({
						baseUrl: `https://${host}.example`,
						environment: 'test',
						requestsPerMinute: this.requestsPerMinute,
					}),
			});
			return (await itemsOf(ctx, operations, connect as never)).map(({ json }) => json);
		};
		const fromLago = await run(lagoOperations, LagoClient.of, 'lago', 'getMissed', [{}]);
		const both = await run(dodoOperations, DodoClient.of, 'dodo', 'getMissed', fromLago);
		const results: IDataObject[] = [];
		for (const item of both) {
			if (typeof item.event !== 'string') {
				results.push(item);
				continue;
			}
			const { about } = item.delivery as { about: string };
			this.executed.set(about, (this.executed.get(about) ?? 0) + 1);
			try {
				await lane(item);
				processedEventsOf(context('', [])).mark({ id: null, about });
				results.push({ outcome: 'settled' });
			} catch (caught) {
				results.push({ error: (caught as Error).message });
			}
		}
		const [said] = await run(dodoOperations, DodoClient.of, 'dodo', 'saveProgress', results);
		return said as unknown as Said;
	}
}
