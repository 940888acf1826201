import { ensureN8n } from '../n8n/prefix';

ensureN8n((line) => console.log(line)).then(
	({ version }) => console.log(`n8n ${version} is ready.`),
	(caught: unknown) => {
		console.error(caught instanceof Error ? caught.message : caught);
		process.exitCode = 1;
	},
);
