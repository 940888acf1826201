/**
 * How often something is tried with values of chance: as often as finds a planted fault quickly, or with `npm run test:full` as often as was
 * meant when it was written.
 * Where thousands of planted faults are tried (`npm run test:mutation`), a few times.
 */
export function runs(quick: number, full: number): number {
	if (process.env.TEST_MUTATION === '1') return Math.max(50, Math.ceil(quick / 8));
	return process.env.TEST_FULL === '1' ? full : quick;
}
