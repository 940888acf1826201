import { join } from 'node:path';
import { payPage } from '../../nodes/Lago/helpers/payPage';
import { findChromium, startChromium } from '../../test/support/chromium';
import { ROOT } from '../n8n/package';

const CURRENCY = 'EUR';
const INVOICES = [
	{ number: 'ACM-2026-041', dueOn: '2026-09-30', amount: 12_000 },
	{ number: 'ACM-2026-052', dueOn: '2026-10-31', amount: 12_000 },
	{ number: 'ACM-2026-060', dueOn: '2026-11-15', amount: 4_950 },
];

/** Draws docs/images/pay-choice.png: what the visitor of a pay link sees who owes more than its invoice. */
async function main(): Promise<void> {
	const chromium = findChromium();
	if (chromium === null)
		throw new Error(
			'There is no Chromium here. Install it (on Debian: apt-get install chromium) or set CHROMIUM to it.',
		);
	const [, clicked] = INVOICES;
	const amount = INVOICES.reduce((sum, one) => sum + one.amount, 0);
	const { html } = payPage('allDue', 'en', {
		merchant: { name: 'Acme' },
		allDue: { href: '?c=', amount, currency: CURRENCY, invoices: INVOICES },
		only: { href: '?t=', number: clicked?.number ?? '', amount: clicked?.amount ?? 0, currency: CURRENCY },
	});
	const browser = await startChromium(chromium);
	try {
		// A phone.
		const page = await browser.newPage({ viewport: { width: 390, height: 520 }, deviceScaleFactor: 1.5 });
		await page.setContent(html);
		await page.screenshot({ path: join(ROOT, 'docs', 'images', 'pay-choice.png') });
		console.log('docs/images/pay-choice.png is drawn.');
	} finally {
		await browser.close();
	}
}

main().catch((caught: unknown) => {
	console.error(caught instanceof Error ? caught.message : caught);
	process.exitCode = 1;
});
