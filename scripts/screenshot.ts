import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { startDodoSimulator, startLagoSimulator } from '../sandbox/simulators';
import { OWNER, readTemplate, startTestN8n, WHOLE, WORKFLOW_ID } from '../test/support/n8n';
import { ROOT } from './n8n/package';

/** The lanes of the full sync, by their sticky notes, and the pictures of them in the docs. */
const LANES: Readonly<Record<string, string>> = {
	Collect: 'collect',
	Settle: 'settle',
	Reconcile: 'reconcile',
	Retries: 'retries',
	Pay: 'pay-page',
	'Automatic Payment': 'automatic-payment',
	Overpayments: 'overpayments',
	Access: 'access-lane',
};
/** The same of templates of their own. */
const OTHERS: ReadonlyArray<[file: string, lanes: Readonly<Record<string, string>>]> = [
	['reminders.json', { Send: 'reminders', Preview: 'reminders-preview' }],
	['back-fill.json', { Decide: 'back-fill-decide', Portion: 'back-fill-portion', One: 'back-fill-one' }],
];
/** Large enough for the whole template to be readable. */
const VIEWPORT = { width: 2560, height: 1600 };

/** Draws docs/images: the full sync in the editor of a real n8n, whole and lane by lane, by headless Chromium. */
async function main(): Promise<void> {
	const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
	if (!existsSync(executablePath))
		throw new Error(
			`There is no Chromium at ${executablePath}. Install it (on Debian: apt-get install chromium) or set CHROMIUM to its path.`,
		);
	const [dodo, lago] = await Promise.all([startDodoSimulator(), startLagoSimulator()]);
	const n8n = await startTestN8n({ dodo, lago, dodoSecret: 'whsec_c2NyZWVuc2hvdHMgb2YgdGhlIGVkaXRvcg==', env: WHOLE });
	const browser = await chromium.launch({
		executablePath,
		args: [
			'--no-sandbox',
			'--disable-gpu',
			'--disable-quic',
			'--no-first-run',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
		],
	});
	try {
		const page = await browser.newPage({ viewport: VIEWPORT });
		await page.goto(`${n8n.url}/signin`);
		await page.locator('input[type=email], input[name=emailOrLdapLoginId]').first().fill(OWNER.email);
		await page.locator('input[type=password]').fill(OWNER.password);
		await page.keyboard.press('Enter');
		await page.waitForURL((url) => !url.pathname.includes('signin'));
		await open(page, `${n8n.url}/workflow/${WORKFLOW_ID}`);
		const target = join(ROOT, 'docs', 'images');
		mkdirSync(target, { recursive: true });
		await page
			.locator('.vue-flow')
			.first()
			.screenshot({ path: join(target, 'canvas.png') });
		await clipLanes(page, LANES, target);
		for (const [file, lanes] of OTHERS) {
			const { id } = await n8n.importWorkflow(readTemplate(file));
			await open(page, `${n8n.url}/workflow/${id}`);
			await clipLanes(page, lanes, target);
		}
		const lanes = [LANES, ...OTHERS.map(([, ofOther]) => ofOther)].flatMap(Object.keys);
		console.log(`docs/images is drawn: canvas.png and ${lanes.length} lanes.`);
	} finally {
		await browser.close();
		await n8n.stop();
		await Promise.all([dodo.close(), lago.close()]);
	}
}

/** Opens a workflow with nothing above its canvas, all of it in sight. */
async function open(page: Page, url: string): Promise<void> {
	await page.goto(url);
	await page.locator('[data-test-id="canvas-node"]').nth(8).waitFor();
	// n8n's own advice would cover the canvas.
	await page
		.locator('[data-test-id="suggested-actions-close"], .el-popover button, [role=dialog] button')
		.first()
		.click({ timeout: 5_000 })
		.catch(() => {});
	await page.keyboard.press('Escape');
	await page.keyboard.press('1');
	await page
		.locator('.vue-flow__minimap')
		.waitFor({ state: 'hidden', timeout: 5_000 })
		.catch(() => {});
	await page.waitForTimeout(1_500);
}

/** Draws the lanes of the open workflow. */
async function clipLanes(page: Page, lanes: Readonly<Record<string, string>>, target: string): Promise<void> {
	for (const [sticky, file] of Object.entries(lanes)) {
		const clip = await page
			.locator(`[data-test-id="sticky"][data-node-name="${sticky}"], [data-node-name="${sticky}"]`)
			.first()
			.boundingBox();
		if (clip === null) throw new Error(`The lane "${sticky}" is not on the canvas`);
		await page.screenshot({ path: join(target, `${file}.png`), clip });
	}
}

main().catch((caught: unknown) => {
	console.error(caught instanceof Error ? caught.message : caught);
	process.exitCode = 1;
});
