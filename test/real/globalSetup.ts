import { LagoApi } from './api';
import { realLago, tellLicence } from './target';

/** Before any test: whether Lago can be reached, takes the key, and has a licence. Says so, or why the run ends here. */
export default async function globalSetup(): Promise<void> {
	const target = realLago();
	if (target === null) return;
	const api = new LagoApi(target.url, target.apiKey);
	const { status, body } = await api.ask('GET', '/organizations');
	if (status !== 200)
		throw new Error(
			`Lago at ${target.url} answered ${status} to GET /organizations: ${JSON.stringify(body)}\n${ADVICE[status] ?? ''}`,
		);
	// The one call that only reads and needs a licence.
	const probe = await api.ask('GET', '/analytics/invoice_collection?months=1');
	const isFree = probe.status === 403 && probe.body.code === 'feature_unavailable';
	if (probe.status !== 200 && !isFree)
		throw new Error(
			`Whether Lago has a licence cannot be told: GET /analytics/invoice_collection answered ${probe.status}: ${JSON.stringify(probe.body)}`,
		);
	tellLicence(!isFree);
	const { name } = body.organization as { name: string };
	console.log(
		`\nThe real Lago at ${target.url}, organisation "${name}", ${
			isFree
				? `without a premium licence (403 ${String(probe.body.code)}): what needs one is skipped below, each with its reason`
				: 'with a premium licence: everything runs'
		}`,
	);
}

const ADVICE: Readonly<Record<number, string>> = {
	401: 'LAGO_REAL_API_KEY is not a key of this Lago (Developers > API keys & ID).',
	403: 'The key must be allowed to read and write everything (Developers > API keys & ID).',
	404: 'LAGO_REAL_URL must be the address of the API, such as http://127.0.0.1:3000, not of the screen.',
};
