import { DECLINE_CODES } from '../dodo/cards';
import type { World } from './actions';
import { dodoBook } from './dodoBook';
import { lagoBook } from './lagoBook';

/** Both books as the page shows them, newest first. Amounts in minor units. */
export function books(world: World): Record<string, unknown> {
	return { premium: world.lago.premium, declineCodes: DECLINE_CODES, ...lagoBook(world), ...dodoBook(world) };
}
