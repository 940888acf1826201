import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { waitUntil } from './waiting';

/** What a person had to do. */
export interface Effort {
	clicks: number;
	/** Fields that were typed into or chosen in. */
	fields: number;
	ms: number;
}

/** The editor draws 66 nodes while n8n and a database work on the same two cores. */
const SOON = 45_000;
/** n8n looks anew what a node lacks. */
const MARKED_MS = 10_000;

/**
 * n8n's editor (2.41) as a person uses it: every click and every field is counted. Only what can be seen is used: menus, buttons, dialogs, the
 * canvas.
 */
export class Editor {
	private effort = { clicks: 0, fields: 0, since: Date.now() };

	constructor(
		private readonly page: Page,
		private readonly url: string,
		/** Takes a picture under this name. */
		private readonly picture: (name: string) => string,
	) {
		page.setDefaultTimeout(SOON);
	}

	/** Starts counting anew. */
	startCounting(): void {
		this.effort = { clicks: 0, fields: 0, since: Date.now() };
	}

	get counted(): Effort {
		const { clicks, fields, since } = this.effort;
		return { clicks, fields, ms: Date.now() - since };
	}

	async signIn(email: string, password: string): Promise<void> {
		await this.page.goto(`${this.url}/signin`);
		await this.page.locator('input[type=email], input[name=emailOrLdapLoginId]').first().fill(email);
		await this.page.locator('input[type=password]').fill(password);
		await this.page.keyboard.press('Enter');
		await this.page.waitForURL((url) => !url.pathname.includes('signin'));
	}

	/** An empty workflow, by the plus at the top. */
	async newWorkflow(): Promise<void> {
		await this.closeAdvice();
		await this.byId('universal-add').click();
		await this.page.getByText('New workflow').first().click();
		await this.byId('canvas-add-button').waitFor();
	}

	async openWorkflow(id: string): Promise<void> {
		await this.page.goto(`${this.url}/workflow/${id}`);
		await this.byId('canvas-node').first().waitFor();
	}

	/** The id of the workflow that is open. */
	get workflowId(): string {
		return /\/workflow\/(\w+)/.exec(this.page.url())?.[1] ?? '';
	}

	/** Menu > Import > From file. */
	async importFile(path: string): Promise<void> {
		await this.click(this.byId('workflow-menu'));
		await this.click(this.byId('workflow-menu-item-import'));
		const chooser = this.page.waitForEvent('filechooser');
		await this.click(this.byId('workflow-menu-item-import-from-file'));
		await (await chooser).setFiles(path);
		await this.byId('canvas-node').first().waitFor();
		await this.page.waitForURL(/\/workflow\/\w{10,}/);
	}

	/** How many nodes the canvas holds, notes included. */
	async countNodes(): Promise<number> {
		await this.closeAdvice();
		return (await this.byId('canvas-node').count()) + (await this.byId('sticky').count());
	}

	/** Names of the nodes that n8n marks as not ready; it takes the marks away a moment after the last credential was chosen. */
	async nodesWithIssues(): Promise<string[]> {
		const marked = this.page.locator('[data-test-id="canvas-node"]:has([data-test-id="node-issues"])');
		const until = Date.now() + MARKED_MS;
		while ((await marked.count()) > 0 && Date.now() < until) await this.page.waitForTimeout(100);
		return await marked.evaluateAll((nodes) => nodes.map((node) => node.getAttribute('data-node-name') ?? ''));
	}

	async openNode(name: string): Promise<void> {
		await this.closeAdvice();
		this.effort.clicks += 1;
		await this.node(name).dblclick();
		await this.byId('ndv').waitFor();
	}

	/** From an open node to the one behind it, by the icon at the right edge. */
	async openNext(): Promise<void> {
		await this.click(this.page.locator('[data-test-id="floating-node"][data-node-placement="outputMain"]').first());
	}

	async closeNode(): Promise<void> {
		await this.click(this.byId('ndv-close-button'));
		await this.byId('ndv').waitFor({ state: 'detached' });
	}

	/** Opens the dialog of a new credential from the open node. */
	async connect(): Promise<void> {
		await this.click(this.byId('node-credentials-empty-state').locator('button').first());
		// n8n asks its server for a name, can be filled in before that has come, and refuses to save one without.
		await this.byId('credential-name').waitFor();
	}

	/** Types into a field of the credential dialog; one that is filled already is left alone. */
	async fill(field: string, value: string): Promise<void> {
		const input = this.dialog.locator(`[data-test-id="parameter-input-${field}"] input`).first();
		if ((await input.inputValue()) === value) return;
		this.effort.fields += 1;
		await input.fill(value);
	}

	/** Presses a switch of the open node, or of the credential dialog above it. */
	async toggle(field: string): Promise<void> {
		await this.click(this.page.locator(`[data-test-id="parameter-input-${field}"] .el-switch`).last());
	}

	/** Types into a field of the open node. */
	async type(field: string, value: string): Promise<void> {
		this.effort.fields += 1;
		const input = this.byId('ndv').locator(`[data-test-id="parameter-input-${field}"]`).locator('input, textarea');
		await input.first().fill(value);
		await input.first().blur();
	}

	/** Whether the open node still waits for its first credential. */
	async lacksCredential(): Promise<boolean> {
		const empty = this.byId('node-credentials-empty-state');
		await empty.or(this.byId('node-credentials-select')).first().waitFor();
		return (await empty.count()) > 0;
	}

