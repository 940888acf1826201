import { startSimulatedLago } from './simulated';
import { tellStories } from './stories';
import { knownLicence, realLago } from './target';

/** Lago tries at 0, 3.6 and 26 s. */
const OUTAGE_MS = 40_000;
const given = realLago();

if (given === null)
	describe('the simulated Lago, with a licence, as if it was a real one', () => {
		tellStories(true, async () => await startSimulatedLago(true));
	});
else
	describe(`the real Lago at ${given.url}`, () => {
		tellStories(knownLicence(), () => Promise.resolve({ ...given, outageMs: OUTAGE_MS, close: async () => {} }));
	});
