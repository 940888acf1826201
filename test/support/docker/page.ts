import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PAGE = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'deploy.md'), 'utf8');

/** The sections of docs/deploy.md with the commands in them as a person copies them: one a line, without the remark behind it. */
export const SECTIONS: ReadonlyMap<string, string[]> = new Map(
	PAGE.split(/^## /m).map((section, index) => [
		index === 0 ? '' : (section.split('\n')[0] ?? ''),
		[...section.matchAll(/^```bash\n(.*?)^```$/gms)].flatMap(([, block = '']) =>
			block
				.replaceAll(/ *\\\n */g, ' ')
				.trim()
				.split('\n')
				.map((line) => line.replace(/\s{2,}#.*$/, '')),
		),
	]),
);

/** Those of one section: what begins with these words, or all. */
export function commandsOf(section: string, beginning = ''): string[] {
	const found = (SECTIONS.get(section) ?? []).filter((command) => command.startsWith(beginning));
	if (found.length === 0)
		throw new Error(`docs/deploy.md has no command below "${section}" that begins so: ${beginning}`);
	return found;
}
