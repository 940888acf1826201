import type {
	ICredentialDataDecryptedObject,
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	INodeCredentialTestResult,
} from 'n8n-workflow';
import { readCurrencies } from '../../shared/domain/money';
import { isTooOld, sentenceOf, UNKNOWN_AGE, type LagoAge } from '../../shared/domain/olderLago';
import { secretProblem } from '../../shared/domain/secrets';
import { alsoAsk, failed, passed, problemOf, type Probe } from '../../shared/transport/credentialTest';
import { readAge } from '../transport/age';
import { lagoApiUrl } from '../transport/client';

/** Where the key is, for every message that misses it. */
export const HMAC_KEY_PLACE = 'Copy it from Lago > Developers > Webhooks > HMAC key into the Lago credential';

/** As far as it tells whose key it is, and of which version Lago is. */
interface Organization {
	lago_id?: unknown;
	created_at?: unknown;
	slug?: unknown;
}

/**
 * n8n's test of the Lago credential: whether it is Lago that answers (`GET /organizations`), and whether the HMAC key can be one. Of an older
 * Lago it says what does not work.
 */
export async function testLagoCredential(
	this: ICredentialTestFunctions,
	{ data }: ICredentialsDecrypted<ICredentialDataDecryptedObject>,
): Promise<INodeCredentialTestResult> {
	const { baseUrl, apiKey, webhookHmacKey, currenciesCountedAlike } = (data ?? {}) as Record<
		string,
		string | undefined
	>;
	let organization: Organization = {};
	const probe = probeOf(baseUrl, apiKey, (found) => (organization = found));
	const problem = await problemOf(this, probe);
	if (problem !== null) return failed(problem.words);
	const { wrong: unknown } = readCurrencies(currenciesCountedAlike ?? '');
	if (unknown.length > 0)
		return failed(
			`Lago accepts the API key, but "${unknown.join(' ')}" in Currencies Counted Alike is not a currency. Type codes of three letters, e.g. HUF, MGA.`,
		);
	const wrong = wrongHmacKey(webhookHmacKey ?? '', apiKey ?? '');
	if (wrong !== null) return failed(`Lago accepts the API key, but the Webhook HMAC Key ${wrong}`);
	// Today's Lago shows by this answer that it is not older, and is asked nothing more.
	const isOlder = organization.created_at !== undefined && organization.slug === undefined;
	return isOlder ? await saidOfOlder(this, probe) : passed;
}

/** The call by whose answer Lago is told from anything else. @param seen gets the organisation that answers. */
function probeOf(
	baseUrl: string | undefined,
	apiKey: string | undefined,
	seen: (organization: Organization) => void,
): Probe {
	return {
		service: 'Lago',
		baseUrl: lagoApiUrl(baseUrl),
		path: '/organizations',
		apiKey: apiKey?.trim() ?? '',
		isProof: (body) => {
			const organization = (body as { organization?: Organization } | undefined)?.organization ?? {};
			seen(organization);
			return typeof organization.lago_id === 'string';
		},
		isRefusal: (body) => typeof (body as { status?: unknown } | undefined)?.status === 'number',
		rightAddress:
			"It is https://api.getlago.com (US) or https://api.eu.getlago.com (EU); for a server of your own, its API (LAGO_API_URL), not Lago's web page.",
		wrongKey:
			'Copy it again from Lago > Developers > API keys & ID, of the organisation that this Base URL belongs to (US, EU or your own server).',
		mayNotRead:
			'the key may not read the organisation. In Lago > Developers > API keys & ID, give it that permission, or use a key with full access.',
	};
}

/** What is wrong with the key of the webhooks, as the end of a sentence and what to do; null when it can be one. */
function wrongHmacKey(key: string, apiKey: string): string | null {
	if (key === '')
		return `is missing: without it no delivery can be verified, so a Lago Trigger cannot be published. ${HMAC_KEY_PLACE}. Only if you use no Lago Trigger, or one with Signature: JWT, save it as it is.`;
	const wrong = secretProblem('lagoHmac', key, apiKey);
	return wrong === null ? null : `${wrong}, so every delivery would be refused. ${HMAC_KEY_PLACE}.`;
}

/** What does not work on a Lago that is older; it fails where nothing does. */
async function saidOfOlder(ctx: ICredentialTestFunctions, probe: Probe): Promise<INodeCredentialTestResult> {
	const answers = [
		await alsoAsk(ctx, probe, '/webhook_endpoints?per_page=1'),
		await alsoAsk(ctx, probe, '/invoices?per_page=1'),
	];
	const age = answers.reduce<LagoAge>((known, answer) => readAge(known, answer), UNKNOWN_AGE);
	const words = sentenceOf(age);
	if (words === null) return passed;
	return isTooOld(age)
		? failed(`Lago accepts the API key, but cannot be used. ${words} Update Lago.`)
		: { ...passed, message: `${passed.message}. ${words}` };
}
