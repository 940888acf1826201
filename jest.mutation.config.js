const [unit] = require('./jest.config.js').projects;

/** What `npm run test:mutation` runs for each mutant: the specifications of the rules and of the signatures, one Jest project as its runner needs. */
module.exports = {
	...unit,
	displayName: undefined,
	testTimeout: 30_000,
	testMatch: ['<rootDir>/test/unit/domain/**/*.test.ts', '<rootDir>/test/unit/signatures.test.ts'],
};
