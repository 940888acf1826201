import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand, type Progress } from './command';
import { digestOf, packPackage, ROOT, unpackPackage } from './package';

const IMAGE = join(ROOT, '.local', 'image');
const SOURCES = ['docker/entrypoint', 'docker/tsup.config.ts', 'nodes/shared'];

/**
 * What the image adds to n8n's own: the program that starts it, and the package beside it. Built when something changed; returns its
 * folder.
 */
export async function assembleImage(say: Progress): Promise<string> {
	const tarball = await packPackage(say);
	const stamp = join(ROOT, '.local', 'image-from');
	const digest = digestOf([tarball, ...SOURCES.map((path) => join(ROOT, path))]);
	if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return IMAGE;
	rmSync(IMAGE, { recursive: true, force: true });
	await runCommand(join(ROOT, 'node_modules', '.bin', 'tsup'), ['--config', 'docker/tsup.config.ts'], { cwd: ROOT });
	await unpackPackage(tarball, join(IMAGE, 'package'));
	writeFileSync(stamp, digest);
	return IMAGE;
}
