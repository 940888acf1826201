import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { aptGet, runCommand, type Progress } from '../../../scripts/n8n/command';
import { withFolderLock } from '../../../scripts/n8n/lock';

/** The release of Debian whose Docker is taken: the first with Compose 2 and buildx. Its programs run on the one before as well. */
const RELEASE = 'trixie';
const UNPACKED = ['docker.io', 'docker-cli', 'docker-compose', 'docker-buildx', 'containerd'];
/** What is installed as usual: the engine's helpers, and what the stand-ins are made of. */
const INSTALLED: Readonly<Record<string, string>> = {
	iptables: 'iptables',
	runc: 'runc',
	busybox: 'busybox-static',
	'tini-static': 'tini',
	ip: 'iproute2',
	'redis-server': 'redis-server',
	psql: 'postgresql',
};
const CACHE = process.env.N8N_RUNTIME_CACHE ?? join(homedir(), '.cache', 'n8n-nodes-dodo-lago');

/** Where Docker's programs and Caddy lie, unpacked beside the system: nothing of this machine's own Docker is touched. */
export const DOCKER_FOLDER = join(CACHE, `docker-${RELEASE}`);

const isThere = (program: string): boolean =>
	[...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((folder) =>
		existsSync(join(folder, program)),
	);
const isUnpacked = (): boolean => existsSync(join(DOCKER_FOLDER, '.complete'));
const missing = (): string[] => Object.keys(INSTALLED).filter((program) => !isThere(program));

/** Why no engine can be started here; null when one can. Starts and installs nothing. */
export function whyNoPrograms(): string | null {
	const problem = whyNeverHere();
	if (problem !== null) return problem;
	if (isUnpacked() && missing().length === 0) return null;
	return 'Docker is not prepared (node --import tsx scripts/checks/docker.ts)';
}

/** Why none can ever be started here, whatever is installed; null when nothing is in the way. */
export function whyNeverHere(): string | null {
	const isDebian = existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
	if (!isDebian || process.arch !== 'x64') return 'an engine of our own is started on Debian on x64 only';
	if (process.getuid?.() !== 0) return 'only root can start an engine';
	if (!existsSync('/sys/fs/cgroup') || !readFileSync('/proc/filesystems', 'utf8').includes('overlay'))
		return 'this kernel has no cgroups or no overlay';
	return null;
}

/** Sees to it that there is a Docker to start, where one can be started. */
export async function ensurePrograms(say: Progress): Promise<void> {
	if (whyNoPrograms() === null) return;
	mkdirSync(CACHE, { recursive: true });
	await withFolderLock(
		`${DOCKER_FOLDER}.lock`,
		() => say('Another process is preparing Docker; waiting for it ...'),
		async () => {
			const apt = async (...args: string[]): Promise<string> =>
				await aptGet(args, {
					cwd: CACHE,
					tick: (seconds) => say(`  still at apt-get ${args[0]}, ${seconds} s`),
				});
			await apt('update');
			const wanted = missing().map((program) => INSTALLED[program] as string);
			if (wanted.length > 0) {
				say(`Installing ${wanted.join(', ')} from Debian ...`);
				await apt('install', '-y', '--no-install-recommends', ...wanted);
			}
			if (!isUnpacked()) await unpack(say, apt);
		},
	);
}

async function unpack(say: Progress, apt: (...args: string[]) => Promise<string>): Promise<void> {
	say(`Unpacking Docker of Debian ${RELEASE} (about 100 MB) ...`);
	rmSync(DOCKER_FOLDER, { recursive: true, force: true });
	const [debs, lists] = [join(DOCKER_FOLDER, 'debs'), join(DOCKER_FOLDER, 'lists')];
	for (const folder of [join(debs, 'partial'), join(lists, 'partial')]) mkdirSync(folder, { recursive: true });
	const sources = join(debs, 'sources.list');
	const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
	writeFileSync(sources, `deb [signed-by=${keyring}] ${await mirror()} ${RELEASE} main\n`);
	// Lists of its own: this machine stays on its release.
	const aside = [`Dir::Etc::sourcelist=${sources}`, 'Dir::Etc::sourceparts=-', `Dir::State::lists=${lists}`];
	const asideArgs = [...aside, `Dir::Cache=${lists}`].flatMap((option) => ['-o', option]);
	await apt('update', ...asideArgs);
	const download = async (...args: string[]): Promise<string> =>
		await aptGet(['-o', 'APT::Sandbox::User=root', 'download', ...args], { cwd: debs });
	await download(...asideArgs, ...UNPACKED);
	// It must fit this machine's libraries, as it becomes a stand-in among others.
	await download('caddy');
	for (const file of readdirSync(debs).filter((name) => name.endsWith('.deb')))
		await runCommand('dpkg', ['-x', join(debs, file), DOCKER_FOLDER], { cwd: debs });
	for (const folder of [debs, lists]) rmSync(folder, { recursive: true, force: true });
	writeFileSync(join(DOCKER_FOLDER, '.complete'), '');
}

/** From where this machine has its own Debian. */
async function mirror(): Promise<string> {
	const format = '$(COMPONENT) $(CODENAME) $(REPO_URI)';
	const targets = await runCommand('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'], {
		cwd: CACHE,
	});
	const found = targets.split('\n').map((line) => /^main [a-z]+ (\S+\/debian\/?)$/.exec(line)?.[1]);
	const [first] = found.filter((one) => one !== undefined);
	if (first === undefined) throw new Error('apt-get names no mirror of Debian on this machine.');
	return first;
}
