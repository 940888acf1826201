import {
	NodeConnectionTypes,
	type INodeType,
	type INodeTypeDescription,
	type ITriggerFunctions,
	type ITriggerResponse,
} from 'n8n-workflow';

// n8n allows one Manual Trigger a workflow and drops every further one when a file is imported; a workflow with several lanes needs more.
export class ByHandTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'By Hand Trigger',
		name: 'byHandTrigger',
		icon: { light: 'file:byHand.svg', dark: 'file:byHand.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: 'press to run',
		description:
			'Starts its lane when you press its button in the editor, and never by itself; a workflow may have several',
		eventTriggerDescription: '',
		defaults: { name: 'By Hand Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		properties: [
			{
				displayName:
					'Press "Execute workflow" on this node, on the canvas, to run what is behind it once. Publishing the workflow starts nothing here.',
				name: 'buttonNotice',
				type: 'notice',
				default: '',
			},
		],
	};

	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		return await Promise.resolve({
			manualTriggerFunction: async () => await Promise.resolve(this.emit([[{ json: {} }]])),
		});
	}
}
