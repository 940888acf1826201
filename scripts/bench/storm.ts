import { randomUUID } from 'node:crypto';
import type { WorkflowJson } from '../n8n/provision';
import type { Sync } from '../../test/support/sync';
import { seededRandom } from '../../sandbox/shared/faults';
import { rounded, inParallel, type Row } from './stats';
import { handMadeWorkflow } from './workflows';
import { post, postWell, prepare } from './world';

const DISTINCT = 150;
const COPIES = 5;
const AT_ONCE = 20;

/**
 * R6: checkouts made for each distinct event when every event comes five times, many at once. Whoever answers 5xx gets it again, as Lago
 * does.
 */
export async function measureStorm(sync: Sync): Promise<Row[]> {
	const checkouts = (): number =>
		sync.dodo.calls.filter(({ method, path, status }) => method === 'POST' && path === '/checkouts' && status === 200)
			.length;
	const storm = async (path: string): Promise<number> => {
		const events = Array.from({ length: DISTINCT }, () => prepare(sync, 'collect'));
		const chance = seededRandom(6);
		const copies = events
			.flatMap((event) => Array<typeof event>(COPIES).fill(event))
			.map((event) => ({ event, at: chance() }))
			.sort((one, other) => one.at - other.at);
		const before = checkouts();
		await inParallel(copies.length, AT_ONCE, async (index) => {
			const event = copies[index]?.event;
			for (let tries = 0; event !== undefined && tries < 3; tries++) if ((await post(sync, event, path)) < 500) return;
		});
		return (checkouts() - before) / DISTINCT;
	};
	// The first event of all makes the product.
	await postWell(sync, prepare(sync, 'collect'));
	const ours = await storm('lago');
	await (
		await sync.n8n.importWorkflow(
			renamed(handMadeWorkflow(sync, 'collect', [...sync.dodo.state.products.keys()][0] ?? ''), 'storm-by-hand'),
		)
	).publish();
	const byHand = await storm('storm-by-hand');
	return [
		{
			id: 'R6',
			what: `effects / distinct events, ${DISTINCT} x ${COPIES} copies, ${AT_ONCE} at once (n8n's Remove Duplicates beside it: ${rounded(byHand, 3)})`,
			measured: rounded(ours, 3),
			goal: '= 1.000',
			met: ours === 1,
			raw: { ours, removeDuplicates: byHand },
		},
	];
}

function renamed(workflow: WorkflowJson, path: string): WorkflowJson {
	for (const node of workflow.nodes)
		if (node.type.endsWith('.webhook'))
			Object.assign(node, { webhookId: randomUUID(), parameters: { ...node.parameters, path } });
	return { ...workflow, name: path };
}
