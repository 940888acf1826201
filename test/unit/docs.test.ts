import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { operations as lagoOperations } from '../../nodes/Lago/actions/operations';
import { DODO_OUTPUTS, LAGO_OUTPUTS } from '../../nodes/shared/node/start';
import { STORIES } from '../../scripts/docs/accessStories';
import { readPage } from '../support/docs';

const ROOT = join(__dirname, '..', '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const filesBelow = (folder: string, ending: string): string[] =>
	readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith(ending))
		.map((name) => join(folder, name));

const code = filesBelow('nodes', '.ts').map(read).join('\n');
const found = (pattern: RegExp, text = code): string[] =>
	[...text.matchAll(pattern)].flatMap(([, ...groups]) => groups.filter((group) => group !== undefined));

/** The words that leave the nodes, as the code has them. */
function wordsOfCode(): Set<string> {
	const union = (name: string): string[] =>
		found(/'(\w+)'/g, new RegExp(`export type ${name} =([^;]+);`).exec(code)?.[1] ?? '');
	return new Set([
		...found(/outcome: '(\w+)'/g),
		...found(/outcome: \w[\w ='!]* \? '(\w+)' : '(\w+)'/g),
		...found(/charged\('(\w+)'/g),
		...found(/shown\('(\w+)'/g),
		...found(/reason: '(\w+)'/g),
		...['HeldReason', 'SkipReason', 'Unchargeable'].flatMap(union),
	]);
}

describe('docs/outcomes.md', () => {
	const documented = new Set(found(/`([a-z]+(?:_[a-z]+)*)`/g, readPage('docs/outcomes.md')));

	test('explains every word of the code', () => {
		const words = wordsOfCode();
		expect(words.size).toBeGreaterThan(60);
		expect([...words].filter((word) => !documented.has(word))).toEqual([]);
	});

	test('names the outputs of every node that has several', () => {
		const told = found(/^\| [A-Z][\w ]+ \| ([A-Z][\w ,]+) \|$/gm, readPage('docs/outcomes.md'));
		const shown = Object.values(lagoOperations).flatMap((resource) =>
			Object.values(resource).flatMap(({ outputs }) =>
				outputs === undefined ? [] : [outputs.map(({ name }) => name).join(', ')],
			),
		);
		expect(told.sort()).toEqual([LAGO_OUTPUTS.join(', '), DODO_OUTPUTS.join(', '), ...shown].sort());
	});

	test('explains nothing that the code does not say', () => {
		const NAMES = ['outcome', 'message', 'reason', 'difference', 'payment', 'status'];
		expect([...documented].filter((word) => !NAMES.includes(word) && !new RegExp(`'${word}'`).test(code))).toEqual([]);
	});
});

describe('docs/access.md', () => {
	const text = readPage('docs/access.md');
	const dayOf = (time: number): string =>
		new Date(time).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', timeZone: 'UTC' });

	test('the stories are what the evaluator decides', () => {
		const told = text.slice(text.indexOf('## Four customers'), text.indexOf('## What counts as unpaid'));
		const stories = told.split('\n**').slice(1);
		expect(stories.map((story) => story.slice(0, story.indexOf('.')))).toEqual(STORIES.map(({ name }) => name));
		STORIES.forEach(({ segments }, index) => {
			const rows = found(/^\| (\d+ \w+ \| `\w+`) \|/gm, stories[index]);
			expect(rows).toEqual(segments.map(({ from, state }) => `${dayOf(from)} | \`${state}\``));
		});
	});

	test('every variable is explained', () => {
		const names = new Set(found(/'(ACCESS_\w+)'/g, read('docker/entrypoint/configuration.ts')));
		expect(names.size).toBe(13);
		for (const name of names) expect(text).toContain(`\`${name}\``);
	});
});

describe.each(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', ...filesBelow('docs', '.md')])(
	'%s',
	(file) => {
		const text = read(file);
		const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '';

		test('leads only to pages, headings and pictures that exist', () => {
			for (const target of found(/\]\(((?!https?:)[^)]+)\)/g, text)) {
				const [path = '', heading] = target.split('#');
				const full = path === '' ? file : join(folder, path);
				const content = read(full);
				if (heading === undefined) continue;
				const headings = found(/^#+ (.+)$/gm, content).map((title) =>
					title
						.toLowerCase()
						.replace(/[^\w -]/g, '')
						.replace(/ /g, '-'),
				);
				expect(headings).toContain(heading);
			}
		});

		test('names nodes of the full sync as they are called', () => {
			const names = new Set(
				(JSON.parse(read('workflows/lago-dodo-sync.json')) as { nodes: Array<{ name: string }> }).nodes.map(
					({ name }) => name,
				),
			);
			for (const name of [
				'Refund Overpayment',
				'Refund Overpayments Now',
				'Plan Next Try',
				'Tell Me',
				'Get Customer',
			].filter((one) => text.includes(`_${one}_`)))
				expect([...names]).toContain(name);
		});
	},
);
