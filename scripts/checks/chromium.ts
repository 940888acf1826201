import { findChromium } from '../../test/support/chromium';
import { aptGet } from '../n8n/command';

const BY_HAND = 'Install Chromium (on Debian: apt-get install chromium fonts-dejavu-core) or set CHROMIUM to its path.';

/** Sees to it that there is a browser for the tests in the editor; installs Debian's where that can be done without asking anybody. */
async function ensureChromium(): Promise<void> {
	const found = findChromium();
	if (found !== null) return console.log(`The browser is ${found}.`);
	if (process.getuid?.() !== 0)
		throw new Error(`There is no Chromium here, and only root could install it. ${BY_HAND}`);
	console.log('Installing Chromium from Debian (about 100 MB) ...');
	const tick = (seconds: number): void => console.log(`  still installing Chromium, ${seconds} s`);
	const options = { cwd: process.cwd(), tick };
	await aptGet(['update'], options);
	await aptGet(['install', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'], options);
	if (findChromium() === null) throw new Error(`Chromium was installed but is not where it is looked for. ${BY_HAND}`);
	console.log('Chromium is installed.');
}

ensureChromium().catch((caught: unknown) => {
	console.error(caught instanceof Error ? caught.message : caught);
	process.exitCode = 1;
});
