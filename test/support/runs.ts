/**
 * How often something is tried with values of chance: as often as finds a planted fault quickly, or with `npm run test:full` as often as was
 * meant when it was written.
 */
export function runs(quick: number, full: number): number {
	return process.env.TEST_FULL === '1' ? full : quick;
}
