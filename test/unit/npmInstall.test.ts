import { expectedSize, N8N_1_VERSION, N8N_VERSION } from '../../scripts/n8n/prefix';
import { Progress, type Expected } from '../../scripts/npmInstall.cjs';

const EXPECTED = { lists: 1_800, packages: 200, megabytes: 1_500 };
const list = 'npm http fetch GET 200 https://registry.npmjs.org/some-name 12ms (cache miss)';
const fetched = 'npm http fetch GET 200 https://registry.npmjs.org/some-name/-/some-name-1.0.0.tgz 30ms (cache miss)';
const named = 'npm http cache some-name@https://registry.npmjs.org/some-name/-/some-name-1.0.0.tgz 0ms (cache hit)';

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
		expect(progress.line()).toBe('finding out what is needed: 1,240 of about 1,800 packages looked up, 25 s');
	});

	test('while packages come, with the time that is left at the rate of the last minute, by the slower of network and disk', () => {
		read(list, 10);
		now += 20_000;
		read(named, 210);
		expect(progress.line()).toBe('downloading and unpacking: 0 of 210 packages, 0 MB of about 1,500, 20 s');
		now += 10_000;
		read(fetched, 70);
		progress.megabytes = 750;
		expect(progress.line()).toBe(
			'downloading and unpacking: 70 of 210 packages, 750 MB of about 1,500, 30 s; at this rate about 20 s left',
		);
		now += 10_000;
		read(fetched, 140);
		progress.megabytes = 900;
		expect(progress.line()).toBe(
			'downloading and unpacking: 210 of 210 packages, 900 MB of about 1,500, 40 s; at this rate about 14 s left',
		);
		for (let tick = 0; tick < 6; tick++) {
			now += 10_000;
			progress.megabytes += 50;
			progress.line();
		}
		progress.megabytes += 50;
		now += 10_000;
		expect(progress.line()).toContain('at this rate about 50 s left');
	});

	test('from the cache of npm, which is not told of by package', () => {
		now += 10_000;
		progress.megabytes = 300;
		expect(progress.line()).toBe('downloading and unpacking: 0 of about 200 packages, 300 MB of about 1,500, 10 s');
	});

	test('no guess where nothing moves or more has come than was expected', () => {
		read(named, 10);
		progress.line();
		now += 10_000;
		expect(progress.line()).not.toContain('left');
		read(fetched, 300);
		progress.megabytes = 1_600;
		expect(progress.line()).toBe('downloading and unpacking: 300 of 300 packages, 1,600 MB of about 1,500, 10 s');
	});

	test('what is no progress is kept for the message of a failure', () => {
		for (const line of [list, fetched, '', 'npm error code E404', 'npm error 404 Not Found']) progress.read(line);
		expect(progress.words).toBe('npm error code E404\nnpm error 404 Not Found\n');
	});
});

describe('n8n of each generation is expected at its own size', () => {
	const sizes = [N8N_1_VERSION, N8N_VERSION].map(expectedSize);

	test('n8n 1.x is smaller in everything', () => {
		const [one, two] = sizes as [Expected, Expected];
		for (const what of ['lists', 'packages', 'megabytes'] as const) expect(one[what]).toBeLessThan(two[what]);
	});

	test.each(sizes)('what is left of $megabytes MB is right', (size) => {
		let now = 0;
		const progress = new Progress(size, () => now);
		for (let count = 0; count < size.packages; count++) {
			progress.read(named);
			progress.read(fetched);
		}
		progress.megabytes = size.megabytes / 2;
		progress.line();
		now += 10_000;
		progress.megabytes = size.megabytes * 0.75;
		expect(progress.line()).toContain('at this rate about 10 s left');
	});
});
