import type { RealWorld, WorldOptions } from './world';

/** Where the stories are told. */
export interface Stage {
	/** To be asked for inside of a test. */
	world(): RealWorld;
	/** Whether Lago has a premium licence. */
	premium: boolean;
	/** A test of what only a Lago with a licence can do; without one it is skipped, and says why. */
	licensed(title: string, why: string, run: () => Promise<void>): void;
}

/** A Lago, and what ends it when it is ours. */
export type GivenLago = WorldOptions & { close(): Promise<void> };

/** Tells what is skipped, and why, by its title. */
export function licensedTest(premium: boolean): Stage['licensed'] {
	return (title, why, run) => {
		if (premium) test(title, run);
		else test.skip(`${title} [not run: this Lago has no premium licence, and ${why}]`, run);
	};
}
