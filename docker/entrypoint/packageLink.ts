import { lstatSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

const NAME = 'n8n-nodes-dodo-lago';

/**
 * Links the package that came with this program to where n8n looks for it. A volume would hide or outlive a copy; a link always leads to the
 * package that fits the workflow. Returns whether a copy stood there: it is a published package, so nothing is lost with it.
 */
export function linkPackage(packageFolder: string, n8nFolder: string): boolean {
	const link = join(n8nFolder, 'nodes', 'node_modules', NAME);
	mkdirSync(dirname(link), { recursive: true });
	const found = lstatSync(link, { throwIfNoEntry: false });
	if (found?.isSymbolicLink() && readlinkSync(link) === packageFolder) return false;
	rmSync(link, { recursive: true, force: true });
	symlinkSync(packageFolder, link);
	return found?.isDirectory() ?? false;
}
