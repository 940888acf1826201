import { readAddress } from './address';

/** A base URL as typed into a credential: the address, or what is wrong with it in words that follow "The base URL ". */
export type BaseUrl = { url: string } | { problem: string };

/**
 * Reads the address of a service. Blanks around it and slashes at its end do not count, the host's spelling neither. The scheme is not guessed:
 * an API key must not go out unencrypted because somebody forgot a letter.
 */
export function readBaseUrl(typed: string): BaseUrl {
	const text = typed.trim();
	if (text === '') return { problem: 'is empty' };
	if (/\s/.test(text)) return { problem: 'has a blank in it' };
	if (!/^https?:\/\//i.test(text)) return { problem: 'does not begin with https:// or http://' };
	const address = readAddress(text);
	if (address === null) return { problem: 'is not an address' };
	const { origin, pathname, search, hash, username } = address;
	if (search !== '' || hash !== '')
		return { problem: 'goes on after the path; it must end before the first "?" or "#"' };
	if (username !== '') return { problem: 'has a user name in it; the API key is all that is needed' };
	return { url: `${origin}${pathname}`.replace(/\/+$/, '') };
}
