/** The pay page on a phone, in Chromium: what it shows, and what it lets in. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { pageHeaders, payPage, visitorLanguage, type PageName } from '../../nodes/Lago/helpers/payPage';
import type { LagoInvoice } from '../../nodes/shared/wire/lago/objects';
import { findChromium, startChromium } from '../support/chromium';

const LOGO = 'https://files.example/logo.png';
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
/** A finger needs so much, in CSS pixels (WCAG 2.5.5). */
const FINGER_PX = 44;
const invoice = {
	number: `ACM-${'7'.repeat(60)}`,
	issuing_date: '2026-11-28',
	currency: 'EUR',
	total_amount_cents: 123_456_789_012,
} as LagoInvoice;
const merchant = { name: `Donaudampfschifffahrtsgesellschaft${'w'.repeat(60)} <b>& Söhne</b>`, logo_url: LOGO };

const executablePath = findChromium();
if (executablePath === null) console.log('The pay page is not looked at: there is no Chromium here.');
const inBrowser = executablePath === null ? describe.skip : describe;

inBrowser('the pay page at 320 px', () => {
	let server: Server;
	let url = '';
	let browser: Browser;
	/** Headers with which the logo was fetched. */
	const fetched: Array<Record<string, string>> = [];

	beforeAll(async () => {
		server = createServer((request, response) => {
			const name = (request.url ?? '').slice(1).replace(/\?.*/, '') as PageName;
			const page = payPage(name, visitorLanguage(request.headers['accept-language']), { invoice, merchant });
			response.writeHead(page.statusCode, pageHeaders(page.language)).end(page.html);
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
		browser = await startChromium(executablePath as string);
	}, 60_000);
	afterAll(async () => {
		await browser?.close();
		server?.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	});

	const open = async (name: PageName, locale: string, colorScheme: 'light' | 'dark'): Promise<[Page, string[]]> => {
		const tab = await browser.newPage({ viewport: { width: 320, height: 568 }, locale, colorScheme });
		const complaints: string[] = [];
		tab.on('console', (message) => {
			// Chromium says so of each page that is not a success.
			if (!message.text().includes('responded with a status')) complaints.push(message.text());
		});
		await tab.route(`${LOGO}*`, async (route) => {
			fetched.push(await route.request().allHeaders());
			await route.fulfill({ contentType: 'image/png', body: Buffer.from(PIXEL, 'base64') });
		});
		await tab.goto(`${url}/${name}?t=secret`);
		return [tab, complaints];
	};
	/** Contrast of two colours, 1 to 21 (WCAG 2). */
	const contrast = (...colours: string[]): number => {
		const [light = 0, dark = 0] = colours
			.map((colour) => {
				const [red = 0, green = 0, blue = 0] = (colour.match(/\d+/g) ?? []).slice(0, 3).map((part) => {
					const value = Number(part) / 255;
					return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
				});
				return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
			})
			.sort((a, b) => b - a);
		return (light + 0.05) / (dark + 0.05);
	};

	test.each<[string, PageName, 'light' | 'dark', RegExp]>([
		['de-CH', 'unavailable', 'light', /kann gerade nicht bezahlt werden/],
		['de-CH', 'paid', 'dark', /ist bezahlt.*EUR\s1.234.567.890.12/s],
		['ja-JP', 'unavailable', 'dark', /もう一度/],
		['ja-JP', 'notHere', 'light', /お支払いいただけません.*€1,234,567,890.12/s],
	])('%s, %s, %s: nothing sticks out, all can be read and pressed', async (locale, name, scheme, words) => {
		fetched.length = 0;
		const [tab, complaints] = await open(name, locale, scheme);
		const seen = (await tab.evaluate(`(() => {
			const of = (selector) => document.querySelector(selector);
			const style = (element) => getComputedStyle(element);
			const link = of('a');
			const probe = document.createElement('i');
			document.body.append(probe);
			return {
				lang: document.documentElement.lang,
				text: document.body.innerText,
				wide: document.documentElement.scrollWidth,
				bold: document.querySelectorAll('b').length,
				logo: of('img').complete && of('img').naturalWidth,
				page: [style(of('h1')).color, scheme(),],
				link: link && { ...link.getBoundingClientRect().toJSON(), colours: [style(link).color, style(link).backgroundColor] },
			};
			function scheme() { probe.style.color = 'Canvas'; return style(probe).color; }
		})()`)) as never as {
			lang: string;
			text: string;
			wide: number;
			bold: number;
			logo: number | false;
			page: string[];
			link: { width: number; height: number; right: number; colours: string[] } | null;
		};
		expect(seen).toMatchObject({ lang: locale.slice(0, 2), wide: 320, bold: 0, logo: 1 });
		expect(seen.text).toMatch(words);
		expect(seen.text).toContain(merchant.name);
		expect(contrast(...seen.page)).toBeGreaterThan(7);
		expect(seen.page[1] === 'rgb(255, 255, 255)').toBe(scheme === 'light');
		if (name === 'unavailable') {
			const { width = 0, height = 0, right = 999, colours = [] } = seen.link ?? {};
			expect(Math.min(width, height)).toBeGreaterThanOrEqual(FINGER_PX);
			expect(right).toBeLessThanOrEqual(320);
			expect(contrast(...colours)).toBeGreaterThan(7);
			const again = tab.waitForResponse(`${url}/${name}?t=secret`);
			await tab.click('a');
			expect((await again).status()).toBe(503);
		}
		// The style was let in, nothing was turned away, and the logo's host does not learn the link.
		expect(complaints).toEqual([]);
		expect(fetched.length).toBeGreaterThan(0);
		for (const headers of fetched) expect(headers).not.toHaveProperty('referer');
		await tab.close();
	});
});
