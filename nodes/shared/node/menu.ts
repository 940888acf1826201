import type { INodeProperties } from 'n8n-workflow';
import type { Outcome } from '../domain/outcome';
import type { ServiceClient } from '../transport/serviceClient';
import { allFieldsOf, type Operation, type Operations } from './operation';

/** A thing of a service, and what can be done with it. */
export interface Resource<Client extends ServiceClient> {
	/** As a person reads it. */
	name: string;
	/** As workflows store it. */
	value: string;
	/** By the value that workflows store, in the order of the menu: n8n wants it sorted by name. */
	operations: Readonly<Record<string, Operation<Client, Outcome>>>;
	/** The operation that is chosen at first. */
	default: string;
}

/** As much as fits below a node, so that it does not lie on the words of the next one. Characters. */
const SUBTITLE = 20;

/** What stands below the name of a node on the canvas: `Invoice: Get Many`, as the menu has it, or `Save Payment Reference`. */
export function subtitleOf<Client extends ServiceClient>(resources: ReadonlyArray<Resource<Client>>): string {
	const words = resources.flatMap(({ name, value, operations }) =>
		Object.entries(operations).map(([operation, { menu }]) => {
			const whole = `${name}: ${menu.name}`;
			return [`${value}.${operation}`, whole.length > SUBTITLE ? menu.name : whole];
		}),
	);
	return `={{ (${JSON.stringify(Object.fromEntries(words))})[$parameter.resource + "." + $parameter.operation] }}`;
}

/** resource -> operation, for the router. */
export function operationsOf<Client extends ServiceClient>(
	resources: ReadonlyArray<Resource<Client>>,
): Operations<Client> {
	return Object.fromEntries(resources.map(({ value, operations }) => [value, operations]));
}

/**
 * What a person sees of a node: the choice of a resource and of its operation, then the fields of all operations.
 * @param chosen value of the resource that is chosen at first.
 */
export function propertiesOf<Client extends ServiceClient>(
	resources: ReadonlyArray<Resource<Client>>,
	chosen: string,
): INodeProperties[] {
	return [
		{
			displayName: 'Resource',
			name: 'resource',
			type: 'options',
			noDataExpression: true,
			options: resources.map(({ name, value }) => ({ name, value })),
			default: chosen,
		},
		...resources.map(operationChoice),
		...allFieldsOf(operationsOf(resources)),
	];
}

function operationChoice<Client extends ServiceClient>({
	value: resource,
	operations,
	default: chosen,
}: Resource<Client>): INodeProperties {
	return {
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: [resource] } },
		options: Object.entries(operations).map(([value, { menu }]) => {
			const { name, action, description } = menu;
			return { name, value, action, description };
		}),
		default: chosen,
	};
}
