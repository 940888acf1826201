import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canvasFigures, isNote, type Placed } from '../support/canvas';

const FOLDER = join(__dirname, '..', '..', 'workflows');
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
/** So that names can be read when a workflow is opened. */
const ZOOM = 0.6;
const MOST = { acrossBorders: 12, crossings: 6, words: 40 };

describe.each(files)('%s', (file) => {
	const { nodes, connections } = JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as {
		nodes: Placed[];
		connections: Parameters<typeof canvasFigures>[1];
	};
	const figures = canvasFigures(nodes, connections);

	test('is seen at one glance', () => {
		expect(figures.zoom).toBeGreaterThanOrEqual(ZOOM);
		expect({ misplaced: figures.misplaced, offGrid: figures.offGrid }).toEqual({ misplaced: [], offGrid: [] });
	});

	test('tells stories from left to right, each in its lane', () => {
		const { acrossBorders, crossings, tooLong, backwards } = figures;
		expect({ tooLong, backwards }).toEqual({ tooLong: [], backwards: [] });
		expect([acrossBorders, acrossBorders.length <= MOST.acrossBorders]).toEqual([acrossBorders, true]);
		expect([crossings, crossings.length <= MOST.crossings]).toEqual([crossings, true]);
	});

	test('says in few words what happens', () => {
		const notes = nodes.filter(isNote).map(({ parameters }) => String(parameters.content));
		expect(notes.length).toBeGreaterThan(0);
		for (const note of notes) {
			const words = note.match(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu) ?? [];
			expect([note, words.length <= MOST.words]).toEqual([note, true]);
		}
	});

	test('names no step as the menu names an operation', () => {
		for (const { name } of nodes) expect(name).not.toMatch(/^(Get|Create|Update) (?!Access)/);
	});
});
