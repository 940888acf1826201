import { ApiError } from './apiError';

/**
 * What a request brings; null when it is refused in a way that the caller expects, e.g. because there is no such object.
 * @throws every other failure.
 */
export async function orNull<T>(request: Promise<T>, isExpected: (refusal: ApiError) => boolean): Promise<T | null> {
	return await request.catch((caught: unknown) => {
		if (caught instanceof ApiError && isExpected(caught)) return null;
		throw caught;
	});
}

/** Whose a key is, is asked for safety: one that may not read it, and a service that does not tell, must keep nobody from booking. */
export const tellsNothing = ({ final, status, code }: ApiError): boolean =>
	final || status === 403 || code === 'UNEXPECTED_ANSWER';
