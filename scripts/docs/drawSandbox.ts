import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startSandbox } from '../../sandbox/page/server';
import { findChromium, startChromium } from '../../test/support/chromium';
import { OWNER } from '../../test/support/n8n';
import { startSync } from '../../test/support/sync';
import { executionsOf } from '../n8n/executions';
import { ROOT } from '../n8n/package';

const TARGET = join(ROOT, 'docs', 'images');
const SCREEN = { width: 1440, height: 900 };
/** High enough for the whole way of an invoice. */
const TALL = { width: 1440, height: 1560 };
/** Below the last of it, in px. */
const MARGIN = 16;
/** As `npm start` shows them. */
const RULES = { restrictAfterDays: 7, waitForFirstPayment: true };

/** Plays a story until so many of its steps are over. */
async function play(page: Page, story: string, steps: number): Promise<void> {
	await page.locator(`[data-story=${story}] .play`).click();
	await page
		.locator(`[data-story=${story}] li.over`)
		.nth(steps - 1)
		.waitFor({ timeout: 60_000 });
}

/** What has just come is drawn, and its colour is gone again. */
const settle = async (page: Page): Promise<void> => await page.waitForTimeout(4_000);

/** Draws docs/images/sandbox*.png: the page of `npm start` between both simulators and a real n8n. */
async function main(): Promise<void> {
	const chromium = findChromium();
	if (chromium === null)
		throw new Error(
			'There is no Chromium here. Install it (on Debian: apt-get install chromium) or set CHROMIUM to it.',
		);
	const sync = await startSync({ registration: 'manual', timeScale: 1 });
	const { dodo, lago, n8n } = sync;
	const executions = await executionsOf(n8n.url, OWNER);
	const sandbox = await startSandbox({ port: 0, dodo, lago, n8nUrl: n8n.url, executions, rules: RULES });
	const browser = await startChromium(chromium);
	try {
		mkdirSync(TARGET, { recursive: true });
		const context = await browser.newContext({ viewport: TALL, deviceScaleFactor: 1.5, colorScheme: 'light' });
		const page = await context.newPage();
		await page.goto(sandbox.url);
		await play(page, 'refund', 6);
		await settle(page);
		const flow = await page.locator('main > .between').boundingBox();
		const end = await page.locator('#flow > :last-child').boundingBox();
		if (flow === null || end === null) throw new Error('Nothing has gone between the books');
		const clip = { ...flow, height: end.y + end.height + MARGIN - flow.y };
		await page.screenshot({ path: join(TARGET, 'sandbox-round.png'), clip });
		await page.setViewportSize(SCREEN);
		await play(page, 'automatic', 4);
		await page.locator('[data-story=automatic] .play').click();
		await settle(page);
		for (const colorScheme of ['light', 'dark'] as const) {
			await page.emulateMedia({ colorScheme });
			await page.screenshot({ path: join(TARGET, colorScheme === 'dark' ? 'sandbox-dark.png' : 'sandbox.png') });
		}
		console.log('docs/images is drawn: the sandbox page, light and dark, and the way of an invoice.');
	} finally {
		await browser.close();
		await sandbox.close();
		await sync.stop();
	}
}

main().catch((caught: unknown) => {
	console.error(caught instanceof Error ? caught.message : caught);
	process.exitCode = 1;
});
