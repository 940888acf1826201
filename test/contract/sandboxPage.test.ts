import { readFileSync } from 'node:fs';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { DAY_MS } from '../../nodes/shared/domain/calendar';
import { Executions } from '../../sandbox/page/executions';
import { startSandbox, type Sandbox } from '../../sandbox/page/server';
import { findChromium, startChromium } from '../support/chromium';
import { Lanes } from '../support/lanes';
import { waitUntil } from '../support/waiting';
import { World } from '../support/world';

/** The page in a real browser, between both simulators; the real operations stand for n8n. */
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
/** The page waits so that a person can follow; here nobody has to. How often it asks for the books (half a second) costs the processor most. */
const HASTE = { toFollow: 25, toAsk: 4 };

/** Notes every step that is highlighted, and the book or the flow that is. */
const WATCH = `
	window.seen = [];
	new MutationObserver(() => {
		const step = document.querySelector('[aria-current=step] .tell')?.textContent;
		const place = document.querySelector('main > section.current')?.dataset.place;
		if (step && place && seen.at(-1)?.[0] !== step) seen.push([step, place]);
	}).observe(document.body, { subtree: true, attributes: true, childList: true });
	void 0;
`;

/** What was begun is drawn, and told to whoever listens. */
const TWO_FRAMES = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))';

const executablePath = findChromium();
if (executablePath === null) console.log('The sandbox page is not tried in a browser: there is no Chromium here.');
const inBrowser = executablePath === null ? describe.skip : describe;

