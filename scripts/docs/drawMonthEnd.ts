import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { escapeHtml } from '../../nodes/shared/domain/escapeHtml';
import { findChromium, startChromium } from '../../test/support/chromium';
import { ROOT } from '../n8n/package';

const DOCS = join(ROOT, 'docs');
/** What tells most; the sheet itself has more. */
const COLUMNS = {
	'month-end-sample.csv': [
		...['Day', 'Movement', 'Invoice', 'Currency', 'Gross', 'Tax', 'Fee', 'Refund', 'Dispute', 'Payout', 'Net'],
		...['Lago', 'Difference', 'Reason'],
	],
	'month-end-sample-sums.csv': [
		...['Scope', 'Currency', 'Lago Payments', 'Lago Credit Notes', 'Lago Disputes', 'Difference', 'Tax', 'Fee'],
		...['Dispute Fee', 'Conversion', 'Payout', 'Opening Balance', 'Closing Balance'],
	],
};
const STYLE = `
	body { font: 12px/1.4 system-ui, sans-serif; margin: 16px; color: #1c1e22; background: #fff; }
	table { border-collapse: collapse; margin-bottom: 16px; }
	th, td { border: 1px solid #dedbd3; padding: 2px 7px; white-space: nowrap; text-align: left; }
	th { background: #f4f3ef; font-weight: 600; }
	td.number { text-align: right; font-variant-numeric: tabular-nums; }
	tr.differs td { background: #f8eed6; }
`;

/** The rows of a CSV file by their headings; cells with commas stand in quotes. */
function read(file: string): Array<Record<string, string>> {
	const [head = [], ...rows] = readFileSync(join(DOCS, file), 'utf8')
		.trim()
		.split('\n')
		.map((line) =>
			[...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell = '']) => cell.replace(/^"|"$/g, '')),
		);
	return rows.map((cells) => Object.fromEntries(head.map((name, place) => [name, cells[place] ?? ''])));
}

function table(rows: ReadonlyArray<Record<string, string>>, columns: readonly string[]): string {
	const cell = (text: string): string =>
		`<td${/^-?[\d.]+$/.test(text) ? ' class="number"' : ''}>${escapeHtml(text === '0' ? '' : text)}</td>`;
	const body = rows.map((row) => {
		const differs = row.Reason ? ' class="differs"' : '';
		return `<tr${differs}>${columns.map((name) => cell(row[name] ?? '')).join('')}</tr>`;
	});
	return `<table><tr>${columns.map((name) => `<th>${name}</th>`).join('')}</tr>${body.join('')}</table>`;
}

/** Draws docs/images/month-end.png: the sheet of the sample month and its sums, as sampleMonth.ts has written them. */
async function main(): Promise<void> {
	const chromium = findChromium();
	if (chromium === null)
		throw new Error(
			'There is no Chromium here. Install it (on Debian: apt-get install chromium) or set CHROMIUM to it.',
		);
	const [rows, sums] = Object.entries(COLUMNS).map(([file, columns]) => {
		const all = read(file);
		return table(file.includes('sums') ? all.filter(({ Scope }) => Scope === 'Account') : all, columns);
	});
	const browser = await startChromium(chromium);
	try {
		const page = await browser.newPage({ viewport: { width: 1600, height: 900 } });
		await page.setContent(`<style>${STYLE}</style><div id="all" style="width: max-content">${rows}${sums}</div>`);
		await page.locator('#all').screenshot({ path: join(DOCS, 'images', 'month-end.png') });
		console.log('docs/images/month-end.png is drawn.');
	} finally {
		await browser.close();
	}
}

main().catch((caught: unknown) => {
	console.error(caught instanceof Error ? caught.message : caught);
	process.exitCode = 1;
});
