/** Bytes of a signing key that is long enough (Standard Webhooks). */
export const SHORTEST_KEY = 24;

/** Where a person finds what belongs into a field. */
export const PLACES = {
	dodoSecret: 'Dodo Payments dashboard > Developer > Webhooks > your endpoint > Signing Secret',
	dodoKey: 'Dodo Payments dashboard > Developer > API Keys',
	lagoHmac: 'Lago > Developers > Webhooks > HMAC key',
	lagoKey: 'Lago > Developers > API keys & ID',
} as const;

/** What is to be in a field. */
export type Secret = keyof typeof PLACES;

const PLACEHOLDER = /^(change[-_ ]?me|your[-_ ].*|<.*>|\.\.\.|x{3,}|todo|secret|password|example|placeholder)$/i;
const SIGNING_SECRET = /^(whsec_)?[A-Za-z0-9+/]+={0,2}$/;

/**
 * What is plainly wrong with a secret: with one of these every delivery would be refused, and nobody would see why.
 * @param apiKey of the same account, which is pasted into the wrong field most often; empty when it is not known.
 * @returns the end of a sentence that begins with the name of the field, without the secret in it; null when it may be right.
 */
export function secretProblem(what: Secret, given: string, apiKey = ''): string | null {
	const value = given.trim();
	if (/^["'`].*["'`]$/.test(value)) return 'stands in quotation marks; leave them out';
	if (/\s/.test(value)) return 'has a blank or a line break in it; copy it again';
	if (PLACEHOLDER.test(value)) return 'is a placeholder, not the value itself';
	if (what === 'dodoKey' || what === 'lagoKey') return /^whsec_/.test(value) ? 'is a signing secret, not an API key' : null;
	if (value === apiKey.trim()) return 'is the API key, which signs nothing';
	if (/^v1,/.test(value)) return 'begins with "v1,", which does not belong to it: it begins with whsec_';
	if (what === 'lagoHmac') return /^whsec_/.test(value) ? 'is a signing secret of Dodo Payments' : null;
	const isSecret = SIGNING_SECRET.test(value) && Buffer.from(value.replace(/^whsec_/, ''), 'base64').length >= SHORTEST_KEY;
	return isSecret ? null : 'is not a signing secret, which begins with whsec_ and is followed by at least 32 characters';
}
