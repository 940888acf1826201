import type { Resource } from '../../../shared/node/menu';
import type { LagoClient } from '../../transport/client';
import { getPortion } from './getPortion.operation';
import { letIn } from './letIn.operation';
import { preview } from './preview.operation';
import { startOrStop } from './startOrStop.operation';

/** What was open before the workflow was there: shown first, and collected only as a person agrees. */
export const backFill: Resource<LagoClient> = {
	name: 'Back-Fill',
	value: 'backFill',
	operations: { getPortion, letIn, preview, startOrStop },
	default: 'preview',
};
