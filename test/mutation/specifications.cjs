/**
 * The specifications of the rules, in Mocha: its runner keeps one process for all mutants, where Jest's starts anew for each. What they use of
 * Jest comes from its own packages; nothing in them is mocked.
 */
const { readdirSync } = require('node:fs');
const { join } = require('node:path');
const { expect } = require('expect');
const fc = require('fast-check');
const { bind } = require('jest-each');
require('tsx/cjs');

process.env.TEST_MUTATION = '1';

// All mutants meet the same values, and one that is found needs no smaller example.
fc.configureGlobal({ seed: 20_261_128, endOnFailure: true, numRuns: 50 });

// Takes a second to load, and what is tested here needs nothing of it but its errors.
require.cache[require.resolve('n8n-workflow')] = { loaded: true, exports: {} };

const { it: one, describe: group, before, after } = globalThis;
// Mocha takes a parameter for a callback, what is returned by a group for a mistake, and a time limit not at all.
const test = Object.assign((title, run) => one(title, () => run()), { skip: one.skip });
const describe = Object.assign((title, tests) => group(title, () => void tests()), { skip: group.skip });
test.each = bind(test, false);
describe.each = bind(describe, false);
Object.assign(globalThis, { expect, test, it: test, describe, beforeAll: before, afterAll: after });

const UNIT = join(__dirname, '..', 'unit');
const rules = readdirSync(join(UNIT, 'domain')).filter((name) => name.endsWith('.test.ts'));
for (const file of [
	...rules.map((name) => join('domain', name)),
	'signatures.test.ts',
	'verifyDelivery.test.ts',
	'forgeries.test.ts',
	'payLinkTokens.test.ts',
])
	require(join(UNIT, file));
