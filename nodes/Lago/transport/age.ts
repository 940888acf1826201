import type { IDataObject } from 'n8n-workflow';
import { learn, TELLING, UNKNOWN_AGE, type LagoAge } from '../../shared/domain/olderLago';
import { BoundedMap } from '../../shared/process/boundedMap';

/** What answers have told, by account. */
const ages = new BoundedMap<string, LagoAge>({ entries: 1_000 });

/** How old this Lago is, as far as its answers have told this process. */
export function ageOf({ accountKey }: { accountKey: string }): LagoAge {
	return ages.get(accountKey) ?? UNKNOWN_AGE;
}

/** Takes from an answer what it tells of the version, and from no other call. @param sent the body of the request. */
export function learnFrom(accountKey: string, answer: unknown, sent: IDataObject = {}): void {
	const before = ages.get(accountKey) ?? UNKNOWN_AGE;
	const after = readAge(before, answer, sent);
	if (after.from !== before.from || after.before !== before.before) ages.set(accountKey, after);
}

/** What is known after an answer: of the object in it, or of the first one of a list. */
export function readAge(age: LagoAge, answer: unknown, sent: IDataObject = {}): LagoAge {
	const body = objectOf(answer) ?? {};
	return TELLING.reduce((known, name) => {
		const [first]: unknown[] = Array.isArray(body[`${name}s`]) ? (body[`${name}s`] as unknown[]) : [body[name]];
		const told = objectOf(first);
		return told === null ? known : learn(known, name, told, objectOf(sent[name]) ?? {});
	}, age);
}

function objectOf(value: unknown): Record<string, unknown> | null {
	return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
}
