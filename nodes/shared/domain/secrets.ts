/** Words that people leave where a secret belongs. */
const PLACEHOLDER = /^(<.*>|\[.*\]|\{.*\}|x{3,}|\*{3,}|\.{3,}|(please[ _-]?)?change[ _-]?me!?|replace[ _-]?me|to[ _-]?do|test|secret|password|none|null|undefined|your[ _-].*|(webhook[ _-]?)?hmac([ _-]?key)?)$/i;
const QUOTE = /["'`\u2018\u2019\u201c\u201d]/;
const SHORTEST_SECRET_BYTES = 24;

/**
 * What can be seen to be wrong with Lago's HMAC key, in words that follow "The Webhook HMAC Key "; null when nothing is. Lago makes it by
 * itself (a UUID), but a server of one's own may have another, so only what it cannot be is refused.
 * @param apiKey of the same credential, which is often copied by mistake.
 */
export function hmacKeyProblem(key: string, apiKey: string): string | null {
	const problem = commonProblem(key);
	if (problem !== null) return problem;
	// It is used as it stands.
	if (key !== key.trim()) return 'has a blank at its beginning or end';
	if (key === apiKey.trim()) return 'is the API key once more';
	if (/^whsec_/i.test(key)) return 'begins with whsec_, as secrets of Dodo Payments do';
	if (/-----BEGIN|^LS0tLS1CRUdJTi/.test(key)) return 'is the public key, which belongs to the signature JWT';
	return null;
}

/**
 * What can be seen to be wrong with a signing secret of Standard Webhooks, which Dodo Payments uses, in words that follow "The Webhook Secret ";
 * null when nothing is.
 */
export function webhookSecretProblem(secret: string, apiKey: string): string | null {
	const problem = commonProblem(secret);
	if (problem !== null) return problem;
	if (secret.trim() === apiKey.trim()) return 'is the API key once more';
	if (/^v1,/i.test(secret.trim())) return 'begins with "v1,", as signatures do; the secret begins with whsec_';
	const key = secret.trim().replace(/^whsec_/, '');
	if (!/^[A-Za-z0-9+/]+={0,2}$/.test(key) || Buffer.from(key, 'base64').length < SHORTEST_SECRET_BYTES) return 'is not whole; it begins with whsec_, and about 32 to 44 letters and digits follow';
	return null;
}

function commonProblem(secret: string): string | null {
	const text = secret.trim();
	if (text === '') return 'is empty';
	if (QUOTE.test(text)) return 'has quotation marks in it';
	if (PLACEHOLDER.test(text)) return 'is a placeholder';
	if (/^https?:/i.test(text)) return 'is an address';
	if (/\s/.test(text)) return 'has a blank in it';
	return null;
}
