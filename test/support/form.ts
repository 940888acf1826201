import type { Owner } from '../../docker/entrypoint/configuration';
import { waitUntil } from './waiting';

const BROWSER = 'e2e';

/** A person in front of a form of n8n's that only opens for who is signed in, without the browser around them. */
export class FormVisitor {
	private readonly cookies = new Map<string, string>();
	/** Of the page that is open; null before the first one. */
	private page: { url: string; token: string; fields: string[]; html: string } | null = null;

	constructor(
		private readonly url: string,
		readonly path: string,
	) {}

	async signIn({ email, password }: Owner): Promise<void> {
		await this.call('POST', `${this.url}/rest/login`, { emailOrLdapLoginId: email, password });
	}

	/** Fills in the page that is open, or the first one of a new form, and sends it. Returns the page that follows. */
	async send(values: Record<string, string>): Promise<string> {
		this.page ??= await this.open(`${this.url}/form/${this.path}`);
		const { url, token } = this.page;
		const body = new FormData();
		for (const [index, value] of Object.values(values).entries()) body.append(`field-${this.offset(index)}`, value);
		const headers = { ...this.headers(), ...(token === '' ? {} : { 'x-auth-token': token }) };
		const response = await fetch(url, { method: 'POST', headers, body });
		const text = await response.text();
		if (!response.ok) throw new Error(`The form answered ${response.status}: ${text.slice(0, 200)}`);
		const next = (JSON.parse(text) as { formWaitingUrl?: string }).formWaitingUrl ?? url;
		await this.untilPage(next);
		const shown = await this.open(next);
		// The last page has nothing to fill in.
		this.page = shown.fields.length === 0 ? null : shown;
		return shown.html;
	}

	/** The table of the second page is a field as well. */
	private offset(index: number): number {
		return this.page?.html.includes('<table>') ? index + 1 : index;
	}

	private async untilPage(next: string): Promise<void> {
		const status = new URL(next);
		status.pathname += '/n8n-execution-status';
		await waitUntil('The form did not go on', 60_000, 100, async () => {
			const response = await fetch(status, { headers: this.headers() });
			return ['form-waiting', 'success'].includes((await response.text()).trim());
		});
	}

	private async open(url: string): Promise<NonNullable<FormVisitor['page']>> {
		const html = await this.follow(url);
		const token = /const authToken = '([^']+)'/.exec(html)?.[1] ?? '';
		return { url, token, html, fields: [...html.matchAll(/name='?"?(field-\d+)/g)].map(([, name]) => name as string) };
	}

	/** As a browser goes where it is led, and agrees where n8n asks whether the form may know who it is. */
	private async follow(url: string, steps = 10): Promise<string> {
		const response = await fetch(url, { headers: this.headers(), redirect: 'manual' });
		this.keep(response);
		const text = await response.text();
		const location = response.headers.get('location');
		if (location === null) return text;
		if (steps === 0 || location.includes('/signin')) throw new Error(`The form leads to ${location}`);
		const target = new URL(location, url).toString();
		if (!target.includes('/oauth/consent')) return await this.follow(target, steps - 1);
		const asked = await this.call('GET', `${this.url}/rest/consent/details`);
		const scopes = (asked.scopes as string[] | undefined) ?? [];
		const told = asked.redirectUrl
			? asked
			: await this.call('POST', `${this.url}/rest/consent/approve`, { approved: true, scopes });
		return await this.follow(String(told.redirectUrl), steps - 1);
	}

	private async call(method: string, url: string, body?: unknown): Promise<Record<string, unknown>> {
		const headers = { ...this.headers(), 'content-type': 'application/json' };
		const response = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
		this.keep(response);
		const text = await response.text();
		if (!response.ok) throw new Error(`${method} ${url} answered ${response.status}: ${text.slice(0, 200)}`);
		return (JSON.parse(text) as { data: Record<string, unknown> }).data;
	}

	private headers(): Record<string, string> {
		return { 'browser-id': BROWSER, cookie: [...this.cookies].map((pair) => pair.join('=')).join('; ') };
	}

	private keep(response: Response): void {
		for (const cookie of response.headers.getSetCookie()) {
			const [name = '', value = ''] = cookie.split(';')[0]?.split(/=(.*)/s) ?? [];
			if (value === '' || /expires=Thu, 01 Jan 1970/i.test(cookie)) this.cookies.delete(name);
			else this.cookies.set(name, value);
		}
	}
}
