import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IDataObject, IExecuteFunctions, INode, INodeExecutionData, INodeType, IWorkflowBase } from 'n8n-workflow';

const FOLDER = join(__dirname, '..', '..', 'workflows');
/** The file names of all templates. */
export const files = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith('.json')) : [];

export type Template = Pick<IWorkflowBase, 'name' | 'nodes' | 'connections' | 'settings' | 'pinData'> &
	Record<string, unknown>;
export const read = (file: string): Template => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Template;

interface Conditions {
	conditions: Array<{ leftValue: string; rightValue: string; operator: { operation: string } }>;
}

export interface Rules {
	values: Array<{ conditions: Conditions }>;
}

/** The comparisons that the templates use. */
const COMPARISONS: Readonly<Record<string, (left: string, right: string) => boolean>> = {
	equals: (left, right) => left === right,
	notEquals: (left, right) => left !== right,
	notEmpty: (left) => left !== '',
	regex: (left, right) => new RegExp(right).test(left),
	startsWith: (left, right) => left.startsWith(right),
};
/** Of values that are known by now. */
const holds = ({ conditions }: Conditions): boolean =>
	conditions.every(({ leftValue, rightValue, operator: { operation } }) => {
		const compare = COMPARISONS[operation];
		if (compare === undefined) throw new Error(`The stand-in does not know "${operation}"`);
		return compare(leftValue, rightValue);
	});

/** Stands in for a node of n8n's own, which is not installed here. */
export const standIn = (name: string, outputs: number, execute?: INodeType['execute']): INodeType => ({
	description: {
		displayName: name,
		name,
		group: [],
		version: 1,
		description: '',
		defaults: {},
		inputs: ['main'],
		outputs: Array<'main'>(outputs).fill('main'),
		properties: ['rules', 'conditions', 'options'].map((field) => ({
			displayName: field,
			name: field,
			type: 'json',
			default: '',
		})),
	},
	execute,
});

/** Hands on what comes in. */
export async function passOn(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	return await Promise.resolve([this.getInputData()]);
}

const MAX_BRANCHES = 7;
/** n8n's own nodes, as far as a template needs them to run. */
export const BASE_TYPES: Readonly<Record<string, INodeType>> = {
	...Object.fromEntries(
		[
			'convertToFile',
			'emailSend',
			'errorTrigger',
			'executeWorkflow',
			'executeWorkflowTrigger',
			'form',
			'formTrigger',
			'manualTrigger',
			'scheduleTrigger',
			'set',
			'splitOut',
			'stickyNote',
		].map((name) => [`n8n-nodes-base.${name}`, standIn(name, 1)]),
	),
	'n8n-nodes-base.splitInBatches': standIn('splitInBatches', 2),
	'n8n-nodes-base.noOp': standIn('noOp', 1, passOn),
	'n8n-nodes-base.if': standIn('if', 2, async function (this: IExecuteFunctions) {
		const answers = this.getInputData().map((item, index) => ({
			item: { ...item, pairedItem: { item: index } },
			yes: holds(this.getNodeParameter('conditions', index) as unknown as Conditions),
		}));
		return await Promise.resolve(
			[true, false].map((branch) => answers.filter(({ yes }) => yes === branch).map(({ item }) => item)),
		);
	}),
	'n8n-nodes-base.switch': standIn('switch', MAX_BRANCHES, async function (this: IExecuteFunctions) {
		const branches = this.getInputData().map((item, index) => {
			const { values } = this.getNodeParameter('rules', index) as unknown as Rules;
			const branch = values.findIndex(({ conditions }) => holds(conditions));
			return {
				item: { ...item, pairedItem: { item: index } },
				branch: branch === -1 && hasFallback(this.getNode()) ? values.length : branch,
			};
		});
		return await Promise.resolve(
			Array.from({ length: MAX_BRANCHES }, (_, output) =>
				branches.filter(({ branch }) => branch === output).map(({ item }) => item),
			),
		);
	}),
};

/** Whether a Switch has an output for what fits none of its rules. */
export const hasFallback = ({ parameters }: INode): boolean =>
	(parameters.options as IDataObject | undefined)?.fallbackOutput === 'extra';
