import { NodeOperationError, type IDataObject, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import { dodoUnits, isAtDodo } from '../domain/currencies';
import { currencyOf, readAmount, toMinorUnits } from '../domain/money';

/** An amount as people write it, read by {@link amountParameter}. */
export const amountField: INodeProperties = {
	displayName: 'Amount',
	name: 'amount',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. 50.00',
	hint: 'Items of Lago and Dodo Payments count in the smallest unit: divide 5000 of EUR by 100 to have 50.00',
};

/**
 * The currency in a field, as its code: one that Dodo has.
 * @param whenEmpty what to do about an empty field.
 * @throws NodeOperationError that names the field when there is none, or something that is no currency, or not one of Dodo's.
 */
export function currencyParameter(
	ctx: IExecuteFunctions,
	name: string,
	label: string,
	index: number,
	whenEmpty = 'Type its code, e.g. EUR.',
): string {
	const currency =
		readCurrency(ctx, ctx.getNodeParameter(name, index, ''), label, index) ??
		refuse(ctx, label, 'it is empty', index, whenEmpty);
	return isAtDodo(currency)
		? currency
		: refuse(
				ctx,
				label,
				`Dodo Payments does not have ${currency}`,
				index,
				'Type the code of another currency, e.g. EUR.',
			);
}

/** Filters with their currency as its code. @throws NodeOperationError that names the field. */
export function withCurrency(ctx: IExecuteFunctions, filters: IDataObject, index: number): IDataObject {
	const { currency: typed, ...others } = filters;
	const currency = readCurrency(ctx, typed, 'Currency', index);
	return currency === null ? others : { ...others, currency };
}

function readCurrency(ctx: IExecuteFunctions, typed: unknown, label: string, index: number): string | null {
	const text = String(typed ?? '').trim();
	if (text === '') return null;
	return (
		currencyOf(text) ??
		refuse(ctx, label, `"${text}" is not a currency`, index, 'Type its code of three letters, e.g. EUR.')
	);
}

/**
 * The amount in a field, more than 0. What is an amount in no currency is refused at once, before anything is asked of a service.
 * @returns what gives it in the units that Dodo counts a currency in; throws like this when it has fewer decimals, or they are not known.
 * @throws NodeOperationError that names the field.
 */
export function amountParameter(
	ctx: IExecuteFunctions,
	name: string,
	label: string,
	index: number,
): (currency: string) => number {
	const written = readAmount(ctx.getNodeParameter(name, index, ''));
	if ('problem' in written) return refuse(ctx, label, written.problem, index);
	if (/^0*$/.test(written.whole + written.decimals)) return refuse(ctx, label, 'it must be more than 0', index);
	return (currency) => {
		const units =
			dodoUnits(currency) ??
			refuse(
				ctx,
				label,
				`how Dodo Payments counts ${currency} is not known`,
				index,
				'Do this in Dodo Payments by hand.',
			);
		const amount = toMinorUnits(written, currency, units);
		return typeof amount === 'number' ? amount : refuse(ctx, label, amount.problem, index);
	};
}

/** The amount in a field of an older version: a number of minor units, `least` or more. @throws NodeOperationError */
export function minorUnitsParameter(ctx: IExecuteFunctions, name: string, index: number, least: number): number {
	const amount = ctx.getNodeParameter(name, index) as number;
	if (Number.isInteger(amount) && amount >= least) return amount;
	throw new NodeOperationError(ctx.getNode(), 'The amount must be a whole number of the smallest unit', {
		itemIndex: index,
		description: 'EUR 10.00 is 1000, JPY 1000 is 1000.',
	});
}

function refuse(
	ctx: IExecuteFunctions,
	label: string,
	problem: string,
	itemIndex: number,
	description = 'Amounts are written in the currency itself: 50.00 is EUR 50.00; JPY has no decimals.',
): never {
	throw new NodeOperationError(ctx.getNode(), `"${label}": ${problem}`, { itemIndex, description });
}
