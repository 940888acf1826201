import type { Resource } from '../../../shared/node/menu';
import type { LagoClient } from '../../transport/client';
import { getDue } from './getDue.operation';
import { reserve } from './reserve.operation';
import { saveSent } from './saveSent.operation';

/** Mails that remind customers of what is open. */
export const reminder: Resource<LagoClient> = {
	name: 'Reminder',
	value: 'reminder',
	operations: { getDue, reserve, saveSent },
	default: 'getDue',
};
