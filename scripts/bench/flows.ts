import type { Sync } from '../../test/support/sync';
import { median, ratioOf, rounded, timed, type Row } from './stats';
import { bareWorkflow, handMadeWorkflow, type Flow } from './workflows';
import { postWell, prepare } from './world';

const ROUNDS = 5;
const EVENTS = 20;
const WARM_UP = 10;
const FLOWS: readonly Flow[] = ['collect', 'settle'];
/** Where each contender listens. */
const CONTENDERS = {
	ours: (flow: Flow) => (flow === 'collect' ? 'lago' : 'dodo'),
	bare: (flow: Flow) => `bare-${flow}`,
	handMade: (flow: Flow) => `hand-${flow}`,
} as const;
type Contender = keyof typeof CONTENDERS;

/**
 * R1 and R2: our flows beside the same calls alone, and beside what people build by hand. One event at a time; medians of a round.
 * @param engine of n8n's expressions, for the table.
 */
export async function measureFlows(sync: Sync, engine: string, say: (line: string) => void): Promise<Row[]> {
	const productId = await productOf(sync);
	for (const flow of FLOWS)
		for (const workflow of [bareWorkflow(sync, flow, productId), handMadeWorkflow(sync, flow, productId)])
			await (await sync.n8n.importWorkflow(workflow)).publish();
	const measure = async (contender: Contender, flow: Flow, count: number): Promise<number> => {
		const times: number[] = [];
		for (let index = 0; index < count; index++) {
			const event = prepare(sync, flow);
			const before = sync.dodo.calls.length + sync.lago.calls.length;
			times.push(await timed(async () => await postWell(sync, event, CONTENDERS[contender](flow))));
			const made = sync.dodo.calls.length + sync.lago.calls.length - before;
			if (made !== (flow === 'collect' ? 3 : 2)) throw new Error(`${contender} made ${made} calls to ${flow}`);
		}
		return median(times);
	};
	const names = Object.keys(CONTENDERS) as Contender[];
	const rounds = Object.fromEntries(
		FLOWS.map((flow) => [flow, Object.fromEntries(names.map((name) => [name, [] as number[]]))]),
	) as Record<Flow, Record<Contender, number[]>>;
	for (const flow of FLOWS)
		for (const name of names)
			await measure(name, flow, WARM_UP).catch((problem: unknown) => say(`  while warming up: ${String(problem)}`));
	for (let round = 0; round < ROUNDS; round++) {
		// Another one begins each round, so that nobody always comes after the same.
		const order = [...names.slice(round % names.length), ...names.slice(0, round % names.length)];
		for (const flow of FLOWS) for (const name of order) rounds[flow][name].push(await measure(name, flow, EVENTS));
		say(`  flows: round ${round + 1} of ${ROUNDS}`);
	}
	const rows = (id: string, what: string, other: Contender, goal: number): Row[] =>
		FLOWS.map((flow) => {
			const { ours } = rounds[flow];
			const ratio = ratioOf(ours, rounds[flow][other]);
			const ms = `${rounded(median(ours), 0)} ms / ${rounded(median(rounds[flow][other]), 0)} ms`;
			return {
				id,
				what: `${flow}: ours / ${what}${engine}`,
				measured: `${rounded(ratio)}   (${ms})`,
				goal: `<= ${goal}`,
				met: ratio <= goal,
				raw: { ours, [other]: rounds[flow][other] },
			};
		});
	return [
		...rows('R1', 'bare n8n with the same calls', 'bare', 1.05),
		...rows('R2', 'built by hand', 'handMade', 0.75),
	];
}

/** The product that our own node makes when it is first needed. */
async function productOf(sync: Sync): Promise<string> {
	await postWell(sync, prepare(sync, 'collect'));
	const [product] = [...sync.dodo.state.products.keys()];
	if (product === undefined) throw new Error('No product was made');
	return product;
}
