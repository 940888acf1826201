import { World } from './world';

// More calls than Dodo takes in a minute.
jest.mock('../../nodes/DodoPayments/transport/rateLimit', () => ({ takeTurn: async () => await Promise.resolve() }));

/** Both simulators, for all tests of the file that imports it. */
export let world: World;
beforeAll(async () => {
	world = await World.start();
});
afterAll(async () => {
	await world.stop();
});
