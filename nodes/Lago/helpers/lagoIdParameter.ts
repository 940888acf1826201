import { NodeOperationError, type IExecuteFunctions } from 'n8n-workflow';
import { isLagoId } from '../../shared/domain/payment';
import { idParameter } from '../../shared/node/parameters';

/**
 * The Lago id that a field gives.
 * @param kind what it is of, e.g. `invoice`.
 * @param wrong what an id looks like, and what people give instead.
 * @throws NodeOperationError when it is none.
 */
export function lagoIdParameter(
	ctx: IExecuteFunctions,
	name: string,
	index: number,
	kind: string,
	wrong: { example: string; mistaken: string },
): string {
	const id = idParameter(ctx, name, index);
	if (isLagoId(id)) return id;
	throw new NodeOperationError(ctx.getNode(), `"${id}" is not the ID of a Lago ${kind}`, {
		itemIndex: index,
		description: `Use the Lago ID (lago_id), which looks like ${wrong.example}, not the ${wrong.mistaken}.`,
	});
}
