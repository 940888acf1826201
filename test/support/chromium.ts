import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const PLACES = [
	'/usr/bin/chromium',
	'/usr/bin/chromium-browser',
	'/usr/bin/google-chrome',
	'/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
	'/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** A Chromium of this machine; null when there is none. `CHROMIUM` names another. */
export function findChromium(): string | null {
	return [process.env.CHROMIUM ?? '', ...PLACES].find((path) => path !== '' && existsSync(path)) ?? null;
}

/** Starts it without a window; it calls nobody but the addresses that a test opens. */
export async function startChromium(executablePath: string): Promise<Browser> {
	const quiet = [
		'--no-first-run',
		'--disable-background-networking',
		'--disable-component-update',
		'--disable-sync',
		'--disable-quic',
	];
	return await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...quiet] });
}
