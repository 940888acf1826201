import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readConfiguration, type Configuration } from './configuration';
import { credentialOverwrites, givenEnvironment, keyProblem, n8nEnvironment, type Role } from './environment';
import { makeKeys } from './keys';
import { passSignalsOn, startN8n, Stopped } from './n8n';
import { linkPackage } from './packageLink';
import { privateFiles, type PrivateFiles } from './privateFiles';
import { provision, type Provisioned } from './provision';
import { isReady, localUrl, until, webhooksAnswer } from './ready';
import { say, warn } from './say';
import { questionsFor, watchService } from './services';
import { bindCredentials, configureSync, CREDENTIALS, type WorkflowJson } from './workflow';

/** The exit code for an environment that is wrong (EX_CONFIG). */
const WRONG_CONFIGURATION = 78;
const COMMANDS: Readonly<Record<Role, string>> = { main: 'start', webhook: 'webhook', worker: 'worker' };
const PACKAGE = join(__dirname, 'package');
const START_MS = 180_000;

/** One container from its first line to its end. Returns the exit code. */
async function run(role: Role, args: string[], given: NodeJS.ProcessEnv): Promise<number> {
	const n8nFolder = join(given.N8N_USER_FOLDER ?? homedir(), '.n8n');
	const read = readConfiguration(given);
	const problems = [...('problems' in read ? read.problems : []), keyProblem(given, role, existsSync(join(n8nFolder, 'config'))) ?? []].flat();
	if ('problems' in read || problems.length > 0) {
		for (const problem of problems) warn(problem);
		return WRONG_CONFIGURATION;
	}
	const { configuration } = read;
	mkdirSync(n8nFolder, { recursive: true });
	if (linkPackage(PACKAGE, n8nFolder)) warn('The package that was installed in n8n is replaced by the one of this image, which fits its workflow.');

	const files = privateFiles();
	try {
		const env = n8nEnvironment(given, configuration, role);
		const provisioned = role === 'main' ? await prepare(configuration, env, files, n8nFolder) : null;
		const secrets = files.write('secrets.json', credentialOverwrites(given, configuration));
		const { CREDENTIALS_OVERWRITE_DATA: _merged, ...rest } = env;
		const ended = startN8n([COMMANDS[role], ...args], { ...rest, CREDENTIALS_OVERWRITE_DATA_FILE: secrets });
		void watch(configuration, env, files, provisioned);
		return await ended;
	} finally {
		files.remove();
	}
}

async function prepare(configuration: Configuration, env: NodeJS.ProcessEnv, files: PrivateFiles, n8nFolder: string): Promise<Provisioned> {
	const template = JSON.parse(readFileSync(join(PACKAGE, 'workflows', 'lago-dodo-sync.json'), 'utf8')) as WorkflowJson;
	const wanted = bindCredentials(configureSync(template, { ...configuration, productId: configuration.dodo.productId }), CREDENTIALS);
	const provisioned = await provision(wanted, env, files, join(n8nFolder, 'dodo-lago-unfinished'));
	const getBack = 'To get the shipped one back, delete it in the editor (archive it, then delete it) and start again.';
	const lines: Record<Provisioned['decision'], () => void> = {
		import: () => say('The workflow is imported and published.'),
		replace: () => say('The workflow is replaced: the image or a variable has changed.'),
		nothing: () => say('The workflow is up to date.'),
		changed: () => warn(`The workflow was changed in n8n and stays as it is; what the image and variables like RETRY_SCHEDULE would change in it does not apply. ${getBack}`),
		archived: () => warn(`The workflow is archived in n8n, so nothing is collected. Unarchive and publish it in the editor. ${getBack}`),
	};
	lines[provisioned.decision]();
	if (!provisioned.published && provisioned.decision !== 'archived') warn('The workflow is not published, so nothing is collected. Publish it in the editor.');
	return provisioned;
}

/** What goes on beside n8n: its secrets vanish when it has read them; then the webhooks and both keys are looked at. */
async function watch(configuration: Configuration, env: NodeJS.ProcessEnv, files: PrivateFiles, provisioned: Provisioned | null): Promise<void> {
	const url = localUrl(env.N8N_PORT ?? '');
	await until(async () => await isReady(url), START_MS);
	files.remove();
	if (provisioned === null) return say(`Ready ${process.uptime().toFixed(1)} s after the start.`);
	if (provisioned.published) {
		const answer = await until(async () => await webhooksAnswer(url, env.N8N_ENDPOINT_WEBHOOK ?? ''), START_MS);
		if (answer) say(`Both webhooks answer, ${process.uptime().toFixed(1)} s after the start.`);
		else warn('The webhooks do not answer. The lines of n8n above say why.');
	}
	for (const question of questionsFor(configuration)) void watchService(question);
}

async function begin([role = 'main', ...args]: string[]): Promise<number> {
	if (role === 'keys') return tellKeys(makeKeys(args[0] ?? '/keys'));
	const given = givenEnvironment(process.env);
	if ('problem' in given) {
		warn(given.problem as string);
		return WRONG_CONFIGURATION;
	}
	if (role === 'health') return (await isReady(localUrl(given.N8N_PORT ?? given.PORT ?? '5678'))) ? 0 : 1;
	if (role in COMMANDS) return await run(role as Role, args, given);
	warn(`There is no role "${role}". Choose one of: ${[...Object.keys(COMMANDS), 'health', 'keys'].join(', ')}.`);
	return WRONG_CONFIGURATION;
}

function tellKeys(made: string[]): number {
	say(made.length === 0 ? 'The keys are there.' : `Made ${made.join(' and ')}. Keep the volume that they are in: without them the database cannot be read.`);
	return 0;
}

passSignalsOn();
begin(process.argv.slice(2)).then(
	(code) => process.exit(code),
	(caught: unknown) => {
		if (!(caught instanceof Stopped)) warn(caught instanceof Error ? caught.message : String(caught));
		process.exit(1);
	},
);
