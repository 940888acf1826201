import type { Services } from './servicesConfiguration';
import { say, warn } from './say';

const ANSWER_MS = 10_000;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;

interface Service {
	name: string;
	url: string;
	key: string;
}

/** Where a call that only reads tells whether a key is good. */
export function questionsFor({ dodo, lago }: Services): Service[] {
	const dodoBase = (dodo.baseUrl || `https://${dodo.environment}.dodopayments.com`).replace(/\/+$/, '');
	const lagoBase = `${lago.baseUrl.replace(/\/+$/, '').replace(/\/api\/v1$/, '')}/api/v1`;
	return [
		{ name: 'Dodo Payments', url: `${dodoBase}/products?page_size=1`, key: dodo.apiKey },
		{ name: 'Lago', url: `${lagoBase}/organizations`, key: lago.apiKey },
	];
}

/** What is wrong with a key or its service, in words; null when nothing is. */
export async function problemWith({ name, url, key }: Service): Promise<string | null> {
	const { host } = new URL(url);
	return await fetch(url, { headers: { authorization: `Bearer ${key}` }, signal: AbortSignal.timeout(ANSWER_MS) }).then(
		({ status }) => {
			if (status === 200) return null;
			const variable = `${name.split(' ')[0]?.toUpperCase()}_API_KEY`;
			return status === 401
				? `${name} at ${host} does not accept the API key. Check ${variable} and that it belongs to this address, then start again.`
				: `${name} at ${host} answers ${status}.`;
		},
		() => `${name} does not answer at ${host}.`,
	);
}

/** Asks until the answer is good, with growing pauses. A problem is said when it is new. */
export async function watchService(service: Service): Promise<void> {
	let said: string | null = null;
	for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
		const problem = await problemWith(service);
		if (problem === null) return say(`${service.name} accepts the API key.`);
		if (problem !== said) warn(`${problem} It is asked again from time to time.`);
		said = problem;
		// It must not keep the process alive when n8n has ended.
		await new Promise((resolve) => setTimeout(resolve, pause).unref());
	}
}
