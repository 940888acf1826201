/**
 * One spelling for an address, which every service takes and sends to: host in lower case and as ASCII, no default port, nothing in the path
 * that would have to be encoded. What is no address stays as it is.
 */
export function spelled(address: string): string {
	return URL.canParse(address) ? new URL(address).href : address;
}

/** Whether two spellings lead to the same place: services store an address as it was given, or as they would write it. */
export function isSameAddress(one: string, other: string): boolean {
	return one === other || (URL.canParse(one) && URL.canParse(other) && comparable(one) === comparable(other));
}

/** Whether two addresses differ by their hosts at most: the same webhook behind another tunnel or name. */
export function hasSamePath(one: string, other: string): boolean {
	return URL.canParse(one) && URL.canParse(other) && pathOf(new URL(one)) === pathOf(new URL(other));
}

function comparable(address: string): string {
	const url = new URL(address);
	return `${url.protocol}//${url.host}${pathOf(url)}`;
}

function pathOf({ pathname, search }: URL): string {
	return `${decoded(pathname).replace(/\/+$/, '')}${search}`;
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

/** An id as one part of a path. Rails takes what follows a dot for a format. */
export function pathPart(id: string): string {
	return encodeURIComponent(id).replace(/\./g, '%2E');
}

/**
 * Whether a path stays where it is meant to lead: a part that is empty leads to a list, and one of dots only somewhere else, also when they are
 * encoded (WHATWG URL).
 */
export function isWhole(path: string): boolean {
	return path.split('/').slice(1).every((part) => part !== '' && !/^(\.|%2e){1,2}$/i.test(part));
}
