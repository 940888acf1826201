const transform = {
	'^.+\\.ts$': [
		'@swc/jest',
		{ jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
	],
};

const project = (displayName, extra = {}) => ({
	displayName,
	rootDir: __dirname,
	testEnvironment: 'node',
	// The unpacked package has our name as well.
	modulePathIgnorePatterns: ['<rootDir>/.local/'],
	testMatch: [`<rootDir>/test/${displayName}/**/*.test.ts`],
	setupFiles: ['<rootDir>/test/support/env.js'],
	transform,
	...extra,
});

/**
 * unit: no network; contract: simulators, SDKs and OpenAPI; workflow: built package in process; e2e: a real n8n; browser: its editor; real: a
 * real n8n and a real Lago, or the simulator as if it was one; chaos: a real n8n under fire; container: the image on a real Docker engine.
 */
module.exports = {
	testTimeout: 30_000,
	testSequencer: '<rootDir>/test/support/longestFirst.js',
	projects: [
		project('unit', { setupFilesAfterEnv: ['<rootDir>/test/support/oneTry.ts'] }),
		project('contract', { setupFilesAfterEnv: ['<rootDir>/test/support/oneTry.ts'] }),
		project('workflow'),
		project('e2e', { setupFilesAfterEnv: ['<rootDir>/test/support/onN8n.ts'] }),
		project('browser', { setupFilesAfterEnv: ['<rootDir>/test/support/onN8n.ts'] }),
		project('real', {
			globalSetup: '<rootDir>/test/real/globalSetup.ts',
			setupFilesAfterEnv: ['<rootDir>/test/support/onN8n.ts'],
		}),
		project('chaos'),
		project('container', {
			setupFilesAfterEnv: ['<rootDir>/test/support/onN8n.ts'],
			globalSetup: '<rootDir>/test/container/setUp.ts',
			globalTeardown: '<rootDir>/test/container/tearDown.ts',
		}),
	],
};
