import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

/** A page as it is read, without the blanks that align its tables. */
export function readPage(path: string): string {
	return readFileSync(join(ROOT, path), 'utf8').replace(/ {2,}\|/g, ' |');
}
