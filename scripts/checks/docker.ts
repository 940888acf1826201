import { ensurePrograms, whyNeverHere } from '../../test/support/docker/programs';

/** Where no engine of our own can be started, its tests say so themselves. */
async function prepare(): Promise<string> {
	if (process.env.CONTAINER_ENGINE === 'running') return 'The Docker that runs here is taken.';
	const why = whyNeverHere();
	if (why !== null) return `No Docker is prepared: ${why}.`;
	await ensurePrograms((line) => console.log(line));
	return 'Docker is ready to be started.';
}

prepare().then(
	(line) => console.log(line),
	(caught: unknown) => {
		console.error(caught instanceof Error ? caught.message : caught);
		process.exitCode = 1;
	},
);
