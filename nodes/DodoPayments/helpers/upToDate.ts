import type { IExecuteFunctions } from 'n8n-workflow';
import { MOVES_WITHIN_MS } from '../../shared/domain/keys';
import type { Result } from '../../shared/node/operation';
import { startingEvent } from '../../shared/node/start';
import { ApiError } from '../../shared/transport/apiError';
import { refuseOutOfDate } from '../transport/client';

/** What money is to be moved for. */
interface Basis {
	/** e.g. `invoice ACM-1` */
	name: string;
	/** When it was read, ms since 1970; undefined when nobody says. */
	readAt: number | undefined;
}

/**
 * Moves money by what was read seconds ago. An event comes again and is read anew then; what was listed is skipped, and the next list has it
 * again if it is still open.
 * @param move must begin nothing later than `notAfter`, ms since 1970.
 * @throws ApiError
 */
export async function whileUpToDate<T extends object>(
	ctx: IExecuteFunctions,
	index: number,
	{ name, readAt }: Basis,
	move: (notAfter: number | undefined) => Promise<T>,
): Promise<T | Result<'skipped'>> {
	const notAfter = readAt === undefined ? undefined : readAt + MOVES_WITHIN_MS;
	const moved = async (): Promise<T> => {
		refuseOutOfDate(notAfter);
		return await move(notAfter);
	};
	return await moved().catch((caught: unknown) => {
		const isOld = caught instanceof ApiError && caught.code === 'OUT_OF_DATE';
		if (!isOld || startingEvent(ctx, index).event !== undefined) throw caught;
		return {
			outcome: 'skipped',
			reason: 'out_of_date',
			message: `${caught.message} (${name}).`,
			nextStep: 'Nothing when this runs by schedule: the next run reads it anew. Otherwise run it once more.',
		};
	});
}
