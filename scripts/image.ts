import { assembleImage } from './n8n/image';

assembleImage((line) => console.log(line)).then(
	(folder) => console.log(folder),
	(caught: unknown) => {
		console.error(caught instanceof Error ? caught.message : caught);
		process.exitCode = 1;
	},
);
