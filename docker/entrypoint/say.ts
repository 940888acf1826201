const NAME = '[dodo-lago]';

/** One thing of ours between the lines of n8n; each of its lines is known as ours. */
export function say(text: string): void {
	console.log(named(text));
}

/** The same for what a person should do something about. */
export function warn(text: string): void {
	console.error(named(text));
}

/** A text with our name before each line. */
export function named(text: string): string {
	return text
		.trimEnd()
		.split('\n')
		.map((line) => `${NAME} ${line}`)
		.join('\n');
}
