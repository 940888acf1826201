import type { Resource } from '../../../shared/node/menu';
import type { DodoClient } from '../../transport/client';
import { checkReminder } from './checkReminder.operation';
import { createIntent } from './createIntent.operation';
import { get } from './get.operation';
import { getAll } from './getAll.operation';

/** Payments of Dodo, and the links that lead to them. */
export const payment: Resource<DodoClient> = {
	name: 'Payment',
	value: 'payment',
	operations: { checkReminder, createIntent, get, getAll },
	default: 'createIntent',
};
