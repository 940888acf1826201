import type {
	ICredentialDataDecryptedObject,
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	INodeCredentialTestResult,
} from 'n8n-workflow';
import type { DodoMode } from '../../shared/domain/mode';
import { secretProblem } from '../../shared/domain/secrets';
import { failed, passed, problemOf, type Probe } from '../../shared/transport/credentialTest';
import { dodoApiUrl, isOfficial } from '../transport/client';

/** Where the secret is, for every message that misses it. */
export const WEBHOOK_SECRET_PLACE =
	'Copy it from the Dodo Payments dashboard > Developer > Webhooks > your endpoint > Signing Secret into the Dodo Payments credential';

/**
 * n8n's test of the Dodo Payments credential: whether it is Dodo that answers (`GET /products`), in the right mode, and whether the secret
 * can be one.
 */
export async function testDodoCredential(
	this: ICredentialTestFunctions,
	{ data }: ICredentialsDecrypted<ICredentialDataDecryptedObject>,
): Promise<INodeCredentialTestResult> {
	const { environment, baseUrl, apiKey = '', webhookSecret = '' } = (data ?? {}) as Record<string, string | undefined>;
	const mode: DodoMode = environment === 'live' ? 'live' : 'test';
	const probe = probeOf(mode, baseUrl, apiKey);
	const problem = await problemOf(this, probe);
	if (problem !== null)
		return failed(problem.isWrongKey && (await isKeyOfOtherMode(this, mode, probe)) ? swapped(mode) : problem.words);
	// Empty is fine: with automatic registration the trigger fetches it by itself.
	const wrong = webhookSecret === '' ? null : secretProblem('dodoSecret', webhookSecret, apiKey);
	return wrong === null
		? passed
		: failed(
				`Dodo Payments accepts the API key, but the Webhook Secret ${wrong}. ${WEBHOOK_SECRET_PLACE}, or leave it empty: with Registration: Automatic the trigger fetches it by itself.`,
			);
}

function probeOf(mode: DodoMode, baseUrl: string | undefined, apiKey: string): Probe {
	const url = dodoApiUrl(mode, baseUrl);
	return {
		service: 'Dodo Payments',
		baseUrl: url,
		path: '/products?page_size=1',
		apiKey: apiKey.trim(),
		isProof: isProductList,
		// Dodo's own refusals may have no body; behind another address something else may refuse.
		isRefusal: (body) => isOfficial(mode, url) || typeof (body as { code?: unknown } | undefined)?.code === 'string',
		rightAddress: 'Leave the Base URL empty unless a proxy or a simulator stands between n8n and Dodo Payments.',
		wrongKey: `Copy it again from the Dodo Payments dashboard > Developer > API Keys, and check the Environment: it is set to ${nameOf(mode)}, where only ${mode} keys work.`,
		mayNotRead:
			'the key may not read products. In the Dodo Payments dashboard > Developer > API Keys, make a new one with "Enable write access".',
	};
}

/** An account without products has an empty list; each entry names its business. */
function isProductList(body: unknown): boolean {
	const { items } = (body ?? {}) as { items?: unknown };
	return (
		Array.isArray(items) && items.every((item: { product_id?: unknown } | null) => typeof item?.product_id === 'string')
	);
}

/** Dodo does not say it, but knows the key in its other world. Asked at its own addresses only. */
async function isKeyOfOtherMode(
	ctx: ICredentialTestFunctions,
	mode: DodoMode,
	{ baseUrl, apiKey }: Probe,
): Promise<boolean> {
	if (!isOfficial(mode, baseUrl)) return false;
	return (await problemOf(ctx, probeOf(mode === 'live' ? 'test' : 'live', '', apiKey))) === null;
}

function swapped(mode: DodoMode): string {
	const other = mode === 'live' ? 'test' : 'live';
	const wrong = `This is a ${other} key, but the Environment is ${nameOf(mode)}.`;
	const place = 'the switch at the top of the Dodo Payments dashboard leads to the other one';
	return `${wrong} Set Environment to ${nameOf(other)}, or make a ${mode} key: ${place}.`;
}

function nameOf(mode: DodoMode): string {
	return mode === 'live' ? 'Live' : 'Test';
}
