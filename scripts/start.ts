import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { startDodoSimulator, startLagoSimulator } from '../sandbox/simulators';
import { startSandbox, type Sandbox } from '../sandbox/page/server';
import { readConfiguration, type Configuration, type Owner } from '../docker/entrypoint/configuration';
import { executionsOf } from './n8n/executions';
import { startEntrypoint } from './n8n/entrypoint';
import { assembleImage } from './n8n/image';
import { ROOT } from './n8n/package';
import { ensureN8n } from './n8n/prefix';
import { freePort } from './n8n/process';
import { checkSample, checkServices, say, type Simulators } from './startCheck';

const HOME = join(ROOT, '.local', 'start');
const LOG = join(HOME, 'n8n.log');
/** How the lines of the image's program begin between those of n8n. */
const OURS = '[dodo-lago] ';
const SIMULATED_KEY = 'simulated-key';
/** On loopback only, over plain HTTP. */
const LOCAL = {
	N8N_USER_FOLDER: HOME,
	N8N_LISTEN_ADDRESS: '127.0.0.1',
	N8N_HOST: '127.0.0.1',
	N8N_SECURE_COOKIE: 'false',
};

/** Everything that must be stopped, newest first. */
const running: Array<() => Promise<void>> = [];
let stopping: Promise<void> | null = null;

/** Says which of the four steps of a start a line belongs to; the first is done before this program runs. */
function inStep(step: number): (line: string) => void {
	return (line) => say(`[${step}/4] ${line}`);
}

/** Thrown with words for the person at the terminal; no stack trace is shown. */
class Unable extends Error {}

async function main(): Promise<void> {
	const check = process.argv.includes('--check');
	const kept = keptSecrets();
	const simulates = !isGiven('DODO_API_KEY') && !isGiven('LAGO_API_KEY');
	const ports = portsOf(Number(process.env.PORT || 5678), simulates);
	const added = {
		...(isGiven('OWNER_EMAIL') ? {} : { OWNER_EMAIL: kept.owner.email, OWNER_PASSWORD: kept.owner.password }),
		...(simulates ? simulated(ports, kept) : {}),
	};
	const read = readConfiguration({ ...process.env, ...added });
	if ('problems' in read) throw new Unable(read.problems.join('\n'));
	const { configuration } = read;
	await requireFree(ports);

	const [runtime, image] = await Promise.all([ensureN8n(inStep(2)), assembleImage(inStep(3))]);
	const simulators = simulates ? await startSimulators(ports, kept) : null;
	inStep(4)('Starting n8n ...');
	// n8n waits 10 s after a crash; here a crash is somebody's SIGKILL.
	rmSync(join(HOME, '.n8n', 'crash.journal'), { force: true });
	const broker = String(await freePort());
	const n8n = startEntrypoint({
		runtime,
		image,
		logFile: LOG,
		env: { ...LOCAL, N8N_RUNNERS_BROKER_PORT: broker, N8N_ENCRYPTION_KEY: kept.encryptionKey, ...added },
	});
	running.unshift(async () => void (await n8n.stop()));
	void n8n.ended.then((code) => {
		if (stopping !== null) return;
		console.error(`n8n ended by itself with ${code}. The end of its log:\n${n8n.log().slice(-2000)}`);
		void shutDown(1);
	});
	await n8n.waitFor('s after the start.');
	for (const line of n8n
		.log()
		.split('\n')
		.filter((one) => one.startsWith(OURS)))
		say(line.slice(OURS.length));
	const url = `http://127.0.0.1:${ports.n8n}`;
	const sandbox = simulators === null ? null : await openSandbox(simulators, url, ports, kept, configuration);

	if (check)
		return await shutDown(
			await (simulators === null ? checkServices(configuration, url) : checkSample(simulators, sandbox as Sandbox)),
		);
	printAddresses(url, kept, sandbox, configuration);
}

function isGiven(name: string): boolean {
	return Boolean(process.env[name]?.trim() || process.env[`${name}_FILE`]);
}

interface Ports {
	n8n: number;
	sandbox?: number;
	dodo?: number;
	lago?: number;
}

function portsOf(port: number, simulates: boolean): Ports {
	return simulates ? { n8n: port, sandbox: port + 10, dodo: port + 11, lago: port + 12 } : { n8n: port };
}

async function requireFree(ports: Ports): Promise<void> {
	for (const [use, port] of Object.entries(ports) as Array<[string, number]>) {
		const free = await new Promise<boolean>((resolve) => {
			const server = createServer();
			server.once('error', () => resolve(false));
			server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
		});
		if (!free)
			throw new Unable(
				`Port ${port}, which ${use} needs, is in use. Stop what runs there, or choose another with PORT=<number> npm start.`,
			);
	}
}

interface Kept {
	encryptionKey: string;
	owner: Owner;
	dodoSecret: string;
	lagoHmacKey: string;
	accessToken: string;
}

