import { markAsProcessed } from '../../../shared/node/markAsProcessed';
import type { Resource } from '../../../shared/node/menu';
import { saveProgress } from '../../../shared/node/saveProgress';
import type { LagoClient } from '../../transport/client';
import { getMissed } from './getMissed.operation';

/** What no webhook of Lago has brought, and what has been processed. */
export const event: Resource<LagoClient> = {
	name: 'Event',
	value: 'event',
	operations: {
		getMissed,
		markAsProcessed,
		saveProgress: {
			...saveProgress,
			outputs: [{ name: 'Done' }, { name: 'Needs a Person', outcomes: ['incomplete'] }],
		},
	},
	default: 'getMissed',
};
