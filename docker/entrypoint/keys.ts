import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Read by us and by n8n only; the passwords by the own users of database and queue as well. */
const FILES: Readonly<Record<string, number>> = {
	n8n_encryption_key: 0o400,
	postgres_password: 0o444,
	redis_password: 0o444,
};

/** Makes what nobody has to type, once: with another key n8n could not read its database. Returns what was made. */
export function makeKeys(folder: string): string[] {
	mkdirSync(folder, { recursive: true });
	const missing = Object.keys(FILES).filter((name) => !existsSync(join(folder, name)));
	for (const name of missing) {
		const path = join(folder, name);
		rmSync(`${path}.new`, { force: true });
		writeFileSync(`${path}.new`, randomBytes(32).toString('hex'), { mode: FILES[name] });
		// Whole or not at all: a file that is there is trusted.
		renameSync(`${path}.new`, path);
	}
	return missing;
}
