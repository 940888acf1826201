import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../n8n/package';
import { releaseProblems, sectionOf, type ReleaseFiles } from './releaseProblems';

const [, , tag = ''] = process.argv;
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const files: ReleaseFiles = {
	tag,
	manifest: JSON.parse(read('package.json')) as ReleaseFiles['manifest'],
	lock: JSON.parse(read('package-lock.json')) as ReleaseFiles['lock'],
	chart: parse(read('deploy/helm/Chart.yaml')) as ReleaseFiles['chart'],
	changelog: read('CHANGELOG.md'),
};

// The text of the release goes to stdout, what is wrong to stderr.
const problems = releaseProblems(files);
for (const problem of problems) console.error(problem);
if (problems.length === 0) console.log(sectionOf(files.changelog, tag));
process.exitCode = problems.length === 0 ? 0 : 1;
