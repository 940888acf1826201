import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { START_MS } from '../../../scripts/n8n/entrypoint';
import { freePort } from '../../../scripts/n8n/process';
import { give, type Given } from '../container';
import { waitUntil } from '../waiting';
import { BASES, checkout, compiledBeside, withoutDigest, type Engine } from './engine';

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
	/** Whether the base images are stand-ins. */
	hasStandIns: boolean;
	/** Where Caddy is published, without TLS. */
	proxy: string;
	/** Edits docker/.env as a person does: the six values when it is new, and these. */
	settings(more?: Record<string, string>): void;
	/** Types commands; throws what one printed when it fails, and returns what the last one printed. */
	type(...commands: string[]): Promise<string>;
	/** The same for one that may fail. */
	attempt(command: string): Promise<Ended>;
	/** From now on what is asked of Dodo Payments waits on its way, until it is released. */
	holdDodo(): Hold;
	/** Leaves nothing behind. */
	remove(): Promise<void>;
}

/** Questions on their way. */
export interface Hold {
	/** How many wait. */
	count(): number;
	release(): void;
}

/** Waits for what a command prints. Each look is a process, which takes time from what is waited for. */
export async function untilPrinted(isSo: () => Promise<boolean>): Promise<void> {
	await waitUntil('What was expected was not printed in time', START_MS, 700, isSo);
}

