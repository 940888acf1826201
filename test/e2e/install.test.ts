import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnvironment, runCommand } from '../../scripts/n8n/command';
import { ROOT } from '../../scripts/n8n/package';
import { OWNER } from '../support/n8n';
import { signIn, type Rest } from '../../scripts/n8n/rest';
import { startSync, type Sync, type SyncOptions } from '../support/sync';

const page = readFileSync(join(ROOT, 'docs', 'install.md'), 'utf8');

/** The commands that stand below a heading of the page, block by block. */
function commandsBelow(heading: string): string[] {
	const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
	return [...section.matchAll(/```bash\n([\s\S]+?)```/g)].map(([, commands]) => commands as string);
}

const [makeTarball = '', unpack = ''] = commandsBelow('By tarball');
const [variables = ''] = commandsBelow('By variables');

/** Does what the page says, on a machine whose home folder is the user folder of n8n. Twice, as an update does. */
async function installAsThePageSays(_tarball: string, userFolder: string): Promise<void> {
	const carried = mkdtempSync(join(tmpdir(), 'carried-'));
	const bash = async (commands: string, cwd: string, env: NodeJS.ProcessEnv): Promise<string> =>
		await runCommand('bash', ['-euc', commands], { cwd, env: cleanEnvironment(env) });
	try {
		await bash(makeTarball, ROOT, { npm_config_pack_destination: carried });
		for (let round = 0; round < 2; round++) await bash(unpack, carried, { HOME: userFolder });
	} finally {
		rmSync(carried, { recursive: true, force: true });
	}
}

/** What a shell makes of the variables of the page. */
async function variablesOfThePage(): Promise<NodeJS.ProcessEnv> {
	const print =
		'console.log(JSON.stringify([process.env.N8N_COMMUNITY_PACKAGES_MANAGED_BY_ENV, process.env.N8N_COMMUNITY_PACKAGES]))';
	const printed = await runCommand('bash', ['-euc', `set -a\n${variables}\n"$NODE" -e "$PRINT"`], {
		cwd: ROOT,
		env: { ...cleanEnvironment(), NODE: process.execPath, PRINT: print },
	});
	const [N8N_COMMUNITY_PACKAGES_MANAGED_BY_ENV, N8N_COMMUNITY_PACKAGES] = JSON.parse(printed) as [string, string];
	return { N8N_COMMUNITY_PACKAGES_MANAGED_BY_ENV, N8N_COMMUNITY_PACKAGES };
}

/** No registry can be reached: whatever is not on this machine goes to a port where nobody listens. */
const NO_REGISTRY: NodeJS.ProcessEnv = {
	HTTP_PROXY: 'http://127.0.0.1:9',
	HTTPS_PROXY: 'http://127.0.0.1:9',
	NO_PROXY: '127.0.0.1,localhost',
	npm_config_fetch_retries: '0',
};

let sync: Sync | undefined;
let rest: Rest;

async function start(options: Omit<SyncOptions, 'registration'>): Promise<Sync> {
	sync = await startSync({ registration: 'manual', ...options });
	rest = await signIn(sync.n8n.url, OWNER, false);
	return sync;
}

afterEach(async () => {
	await sync?.stop();
	sync = undefined;
});

const MINUTES = 900_000;

async function collectsAndSettles({ issue, pay }: Sync): Promise<void> {
	const invoice = await issue();
	await pay(invoice);
	expect(invoice.payment_status).toBe('succeeded');
}

const tryInEditor = async (): Promise<unknown> =>
	await rest('POST', '/community-packages', { name: 'n8n-nodes-dodo-lago' });

test(
	'by tarball: the commands of the page, and an invoice is collected and settled; n8n does not list the package, and asks for a licence for a registry of your own',
	async () => {
		const running = await start({
			install: installAsThePageSays,
			env: { ...NO_REGISTRY, N8N_COMMUNITY_PACKAGES_REGISTRY: 'http://127.0.0.1:9' },
		});
		await collectsAndSettles(running);
		expect(await rest('GET', '/community-packages')).toEqual([]);
		await expect(tryInEditor()).rejects.toThrow('feat:communityNodes:customRegistry');
	},
	MINUTES,
);

test(
	'by variables, without a registry: n8n says that it cannot download, starts with what is there, and refuses the editor',
	async () => {
		const running = await start({
			install: installAsThePageSays,
			env: { ...NO_REGISTRY, ...(await variablesOfThePage()) },
		});
		expect(running.n8n.process.log()).toMatch(/Failed to install community package.*n8n-nodes-dodo-lago.* from env/);
		await collectsAndSettles(running);
		await expect(tryInEditor()).rejects.toThrow(/400.*managed via environment variables/);
	},
	MINUTES,
);

test(
	'by variables that list nothing: what was unpacked by hand stays',
	async () => {
		const running = await start({
			install: installAsThePageSays,
			env: { ...NO_REGISTRY, N8N_COMMUNITY_PACKAGES_MANAGED_BY_ENV: 'true', N8N_COMMUNITY_PACKAGES: '[]' },
		});
		await collectsAndSettles(running);
	},
	MINUTES,
);

test(
	'by variables that are not JSON: n8n does not start',
	async () => {
		const starting = start({
			template: null,
			env: { ...NO_REGISTRY, N8N_COMMUNITY_PACKAGES_MANAGED_BY_ENV: 'true', N8N_COMMUNITY_PACKAGES: '[{"name":' },
		});
		await expect(starting).rejects.toThrow(/n8n ended with 1[\s\S]*N8N_COMMUNITY_PACKAGES/);
	},
	MINUTES,
);
