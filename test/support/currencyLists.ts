import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Services {
	lago: Record<string, string>;
	dodo: string;
	smallest: Record<string, number>;
}

/** Both services' own lists, kept apart from the table. */
const lists = JSON.parse(readFileSync(join(__dirname, '..', 'fixtures', 'currencies.json'), 'utf8')) as Services;

/** The currencies of Lago, each with its units in a whole one. */
export const lago = new Map(
	Object.entries(lists.lago).flatMap(([units, codes]) =>
		codes.split(' ').map((code): [string, number] => [code, Number(units)]),
	),
);

/** The currencies of Dodo Payments. */
export const dodo = lists.dodo.split(' ');

/** What Dodo charges at least, in minor units, where it says so. */
export const { smallest } = lists;
