// Runs before anything is installed: built-ins of Node only. CommonJS, as the tests load it too.
const { execFile, spawn } = require('node:child_process');
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const TICK_MS = 10_000;
const OUTPUT_KEPT = 4_000;
/** Before so many packages are there, nothing can be said of the rest. */
const ENOUGH_TO_ESTIMATE = 50;

/**
 * `npm install`, and every ten seconds what has been done and what is left, as npm itself reports it.
 * @param {string[]} args what to install, and how
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, expected: { packages: number, megabytes: number }, say: (line: string) => void }} options `expected`: measured once
 */
async function npmInstall(args, { cwd, env = process.env, expected, say }) {
	// At this level npm tells each list of versions and each package that it has got, from the network or from its cache.
	const child = spawn('npm', ['install', ...args, '--no-audit', '--no-fund', '--no-progress', '--loglevel=http'], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
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
			child.on('close', (code, signal) => (code === 0 ? resolve() : reject(new Error(`npm install ended with ${code ?? signal}:\n${progress.words.slice(-OUTPUT_KEPT)}`))));
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
	#firstPackageAt = 0;

	/** @param {{ packages: number, megabytes: number }} expected @param {() => number} now ms */
	constructor(expected, now = Date.now) {
		this.expected = expected;
		this.now = now;
		this.startedAt = now();
	}

	read(line) {
		if (!/^npm http (fetch GET|cache) /.test(line)) {
			if (line.trim() !== '') this.words += `${line}\n`;
		} else if (/\.tgz\b/.test(line)) {
			this.packages += 1;
			if (this.packages === 1) this.#firstPackageAt = this.now();
		} else if (/^npm http fetch/.test(line)) this.lists += 1;
	}

	line() {
		const seconds = Math.round((this.now() - this.startedAt) / 1000);
		if (this.packages === 0) return `finding out what is needed: ${number(this.lists)} packages asked for, ${seconds} s`;
		const { packages, megabytes } = this.expected;
		// The figures that are expected were measured on one machine; there may be more.
		if (this.packages >= packages) return `writing the last of ${number(this.packages)} packages: ${number(this.megabytes)} MB of about ${number(megabytes)}, ${seconds} s`;
		return `downloading and unpacking: ${number(this.packages)} of about ${number(packages)} packages, ${number(this.megabytes)} MB of about ${number(megabytes)}, ${seconds} s${this.#left()}`;
	}

	/** As fast as until now. */
	#left() {
		if (this.packages < ENOUGH_TO_ESTIMATE) return '';
		const perPackage = (this.now() - this.#firstPackageAt) / this.packages;
		return `; about ${Math.max(1, Math.round((perPackage * (this.expected.packages - this.packages)) / 1000))} s left`;
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
