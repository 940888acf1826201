import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { startDodoSimulator, startLagoSimulator, type DodoSimulator, type LagoSimulator } from '../test/simulators';
import type { SandboxRules } from '../test/sandbox/access';
import { startSandbox, type Sandbox } from '../test/sandbox/server';
import { formatEntry } from '../test/sandbox/timeline';
import { readConfiguration, type AccessConfiguration, type Configuration, type DodoConfiguration, type LagoConfiguration } from './configuration';
import { configureSync, type HeadlessSettings } from './headless';
import { digestOf, installPackage, packPackage, ROOT } from './n8n/package';
import { ensureN8n } from './n8n/prefix';
import { startN8n, type N8nInstance, type N8nProcess } from './n8n/process';
import { bindCredentials, ownerEnvironment, provision, type CredentialJson, type Owner, type WorkflowJson } from './n8n/provision';

const WORKFLOW_ID = 'lagoDodoSync0001';
const HOME = join(ROOT, '.local', 'start');
const started = Date.now();

/** Everything that must be stopped, newest first. */
const running: Array<() => Promise<void>> = [];
let stopping: Promise<void> | null = null;

function say(line: string): void {
	console.log(`${String(Math.round((Date.now() - started) / 1000)).padStart(4)} s  ${line}`);
}

/** Thrown with words for the person at the terminal; no stack trace is shown. */
class Unable extends Error {}

async function main(): Promise<void> {
	const check = process.argv.includes('--check');
	const read = readConfiguration(process.env);
	if ('problems' in read) throw new Unable(read.problems.join('\n'));
	const { configuration } = read;
	const ports = portsOf(configuration);
	await requireFree(ports);

	const kept = keptSecrets();
	const [runtime, tarball] = await Promise.all([ensureN8n(say), packPackage(say)]);
	const simulators = configuration.services === null ? await startSimulators(ports, kept) : null;
	const services = configuration.services ?? simulatedServices(simulators as Simulators, kept);
	const access = configuration.services === null ? shownAccess(configuration.access, kept) : configuration.access;
	const instance: N8nInstance = {
		runtime,
		userFolder: HOME,
		port: configuration.port,
		webhookPrefix: 'webhooks',
		encryptionKey: kept.encryptionKey,
		env: { ...ownerEnvironment(runtime, kept.owner), CREDENTIALS_OVERWRITE_DATA: overwrites(services, access), ...(process.env.WEBHOOK_URL ? { WEBHOOK_URL: process.env.WEBHOOK_URL } : {}) },
	};
	await prepare(instance, tarball, { productId: services.dodo.productId, retrySchedule: configuration.retrySchedule, reconcileMinutes: configuration.reconcileMinutes, access });

	say('Starting n8n ...');
	const n8n = await startN8n(instance, join(HOME, 'n8n.log'));
	running.unshift(async () => await n8n.stop());
	void n8n.ended.then((code) => {
		if (stopping !== null) return;
		console.error(`n8n ended by itself with ${code}. The end of its log:\n${n8n.log().slice(-2000)}`);
		void shutDown(1);
	});
	await Promise.all([n8n.waitForWebhook('lago'), n8n.waitForWebhook('dodo')]);
	say('Both webhooks answer.');
	const sandbox = simulators === null ? null : await openSandbox(simulators, n8n, ports, access.update ?? {});

	if (check) return await shutDown(await (simulators === null ? checkServices(services, n8n) : checkSample(simulators, sandbox as Sandbox)));
	printAddresses(n8n, kept, sandbox, access);
}

interface Ports {
	n8n: number;
	sandbox?: number;
	dodo?: number;
	lago?: number;
}

function portsOf({ services, port }: Configuration): Ports {
	return services === null ? { n8n: port, sandbox: port + 10, dodo: port + 11, lago: port + 12 } : { n8n: port };
}

