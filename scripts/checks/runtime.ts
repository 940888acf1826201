import { ensureMigrated } from '../../test/support/migrated';
import { ensureN8n, N8N_1_VERSION, N8N_VERSION } from '../n8n/prefix';

const VERSIONS: Readonly<Record<string, string>> = { newest: N8N_VERSION, '1.x': N8N_1_VERSION };

/** @param name of {@link VERSIONS} */
async function ensure(name: string): Promise<void> {
	const version = VERSIONS[name];
	if (version === undefined) throw new Error(`Choose one of: ${Object.keys(VERSIONS).join(', ')}.`);
	const runtime = await ensureN8n((line) => console.log(line), version);
	await ensureMigrated(runtime);
	console.log(`n8n ${runtime.version} is ready.`);
}

ensure(process.argv[2] ?? '').catch((caught: unknown) => {
	console.error(caught instanceof Error ? caught.message : caught);
	process.exitCode = 1;
});
