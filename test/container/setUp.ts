import { startEngine, whyNoEngine } from '../support/docker/engine';

declare global {
	var stopEngine: (() => Promise<void>) | undefined;
}

/** Before all files of this folder: one engine for them. */
export default async function setUp(): Promise<void> {
	if (whyNoEngine() !== null) return;
	const { engine, stop } = await startEngine();
	globalThis.stopEngine = stop;
	process.env.CONTAINER_TEST_ENGINE = JSON.stringify(engine);
}
