import type { ITriggerFunctions } from 'n8n-workflow';
import { ByHandTrigger } from '../../nodes/ByHand/ByHandTrigger.node';

test('starts its lane with one empty item for each press of the button, and never by itself', async () => {
	const emitted: unknown[] = [];
	const context = { emit: (data: unknown) => void emitted.push(data) } as unknown as ITriggerFunctions;
	const { manualTriggerFunction, closeFunction } = await new ByHandTrigger().trigger.call(context);
	expect([emitted, closeFunction]).toEqual([[], undefined]);
	await manualTriggerFunction?.();
	await manualTriggerFunction?.();
	expect(emitted).toEqual([[[{ json: {} }]], [[{ json: {} }]]]);
});

test('may be in a workflow as often as wanted', () => {
	expect(new ByHandTrigger().description.maxNodes).toBeUndefined();
});
