import type { Resource } from '../../../shared/node/menu';
import type { DodoClient } from '../../transport/client';
import { charge } from './charge.operation';
import { createSetupLink } from './createSetupLink.operation';
import { get } from './get.operation';
import { getTroubled } from './getTroubled.operation';
import { getUpdateLink } from './getUpdateLink.operation';

/** Mandates of Dodo (subscriptions on demand). */
export const mandate: Resource<DodoClient> = {
	name: 'Mandate',
	value: 'mandate',
	operations: { charge, createSetupLink, get, getTroubled, getUpdateLink },
	default: 'charge',
};