/** Prepares one; nothing is built or started yet. */
export async function machine(project: string): Promise<Machine> {
	const engine = JSON.parse(process.env.CONTAINER_TEST_ENGINE ?? 'null') as Engine;
	const [given, folder, port, proxyPort] = [await give(), checkout(), await freePort(), await freePort()];
	const [dodo, lago] = [await forward(given.dodo.url, engine), await forward(given.lago.url, engine)];
	const seenFromInside = (url: string | undefined): string => String(url).replace('127.0.0.1', engine.gateway);
	const env = { ...process.env, ...engine.env, COMPOSE_PROJECT_NAME: project };
	writeOverrides(folder, engine, proxyPort);
	/** The six values, until they are typed. */
	let untyped: Record<string, string | undefined> = {
		...given.env,
		DODO_API_URL: seenFromInside(given.env.DODO_API_URL),
		LAGO_API_URL: seenFromInside(given.env.LAGO_API_URL),
		WEBHOOK_URL: 'https://billing.example.com',
		PUBLISHED_PORT: String(port),
	};
	const attempt = async (command: string): Promise<Ended> => await run(adapted(command, engine, port), folder, env);
	return {
		given,
		folder,
		url: `http://127.0.0.1:${port}`,
		proxy: `http://127.0.0.1:${proxyPort}`,
		hasStandIns: engine.modules !== null,
		settings(more = {}) {
			const values = { ...untyped, ...more };
			untyped = {};
			const file = join(folder, 'docker', '.env');
			let text = readFileSync(file, 'utf8');
			for (const [name, value] of Object.entries(values)) {
				const line = new RegExp(`^#?${name}=.*$`, 'm');
				text = line.test(text) ? text.replace(line, `${name}=${value}`) : `${text}${name}=${value}\n`;
			}
			writeFileSync(file, text);
		},
		holdDodo: dodo.hold,
		attempt,
		async type(...commands) {
			let printed = '';
			for (const command of commands) {
				const { code, output } = await attempt(command);
				if (code !== 0) throw new Error(`"${command}" ended with ${code}:\n${output.slice(-4_000)}`);
				printed = output;
			}
			return printed;
		},
		async remove() {
			for (const { close } of [dodo, lago]) close();
			await given.stop();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** Containers reach this machine by its address in their network only: there it listens for a service on loopback. */
async function forward(url: string, { gateway }: Engine): Promise<{ hold(): Hold; close(): void }> {
	const port = Number(new URL(url).port);
	let gate: Promise<void> | undefined;
	let waiting = 0;
	const server = createServer((inside) => {
		const outside = connect(port, '127.0.0.1');
		for (const socket of [inside, outside]) socket.on('error', () => [inside, outside].map((one) => one.destroy()));
		outside.pipe(inside);
		let sent = Promise.resolve();
		inside.on('data', (chunk: Buffer) => {
			if (gate !== undefined) waiting += 1;
			const now = gate;
			// What was asked arrives, even if whoever asked is gone by then.
			sent = sent.then(() => now).then(() => void outside.write(chunk));
		});
		inside.on('end', () => void sent.then(() => outside.end()));
	});
	await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, gateway, resolve));
	const hold = (): Hold => {
		let release = (): void => {};
		waiting = 0;
		gate = new Promise<void>((resolve) => (release = resolve));
		return {
			count: () => waiting,
			release() {
				gate = undefined;
				release();
			},
		};
	};
	return { hold, close: () => void server.unref().close() };
}

/** Where n8n finds its modules compiled: half of a start is that, and it is the same in every container. */
const COMPILED = '/home/node/.cache/compiled';

/** What a container with n8n gets of this machine: n8n, and what has been compiled of it. */
function mountsOf(modules: string): string[] {
	return [`${modules}:/usr/local/lib/node_modules:ro`, `${compiledBeside(modules)}:${COMPILED}`];
}

/** No workflow has a Code node. The image by itself is started with the task runner that waits for one. */
const WITHOUT_RUNNERS = { N8N_RUNNERS_MODE: 'external', N8N_RUNNERS_AUTH_TOKEN: 'nobody-comes' };

/** As soon as one is well the next one starts. */
const SOON = { start_period: '240s', start_interval: '2s' };

/**
 * Caddy is published on loopback only. Where the base images are stand-ins, n8n is mounted, and what is built uses this machine's network: the engine
 * leads nowhere by itself.
 */
function writeOverrides(folder: string, { modules }: Engine, proxyPort: number): void {
	const caddy = { ports: [`127.0.0.1:${proxyPort}:80`] };
	const mounted = {
		volumes: mountsOf(modules ?? ''),
		environment: { NODE_COMPILE_CACHE: COMPILED, ...WITHOUT_RUNNERS },
		healthcheck: SOON,
	};
	const own = (service: string): object => ({ image: withoutDigest(BASES[service] as string), healthcheck: SOON });
	const contexts = { [BASES.node as string]: `docker-image://${withoutDigest(BASES.node as string)}` };
	const n8n = { ...mounted, build: { network: 'host', additional_contexts: contexts } };
	const single =
		modules === null ? { caddy } : { n8n, postgres: own('postgres'), caddy: { ...own('caddy'), ...caddy } };
	const queue = modules === null ? {} : { webhook: mounted, worker: mounted, redis: own('redis') };
	for (const [name, services] of Object.entries({ 'compose.yml': single, 'compose.queue.yml': queue }))
		writeFileSync(
			join(folder, 'docker', `here.${name}`),
			JSON.stringify({ services }).replace('"ports":', '"ports": !override '),
		);
}

/** A command of the page as it must be typed here. */
function adapted(command: string, { modules }: Engine, port: number): string {
	const here = command
		.replaceAll(/\bsudo /g, process.getuid?.() === 0 ? '' : 'sudo ')
		// Two of each show the same as more, and start sooner.
		.replaceAll(/--scale (\w+)=3/g, '--scale $1=2')
		.replaceAll('--scale webhook=2', '--scale webhook=1')
		.replaceAll('127.0.0.1:5678:5678', `127.0.0.1:${port}:5678`);
	const image = process.env.CONTAINER_IMAGE;
	// One that was built elsewhere takes the place of what would be built.
	if (image !== undefined && / docker\/Dockerfile | build$/.test(here)) return `docker tag ${image} dodo-lago`;
	const composed = (image === undefined ? here : here.replaceAll(' --build', '')).replaceAll(
		/-f docker\/(compose(?:\.queue)?\.yml)/g,
		'-f docker/$1 -f docker/here.$1',
	);
	if (modules === null) return composed;
	const node = `--build-context ${BASES.node}=docker-image://${withoutDigest(BASES.node as string)}`;
	return composed.replaceAll(/\bdocker build /g, `docker build --network host ${node} `).replaceAll(
		/\bdocker run /g,
		`docker run ${mountsOf(modules)
			.map((mount) => `--volume ${mount} `)
			.join('')}--env NODE_COMPILE_CACHE=${COMPILED} `,
	);
}

async function run(command: string, cwd: string, env: NodeJS.ProcessEnv): Promise<Ended> {
	const child = spawn('bash', ['-euo', 'pipefail', '-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
	let output = '';
	for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
	const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
	return { code, output };
}
