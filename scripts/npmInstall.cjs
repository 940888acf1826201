// Runs before anything is installed: built-ins of Node only. CommonJS, as the tests load it too.
const { execFile, spawn } = require('node:child_process');
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const TICK_MS = 10_000;
/** Of each of thousands of packages; npm's own default is 2. */
const RETRIES = 5;
const OUTPUT_KEPT = 4_000;
/** So many ticks are a minute. */
const SAMPLES = 6;
/** What npm itself writes before it unpacks anything is less. */
const FIRST_MEGABYTES = 20;

/**
 * `npm install`, and every ten seconds what has been done and what is left, as npm itself reports it.
 * @param {string[]} args what to install, and how
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, expected: { lists: number, packages: number, megabytes: number }, say: (line: string) => void }} options `expected`: measured once
 */
async function npmInstall(args, { cwd, env = process.env, expected, say }) {
	// At this level npm tells each list of versions and each package that it has got, from the network or from its cache.
	const how = ['--no-audit', '--no-fund', '--no-progress', '--loglevel=http', `--fetch-retries=${RETRIES}`];
	const child = spawn('npm', ['install', ...args, ...how], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
	const progress = new Progress(expected);
	const measure = () => measured(join(cwd, 'node_modules'), (megabytes) => (progress.megabytes = megabytes));
	const ticker = setInterval(() => {
		measure();
		say(`  ${progress.line()}`);
	}, TICK_MS);
	const stopWithUs = () => child.kill();
	process.once('exit', stopWithUs);
	for (const stream of [child.stdout, child.stderr]) eachLine(stream, (line) => progress.read(line));
	try {
		await new Promise((resolve, reject) => {
			child.on('error', reject);
			child.on('close', (code, signal) =>
				code === 0
					? resolve()
					: reject(new Error(`npm install ended with ${code ?? signal}:\n${progress.words.slice(-OUTPUT_KEPT)}`)),
			);
		});
	} finally {
		clearInterval(ticker);
		process.off('exit', stopWithUs);
	}
}

/** What npm has said so far, counted. */
class Progress {
	lists = 0;
	packages = 0;
	megabytes = 0;
	/** Everything but the counted lines, for the message of a failure. */
	words = '';
	/** npm names each package that it is going to fetch, as soon as it knows them all. */
	#named = 0;
	#samples = [];

	/** @param {{ lists: number, packages: number, megabytes: number }} expected @param {() => number} now ms */
	constructor(expected, now = Date.now) {
		this.expected = expected;
		this.now = now;
		this.startedAt = now();
	}

	read(line) {
		const [, kind] = /^npm http (fetch GET|cache) /.exec(line) ?? [];
		if (kind === undefined) {
			if (line.trim() !== '') this.words += `${line}\n`;
		} else if (!/\.tgz\b/.test(line)) this.lists += 1;
		else if (kind === 'cache') this.#named += 1;
		else this.packages += 1;
	}

	/** Called at regular intervals: the rate is that of the last minute. */
	line() {
		const seconds = Math.round((this.now() - this.startedAt) / 1000);
		const { packages, megabytes } = this;
		if (this.expected.lists > 0 && packages === 0 && this.#named === 0 && megabytes < FIRST_MEGABYTES)
			return `finding out what is needed: ${number(this.lists)} of about ${number(this.expected.lists)} packages looked up, ${seconds} s`;
		this.#samples = [...this.#samples.slice(1 - SAMPLES), { at: this.now(), packages, megabytes }];
		const wanted = Math.max(this.#named, packages, this.#named === 0 ? this.expected.packages : 0);
		const ofPackages = `${number(packages)} of ${this.#named === 0 ? 'about ' : ''}${number(wanted)} packages`;
		const ofMegabytes = `${number(megabytes)} MB of about ${number(this.expected.megabytes)}`;
		return `downloading and unpacking: ${ofPackages}, ${ofMegabytes}, ${seconds} s${this.#left(wanted)}`;
	}

	/** By whichever takes longer, the network or the disk. */
	#left(wanted) {
		const [first, last] = [this.#samples[0], this.#samples.at(-1)];
		const left = (name, all) =>
			last[name] >= all ? 0 : ((last.at - first.at) / (last[name] - first[name])) * (all - last[name]);
		const slowest = Math.max(left('packages', wanted), left('megabytes', this.expected.megabytes));
		// Of something that has not moved nothing can be said.
		return slowest > 0 && Number.isFinite(slowest)
			? `; at this rate about ${number(Math.ceil(slowest / 1000))} s left`
			: '';
	}
}

function number(value) {
	return Math.round(value).toLocaleString('en-US');
}

let measuring = false;

/** How large a folder is. `du` is on every system that this runs on, and faster than to look at 250,000 files from here. */
function measured(folder, tell) {
	if (measuring || !existsSync(folder)) return;
	measuring = true;
	execFile('du', ['-sk', folder], (_, stdout) => {
		measuring = false;
		// It complains of files that move meanwhile, and counts the others.
		const kilobytes = Number.parseInt(stdout, 10);
		if (kilobytes > 0) tell(kilobytes / 1024);
	});
}

function eachLine(stream, use) {
	let rest = '';
	stream.on('data', (chunk) => {
		const lines = (rest + chunk).split('\n');
		rest = lines.pop() ?? '';
		for (const line of lines) use(line);
	});
	stream.on('end', () => use(rest));
}

module.exports = { npmInstall, Progress };
