import { Progress } from '../../scripts/npmInstall.cjs';

const EXPECTED = { packages: 200, megabytes: 1_500 };
const list = 'npm http fetch GET 200 https://registry.npmjs.org/some-name 12ms (cache miss)';
const fetched = 'npm http fetch GET 200 https://registry.npmjs.org/some-name/-/some-name-1.0.0.tgz 30ms (cache miss)';
const cached = 'npm http cache some-name@https://registry.npmjs.org/some-name/-/some-name-1.0.0.tgz 0ms (cache hit)';

describe('what an installation says of itself', () => {
	let now = 0;
	let progress: Progress;
	beforeEach(() => {
		now = 1_000_000;
		progress = new Progress(EXPECTED, () => now);
	});
	const read = (line: string, times: number): void => {
		for (let time = 0; time < times; time++) progress.read(line);
	};

	test('while npm finds out what is needed', () => {
		read(list, 1_240);
		now += 25_400;
		expect(progress.line()).toBe('finding out what is needed: 1,240 packages asked for, 25 s');
	});

	test('while packages come, from the network or from the cache, with the time that is left at this rate', () => {
		read(list, 10);
		now += 20_000;
		read(fetched, 1);
		now += 10_000;
		read(fetched, 24);
		read(cached, 25);
		progress.megabytes = 375.4;
		expect(progress.line()).toBe('downloading and unpacking: 50 of about 200 packages, 375 MB of about 1,500, 30 s; about 30 s left');
	});

	test('no guess from a few packages, and none when there are more than expected', () => {
		read(fetched, 49);
		now += 5_000;
		expect(progress.line()).toBe('downloading and unpacking: 49 of about 200 packages, 0 MB of about 1,500, 5 s');
		read(fetched, 160);
		progress.megabytes = 1_400;
		expect(progress.line()).toBe('writing the last of 209 packages: 1,400 MB of about 1,500, 5 s');
	});

	test('what is no progress is kept for the message of a failure', () => {
		for (const line of [list, fetched, '', 'npm error code E404', 'npm error 404 Not Found']) progress.read(line);
		expect(progress.words).toBe('npm error code E404\nnpm error 404 Not Found\n');
	});
});
