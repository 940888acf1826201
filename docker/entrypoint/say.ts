const NAME = '[dodo-lago]';

/** One line of ours between those of n8n. */
export function say(line: string): void {
	console.log(`${NAME} ${line}`);
}

/** The same for what a person should do something about. */
export function warn(line: string): void {
	console.error(`${NAME} ${line}`);
}