async function requireFree(ports: Ports): Promise<void> {
	for (const [use, port] of Object.entries(ports) as Array<[string, number]>) {
		const free = await new Promise<boolean>((resolve) => {
			const server = createServer();
			server.once('error', () => resolve(false));
			server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
		});
		if (!free) throw new Unable(`Port ${port}, which ${use} needs, is in use. Stop what runs there, or choose another with PORT=<number> npm start.`);
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

interface Simulators {
	dodo: DodoSimulator;
	lago: LagoSimulator;
}

async function startSimulators(ports: Ports, kept: Kept): Promise<Simulators> {
	const dodo = await startDodoSimulator({ port: ports.dodo });
	running.unshift(async () => await dodo.close());
	const lago = await startLagoSimulator({ port: ports.lago, hmacKey: kept.lagoHmacKey });
	running.unshift(async () => await lago.close());
	say('No DODO_API_KEY and no LAGO_API_KEY: both services are simulated.');
	return { dodo, lago };
}

interface Services {
	dodo: DodoConfiguration;
	lago: LagoConfiguration;
}

function simulatedServices({ dodo, lago }: Simulators, kept: Kept): Services {
	return {
		dodo: { apiKey: dodo.apiKey, webhookSecret: kept.dodoSecret, environment: 'test', baseUrl: dodo.url, productId: '' },
		lago: { apiKey: lago.apiKey, webhookHmacKey: kept.lagoHmacKey, baseUrl: lago.url },
	};
}

/** The secrets reach n8n in its environment only; the stored credentials stay empty. */
function overwrites({ dodo: { productId: _chosen, ...dodo }, lago }: Services, { apiToken, callbackSecret }: AccessConfiguration): string {
	return JSON.stringify({ dodoPaymentsApi: dodo, lagoBillingApi: { ...lago, accessToken: apiToken, accessCallbackSecret: callbackSecret } });
}

/** With simulated services there is something to see without any variable: rules, and a token to ask with. */
function shownAccess({ update, apiToken, callbackSecret }: AccessConfiguration, kept: Kept): AccessConfiguration {
	return { update: update ?? { restrictAfterDays: 7, waitForFirstPayment: true }, apiToken: apiToken || kept.accessToken, callbackSecret };
}

const CREDENTIALS: CredentialJson[] = [
	{ id: 'dodoCredential01', name: 'Dodo Payments account', type: 'dodoPaymentsApi', data: {} },
	{ id: 'lagoCredential01', name: 'Lago Billing account', type: 'lagoBillingApi', data: {} },
];

/** Installs the package and imports the template where something changed since the last start. */
async function prepare(instance: N8nInstance, tarball: string, settings: HeadlessSettings): Promise<void> {
	const stamp = join(HOME, 'installed');
	const digest = digestOf([tarball]);
	if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== digest) {
		say('Installing the packed package into n8n ...');
		await installPackage(tarball, HOME);
		writeFileSync(stamp, digest);
	}
	const template = configureSync(JSON.parse(readFileSync(join(ROOT, 'workflows', 'lago-dodo-sync.json'), 'utf8')) as WorkflowJson, settings);
	say('Preparing the workflow ...');
	await provision(instance, CREDENTIALS, [{ ...bindCredentials(template, CREDENTIALS), id: WORKFLOW_ID }]);
}

async function openSandbox({ dodo, lago }: Simulators, n8n: N8nProcess, ports: Ports, rules: SandboxRules): Promise<Sandbox> {
	const { dodoSecret } = keptSecrets();
	dodo.addWebhook({ url: `${n8n.url}/webhooks/dodo`, secret: dodoSecret });
	lago.addEndpoint({ url: `${n8n.url}/webhooks/lago` });
	const sandbox = await startSandbox({ port: ports.sandbox ?? 0, dodo, lago, n8nUrl: n8n.url, rules });
	running.unshift(async () => await sandbox.close());
	return sandbox;
}

/** The token is shown where it was made up here; a given one is known to who gave it. */
function accessLine(n8n: N8nProcess, { apiToken }: AccessConfiguration, kept: Kept): string {
	const isMadeUp = apiToken === kept.accessToken;
	return `\n  Access            ${n8n.url}/webhooks/access?external_customer_id=...   ${isMadeUp ? `Authorization: Bearer ${apiToken}` : 'with ACCESS_API_TOKEN'}`;
}

function printAddresses(n8n: N8nProcess, kept: Kept, sandbox: Sandbox | null, access: AccessConfiguration): void {
	console.log(`
  Editor            ${n8n.url}   (${kept.owner.email} / ${kept.owner.password})
  Webhook for Dodo  ${n8n.url}/webhooks/dodo
  Webhook for Lago  ${n8n.url}/webhooks/lago
  Pay page          ${n8n.url}/webhooks/pay   links to it stand on the invoices${access.apiToken === '' ? '' : accessLine(n8n, access, kept)}${sandbox === null ? '' : `\n  Sandbox           ${sandbox.url}   issue, pay, decline and refund here`}

  Ctrl-C stops everything. Data stays in .local/start.
`);
}

/** One sample invoice from issued to paid. Returns the exit code. */
async function checkSample({ dodo, lago }: Simulators, sandbox: Sandbox): Promise<number> {
	say('Sample: Lago issues an invoice over EUR 120.00 ...');
	const invoice = lago.issueInvoice({ fees: [{ amountCents: 10_000, taxRate: 20 }] });
	const linked = await happens(() => lago.metadataOf(invoice.lago_id, 'dodo_payment_id') !== undefined);
	const checkout = [...dodo.state.checkouts.values()].find(({ metadata }) => metadata.lago_invoice_id === invoice.lago_id);
	if (linked && checkout) {
		say(`Sample: the invoice has checkout ${checkout.id}; the customer pays ...`);
		dodo.payCheckout(checkout.id);
	}
	const paid = checkout !== undefined && (await happens(() => invoice.payment_status === 'succeeded'));
	await dodo.idle();
	await lago.idle();
	console.log(`\nTimeline\n${sandbox.timeline.entries.map((entry) => `  ${formatEntry(entry)}`).join('\n')}\n`);
	if (paid) {
		say(`Sample: invoice ${invoice.number} is paid in Lago (${invoice.total_paid_amount_cents} of ${invoice.total_amount_cents} cents).`);
		return 0;
	}
	const missing = !linked ? 'no checkout link arrived on the invoice' : 'the payment was not booked on the invoice';
	console.error(`The sample did not get through: ${missing}. Look at the last answers above and at .local/start/n8n.log.`);
	return 1;
}

/** Whether both keys work and both webhooks refuse what is not signed. Returns the exit code. */
async function checkServices({ dodo, lago }: Services, n8n: N8nProcess): Promise<number> {
	const dodoBase = (dodo.baseUrl || `https://${dodo.environment}.dodopayments.com`).replace(/\/+$/, '');
	const lagoBase = `${lago.baseUrl.replace(/\/+$/, '').replace(/\/api\/v1$/, '')}/api/v1`;
	const problems: string[] = [];
	for (const [name, url, key] of [
		['Dodo Payments', `${dodoBase}/products?page_size=1`, dodo.apiKey],
		['Lago', `${lagoBase}/organizations`, lago.apiKey],
	] as const) {
		const answer = await fetch(url, { headers: { authorization: `Bearer ${key}` }, signal: AbortSignal.timeout(10_000) }).then(
			({ status }) => (status === 200 ? null : status === 401 ? 'does not accept the API key' : `answers ${status}`),
			() => `does not answer at ${new URL(url).host}`,
		);
		if (answer === null) say(`${name} accepts the API key.`);
		else problems.push(`${name} ${answer}.`);
	}
	say('Both webhooks refuse what is not signed.');
	say(`A real invoice is not made by --check. Issue one in Lago; its webhook endpoint must lead to ${n8n.url}/webhooks/lago.`);
	for (const problem of problems) console.error(problem);
	return problems.length === 0 ? 0 : 1;
}

async function happens(condition: () => boolean, timeoutMs = 20_000): Promise<boolean> {
	const deadline = Date.now() + timeoutMs;
	while (!condition()) {
		if (Date.now() > deadline) return false;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	return true;
}

/** Stops everything that was started, once, and ends. */
async function shutDown(code: number): Promise<void> {
	stopping ??= (async () => {
		for (const stop of running) await stop();
	})();
	await stopping;
	process.exit(code);
}

process.on('SIGINT', () => void shutDown(0));
process.on('SIGTERM', () => void shutDown(0));
main().catch(async (caught: unknown) => {
	console.error(caught instanceof Unable ? caught.message : caught);
	await shutDown(1);
});
