/** Mutation tests: whether the specifications notice when a rule is changed. `npm run test:mutation`, about 20 minutes on two cores. */
export default {
	mutate: ['nodes/shared/domain/**/*.ts', 'nodes/*/helpers/verifySignature.ts'],
	// The compiler holds outcome words, reasons and phases, and other texts are for people.
	mutator: { excludedMutations: ['StringLiteral'] },
	testRunner: 'jest',
	jest: { configFile: 'jest.mutation.config.js', enableFindRelatedTests: true },
	coverageAnalysis: 'perTest',
	concurrency: 2,
	timeoutMS: 20_000,
	// Types are the compiler's business; swc drops them.
	disableTypeChecks: true,
	thresholds: { high: 95, low: 90, break: 90 },
	reporters: ['progress-append-only', 'clear-text', 'json'],
	clearTextReporter: { logTests: false, allowColor: false, reportTests: false },
	jsonReporter: { fileName: '.local/mutation/report.json' },
	tempDirName: '.local/mutation/sandbox',
	ignorePatterns: ['.local', 'dist', 'docs', 'deploy', 'coverage'],
};
