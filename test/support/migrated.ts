import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withFolderLock } from '../../scripts/n8n/lock';
import type { N8nRuntime } from '../../scripts/n8n/prefix';
import { n8nEnvironment, runN8nCommand, type N8nInstance } from '../../scripts/n8n/process';
import { sqliteOf } from './n8nFiles';

/** With which every n8n of the tests encrypts its credentials. */
export const ENCRYPTION_KEY = 'encryption-key-of-the-tests';

/**
 * Puts a SQLite database with all of n8n's tables and nothing in them below a user folder: a start without it spends more time on making
 * them than on all else. It is made once for each version of n8n and each choice of its modules, by n8n itself.
 */
export async function useMigratedDatabase({ runtime, userFolder }: N8nInstance): Promise<void> {
	const folder = join(userFolder, '.n8n');
	mkdirSync(folder, { recursive: true });
	copyFileSync(await ensureMigrated(runtime), join(folder, 'database.sqlite'));
}

/** The path of that database, which is made unless it is there. */
export async function ensureMigrated(runtime: N8nRuntime): Promise<string> {
	const userFolder = mkdtempSync(join(tmpdir(), 'n8n-migrated-'));
	const instance: N8nInstance = {
		runtime,
		userFolder,
		port: 0,
		webhookPrefix: 'webhooks',
		encryptionKey: ENCRYPTION_KEY,
	};
	const modules = createHash('sha256')
		.update(String(n8nEnvironment(instance).N8N_DISABLED_MODULES))
		.digest('hex');
	const kept = join(runtime.dir, `migrated-${modules.slice(0, 8)}.sqlite`);
	try {
		await withFolderLock(
			`${kept}.lock`,
			() => {},
			async () => {
				if (existsSync(kept)) return;
				rmSync(`${kept}.new`, { force: true });
				await runN8nCommand(instance, ['list:workflow']);
				sqliteOf(instance, `VACUUM INTO '${kept}.new'`);
				renameSync(`${kept}.new`, kept);
			},
		);
	} finally {
		rmSync(userFolder, { recursive: true, force: true });
	}
	return kept;
}
