import { sleep } from 'n8n-workflow';
import { orNull } from '../../shared/transport/orNull';

/** What a visitor is better without than waits for: null when a service does not give it, or not within `ms`. */
export async function inTime<T>(asked: Promise<T>, ms: number): Promise<T | null> {
	return await Promise.race([orNull(asked, () => true), sleep(ms).then(() => null)]);
}
