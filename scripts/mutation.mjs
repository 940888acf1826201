/** `npm run test:mutation`: changes the rules one place at a time, and writes what no specification noticed to test/mutation/README.md. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import prettier from 'prettier';
import { KINDS, OTHER } from '../test/mutation/kinds.mjs';

const PAGE = 'test/mutation/README.md';
const REPORT = '.local/mutation/report.json';
const MARK = '<!-- written by npm run test:mutation -->';
const LONGEST = 90;

/** All changes that were made, each with its place and the text that it replaced. */
function changes({ files }) {
	return Object.entries(files).flatMap(([file, { mutants, source }]) => {
		const lines = source.split('\n');
		return mutants.map(({ status, static: isStatic, mutatorName, replacement, location: { start, end } }) => {
			const whole = lines.slice(start.line - 1, end.line);
			whole.push(whole.pop().slice(0, end.column - 1));
			const code = [whole[0].slice(start.column - 1), ...whole.slice(1)].join('\n');
			return { file: relative('.', file), line: start.line, status, isStatic, mutator: mutatorName, code, replacement };
		});
	});
}

const shown = (text) => {
	const line = text.replace(/\s+/g, ' ').replaceAll('|', '\\|');
	return `\`${line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line}\``;
};

function page(all) {
	const tested = all.filter(({ status }) => status !== 'Ignored');
	const alive = tested.filter(({ status }) => status === 'Survived' || status === 'NoCoverage');
	const share = ((100 * (tested.length - alive.length)) / tested.length).toFixed(1);
	const ofKind = (kind) => alive.filter((one) => [...KINDS, OTHER].find(({ fits }) => fits?.(one) ?? true) === kind);
	const sections = [...KINDS, OTHER].map((kind) => [kind, ofKind(kind)]).filter(([, some]) => some.length > 0);
	return [
		`Of ${tested.length} changes in ${new Set(tested.map(({ file }) => file)).size} files ${tested.length - alive.length} were noticed (${share} %); ${all.length - tested.length} were not tried.`,
		...sections.map(([{ name, why }, some]) =>
			[
				`## ${name} (${some.length})\n\n${why}\n\n| where | instead of | stands |\n| --- | --- | --- |`,
				...some.map(
					({ file, line, code, replacement }) =>
						`| ${file.replace(/^nodes\/(shared\/)?/, '')}:${line} | ${shown(code)} | ${shown(replacement)} |`,
				),
			].join('\n'),
		),
	].join('\n\n');
}

const onlyPage = process.argv.includes('--page');
const { status } = onlyPage
	? { status: 0 }
	: spawnSync('npx', ['stryker', 'run', ...process.argv.slice(2)], { stdio: 'inherit' });
const [head] = readFileSync(PAGE, 'utf8').split(MARK);
const text = `${head}${MARK}\n\n${page(changes(JSON.parse(readFileSync(REPORT, 'utf8'))))}\n`;
const options = await prettier.resolveConfig(PAGE);
writeFileSync(PAGE, await prettier.format(text, { ...options, filepath: PAGE }));
process.exit(status ?? 1);
