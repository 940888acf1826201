/** What n8n answers with 200, whatever the address, until its database is migrated. */
const STARTING_UP = 'n8n is starting up. Please wait';
const PAUSE_MS = 300;
const ANSWER_MS = 3_000;

/** The address of n8n's web server in this container, whatever its role. */
export function localUrl(port: string): string {
	return `http://127.0.0.1:${port}`;
}

/** Whether n8n has its database and takes work. */
export async function isReady(url: string): Promise<boolean> {
	return await answers(200, `${url}/healthz/readiness`);
}

/** Whether both webhooks are there: what is not signed gets 404 before, and 401 afterwards. */
export async function webhooksAnswer(url: string, prefix: string): Promise<boolean> {
	const unsigned = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
	const answered = await Promise.all(
		['dodo', 'lago'].map(async (path) => await answers(401, `${url}/${prefix}/${path}`, unsigned)),
	);
	return answered.every(Boolean);
}

/** Whether a request is answered with a status, and by an n8n that has started. */
export async function answers(wanted: number, url: string, request: RequestInit = {}): Promise<boolean> {
	return await fetch(url, { ...request, signal: AbortSignal.timeout(ANSWER_MS) }).then(
		async (response) => (await response.text()) !== STARTING_UP && response.status === wanted,
		() => false,
	);
}

/** Waits for something that comes with the start; false when it does not come in time. */
export async function until(condition: () => Promise<boolean>, timeoutMs: number): Promise<boolean> {
	for (
		const deadline = Date.now() + timeoutMs;
		!(await condition());
		await new Promise((resolve) => setTimeout(resolve, PAUSE_MS).unref())
	)
		if (Date.now() > deadline) return false;
	return true;
}
