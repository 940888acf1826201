/** Mutation tests: whether the specifications notice when a rule is changed. See test/mutation/README.md. */
export default {
	mutate: [
		'nodes/shared/domain/**/*.ts',
		'nodes/shared/transport/standardWebhooks.ts',
		'nodes/*/helpers/verify*.ts',
		'nodes/Lago/helpers/payLinkToken.ts',
		'nodes/Lago/transport/derivedKey.ts',
	],
	// The compiler holds outcome words, reasons and phases, and other texts are for people.
	mutator: { excludedMutations: ['StringLiteral'] },
	testRunner: 'mocha',
	mochaOptions: { spec: ['test/mutation/specifications.cjs'] },
	coverageAnalysis: 'perTest',
	concurrency: Number(process.env.MUTATION_CONCURRENCY ?? 2),
	timeoutMS: 5_000,
	// Types are the compiler's business; esbuild drops them.
	disableTypeChecks: true,
	thresholds: { high: 95, low: 90, break: 90 },
	reporters: ['progress-append-only', 'clear-text', 'json'],
	clearTextReporter: { logTests: false, allowColor: false, reportTests: false },
	jsonReporter: { fileName: '.local/mutation/report.json' },
	tempDirName: '.local/mutation/sandbox',
	ignorePatterns: ['.local', 'dist', 'deploy', 'coverage'],
};
