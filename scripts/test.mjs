// npm test: every check; the last line counts them. `npm run test:unit` and friends run one jest project.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { ensureDependencies, ROOT } from './bootstrap.mjs';

const JEST_PROJECTS = ['unit', 'contract', 'workflow', 'e2e', 'browser', 'real', 'chaos', 'container'];
/** Those that need a real n8n. */
const ON_N8N = ['e2e', 'browser', 'real', 'chaos'];
/** Of whose time n8n takes most, in containers or not. */
const SLOW = [...ON_N8N, 'container'];
/** A part of their time n8n starts, a container stops, or a sender waits: three at once take less in all than two. */
const N8NS_AT_ONCE = 3;
const only = process.argv[2];
if (only !== undefined && !JEST_PROJECTS.includes(only)) {
	console.error(`There are no tests called "${only}". Choose one of: ${JEST_PROJECTS.join(', ')}.`);
	process.exit(2);
}

/** How a real Lago is reached. Among all tests its stories are told on the simulator, whatever is set. */
const REAL_LAGO = ['LAGO_REAL_URL', 'LAGO_REAL_API_KEY', 'LAGO_REAL_HMAC_KEY'];
if (only !== 'real') for (const name of REAL_LAGO) delete process.env[name];
else if (REAL_LAGO.some((name) => !process.env[name])) {
	console.error(
		`Set ${REAL_LAGO.join(', ')} to those of an organisation that is only for tests; see docs/testing-with-a-real-lago.md. Without a real Lago its stories are told on the simulator: npm test, or npx jest test/real --selectProjects real`,
	);
	process.exit(2);
}

const total = { passed: 0, failed: 0 };

const local = (name) => join(ROOT, 'node_modules', '.bin', name);

/** Starts a command; its output is kept until {@link shown} is asked for it, and comes as it is written from then on. */
function begin(title, command, args) {
	const started = Date.now();
	const child = spawn(command, args, {
		cwd: ROOT,
		stdio: ['ignore', 'pipe', 'pipe'],
		env: { ...process.env, FORCE_COLOR: '0' },
	});
	const kept = [];
	let show = (chunk) => kept.push(chunk);
	for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => show(chunk));
	const ended = new Promise((resolve) => {
		child.on('error', () => resolve(127));
		child.on('close', (code) => resolve(code ?? 1));
	}).then((code) => ({ code, seconds: Math.round((Date.now() - started) / 1000) }));
	const follow = () => {
		show = (chunk) => process.stdout.write(chunk);
		for (const chunk of kept.splice(0)) show(chunk);
	};
	return { title, ended, follow };
}

/** Shows what was begun, until it ends. */
async function shown({ title, ended, follow }) {
	console.log(`\n=== ${title}`);
	follow();
	return await ended;
}

/** A phase that passes or fails as a whole. */
async function check(begun) {
	const { code, seconds } = await shown(begun);
	total[code === 0 ? 'passed' : 'failed'] += 1;
	console.log(`--- ${begun.title}: ${code === 0 ? 'ok' : 'FAILED'} (${seconds} s)`);
	return code === 0;
}

/** Begins jest projects in one run. */
function beginTests(...projects) {
	mkdirSync(join(ROOT, '.local'), { recursive: true });
	const report = join(ROOT, '.local', `jest-${projects.join('-')}.json`);
	rmSync(report, { force: true });
	const workers = projects.some((project) => SLOW.includes(project)) ? N8NS_AT_ONCE : '100%';
	const how = ['--verbose', '--json', '--outputFile', report, `--maxWorkers=${workers}`];
	const args = ['--config', 'jest.config.js', '--selectProjects', ...projects, ...how];
	return { projects, report, begun: begin(`${projects.join(', ')} tests`, local('jest'), args) };
}

/** Waits for them; every test counts. */
async function count({ projects, report, begun }) {
	const { code, seconds } = await shown(begun);
	const files = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')).testResults : [];
	const counted = (project, status) =>
		files
			.filter(({ name }) => name.includes(`${sep}test${sep}${project}${sep}`))
			.flatMap(({ assertionResults }) => assertionResults)
			.filter((result) => result.status === status).length;
	for (const project of projects) {
		const [passed, failed] = [counted(project, 'passed'), counted(project, 'failed')];
		total.passed += passed;
		total.failed += failed;
		console.log(`--- ${project} tests: ${passed} passed, ${failed} failed, ${counted(project, 'pending')} skipped`);
	}
	const broken = files.filter(
		({ status, assertionResults }) =>
			status === 'failed' && assertionResults.every((result) => result.status !== 'failed'),
	);
	for (const { name } of broken) console.log(`--- ${relative(ROOT, name)} could not be run`);
	total.failed += broken.length;
	// Whatever jest says beyond its tests.
	if (code !== 0 && total.failed === 0) total.failed += 1;
	console.log(`--- ${seconds} s`);
}

const node = (title, ...args) => begin(title, process.execPath, ['--import', 'tsx', ...args]);
const build = () => begin('build', 'npm', ['run', '--silent', 'build']);
const chromium = () => node('Chromium for the tests in the editor', 'scripts/checks/chromium.ts');
const helm = () => node('Helm for the tests of the chart', 'scripts/checks/helm.ts');
const docker = () => node('Docker for the tests of the image', 'scripts/checks/docker.ts');
/** What some tests need beside the project. By hand they are skipped without it; where nobody looks they must run. */
async function need(begun) {
	if (process.env.CI) await check(begun);
	else if ((await shown(begun)).code !== 0) console.log(`--- Not there: ${begun.title}. They are skipped.`);
}

await ensureDependencies();
if (only !== undefined) {
	// Asked for by itself it is the long form.
	if (only === 'chaos') process.env.CHAOS ??= 'full';
	if (only === 'workflow' || ON_N8N.includes(only)) await check(build());
	if (only === 'browser') await need(chromium());
	if (only === 'unit') await need(helm());
	if (only === 'container') await need(docker());
	await count(beginTests(only));
} else {
	// What has to be fetched comes while the processor is busy with the rest.
	const n8n = node('n8n for the end-to-end tests', 'scripts/checks/runtime.ts', 'newest');
	const [browser, charts] = [chromium(), helm()];
	const quick = [
		begin('format', local('prettier'), ['--check', '--log-level', 'warn', '.']),
		begin('lint', local('eslint'), ['.', '--max-warnings', '0']),
		begin('types', local('tsc'), ['--noEmit']),
	];
	for (const begun of quick) await check(begun);
	await check(build());
	await check(node('package: scan by n8n, size, dependencies', 'scripts/checks/package.ts'));
	await need(charts);
	await count(beginTests('unit', 'contract', 'workflow'));
	await need(browser);
	// Both install packages of the system, which goes one after the other only.
	await need(docker());
	if (await check(n8n)) {
		const tests = beginTests(...SLOW);
		// One file needs it, and waits for it.
		await check(node('n8n 1.x for the end-to-end tests', 'scripts/checks/runtime.ts', '1.x'));
		await count(tests);
	}
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
