import { ensureHelm } from '../../test/support/helm';

ensureHelm((line) => console.log(line)).then(
	(helm) => console.log(`Helm is ${helm}.`),
	(caught: unknown) => {
		console.error(caught instanceof Error ? caught.message : caught);
		process.exitCode = 1;
	},
);
