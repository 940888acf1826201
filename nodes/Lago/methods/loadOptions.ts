import type { ILoadOptionsFunctions, INodePropertyOptions } from 'n8n-workflow';
import { z } from 'zod';
import { asNodeError } from '../../shared/transport/nodeError';
import { lenient } from '../../shared/wire/lenient';
import { onFirstUse } from '../../shared/wire/onFirstUse';
import { LagoClient } from '../transport/client';

/** `GET /billing_entities` (`lago-api:serializers/v1/billing_entity_serializer.rb`); all of them, without pages. */
const listSchema = onFirstUse(() =>
	z.object({ billing_entities: z.array(z.object({ code: z.string().min(1), name: lenient(z.string()) })) }),
);

/** The billing entities of the organisation, for the field of that name; n8n itself searches in the list. */
export async function getBillingEntities(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	const client = await LagoClient.of(this);
	const { billing_entities } = await client
		.request(listSchema, { method: 'GET', path: '/billing_entities' })
		.catch((caught: unknown) => {
			throw asNodeError(this.getNode(), caught);
		});
	return billing_entities.map(({ code, name }) => ({ name: name ? `${name} (${code})` : code, value: code }));
}
