import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { operations as dodoOperations } from '../../nodes/DodoPayments/actions/operations';
import { operations as lagoOperations } from '../../nodes/Lago/actions/operations';
import { OUTCOMES, REASONS, type Meaning } from '../../nodes/shared/domain/outcome';
import { needsPerson, STATEMENT_REASONS, type StatementReason } from '../../nodes/shared/domain/statement/reasons';
import { waysOf } from '../../nodes/shared/node/operation';
import { DODO_OUTPUTS, LAGO_OUTPUTS } from '../../nodes/shared/node/start';
import { STORIES } from '../../scripts/docs/accessStories';
import { readPage } from '../support/docs';

const ROOT = join(__dirname, '..', '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const filesBelow = (folder: string, ending: string): string[] =>
	readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith(ending))
		.map((name) => join(folder, name));

/** Without the table of the words: each must be said somewhere else as well. */
const code = filesBelow('nodes', '.ts')
	.filter((file) => !file.endsWith('domain/outcome.ts'))
	.map(read)
	.join('\n');
const found = (pattern: RegExp, text = ''): string[] =>
	[...text.matchAll(pattern)].flatMap(([, ...groups]) => groups.filter((group) => group !== undefined));

describe('docs/outcomes.md', () => {
	const page = readPage('docs/outcomes.md');
	const documented = new Set(found(/`([a-z]+(?:_[a-z]+)*)`/g, page));

	test('explains every word of the code', () => {
		const words = new Set([...Object.keys(OUTCOMES), ...Object.values(REASONS).flat()]);
		expect(words.size).toBeGreaterThan(85);
		expect([...words].filter((word) => !documented.has(word))).toEqual([]);
	});

	test('says what to do where a person is needed, and nothing where nothing was done', () => {
		const nextSteps = new Map(
			[...page.matchAll(/^\| (`[^|]+`) \|.*\| ([^|]+) \|$/gm)].flatMap(([, words, nextStep]) =>
				found(/`(\w+)`/g, words).map((word) => [word, nextStep] as const),
			),
		);
		const steps = (meaning: Meaning): Array<[string, string | undefined]> =>
			Object.entries(OUTCOMES).flatMap(([word, of]) =>
				of === meaning && word !== 'held' ? [[word, nextSteps.get(word)]] : [],
			);
		for (const [word, nextStep] of steps('nothing done')) expect([word, nextStep]).toEqual([word, 'none']);
		for (const [word, nextStep] of steps('needs a person'))
			expect([word, nextStep]).toEqual([word, expect.not.stringMatching(/^none/)]);
	});

	test('names the outputs of every node that has several', () => {
		const told = found(/^\| [A-Z][\w -]+ \| ([A-Z][\w ,]+) \|$/gm, page);
		const shown = [...Object.values(lagoOperations), ...Object.values(dodoOperations)].flatMap((resource) =>
			Object.values(resource as Record<string, Parameters<typeof waysOf>[0]>).flatMap((operation) => {
				const ways = waysOf(operation, true).map(({ name }) => name);
				return ways.length === 0 ? [] : [ways.join(', ')];
			}),
		);
		expect(told.sort()).toEqual([LAGO_OUTPUTS.join(', '), DODO_OUTPUTS.join(', '), ...shown].sort());
	});

	test('explains nothing that the code does not say', () => {
		const NAMES = ['outcome', 'message', 'reason', 'difference', 'payment', 'status'];
		expect([...documented].filter((word) => !NAMES.includes(word) && !new RegExp(`'${word}'`).test(code))).toEqual([]);
	});
});

describe('docs/month-end.md', () => {
	const page = readPage('docs/month-end.md');

	test('explains every reason of a row, and no other, and says what to do where a person is needed', () => {
		const rows = [...page.matchAll(/^\| `(\w+)` \|[^|]+\| ([^|]+) \|$/gm)].map(([, reason, step]) => [reason, step]);
		expect(rows.map(([reason]) => reason).sort()).toEqual(Object.keys(STATEMENT_REASONS).sort());
		for (const [reason, step] of rows)
			if (needsPerson(reason as StatementReason)) expect([reason, step]).not.toEqual([reason, 'nothing']);
	});

	test('names every column of the sample sheet, which a script has made', () => {
		const [headings = ''] = read('docs/month-end-sample.csv').split('\n');
		const named = found(/^\| ([A-Z][\w ,]+?) \|/gm, page).flatMap((columns) => columns.split(', '));
		expect(headings.split(',').filter((column) => !named.includes(column))).toEqual([]);
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
		const names = new Set(found(/'(ACCESS_\w+)'/g, read('docker/entrypoint/accessConfiguration.ts')));
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
				'Return What Was Paid Twice',
				'Refund Overpayments Now',
				'Plan Next Try',
				'Tell Me',
				'Choose the Customer',
			].filter((one) => text.includes(`_${one}_`)))
				expect([...names]).toContain(name);
		});
	},
);