inBrowser('the sandbox page', () => {
	let world: World;
	let lanes: Lanes;
	let sandbox: Sandbox;
	let browser: Browser;
	let problems: string[] = [];

	beforeAll(async () => {
		world = await World.start();
		lanes = await Lanes.start(world);
		sandbox = await startSandbox({
			port: 0,
			dodo: world.dodo,
			lago: world.lago,
			n8nUrl: lanes.url,
			executions: new Executions(lanes),
			rules: { restrictAfterDays: 7, waitForFirstPayment: true },
		});
		browser = await startChromium(executablePath as string);
	}, 60_000);
	afterAll(async () => {
		await browser?.close();
		await sandbox.close();
		await lanes.stop();
		await world.stop();
	});
	afterEach(async () => {
		for (const context of browser.contexts()) await context.close();
		problems = [];
	});

	async function open(options: BrowserContextOptions = {}, { toFollow, toAsk } = HASTE): Promise<Page> {
		const page = await (await browser.newContext({ viewport: DESKTOP, ...options })).newPage();
		page.on('pageerror', (error) => problems.push(error.message));
		page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
		page.setDefaultTimeout(10_000);
		await page.addInitScript(
			`{ const later = setTimeout; window.setTimeout = (work, ms) => later(work, ms / (ms < 500 ? ${toFollow} : ${toAsk})); }`,
		);
		await page.goto(sandbox.url);
		await page.locator('.story').first().waitFor();
		return page;
	}

	const card = (page: Page, title: string) => page.locator('.story', { hasText: title });
	const ended = async (page: Page, title: string): Promise<void> => {
		await card(page, title)
			.getByRole('button', { name: `Play again: ${title}` })
			.waitFor();
		expect(await page.locator('#now').textContent()).toMatch(/^The end\./);
	};

	test.each<[title: string, customer: string, execution: string, holds: () => void]>([
		[
			'Paid, then partly refunded',
			'northwind',
			'Create Credit Note',
			() => {
				const [note] = [...world.lago.state.creditNotes.values()];
				expect(note).toMatchObject({ refund_amount_cents: 3_000, refund_status: 'succeeded' });
				expect(note?.invoice).toMatchObject({ total_paid_amount_cents: 12_000 });
			},
		],
		[
			'Unpaid for three weeks',
			'contoso',
			'Update Payment Status',
			() => expect(sessionsOf('contoso')).toEqual([false, true]),
		],
		[
			'Declined, then a new card',
			'fabrikam',
			'Update Payment Status',
			() => {
				const tries = [...world.dodo.state.payments.values()].filter((one) => one.subscription_id !== null);
				expect(tries.map(({ status }) => status)).toEqual(['failed', 'succeeded']);
			},
		],
		[
			'Two invoices, one payment',
			'adventure',
			'Update Payment Status',
			() => {
				const own = [...world.lago.state.payments.values()].filter((one) => one.external_customer_id === 'adventure');
				expect(own.map(({ amount_cents: amount }) => amount).sort()).toEqual([12_000, 6_000].sort());
				expect(new Set(own.map(({ reference }) => reference)).size).toBe(1);
			},
		],
		[
			'Credits that are paid first',
			'woodgrove',
			'Update Payment Status',
			() => expect([...world.lago.state.wallets.values()].map(({ credits }) => credits)).toEqual([50]),
		],
	])(
		'one button plays "%s" to its end',
		async (title, customer, node, holds) => {
			const page = await open();
			await page.evaluate(WATCH);
			await card(page, title).getByRole('button', { name: 'Play' }).click();
			const steps = card(page, title).locator('li');
			await ended(page, title);
			// Each step was highlighted, one after the other, and where it happens beside it.
			const seen = (await page.evaluate('seen')) as Array<[step: string, place: string]>;
			expect(seen.map(([step]) => step)).toEqual(await steps.locator('.tell').allTextContents());
			expect(new Set(seen.map(([, place]) => place))).toEqual(new Set(['lago', 'n8n', 'dodo']));
			expect(await card(page, title).locator('li.over').count()).toBe(await steps.count());
			expect(await page.locator('#verdict').textContent()).toBe('Both books agree');
			expect(await page.locator('#lagoFigures').textContent()).toContain(
				String(await page.locator('#dodoFigures td').last().textContent()),
			);
			const invoices = [...world.lago.state.invoices.values()].filter((one) => one.customer.external_id === customer);
			expect(invoices.map((one) => one.payment_status)).toEqual(invoices.map(() => 'succeeded'));
			await page.locator('#invoices tbody.about-it', { hasText: customer }).waitFor();
			await page.locator('#payments tbody.about-it').first().waitFor();
			// The last link leads to the execution that did the last of it.
			const link = card(page, title)
				.getByRole('link', { name: /^execution/ })
				.last();
			await waitUntil(`The link leads to no execution of ${node}`, 5_000, 20, async () => {
				const href = await link.getAttribute('href');
				return lanes.executions.find(({ id }) => lanes.urlOf(id) === href)?.nodes.includes(node) === true;
			});
			holds();
			expect(problems).toEqual([]);
		},
		30_000,
	);

	test('the month and the reminders: what they come to, and nothing that axe finds', async () => {
		const page = await open({ reducedMotion: 'reduce' });
		const late = {
			invoice: world.lago.issueInvoice({ customer: { external_id: 'late' } }),
			created: Date.now() - 300 * DAY_MS,
		};
		world.lago.passDays(15);
		const audit = async (): Promise<void> => {
			await page.evaluate(AXE);
			const found = await page.evaluate("axe.run('#report').then(({ violations }) => violations.map(({ id }) => id))");
			expect(found).toEqual([]);
			await page.getByRole('button', { name: 'Close' }).click();
		};
		await page.getByRole('button', { name: 'Month end' }).click();
		await page.locator('.account .pill', { hasText: 'adds up' }).first().waitFor();
		expect(await page.locator('.account .pill.bad').count()).toBe(0);
		await audit();
		await page.getByRole('button', { name: 'Reminders' }).click();
		expect(await page.locator('.mails tbody tr', { hasText: 'late' }).textContent()).toMatch(
			new RegExp(`Overdue: .100\\.00${late.invoice.number}`),
		);
		await audit();
		await page.getByRole('button', { name: 'From before' }).click();
		const isOld = ({ created_at: at }: { created_at: string }): boolean => Date.parse(at) < late.created;
		const old = () => [...world.lago.state.invoices.values()].filter(isOld);
		await waitUntil('No old invoice was issued', 10_000, 50, () => old().length === 1);
		await page.getByRole('button', { name: 'Back-fill' }).click();
		await page.locator('.mails tbody tr', { hasText: 'Asked for by a link' }).waitFor();
		await audit();
		for (const { lago_id } of [late.invoice, ...old()]) world.lago.voidInvoice(lago_id);
		expect(problems).toEqual([]);
	}, 30_000);

	/** Whether each checkout of a customer's invoices was paid, oldest first. */
	function sessionsOf(customer: string): boolean[] {
		const ids = [...world.lago.state.invoices.values()]
			.filter((one) => one.customer.external_id === customer)
			.map(({ lago_id }) => lago_id);
		return [...world.dodo.state.checkouts.values()]
			.filter(({ metadata }) => ids.includes(String(metadata.lago_invoice_id)))
			.map(({ consumed }) => consumed);
	}

	test('by keyboard: a story begins, stands still and goes on; another one takes its place', async () => {
		const page = await open();
		const [first, second] = ['Paid, then partly refunded', 'Declined, then a new card'] as const;
		await card(page, first).getByRole('button').focus();
		await page.keyboard.press('Enter');
		await page.keyboard.press('Space');
		await card(page, first).getByRole('button', { name: 'Continue' }).waitFor();
		const before = await page.locator('#now').textContent();
		expect(before).toContain('Paused.');
		const books = world.lago.state.invoices.size;
		await page.waitForTimeout(500);
		expect(await page.locator('#now').textContent()).toBe(before);
		expect(world.lago.state.invoices.size).toBe(books);
		await page.keyboard.press('Space');
		await card(page, first).locator('li.over').first().waitFor();
		await card(page, second).getByRole('button').focus();
		await page.keyboard.press('Enter');
		await card(page, first)
			.getByRole('button', { name: /^Play: / })
			.waitFor();
		await ended(page, second);
		expect(problems).toEqual([]);
	}, 30_000);

	test('the newest stays in sight, also in a smaller window, until somebody scrolls up', async () => {
		const page = await open();
		const scrolled = async (): Promise<[top: number, fromTheEnd: number]> =>
			(await page.evaluate(
				"(({ scrollTop, scrollHeight, clientHeight }) => [scrollTop, scrollHeight - scrollTop - clientHeight])(document.querySelector('.flow'))",
			)) as [number, number];
		const issue = async (): Promise<void> => {
			const count = world.lago.state.invoices.size;
			await page.getByRole('button', { name: 'Issue' }).click();
			await waitUntil('The invoice was not issued', 5_000, 5, () => world.lago.state.invoices.size > count);
			const { number } = [...world.lago.state.invoices.values()].at(-1) ?? {};
			await page
				.locator('#invoices tbody', { hasText: String(number) })
				.getByRole('link', { name: 'pay link' })
				.waitFor();
		};
		for (let invoice = 0; invoice < 5; invoice++) await issue();
		await page.setViewportSize({ width: 1440, height: 500 });
		await issue();
		expect((await scrolled())[1]).toBeLessThan(40);
		await page.evaluate("document.querySelector('.flow').scrollTo(0, 0)");
		await page.evaluate(TWO_FRAMES);
		await issue();
		expect((await scrolled())[0]).toBe(0);
	}, 30_000);

	test('a step that does not come is told, with where to look', async () => {
		const page = await open();
		await page.clock.install();
		await lanes.stop();
		try {
			await card(page, 'Paid, then partly refunded').getByRole('button').click();
			const now = page.locator('#now', { hasText: 'n8n asks for the money at Dodo.' });
			await now.waitFor();
			// It is read first, and then waited for.
			await waitUntil('It was not told', 10_000, 100, async () => {
				await page.clock.fastForward(31_000);
				return (await now.textContent())?.includes('This did not happen within 30 seconds') === true;
			});
		} finally {
			await lanes.listen();
		}
	}, 30_000);

	test.each([
		['light', DESKTOP],
		['dark', DESKTOP],
		['light', PHONE],
		['dark', PHONE],
	] as const)(
		'axe finds nothing: %s, %o',
		async (colorScheme, viewport) => {
			const page = await open({ colorScheme, viewport, reducedMotion: 'reduce' }, { toFollow: 1, toAsk: 1 });
			await page.locator('.pill').first().waitFor();
			for (const more of await page.locator('#payments summary, footer summary').all()) await more.click();
			await page.evaluate(TWO_FRAMES);
			// Nothing beside the page, and nothing below its foot.
			expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(viewport.width);
			const below = await page.evaluate(
				'document.documentElement.scrollHeight - Math.max(innerHeight, document.body.getBoundingClientRect().bottom + scrollY)',
			);
			expect(below).toBeLessThanOrEqual(1);
			// No state is broken within its word.
			const lines = await page.evaluate(
				"[...document.querySelectorAll('.entries .pill')].map((pill) => pill.getClientRects().length + ' ' + Math.round(pill.offsetHeight / 18))",
			);
			expect(new Set(lines as string[])).toEqual(new Set(['1 1']));
			await page.evaluate(AXE);
			const found = (await page.evaluate(
				"axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html.slice(0, 120) + ' ' + failureSummary).join(' | ')))",
			)) as string[];
			expect(found).toEqual([]);
		},
		30_000,
	);
});
