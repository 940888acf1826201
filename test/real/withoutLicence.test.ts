import { startSimulatedLago } from './simulated';
import { tellStories } from './stories';
import { realLago } from './target';

if (realLago() === null)
	describe('the simulated Lago, without a licence, as if it was a real one', () => {
		tellStories(false, async () => await startSimulatedLago(false));
	});
else test.skip('the simulated Lago without a licence [not run: a real one is given]', () => {});
