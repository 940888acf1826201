import { access } from './stories/access';
import { collecting } from './stories/collecting';
import { disputes } from './stories/disputes';
import { endpoints } from './stories/endpoints';
import { failures } from './stories/failures';
import { mandates } from './stories/mandates';
import { outage } from './stories/outage';
import { payLink } from './stories/payLink';
import { refunds } from './stories/refunds';
import { subscriptions } from './stories/subscriptions';
import { topUps } from './stories/topUps';
import { licensedTest, type GivenLago, type Stage } from './stage';
import { RealWorld } from './world';

/** Tells all stories on one Lago and one n8n. @param given starts a Lago of ours, or says where a real one is */
export function tellStories(premium: boolean, given: () => Promise<GivenLago>): void {
	let lago: GivenLago | undefined;
	let world: RealWorld | undefined;
	const stage: Stage = {
		premium,
		licensed: licensedTest(premium),
		world() {
			if (world === undefined) throw new Error('The world has not begun: see the first failure');
			return world;
		},
	};

	beforeAll(async () => {
		lago = await given();
		world = await RealWorld.start(lago);
		// Without this nothing else can succeed, so it fails here, once.
		await world.untilEndpoints('to be one, signed by HMAC', (seen) => seen.length === 1 && isHmac(seen[0]));
		await world.collected(await world.shop.oneOff(await world.shop.customer()));
	}, 900_000);

	afterAll(async () => {
		await world?.stop();
		await lago?.close();
	}, 120_000);

	// What n8n misses shows itself a minute later at the earliest; until then there is enough to tell.
	const { begins, ends } = outage(stage);
	begins();
	collecting(stage);
	subscriptions(stage);
	topUps(stage);
	failures(stage);
	mandates(stage);
	refunds(stage);
	disputes(stage);
	payLink(stage);
	access(stage);
	endpoints(stage);
	ends();
}

function isHmac(endpoint: { signature_algo: string } | undefined): boolean {
	return endpoint?.signature_algo === 'hmac';
}
