import { held, type Held } from '../../shared/domain/outcome';
import type { Json } from '../../shared/node/operation';
import { ApiError } from '../../shared/transport/apiError';

/**
 * Runs what an operation writes. What Lago refuses for good comes out as held, because the same event would be refused again; only when
 * somebody else inserted the same metadata at that moment the event must come again.
 * @param what was to be written, as the beginning of a sentence.
 * @throws ApiError for everything that trying again, or another key, can mend.
 */
export async function heldIfRefused<T extends Json>(
	work: () => Promise<T>,
	what: string,
	nextStep: string,
): Promise<T | Held> {
	return await work().catch((caught: unknown) => {
		const isFinal =
			caught instanceof ApiError && caught.final && caught.details.key?.includes('value_already_exist') !== true;
		if (!isFinal) throw caught;
		return held('lago_refused', `${what}, but Lago does not take that (${caught.code}).`, nextStep);
	});
}
