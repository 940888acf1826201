import { createHmac, createSign, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import type { Deliveries } from '../shared/deliveries';
import { seededRandom } from '../shared/faults';
import type { LagoState, WebhookEndpoint } from './state';

const ATTEMPTS = 3;
const random = seededRandom(7);

/** Lago's schedule: 3 attempts, n^4 + up to 15 % + 2 s apart; only 200, 201, 202, 204 are success (`lago-api:app/services/webhooks/send_http_service.rb`). */
export const LAGO_RULES = {
	waitAfter: (attempt: number) => (attempt >= ATTEMPTS ? undefined : (attempt ** 4 * (1 + random() * 0.15) + 2) * 1000),
	success: (status: number) => [200, 201, 202, 204].includes(status),
	timeoutMs: 30_000,
};

interface Stored {
	event: string;
	endpointId: string;
	/** Made by the first attempt; every other one repeats it. */
	body: string | null;
	make: () => string;
}

/** Announces events to every endpoint that wants them. */
export class LagoEvents {
	private readonly stored = new Map<string, Stored>();
	/** Made when first asked for: it takes a while. */
	private keyPair: { publicKey: KeyObject; privateKey: KeyObject } | undefined;

	constructor(
		private readonly state: LagoState,
		private readonly deliveries: Deliveries,
		private readonly hmacKey: string,
		private readonly issuer: () => string,
	) {}

	private get keys(): { publicKey: KeyObject; privateKey: KeyObject } {
		return (this.keyPair ??= generateKeyPairSync('rsa', { modulusLength: 2048 }));
	}

	get publicKeyPem(): string {
		return this.keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
	}

	/** The object is read when the job runs, not when the event happens. */
	announce(event: string, objectType: string, object: () => Record<string, unknown>): void {
		const make = (): string =>
			railsJson(
				this.state.version.told({
					webhook_type: event,
					object_type: objectType,
					organization_id: this.state.organizationId,
					[objectType]: object(),
				}),
			);
		for (const endpoint of this.state.endpoints.values()) {
			const { event_types: wanted } = endpoint;
			if (wanted !== null && !wanted.includes('*') && !wanted.includes(event)) continue;
			const id = randomUUID();
			this.stored.set(id, { event, endpointId: endpoint.lago_id, body: null, make });
			this.deliver(id);
		}
	}

	/** Sends a stored webhook, also once more: same key, same body, to where the endpoint is now. */
	deliver(id: string): void {
		const stored = this.stored.get(id);
		if (!stored) throw new Error(`No webhook ${id} was sent`);
		const endpoint = (): WebhookEndpoint | undefined => this.state.endpoints.get(stored.endpointId);
		this.deliveries.send({
			id,
			event: stored.event,
			url: () => endpoint()?.webhook_url ?? null,
			compose: () => {
				const body = (stored.body ??= stored.make());
				const signature = this.sign(body, endpoint()?.signature_algo);
				return { body, headers: { 'User-Agent': 'Ruby', ...signature, 'X-Lago-Unique-Key': id } };
			},
		});
	}

	/** The signature headers of a body. */
	sign(body: string, algorithm: 'jwt' | 'hmac' = 'hmac'): Record<string, string> {
		const spoilt = this.deliveries.knobs.wrongSignature;
		const signature =
			algorithm === 'hmac'
				? createHmac('sha256', spoilt ? randomUUID() : this.hmacKey)
						.update(body)
						.digest('base64')
				: this.jwt(body, spoilt);
		return { 'X-Lago-Signature': signature, 'X-Lago-Signature-Algorithm': algorithm };
	}

	private jwt(body: string, spoilt: boolean): string {
		const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
		const signed = `${part({ alg: 'RS256' })}.${part({ data: body, iss: this.issuer() })}`;
		const signature = createSign('RSA-SHA256')
			.update(spoilt ? randomUUID() : signed)
			.sign(this.keys.privateKey);
		return `${signed}.${signature.toString('base64url')}`;
	}
}

/** JSON as Rails writes it: `<`, `>`, `&` and the two line separators are escaped. */
export function railsJson(value: unknown): string {
	return JSON.stringify(value).replace(
		/[<>&\u2028\u2029]/g,
		(sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
	);
}
