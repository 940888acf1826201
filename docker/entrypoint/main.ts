import { existsSync, mkdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfiguration } from './configuration';
import { credentialOverwrites, givenEnvironment, keyProblem, n8nEnvironment, type Role } from './environment';
import { folderProblem } from './folders';
import { makeKeys } from './keys';
import { passSignalsOn, startN8n, Stopped } from './n8n';
import { linkPackage } from './packageLink';
import { prepareWorkflow } from './prepareWorkflow';
import { privateFiles } from './privateFiles';
import { isReady, localUrl } from './ready';
import { say, warn } from './say';
import { watch } from './watch';

/** The exit code for an environment that is wrong (EX_CONFIG). */
const WRONG_CONFIGURATION = 78;
const COMMANDS: Readonly<Record<Role, string>> = { main: 'start', webhook: 'webhook', worker: 'worker' };
/** Of another user where somebody has run n8n as root before. */
const LEFT_BY_N8N = ['config', 'nodes', 'database.sqlite'];
const PACKAGE = join(__dirname, 'package');

/** One container from its first line to its end. Returns the exit code. */
async function run(role: Role, args: string[], given: NodeJS.ProcessEnv): Promise<number> {
	const n8nFolder = join(given.N8N_USER_FOLDER ?? homedir(), '.n8n');
	const read = readConfiguration(given);
	const problems = [
		...('problems' in read ? read.problems : []),
		keyProblem(given, role, existsSync(join(n8nFolder, 'config'))) ?? [],
		folderProblem(n8nFolder, LEFT_BY_N8N) ?? [],
		folderProblem(tmpdir()) ?? [],
	].flat();
	if ('problems' in read || problems.length > 0) {
		for (const problem of problems) warn(problem);
		return WRONG_CONFIGURATION;
	}
	const { configuration } = read;
	mkdirSync(n8nFolder, { recursive: true });
	if (linkPackage(PACKAGE, n8nFolder))
		warn('The package that was installed in n8n is replaced by the one of this image, which fits its workflow.');

	const files = privateFiles();
	try {
		const env = n8nEnvironment(given, configuration, role);
		const provisioned = role === 'main' ? await prepareWorkflow(PACKAGE, configuration, env, files, n8nFolder) : null;
		const secrets = files.write('secrets.json', credentialOverwrites(given, configuration));
		const { CREDENTIALS_OVERWRITE_DATA: _merged, ...rest } = env;
		const ended = startN8n([COMMANDS[role], ...args], { ...rest, CREDENTIALS_OVERWRITE_DATA_FILE: secrets });
		void watch(configuration, env, files, provisioned);
		return await ended;
	} finally {
		files.remove();
	}
}

async function begin([role = 'main', ...args]: string[]): Promise<number> {
	if (role === 'keys') return prepareKeys(args[0] ?? '/keys');
	const read = givenEnvironment(process.env);
	if ('problem' in read) {
		warn(read.problem);
		return WRONG_CONFIGURATION;
	}
	const { given } = read;
	if (role === 'health') return (await isReady(localUrl(given.N8N_PORT ?? given.PORT ?? '5678'))) ? 0 : 1;
	if (role in COMMANDS) return await run(role as Role, args, given);
	warn(`There is no role "${role}". Choose one of: ${[...Object.keys(COMMANDS), 'health', 'keys'].join(', ')}.`);
	return WRONG_CONFIGURATION;
}

function prepareKeys(folder: string): number {
	const problem = folderProblem(folder);
	if (problem !== null) {
		warn(problem);
		return WRONG_CONFIGURATION;
	}
	const made = makeKeys(folder);
	say(
		made.length === 0
			? 'The keys are there.'
			: `Made ${made.join(' and ')}. Keep the volume that they are in: without them the database cannot be read.`,
	);
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
