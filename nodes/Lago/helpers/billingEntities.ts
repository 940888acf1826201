import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { readEntities } from '../../shared/domain/entities';
import { startingEvent } from '../../shared/node/start';

/** For which billing entities of an organisation a node works. Two nodes with the same choice work for the same ones. */
export const billingEntitiesField: INodeProperties = {
	displayName: 'Billing Entity Names or IDs',
	name: 'billingEntities',
	type: 'multiOptions',
	typeOptions: { loadOptionsMethod: 'getBillingEntities' },
	default: [],
	description:
		'Whose invoices this is about, by code; what belongs to other billing entities is ignored. Empty for all. Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
};

/** What is chosen in {@link billingEntitiesField}; none in a workflow that was made before there was one. */
export function chosenEntities(ctx: IExecuteFunctions, index: number): string[] {
	return readEntities(ctx.getNodeParameter(billingEntitiesField.name, index, []));
}

/** For which ones the event is meant that this execution began with, as its trigger says. */
export function entitiesOfEvent(ctx: IExecuteFunctions, index: number): string[] {
	return readEntities(startingEvent(ctx, index).billingEntities);
}

/** As Lago's lists take it; they refuse a code that they do not know. */
export function entityQuery(chosen: readonly string[] = []): IDataObject {
	return chosen.length === 0 ? {} : { billing_entity_codes: [...chosen] };
}
