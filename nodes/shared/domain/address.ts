/**
 * An address that is whole (with scheme and host), or null. Not `URL.canParse`: once it is hot, Node 20 reads its argument as UTF-8 although it is
 * Latin-1, and refuses each host or path with an umlaut.
 */
export function readAddress(text: string): URL | null {
	try {
		return new URL(text);
	} catch {
		return null;
	}
}

/**
 * One spelling for an address, which every service takes and sends to: host in lower case and as ASCII, no default port, nothing in the path
 * that would have to be encoded. What is no address stays as it is.
 */
export function spelled(address: string): string {
	return readAddress(address)?.href ?? address;
}

/** Whether two spellings lead to the same place: services store an address as it was given, or as they would write it. */
export function isSameAddress(one: string, other: string): boolean {
	if (one === other) return true;
	const [first, second] = [readAddress(one), readAddress(other)];
	return (
		first !== null &&
		second !== null &&
		first.protocol === second.protocol &&
		first.host === second.host &&
		pathOf(first) === pathOf(second)
	);
}

/** Whether two addresses differ by their hosts at most: the same webhook behind another tunnel or name. */
export function hasSamePath(one: string, other: string): boolean {
	const [first, second] = [readAddress(one), readAddress(other)];
	return first !== null && second !== null && pathOf(first) === pathOf(second);
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
	return path
		.split('/')
		.slice(1)
		.every((part) => part !== '' && !/^(\.|%2e){1,2}$/i.test(part));
}
