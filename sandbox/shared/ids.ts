import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** `pay_` + 21 Base62 characters, as Dodo makes its ids. */
export function dodoId(prefix: string): string {
	return prefix + Array.from(randomBytes(21), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}
