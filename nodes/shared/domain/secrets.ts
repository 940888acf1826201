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

/** Words that people leave where a secret belongs. */
const PLACEHOLDER =
	/^(<.*>|\[.*\]|\{.*\}|x{3,}|\*{3,}|\.{3,}|(please[ _-]?)?change[ _-]?me!?|replace[ _-]?me|to[ _-]?do|test|secret|password|example|placeholder|none|null|undefined|your[ _-].*|(webhook[ _-]?)?hmac([ _-]?key)?)$/i;
const QUOTE = /["'`\u2018\u2019\u201c\u201d]/;
const SIGNING_SECRET = /^(whsec_)?[A-Za-z0-9+/]+={0,2}$/;

/**
 * What is plainly wrong with a secret: with one of these everything would be refused, and nobody would see why. Lago makes its HMAC key by itself
 * (a UUID), but a server of one's own may have another, so only what it cannot be is refused.
 * @param apiKey of the same account, which is pasted into the wrong field most often; empty when it is not known.
 * @returns the end of a sentence that begins with the name of the field, without the secret in it; null when it may be right.
 */
export function secretProblem(what: Secret, given: string, apiKey = ''): string | null {
	const value = given.trim();
	if (value === '') return 'is empty';
	if (QUOTE.test(value)) return 'has quotation marks in it; leave them out';
	if (PLACEHOLDER.test(value)) return 'is a placeholder, not the value itself';
	if (/^https?:/i.test(value)) return 'is an address';
	if (/\s/.test(value)) return 'has a blank or a line break in it; copy it again';
	if (what === 'dodoKey' || what === 'lagoKey')
		return /^whsec_/i.test(value) ? 'is a signing secret, not an API key' : null;
	if (value === apiKey.trim()) return 'is the API key once more, which signs nothing';
	return what === 'lagoHmac' ? hmacKeyProblem(given) : signingSecretProblem(value);
}

function hmacKeyProblem(key: string): string | null {
	// It is used as it stands.
	if (key !== key.trim()) return 'has a blank at its beginning or end';
	if (/^whsec_/i.test(key)) return 'begins with whsec_, as secrets of Dodo Payments do';
	return /-----BEGIN|^LS0tLS1CRUdJTi/.test(key) ? 'is the public key, which belongs to the signature JWT' : null;
}

function signingSecretProblem(secret: string): string | null {
	if (/^v1,/i.test(secret)) return 'begins with "v1,", as signatures do; the secret begins with whsec_';
	const isWhole =
		SIGNING_SECRET.test(secret) && Buffer.from(secret.replace(/^whsec_/, ''), 'base64').length >= SHORTEST_KEY;
	return isWhole
		? null
		: 'is not a signing secret, or not a whole one: it begins with whsec_, and at least 32 letters and digits follow';
}
