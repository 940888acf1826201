import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../n8n/command';
import { packPackage, ROOT } from '../n8n/package';

interface ScanResult {
	passed: boolean;
	message?: string;
	details?: string;
}

interface Scanner {
	analyzePackage(folder: string, patterns: string[]): Promise<ScanResult>;
	SOURCE_FILE_PATTERNS: string[];
}

const MAX_PACKED_BYTES = 205_000;

async function findProblems(): Promise<string[]> {
	// What n8n runs on every community package before it is verified, here on the tarball and the sources as they are.
	const { analyzePackage, SOURCE_FILE_PATTERNS } =
		// @ts-expect-error The scanner ships no types.
		(await import('@n8n/scan-community-package/scanner/scanner.mjs')) as Scanner;
	const tarball = await packPackage((line) => console.log(line));
	const unpacked = mkdtempSync(join(tmpdir(), 'packed-'));
	const problems: string[] = [];
	try {
		await runCommand('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components=1'], { cwd: ROOT });
		const scans: Array<[string, Promise<ScanResult>]> = [
			['the packed tarball', analyzePackage(unpacked, ['**/*.js', 'package.json'])],
			['the sources', analyzePackage(ROOT, SOURCE_FILE_PATTERNS)],
		];
		for (const [what, scan] of scans) {
			const { passed, message, details } = await scan;
			if (!passed) problems.push(`n8n's scan of ${what}: ${message}\n${details ?? ''}`);
		}
		const manifest = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8')) as {
			dependencies?: Record<string, string>;
			peerDependencies?: Record<string, string>;
		};
		if (Object.keys(manifest.dependencies ?? {}).length > 0)
			problems.push(`Runtime dependencies: ${Object.keys(manifest.dependencies ?? {}).join(', ')}`);
		if (JSON.stringify(manifest.peerDependencies) !== '{"n8n-workflow":"*"}')
			problems.push('The only peer dependency must be n8n-workflow "*"');
		const { size } = statSync(tarball);
		console.log(
			`Packed size: ${size} bytes of ${MAX_PACKED_BYTES}; runtime dependencies: 0 wanted, ${Object.keys(manifest.dependencies ?? {}).length} found`,
		);
		if (size > MAX_PACKED_BYTES) problems.push(`The tarball has ${size} bytes, more than ${MAX_PACKED_BYTES}`);
	} finally {
		rmSync(unpacked, { recursive: true, force: true });
	}
	return problems;
}

findProblems().then((problems) => {
	for (const problem of problems) console.error(problem);
	process.exitCode = problems.length === 0 ? 0 : 1;
});
