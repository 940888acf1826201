import { markAsProcessed } from '../../../shared/node/markAsProcessed';
import type { Resource } from '../../../shared/node/menu';
import { saveProgress } from '../../../shared/node/saveProgress';
import type { DodoClient } from '../../transport/client';
import { getMissed } from './getMissed.operation';

/** What no webhook of Dodo has brought, and what has been processed. */
export const event: Resource<DodoClient> = {
	name: 'Event',
	value: 'event',
	operations: { getMissed, markAsProcessed, saveProgress },
	default: 'getMissed',
};
