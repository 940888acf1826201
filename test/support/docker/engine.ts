import { execFileSync, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import {
	chownSync,
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runCommand } from '../../../scripts/n8n/command';
import { ROOT } from '../../../scripts/n8n/package';
import { ensureN8n, N8N_VERSION } from '../../../scripts/n8n/prefix';
import { DOCKER_FOLDER, whyNoPrograms } from './programs';

/** A Docker engine for tests. */
export interface Engine {
	/** The variables by which Docker's client finds it. */
	env: Record<string, string>;
	/** Where this machine is reached from its containers. */
	gateway: string;
	/** The folder with n8n to mount, where the base images are stand-ins that lack it; null where they are the official ones. */
	modules: string | null;
}

/** `CONTAINER_ENGINE=running` takes the engine of this machine, and the official base images. */
const takesRunning = process.env.CONTAINER_ENGINE === 'running';
const FOLDER = join(__dirname, '..', '..', 'container', 'engine');

/** Why the image cannot be tried here, in one line; null when it can. */
export function whyNoEngine(): string | null {
	const problem = takesRunning ? null : whyNoPrograms();
	return problem === null
		? null
		: `skipped: ${problem}; CONTAINER_ENGINE=running takes the Docker that runs here, and the official base images`;
}

/** Starts one, or takes the running one. `stop` ends it and removes everything; the end of this process does so as well. */
export async function startEngine(): Promise<{ engine: Engine; stop(): Promise<void> }> {
	if (takesRunning) {
		const gateway = execFileSync('docker', [...'network inspect bridge --format'.split(' '), GATEWAY])
			.toString()
			.trim();
		return { engine: { env: {}, gateway, modules: null }, stop: async () => await Promise.resolve() };
	}
	const folder = mkdtempSync(join(tmpdir(), 'engine-'));
	const addresses = `10.${randomInt(64, 192)}`;
	const env = {
		PATH: [join(DOCKER_FOLDER, 'usr', 'sbin'), join(DOCKER_FOLDER, 'usr', 'bin'), process.env.PATH, '/usr/sbin'].join(
			':',
		),
		DOCKER_HOST: `unix://${folder}/docker.sock`,
		DOCKER_CONFIG: join(folder, 'client'),
	};
	const bridge = `dodo${randomBytes(3).toString('hex')}`;
	// A group of its own: Ctrl-C must not reach it while it clears up.
	const child = spawn('bash', [join(FOLDER, 'engine.sh'), folder, bridge, addresses], {
		env: { ...process.env, ...env },
		stdio: ['pipe', 'pipe', 'inherit'],
		detached: true,
	});
	const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
	const stop = async (): Promise<void> => {
		child.stdin.end();
		await ended;
	};
	try {
		await new Promise<void>((resolve, reject) => {
			child.stdout.once('data', () => resolve());
			void ended.then(() => reject(new Error('The engine did not start; see the lines above.')));
		});
		mkdirSync(join(env.DOCKER_CONFIG, 'cli-plugins'), { recursive: true });
		for (const plugin of readdirSync(join(DOCKER_FOLDER, 'usr', 'libexec', 'docker', 'cli-plugins')))
			symlinkSync(
				join(DOCKER_FOLDER, 'usr', 'libexec', 'docker', 'cli-plugins', plugin),
				join(env.DOCKER_CONFIG, 'cli-plugins', plugin),
			);
		const modules = await buildStandIns(env);
		return { engine: { env, gateway: `${addresses}.0.1`, modules }, stop };
	} catch (caught) {
		await stop();
		throw caught;
	}
}

const GATEWAY = '{{(index .IPAM.Config 0).Gateway}}';

/** The images that the shipped files start from, by the stage that stands in for each. */
export const BASES: Readonly<Record<string, string>> = {
	node: named('Dockerfile', /^FROM \S+ (node:\S+) AS build$/m),
	n8n: `docker.n8n.io/n8nio/n8n:${N8N_VERSION}`,
	postgres: named('compose.yml', /image: (postgres:\S+)/),
	redis: named('compose.queue.yml', /image: (redis:\S+)/),
	caddy: named('compose.yml', /image: (caddy:\S+)/),
};

/** What an image with a digest is called where nothing has that digest. */
export function withoutDigest(image: string): string {
	return image.replace(/@sha256:[0-9a-f]{64}$/, '');
}

function named(file: string, pattern: RegExp): string {
	const name = pattern.exec(readFileSync(join(ROOT, 'docker', file), 'utf8'))?.[1];
	if (name === undefined) throw new Error(`docker/${file} names no image that looks like ${pattern.source}`);
	return name;
}

async function buildStandIns(env: Record<string, string>): Promise<string> {
	const runtime = await ensureN8n(() => {});
	const modules = join(runtime.dir, 'node_modules');
	mkdirSync(compiledBeside(modules), { recursive: true });
	// As whom n8n runs in them.
	chownSync(compiledBeside(modules), 1000, 1000);
	// Beside Node, or where Debian has it.
	const npm = [join(dirname(dirname(process.execPath)), 'lib', 'node_modules', 'npm'), '/usr/share/nodejs/npm'];
	const work = mkdtempSync(join(tmpdir(), 'stand-ins-'));
	try {
		await runCommand(
			'bash',
			[
				join(FOLDER, 'standIns.sh'),
				work,
				runtime.node,
				npm.find(existsSync) ?? 'npm',
				join(modules, 'sqlite3', 'build', 'Release', 'node_sqlite3.node'),
				DOCKER_FOLDER,
				...Object.entries(BASES).map(([stage, image]) => `${stage}=${withoutDigest(image)}`),
			],
			{ cwd: work, env: { ...process.env, ...env } },
		);
	} finally {
		rmSync(work, { recursive: true, force: true });
	}
	return modules;
}

/** Where Node keeps what it has compiled of n8n's modules for the containers. */
export function compiledBeside(modules: string): string {
	return join(dirname(modules), 'compiled-in-containers');
}

/** A copy of what the image is built from, with what lies beside it, so that no file of this project is written. */
export function checkout(): string {
	const folder = mkdtempSync(join(tmpdir(), 'checkout-'));
	const listed = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
		.split('\n')
		.flatMap((line) => (line.startsWith('!') ? line.slice(1) : []));
	for (const path of [...listed, '.dockerignore', 'docker'])
		cpSync(join(ROOT, path), join(folder, path), { recursive: true, filter: (from) => !from.endsWith('/.env') });
	return folder;
}
