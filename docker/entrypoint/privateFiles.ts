import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that only we can read. */
export interface PrivateFiles {
	path(name: string): string;
	/** Writes a file there and returns its path. */
	write(name: string, content: unknown): string;
	remove(): void;
}

/** Makes one below the folder for temporary files; in a container that is memory. */
export function privateFiles(): PrivateFiles {
	const folder = mkdtempSync(join(tmpdir(), 'dodo-lago-'));
	const path = (name: string): string => join(folder, name);
	return {
		path,
		write(name, content) {
			writeFileSync(path(name), JSON.stringify(content), { mode: 0o600 });
			return path(name);
		},
		remove: () => rmSync(folder, { recursive: true, force: true }),
	};
}
