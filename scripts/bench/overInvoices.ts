import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { IDataObject } from 'n8n-workflow';
import { operations } from '../../nodes/Lago/actions/operations';
import { LagoClient } from '../../nodes/Lago/transport/client';
import { runOperation } from '../../nodes/shared/node/operation';
import { executeContext } from '../../test/support/executeContext';
import type { ManyInvoices } from '../../test/support/manyInvoices';

const MB = 1_048_576;

/** What an operation of Lago's node took over many invoices. */
export interface Took {
	outputs: IDataObject[][];
	calls: number;
	/** Beyond what the process had before, at most. */
	mb: number;
	/** Without what Lago takes to answer. */
	seconds: number;
}

/** @param staticData of the workflow. */
export async function runOver(
	lago: ManyInvoices,
	parameters: Record<string, unknown>,
	staticData: IDataObject = {},
): Promise<Took> {
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc') as () => void;
	const heap = (): number => process.memoryUsage().heapUsed / MB;
	const context = executeContext({
		parameters,
		credential: { baseUrl: 'https://lago.example', webhookHmacKey: 'bench' },
		credentialId: 'bench',
		typeVersion: 1.3,
	});
	collect();
	const [before, calledBefore, begun] = [heap(), lago.calls.length, performance.now()];
	let peak = before;
	const request = async (...given: Parameters<ManyInvoices['request']>): Promise<unknown> => {
		// What is left after a collection is kept; the rest is only not swept yet.
		if (lago.calls.length % 25 === 0) collect();
		peak = Math.max(peak, heap());
		return await lago.request(...given);
	};
	context.helpers.httpRequestWithAuthentication = request as never;
	Object.assign(context, { getWorkflowStaticData: () => staticData });
	const outputs = (await runOperation(context, operations, LagoClient.of)).map((items) =>
		items.map(({ json }) => json),
	);
	const seconds = (performance.now() - begun) / 1000;
	collect();
	return { outputs, calls: lago.calls.length - calledBefore, mb: Math.max(peak, heap()) - before, seconds };
}
