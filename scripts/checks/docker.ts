import { ensurePrograms } from '../../test/support/docker/programs';

ensurePrograms((line) => console.log(line)).then(
	() => console.log('Docker is ready to be started.'),
	(caught: unknown) => {
		console.error(caught instanceof Error ? caught.message : caught);
		process.exitCode = 1;
	},
);
