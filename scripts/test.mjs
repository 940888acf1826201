// npm test: every check one after another; the last line counts them. `npm run test:unit` and friends run one jest project.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDependencies, ROOT } from './bootstrap.mjs';

const JEST_PROJECTS = ['unit', 'contract', 'workflow', 'e2e', 'browser', 'chaos'];
/** Those that need a real n8n. */
const ON_N8N = ['e2e', 'browser', 'chaos'];
const only = process.argv[2];
if (only !== undefined && !JEST_PROJECTS.includes(only)) {
	console.error(`There are no tests called "${only}". Choose one of: ${JEST_PROJECTS.join(', ')}.`);
	process.exit(2);
}

const total = { passed: 0, failed: 0 };

const local = (name) => join(ROOT, 'node_modules', '.bin', name);

/** Runs a command with its output shown; resolves with its exit code. */
function show(command, args) {
	return new Promise((resolve) => {
		const child = spawn(command, args, {
			cwd: ROOT,
			stdio: ['ignore', 'inherit', 'inherit'],
			env: { ...process.env, FORCE_COLOR: '0' },
		});
		child.on('error', () => resolve(127));
		child.on('exit', (code) => resolve(code ?? 1));
	});
}

/** A phase that passes or fails as a whole. */
async function check(title, command, args) {
	const started = Date.now();
	console.log(`\n=== ${title}`);
	const passed = (await show(command, args)) === 0;
	total[passed ? 'passed' : 'failed'] += 1;
	console.log(`--- ${title}: ${passed ? 'ok' : 'FAILED'} (${Math.round((Date.now() - started) / 1000)} s)`);
	return passed;
}

/** A jest project; every test counts. */
async function jest(project) {
	const started = Date.now();
	console.log(`\n=== ${project} tests`);
	mkdirSync(join(ROOT, '.local'), { recursive: true });
	const report = join(ROOT, '.local', `jest-${project}.json`);
	rmSync(report, { force: true });
	const args = [
		'--config',
		'jest.config.js',
		'--selectProjects',
		project,
		'--verbose',
		'--json',
		'--outputFile',
		report,
	];
	// One n8n at a time: two of them on two cores only wait for each other.
	args.push(ON_N8N.includes(project) ? '--runInBand' : '--maxWorkers=100%');
	const code = await show(local('jest'), args);
	const result = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : null;
	const failed =
		result === null
			? 1
			: result.numFailedTests +
				result.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
	total.passed += result?.numPassedTests ?? 0;
	total.failed += failed === 0 && code !== 0 ? 1 : failed;
	console.log(
		`--- ${project} tests: ${result?.numPassedTests ?? 0} passed, ${failed} failed, ${result?.numPendingTests ?? 0} skipped (${Math.round((Date.now() - started) / 1000)} s)`,
	);
}

/** A browser for the tests in the editor. By hand they are skipped without one; where nobody looks they must run. */
async function chromium() {
	const args = ['--import', 'tsx', 'scripts/checks/chromium.ts'];
	if (process.env.CI) await check('Chromium for the tests in the editor', process.execPath, args);
	else if ((await show(process.execPath, args)) !== 0)
		console.log('--- The tests in the editor are skipped: there is no Chromium.');
}

await ensureDependencies();
if (only !== undefined) {
	// Asked for by itself it is the long form.
	if (only === 'chaos') process.env.CHAOS ??= 'full';
	if (only === 'workflow' || ON_N8N.includes(only)) await check('build', 'npm', ['run', '--silent', 'build']);
	if (only === 'browser') await chromium();
	await jest(only);
} else {
	await check('format', local('prettier'), ['--check', '--log-level', 'warn', '.']);
	await check('lint', local('eslint'), ['.', '--max-warnings', '0']);
	await check('types', local('tsc'), ['--noEmit']);
	await check('build', 'npm', ['run', '--silent', 'build']);
	await check('package: scan by n8n, size, dependencies', process.execPath, [
		'--import',
		'tsx',
		'scripts/checks/package.ts',
	]);
	for (const project of ['unit', 'contract', 'workflow']) await jest(project);
	const ready = await check('n8n for the end-to-end tests', process.execPath, [
		'--import',
		'tsx',
		'scripts/checks/runtime.ts',
	]);
	await chromium();
	if (ready) for (const project of ON_N8N) await jest(project);
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
