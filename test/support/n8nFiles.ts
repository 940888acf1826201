import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { N8nInstance } from '../../scripts/n8n/process';

/** The files below a folder in which a text stands in the clear; installed packages are left out. */
export function filesWith(folder: string, text: string): string[] {
	const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
		(entry) => entry.isFile() && !entry.parentPath.includes('node_modules'),
	);
	return files
		.filter(({ parentPath, name }) => readFileSync(join(parentPath, name)).includes(text))
		.map(({ name }) => name);
}

/** Runs SQL in the SQLite database of an n8n and returns its rows. */
export function sqliteOf({ runtime, userFolder }: N8nInstance, statement: string): Array<Record<string, unknown>> {
	const script =
		"const { DatabaseSync } = require('node:sqlite'); const [, file, sql] = process.argv; console.log(JSON.stringify(new DatabaseSync(file, { timeout: 5000 }).prepare(sql).all()))";
	const output = execFileSync(
		runtime.node,
		['--no-warnings', '-e', script, join(userFolder, '.n8n', 'database.sqlite'), statement],
		{ encoding: 'utf8' },
	);
	return JSON.parse(output) as Array<Record<string, unknown>>;
}
