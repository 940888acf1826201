import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Why this container cannot write to a folder that it needs, and what to do; null when it can. Makes nothing: a folder that is not there must
 * only be possible to make.
 * @param inside names of what lies in it and must be writable too, where it is there
 */
export function folderProblem(folder: string, inside: readonly string[] = []): string | null {
	const paths = [nearest(folder), ...inside.map((name) => join(folder, name))];
	return paths.map(whyNotWritable).find((problem) => problem !== null) ?? null;
}

function nearest(folder: string): string {
	return existsSync(folder) ? folder : nearest(dirname(folder));
}

function whyNotWritable(path: string): string | null {
	try {
		accessSync(path, constants.W_OK);
		return null;
	} catch (caught) {
		const { code } = caught as NodeJS.ErrnoException;
		// Not made yet.
		if (code === 'ENOENT') return null;
		if (code === 'EROFS')
			return `${path} is on a read-only file system. Mount a volume there, or memory for what need not be kept (--tmpfs ${path}).`;
		const [user, group] = [process.getuid?.(), process.getgid?.()];
		return `${path} cannot be written by the user ${user} of this container, to whom it must belong (${code}). If you mounted a folder there: sudo chown -R ${user}:${group} that folder, then start again.`;
	}
}
