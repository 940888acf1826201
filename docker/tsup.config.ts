import { defineConfig } from 'tsup';

export default defineConfig({
	entry: { entrypoint: 'docker/entrypoint/main.ts', webhookSecrets: 'docker/entrypoint/webhookSecrets.ts' },
	outDir: '.local/image',
	format: ['cjs'],
	target: 'node24',
	// The image has nothing to require but n8n.
	noExternal: [/.*/],
	splitting: false,
	silent: true,
});
