/** Ends the engine with everything in it. */
export default async function tearDown(): Promise<void> {
	await globalThis.stopEngine?.();
}
