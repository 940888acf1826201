import { defineConfig } from 'tsup';

export default defineConfig({
	entry: ['nodes/**/*.node.ts', 'credentials/**/*.credentials.ts'],
	outDir: 'dist',
	format: ['cjs'],
	target: 'es2022',
	// One shared chunk instead of a copy per node file: the delivery registry must be one for the process.
	splitting: true,
	external: ['n8n-workflow'],
	// zod is inlined, so that the published package has no dependencies.
	noExternal: ['zod'],
	// Leaves out what nothing uses, zod's unused kinds most of all.
	treeshake: 'smallest',
	clean: true,
	silent: true,
	// Names stay as they are written, so that what is installed can still be read.
	esbuildOptions(options) {
		options.minifyWhitespace = true;
		options.minifySyntax = true;
	},
});
