import type { INodePropertyOptions } from 'n8n-workflow';
import { DodoPayments } from '../../nodes/DodoPayments/DodoPayments.node';
import { Lago } from '../../nodes/Lago/Lago.node';

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
