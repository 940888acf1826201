/** How much an installation is; measured once. */
export interface Expected {
	/** Packages whose versions npm looks up; none with a lock file. */
	lists: number;
	packages: number;
	megabytes: number;
}

export function npmInstall(
	args: string[],
	options: { cwd: string; env?: NodeJS.ProcessEnv; expected: Expected; say: (line: string) => void },
): Promise<void>;

export class Progress {
	constructor(expected: Expected, now?: () => number);
	lists: number;
	packages: number;
	megabytes: number;
	words: string;
	read(line: string): void;
	line(): string;
}
