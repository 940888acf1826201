import { readFileSync } from 'node:fs';
import { readAddress } from '../../nodes/shared/domain/address';

/** The value of a variable without blanks around it; empty when it is not set. */
export type ReadVariable = (name: string) => string;

/** Reads the environment; every name also as `<NAME>_FILE`, which holds the path of a file with the value. Adds to `problems` what is wrong. */
export function variablesOf(env: NodeJS.ProcessEnv, problems: string[]): ReadVariable {
	return (name) => {
		const file = env[`${name}_FILE`];
		if (env[name] || !file) return (env[name] ?? '').trim();
		try {
			const value = readFileSync(file, 'utf8').trim();
			if (value === '') problems.push(`${name}_FILE: the file ${file} is empty.`);
			return value;
		} catch {
			problems.push(`${name}_FILE: the file ${file} cannot be read.`);
			return '';
		}
	};
}

/** Whether a text is the address of a page or an API. */
export function isAddress(text: string): boolean {
	return /^https?:\/\//.test(text) && readAddress(text) !== null;
}