	/** Saves the credential and resolves with what n8n's test of it said: null when it passed and the dialog closed. */
	async saveCredential(): Promise<string | null> {
		// What the last test said still stands there.
		const tested = this.page.waitForResponse((response) => response.url().endsWith('/rest/credentials/test'));
		await this.click(this.byId('credential-save-button'));
		const { data } = (await (await tested).json()) as { data: { status: string; message: string } };
		if (data.status !== 'Error') {
			await this.dialog.waitFor({ state: 'detached' });
			return null;
		}
		const more = this.dialog.getByText(/^(more|show) details/i).first();
		let text = '';
		await waitUntil('The dialog does not show what the test said', MARKED_MS, 100, async () => {
			if ((await more.count()) > 0) await more.click();
			text = (await this.dialog.textContent()) ?? '';
			return oneLine(text).includes(oneLine(data.message));
		});
		return text.slice(text.indexOf('Couldn’t connect'));
	}

	/** Publish, twice: n8n asks for the name of the version. Resolves with its refusal, null when it was published. */
	async publish(): Promise<string | null> {
		await this.closeAdvice();
		const done = this.page
			.getByText('Workflow published', { exact: false })
			.or(this.page.getByText('Production Checklist'))
			.first();
		// That of the workflow before.
		await done.waitFor({ state: 'hidden' });
		await this.click(this.byId('workflow-open-publish-modal-button'));
		await this.click(this.byId('workflow-publish-button'));
		const refused = this.page
			.locator(
				'.el-notification--error, .el-notification:has-text("Problem"), [role=alert]:has-text("Problem"), [role=alert]:has-text("issues"), [role=dialog]:has-text("Conflicting")',
			)
			.first();
		await done.or(refused).first().waitFor({ timeout: 60_000 });
		return (await refused.count()) > 0 ? ((await refused.textContent()) ?? '').trim() : null;
	}

	/** Presses the button that a trigger has on the canvas. */
	async execute(trigger: string): Promise<void> {
		await this.closeAdvice();
		await this.node(trigger).hover();
		await this.click(this.byId(`execute-workflow-button-${trigger}`));
	}

	/** Adds the first step of an empty workflow: a trigger, by what it is to react to. */
	async addTrigger(service: string, event: string): Promise<void> {
		await this.click(this.byId('canvas-add-button'));
		await this.pick(service, event);
	}

	/** Adds a step behind the last node, by the plus at its output. */
	async addStep(service: string, action: string): Promise<void> {
		await this.click(this.byId('canvas-handle-plus').first());
		await this.pick(service, action);
	}

	/** Chooses in a searchable list of the open node. */
	async choose(field: string, text: string): Promise<void> {
		this.effort.fields += 1;
		await this.page.locator(`[data-test-id="parameter-input-${field}"] input`).last().click();
		await this.byId('rlc-item').filter({ hasText: text }).first().click();
	}

	/** Opens an execution as the list of executions shows it. */
	async openExecution(workflowId: string, executionId: string): Promise<void> {
		await this.page.goto(`${this.url}/workflow/${workflowId}/executions/${executionId}`);
		await this.closeAdvice();
		await this.page.getByText('Succeeded in').first().waitFor();
	}

	/** Opens a form of n8n's, and agrees that it learns who is signed in. */
	async openForm(url: string): Promise<void> {
		await this.page.goto(url);
		const [allow, send] = [this.byId('consent-allow-button'), this.page.locator('#submit-btn')];
		await allow.or(send).first().waitFor();
		if ((await allow.count()) > 0) await allow.click();
		await send.waitFor();
	}

	/** Fills in the form that is open, by the labels of its fields, and sends it. Resolves when the next page says what is expected. */
	async sendForm(values: Record<string, string>, expected: string): Promise<void> {
		for (const [label, value] of Object.entries(values)) {
			const field = this.page.getByLabel(label);
			if ((await field.getAttribute('type')) === null) await field.selectOption(value);
			else await field.fill(value);
		}
		await this.page.locator('#submit-btn').click();
		await this.page.getByText(expected).first().waitFor();
	}

	async fit(): Promise<void> {
		await this.closeAdvice();
		await this.byId('zoom-to-fit').click();
	}

	async photograph(name: string): Promise<void> {
		await this.page.screenshot({ path: await this.ready(name) });
	}

	/** The fields of the open node, without what came in and went out. */
	async photographPanel(name: string): Promise<void> {
		await this.byId('ndv').locator('[data-test-id="node-parameters"]').first().waitFor();
		const path = await this.ready(name);
		await this.byId('ndv').locator('[data-test-id="node-parameters"]').first().screenshot({ path });
	}

	/** Where a picture goes, once nothing moves any more that would make every picture another one. */
	private async ready(name: string): Promise<string> {
		const path = this.picture(name);
		mkdirSync(dirname(path), { recursive: true });
		await this.page.waitForTimeout(600);
		return path;
	}

	private get dialog(): Locator {
		return this.byId('credential-edit-dialog');
	}

	private async pick(service: string, what: string): Promise<void> {
		await this.byId('node-creator-search-bar').fill(service);
		this.effort.fields += 1;
		await this.click(this.byId('node-creator-item-name').getByText(service, { exact: true }).first());
		await this.click(this.byId('node-creator-item-name').getByText(what, { exact: true }).first());
		await this.byId('ndv').waitFor();
	}

	/** n8n's news, surveys and hints lie over the canvas. */
	private async closeAdvice(): Promise<void> {
		const checklist = this.page.getByText('Production Checklist').locator('xpath=following::button[1]');
		for (const close of [this.page.getByRole('button', { name: 'Got it' }), checklist])
			if ((await close.count()) > 0) await close.first().click();
	}

	private node(name: string): Locator {
		return this.page.locator(`[data-test-id="canvas-node"][data-node-name="${name}"]`);
	}

	private byId(id: string): Locator {
		return this.page.locator(`[data-test-id="${id}"]`);
	}

	private async click(target: Locator): Promise<void> {
		this.effort.clicks += 1;
		await target.click();
	}
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
