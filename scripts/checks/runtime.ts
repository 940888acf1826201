import { ensureMigrated } from '../../test/support/migrated';
import { ensureN8n, N8N_1_VERSION, N8N_VERSION } from '../n8n/prefix';

const say = (line: string): void => console.log(line);

async function ensureAll(): Promise<void> {
	for (const wanted of [N8N_VERSION, N8N_1_VERSION]) {
		const runtime = await ensureN8n(say, wanted);
		await ensureMigrated(runtime);
		say(`n8n ${runtime.version} is ready.`);
	}
}

ensureAll().catch((caught: unknown) => {
	console.error(caught instanceof Error ? caught.message : caught);
	process.exitCode = 1;
});
