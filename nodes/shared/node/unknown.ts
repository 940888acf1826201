import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { held, type Held, type HeldReason } from '../domain/outcome';
import { ApiError } from '../transport/apiError';
import type { Json } from './operation';
import { startingEvent } from './start';

/** What is read, for a person. */
export interface Wanted {
	id: string;
	/** e.g. `payment` */
	kind: string;
	reason: HeldReason;
	/** The world of the credential, where a service has several. */
	mode?: string;
}

/**
 * Reads one object. Where the event that this execution began with tells of one that the service does not know (a sample, another account,
 * deleted meanwhile), it comes out as held: as an error it would fail again with every delivery. Asked for by a person it stays an error.
 * @throws ApiError
 */
export async function readOrHold<T extends Json>(
	ctx: IExecuteFunctions,
	index: number,
	wanted: Wanted,
	read: () => Promise<T>,
): Promise<T | (Held & Json)> {
	return await read().catch(async (caught: unknown) => {
		if (!(caught instanceof ApiError && caught.gone) || !tellsOf(startingEvent(ctx, index), wanted)) throw caught;
		const { kind, id, reason } = wanted;
		const message = `The event tells of ${kind} ${id}, which ${caught.service} does not know by the key of the credential.`;
		return {
			...held(
				reason,
				message,
				`For a sample event nothing is to be done. Otherwise check that trigger and node use the same account, and look for the ${kind} in ${caught.service}.`,
			),
			[`${kind.replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase())}Id`]: id,
		};
	});
}

/** A trigger with the key of another world than the node is a mistake to mend: then the event must come again. */
function tellsOf({ data, lagoInvoiceId, mode }: IDataObject, wanted: Wanted): boolean {
	if (wanted.mode !== undefined && typeof mode === 'string' && mode !== wanted.mode) return false;
	return lagoInvoiceId === wanted.id || Object.values((data ?? {}) as IDataObject).includes(wanted.id);
}

/** An item that a node before has held: there is nothing left to do with it. Null for anything else. */
export function heldBefore(given: IDataObject): (IDataObject & { outcome: 'held' }) | null {
	const isHeld = given.outcome === 'held' && typeof given.reason === 'string';
	return isHeld ? (given as IDataObject & { outcome: 'held' }) : null;
}