/** Made once and kept beside the data, readable by the owner only. */
function keptSecrets(): Kept {
	const file = join(HOME, 'secrets.json');
	const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<Kept>) : {};
	const kept: Kept = {
		encryptionKey: randomBytes(24).toString('hex'),
		owner: { email: 'owner@example.com', password: `Local-${randomBytes(6).toString('hex')}` },
		dodoSecret: `whsec_${randomBytes(32).toString('base64')}`,
		lagoHmacKey: randomUUID(),
		accessToken: randomBytes(24).toString('hex'),
		...before,
	};
	mkdirSync(HOME, { recursive: true });
	writeFileSync(file, JSON.stringify(kept, null, '\t'), { mode: 0o600 });
	return kept;
}

async function startSimulators(ports: Ports, kept: Kept): Promise<Simulators> {
	const dodo = await startDodoSimulator({ port: ports.dodo, apiKey: SIMULATED_KEY });
	running.unshift(async () => await dodo.close());
	const lago = await startLagoSimulator({ port: ports.lago, apiKey: SIMULATED_KEY, hmacKey: kept.lagoHmacKey });
	running.unshift(async () => await lago.close());
	say('No DODO_API_KEY and no LAGO_API_KEY: both services are simulated.');
	return { dodo, lago };
}

/** Rules of access, and a token to ask with, so that there is something to see. */
function shownAccess({ accessToken }: Kept): NodeJS.ProcessEnv {
	const shown = {
		ACCESS_RESTRICT_AFTER_DAYS: '7',
		ACCESS_WAIT_FOR_FIRST_PAYMENT: 'true',
		ACCESS_API_TOKEN: accessToken,
	};
	return Object.fromEntries(Object.entries(shown).filter(([name]) => !isGiven(name)));
}

/** The environment by which n8n finds the simulators. */
function simulated({ dodo, lago }: Ports, kept: Kept): NodeJS.ProcessEnv {
	return {
		...shownAccess(kept),
		DODO_API_KEY: SIMULATED_KEY,
		DODO_WEBHOOK_SECRET: kept.dodoSecret,
		DODO_API_URL: `http://127.0.0.1:${dodo}`,
		LAGO_API_KEY: SIMULATED_KEY,
		LAGO_WEBHOOK_HMAC_KEY: kept.lagoHmacKey,
		LAGO_API_URL: `http://127.0.0.1:${lago}`,
		// Days pass there by making everything older; only what the page issues as "from before" is older than this.
		COLLECT_SINCE: `${new Date().getUTCFullYear() - 1}-01-01`,
	};
}

async function openSandbox(
	{ dodo, lago }: Simulators,
	url: string,
	ports: Ports,
	kept: Kept,
	{ owner, access }: Configuration,
): Promise<Sandbox> {
	dodo.addWebhook({ url: `${url}/webhooks/dodo`, secret: kept.dodoSecret });
	lago.addEndpoint({ url: `${url}/webhooks/lago` });
	const executions = await executionsOf(url, owner ?? kept.owner);
	const rules = access.update ?? {};
	const sandbox = await startSandbox({ port: ports.sandbox ?? 0, dodo, lago, n8nUrl: url, executions, rules });
	running.unshift(async () => await sandbox.close());
	return sandbox;
}

/** The token is shown where it was made up here; a given one is known to who gave it. */
function accessLine(url: string, { access: { apiToken } }: Configuration, kept: Kept): string {
	const isMadeUp = apiToken === kept.accessToken;
	const how = isMadeUp ? `Authorization: Bearer ${apiToken}` : 'with ACCESS_API_TOKEN';
	return `\n  Access            ${url}/webhooks/access?external_customer_id=...   ${how}`;
}

function printAddresses(url: string, kept: Kept, sandbox: Sandbox | null, configuration: Configuration): void {
	const { email, password } = configuration.owner ?? kept.owner;
	const access = configuration.access.apiToken === '' ? '' : accessLine(url, configuration, kept);
	const page = sandbox === null ? '' : `\n  Sandbox           ${sandbox.url}   issue, pay, decline and refund here`;
	console.log(`
  Editor            ${url}   (${email} / ${password === kept.owner.password ? password : 'OWNER_PASSWORD'})
  Webhook for Dodo  ${url}/webhooks/dodo
  Webhook for Lago  ${url}/webhooks/lago
  Pay page          ${url}/webhooks/pay   links to it stand on the invoices${access}${page}

  Ctrl-C stops everything, and so does ending npm in any other way. Data stays in .local/start.
`);
}

/** Stops everything that was started, once, and ends. */
async function shutDown(code: number): Promise<void> {
	stopping ??= (async () => {
		for (const stop of running) await stop();
	})();
	await stopping;
	process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void shutDown(0));
// Who has started this program is gone, without a word.
process.on('disconnect', () => void shutDown(0));
process.channel?.unref();
// A closed terminal takes no more lines; that must not end this program before it has ended the others.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
main().catch(async (caught: unknown) => {
	console.error(caught instanceof Unable ? caught.message : caught);
	await shutDown(1);
});
