import type { INodeProperties, INodePropertyCollection, INodePropertyOptions } from 'n8n-workflow';
import { DodoPayments } from '../../nodes/DodoPayments/DodoPayments.node';
import { DodoPaymentsTrigger } from '../../nodes/DodoPayments/DodoPaymentsTrigger.node';
import { Lago } from '../../nodes/Lago/Lago.node';
import { LagoAccessTrigger } from '../../nodes/Lago/LagoAccessTrigger.node';
import { LagoPayPageTrigger } from '../../nodes/Lago/LagoPayPageTrigger.node';
import { LagoTrigger } from '../../nodes/Lago/LagoTrigger.node';

/** The menus are put together from the operations, where n8n's lint rules for menus do not see them. */
const menus = [new DodoPayments(), new Lago()].flatMap(({ description: { name: node, properties } }) =>
	properties
		.filter(({ name }) => name === 'resource' || name === 'operation')
		.map(({ options = [], default: chosen, displayOptions }) => ({
			menu: [node, ...(displayOptions?.show?.resource ?? [])].join(' > '),
			options: options as INodePropertyOptions[],
			chosen,
		})),
);
const operations = menus.flatMap(({ menu, options }) =>
	options.flatMap(({ name, action, description }) =>
		action === undefined ? [] : [{ menu, name, action, description }],
	),
);

test.each(menus)('$menu is sorted by name, and has what is chosen at first', ({ options, chosen }) => {
	const names = options.map(({ name }) => name);
	expect(names).toEqual([...names].sort((one, other) => one.localeCompare(other)));
	expect(new Set(names).size).toBe(names.length);
	expect(options.map(({ value }) => value)).toContain(chosen);
});

test.each(operations)('$menu > $name is worded as n8n wants it', ({ name, action, description }) => {
	expect(name).toMatch(/^[A-Z]/);
	expect(action).toMatch(/^[A-Z][a-z ]+$/);
	expect(description).toMatch(/^[A-Z].*[^.\s]$/);
});

test.each(['dodoPayments', 'lago'])('no two actions of %s read the same', (node) => {
	const actions = operations.flatMap(({ menu, action }) => (menu.startsWith(`${node} > `) ? [action] : []));
	expect(actions.length).toBeGreaterThan(10);
	expect(new Set(actions).size).toBe(actions.length);
});

/** Fields of a field: those of a collection, and those of each group of a fixed one. */
const inside = ({ options = [] }: INodeProperties): INodeProperties[] =>
	options.flatMap((option) =>
		'values' in option
			? (option as INodePropertyCollection).values
			: 'type' in option
				? [option as INodeProperties]
				: [],
	);
const whole = (field: INodeProperties): INodeProperties[] => [field, ...inside(field).flatMap(whole)];

test.each(
	[DodoPayments, DodoPaymentsTrigger, Lago, LagoAccessTrigger, LagoPayPageTrigger, LagoTrigger].map(
		(Node) => [Node.name, new Node().description.properties] as const,
	),
)('every field of %s says what it is for', (_node, properties) => {
	const silent = properties
		.flatMap(whole)
		.filter(({ name, type, description, hint }) => {
			const says = description ?? hint ?? '';
			return says === '' && type !== 'notice' && type !== 'collection' && !['resource', 'operation'].includes(name);
		})
		.map(({ displayName }) => displayName);
	expect(silent).toEqual([]);
});
