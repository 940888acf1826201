/**
 * Loaded by n8n in the role `webhook` (EXTERNAL_HOOK_FILES). n8n 2.41.1 fills credentials from CREDENTIALS_OVERWRITE_DATA in its main process
 * and its workers, but not in its webhook processors, which need them to verify signatures. A webhook processor loads this file at the moment at
 * which the other two do so, and before it listens to webhooks.
 */
interface Container {
	get(type: unknown): { init(): Promise<void> };
}

const n8n = require.main as NodeJS.Module;
const { Container } = n8n.require('@n8n/di') as { Container: Container };
const { CredentialsOverwrites } = n8n.require('../dist/credentials-overwrites') as { CredentialsOverwrites: unknown };

Container.get(CredentialsOverwrites)
	.init()
	.catch((problem: unknown) => {
		// Without secrets every webhook would be refused.
		console.error(problem);
		process.exit(1);
	});

export {};
