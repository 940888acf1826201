import { createHmac, createSign, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import type { Deliveries } from '../shared/deliveries';
import { mulberry32 } from '../shared/api';
import type { LagoState, WebhookEndpoint } from './state';

const random = mulberry32(7);

/** Lago's schedule: 3 attempts, n^4 + up to 15 % + 2 s apart; only 200, 201, 202, 204 are success (`lago-api:app/services/webhooks/send_http_service.rb`). */
export const LAGO_RULES = {
	waitAfter: (attempt: number) => (attempt >= 3 ? undefined : ((attempt + 1) ** 4 + random() * 0.15 * (attempt + 1) ** 4 + 2) * 1000),
	success: (status: number) => [200, 201, 202, 204].includes(status),
	timeoutMs: 30_000,
};

interface Stored {
	event: string;
	endpointId: string;
	body: string;
}

/** Announces events to every endpoint that wants them: the body is made once and stored, retries repeat it. */
export class LagoEvents {
	private readonly stored = new Map<string, Stored>();
	private readonly keys: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync('rsa', { modulusLength: 2048 });

	constructor(
		private readonly state: LagoState,
		private readonly deliveries: Deliveries,
		private readonly hmacKey: string,
		private readonly issuer: () => string,
	) {}

	get publicKeyPem(): string {
		return this.keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
	}

	announce(event: string, objectType: string, object: () => Record<string, unknown>): void {
		for (const endpoint of this.state.endpoints.values()) {
			const { event_types: wanted } = endpoint;
			if (wanted !== null && !wanted.includes('*') && !wanted.includes(event)) continue;
			const body = railsJson({ webhook_type: event, object_type: objectType, organization_id: this.state.organizationId, [objectType]: object() });
			const id = randomUUID();
			this.stored.set(id, { event, endpointId: endpoint.lago_id, body });
			this.deliver(id);
		}
	}

	/** Sends a stored webhook again: same key, same body. */
	deliver(id: string): void {
		const stored = this.stored.get(id);
		if (!stored) throw new Error(`No webhook ${id} was sent`);
		const endpoint = (): WebhookEndpoint | undefined => this.state.endpoints.get(stored.endpointId);
		this.deliveries.send({
			id,
			event: stored.event,
			url: () => endpoint()?.webhook_url ?? null,
			compose: () => ({ body: stored.body, headers: { ...this.sign(stored.body, endpoint()?.signature_algo ?? 'hmac'), 'X-Lago-Unique-Key': id } }),
		});
	}

	/** The signature headers of a body. */
	sign(body: string, algorithm: 'jwt' | 'hmac' = 'hmac'): Record<string, string> {
		const key = this.deliveries.knobs.wrongSignature ? randomUUID() : this.hmacKey;
		const signature = algorithm === 'hmac' ? createHmac('sha256', key).update(body).digest('base64') : this.jwt(body);
		return { 'X-Lago-Signature': signature, 'X-Lago-Signature-Algorithm': algorithm };
	}

	private jwt(body: string): string {
		const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
		const signed = `${part({ alg: 'RS256' })}.${part({ data: body, iss: this.issuer() })}`;
		return `${signed}.${createSign('RSA-SHA256').update(signed).sign(this.keys.privateKey).toString('base64url')}`;
	}
}

/** JSON as Rails writes it: `<`, `>`, `&` and the two line separators are escaped. */
export function railsJson(value: unknown): string {
	return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
