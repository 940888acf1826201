import type { Resource } from '../../../shared/node/menu';
import type { LagoClient } from '../../transport/client';
import { answerPayLink } from './answerPayLink.operation';
import { createPayLink } from './createPayLink.operation';
import { get } from './get.operation';
import { getAll } from './getAll.operation';
import { openPayLink } from './openPayLink.operation';
import { planRetry } from './planRetry.operation';
import { recordDispute } from './recordDispute.operation';
import { savePaymentReference } from './savePaymentReference.operation';
import { updatePaymentStatus } from './updatePaymentStatus.operation';

/** Invoices of Lago: their links, bookings, tries and disputes. */
export const invoice: Resource<LagoClient> = {
	name: 'Invoice',
	value: 'invoice',
	operations: {
		answerPayLink,
		createPayLink,
		get,
		getAll,
		openPayLink,
		planRetry,
		recordDispute,
		savePaymentReference,
		updatePaymentStatus,
	},
	default: 'get',
};
