import { describeWithSpec, validateRequest } from '../support/openapi';
import { USER_AGENT } from './api';
import { startSimulatedLago, type SimulatedLago } from './simulated';
import { tellStories } from './stories';
import { knownLicence, realLago } from './target';

/** Lago tries at 0, 3.6 and 26 s, each of them later where it has much to do. */
const OUTAGE_MS = 75_000;
const given = realLago();

if (given === null)
	describe('the simulated Lago, with a licence, as if it was a real one', () => {
		let lago: SimulatedLago | undefined;
		tellStories(true, async () => (lago = await startSimulatedLago(true)));

		describeWithSpec('lago', "the stories and Lago's description", (spec) => {
			test('ask for nothing but what is in it', () => {
				const asked = (lago?.calls ?? []).filter(({ headers }) => headers['user-agent'] === USER_AGENT);
				const problems = asked.flatMap(({ method, path, body }) =>
					validateRequest(spec, method, path, body).map((problem) => `${method} ${path}: ${problem}`),
				);
				expect(asked.length).toBeGreaterThan(100);
				expect([...new Set(problems)]).toEqual([]);
			});
		});
	});
else
	describe(`the real Lago at ${given.url}`, () => {
		tellStories(knownLicence(), () => Promise.resolve({ ...given, outageMs: OUTAGE_MS, close: async () => {} }));
	});
