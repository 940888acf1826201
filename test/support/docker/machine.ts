import { chmodSync, chownSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { freePort } from '../../../scripts/n8n/process';
import { give, type Given } from '../container';
import { BASES, checkout, withoutDigest, type Engine } from './engine';

/** What a command has printed and how it has ended. */
export interface Ended {
	code: number | null;
	output: string;
}

/** A machine with Docker, on which a person types the commands of docs/deploy.md, between the two services. */
export interface Machine {
	given: Given;
	/** The folder in which the commands are typed. */
	folder: string;
	/** Where n8n is published. */
	url: string;
	/** Writes docker/.env: the six values, and these. */
	settings(more?: Record<string, string>): void;
	/** Types a command; throws what it printed when it fails. */
	type(command: string): Promise<string>;
	/** The same for one that may fail. */
	attempt(command: string): Promise<Ended>;
	/** Leaves nothing behind. */
	remove(): Promise<void>;
}

const USER = 1000;

/** Prepares one; nothing is built or started yet. */
export async function machine(project: string): Promise<Machine> {
	const engine = JSON.parse(process.env.CONTAINER_TEST_ENGINE ?? 'null') as Engine;
	const [given, folder, port] = [await give(), checkout(), await freePort()];
	const forwarders = await Promise.all([given.dodo.url, given.lago.url].map(async (url) => await forward(url, engine)));
	const seenFromInside = (url: string | undefined): string => String(url).replace('127.0.0.1', engine.gateway);
	const env = { ...process.env, ...engine.env, COMPOSE_PROJECT_NAME: project };
	if (engine.modules !== null) writeOverrides(folder, engine.modules);
	const attempt = async (command: string): Promise<Ended> =>
		await run(adapted(command, engine, port, project), folder, env);
	return {
		given,
		folder,
		url: `http://127.0.0.1:${port}`,
		settings(more = {}) {
			const values = {
				...given.env,
				DODO_API_URL: seenFromInside(given.env.DODO_API_URL),
				LAGO_API_URL: seenFromInside(given.env.LAGO_API_URL),
				WEBHOOK_URL: 'https://billing.example.com',
				PUBLISHED_PORT: String(port),
				...more,
			};
			const file = join(folder, 'docker', '.env');
			const lines = Object.entries(values).map(([name, value]) => `${name}=${value}`);
			writeFileSync(file, lines.join('\n'));
			// As docs/deploy.md says: the group of the container, and whoever types.
			if (process.getuid?.() === 0) chownSync(file, 0, USER);
			chmodSync(file, process.getuid?.() === 0 ? 0o640 : 0o644);
		},
		attempt,
		async type(command) {
			const { code, output } = await attempt(command);
			if (code !== 0) throw new Error(`"${command}" ended with ${code}:\n${output.slice(-4_000)}`);
			return output;
		},
		async remove() {
			for (const server of forwarders) server.close();
			await given.stop();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** Containers reach this machine by its address in their network only: there it listens for a service on loopback. */
async function forward(url: string, { gateway }: Engine): Promise<Server> {
	const port = Number(new URL(url).port);
	const server = createServer((inside) => {
		const outside = connect(port, '127.0.0.1');
		for (const socket of [inside, outside]) socket.on('error', () => [inside, outside].map((one) => one.destroy()));
		inside.pipe(outside).pipe(inside);
	});
	await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, gateway, resolve));
	return server.unref();
}

/** Where the base images are stand-ins, n8n is mounted, and what is built uses this machine's network: the engine leads nowhere by itself. */
function writeOverrides(folder: string, modules: string): void {
	const mounted = { volumes: [`${modules}:/usr/local/lib/node_modules:ro`] };
	const own = (service: 'postgres' | 'redis' | 'caddy'): object => ({ image: withoutDigest(BASES[service] as string) });
	const contexts = { [BASES.node as string]: `docker-image://${withoutDigest(BASES.node as string)}` };
	const single = {
		n8n: { ...mounted, build: { network: 'host', additional_contexts: contexts } },
		postgres: own('postgres'),
		caddy: own('caddy'),
	};
	const queue = { webhook: mounted, worker: mounted, redis: own('redis') };
	for (const [name, services] of Object.entries({ 'compose.yml': single, 'compose.queue.yml': queue }))
		writeFileSync(join(folder, 'docker', `stand-ins.${name}`), JSON.stringify({ services }));
}

/** A command of the page as it must be typed here. */
function adapted(command: string, { modules }: Engine, port: number, project: string): string {
	const here = command
		.replaceAll('127.0.0.1:5678:5678', `127.0.0.1:${port}:5678`)
		.replaceAll(/(?<![\w/-])dodo-lago_(?=\w)/g, `${project}_`);
	if (modules === null) return here;
	const node = `--build-context ${BASES.node}=docker-image://${withoutDigest(BASES.node as string)}`;
	return here
		.replaceAll(/-f docker\/(compose(?:\.queue)?\.yml)/g, '-f docker/$1 -f docker/stand-ins.$1')
		.replaceAll(/\bdocker build /g, `docker build --network host ${node} `)
		.replaceAll(/\bdocker run /g, `docker run --volume ${modules}:/usr/local/lib/node_modules:ro `);
}

async function run(command: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Ended> {
	const child = spawn('bash', ['-euo', 'pipefail', '-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
	let output = '';
	for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
	const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
	return { code, output };
}
