import { createHmac, randomBytes } from 'node:crypto';
import type { Deliveries } from '../shared/deliveries';
import { dodoId } from '../shared/ids';
import { timestamp, type DodoState, type Endpoint } from './state';

const WAITS_S = [5, 300, 1800, 7200, 18_000, 36_000, 36_000];
const ROTATION_MS = 24 * 3_600_000;

/** Dodo's schedule: 8 attempts over 27.6 h, 15 s for an answer, any 2xx is success (docs `developer-resources/webhooks`). */
export const DODO_RULES = {
	waitAfter: (attempt: number) => {
		const seconds = WAITS_S[attempt - 1];
		return seconds === undefined ? undefined : seconds * 1000;
	},
	success: (status: number) => status >= 200 && status < 300,
	timeoutMs: 15_000,
};

/** `v1,` signature of the Standard Webhooks specification. `timestampS` in seconds since 1970. */
export function sign(id: string, timestampS: number, body: string, secret: string): string {
	const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
	return `v1,${createHmac('sha256', key).update(`${id}.${timestampS}.${body}`).digest('base64')}`;
}

/** A fresh signing secret. */
export function newSecret(): string {
	return `whsec_${randomBytes(24).toString('base64')}`;
}

/** A new endpoint as the API and the dashboard make it. */
export function newEndpoint(url: string, given: Partial<Endpoint> = {}): Endpoint {
	const now = timestamp();
	return {
		id: dodoId('ep_'),
		url,
		description: '',
		disabled: false,
		filter_types: null,
		metadata: {},
		headers: {},
		rate_limit: null,
		created_at: now,
		updated_at: now,
		secret: newSecret(),
		oldSecret: null,
		...given,
	};
}

/** Another secret from now on; the old one signs as well for 24 h. */
export function rotate(endpoint: Endpoint): string {
	endpoint.oldSecret = { secret: endpoint.secret, untilMs: Date.now() + ROTATION_MS };
	endpoint.secret = newSecret();
	return endpoint.secret;
}

interface Message {
	event: string;
	endpointId: string;
	/** When it happened. */
	at: string;
	data: () => Record<string, unknown>;
	/** Never tried again. */
	sample: boolean;
}

/** Announces events to every endpoint that wants them. */
export class DodoEvents {
	private readonly sent = new Map<string, Message>();

	constructor(
		private readonly state: DodoState,
		private readonly deliveries: Deliveries,
	) {}

	/** `data` is read again for every attempt: Dodo sends the object as it is at delivery. */
	announce(event: string, payloadType: string, data: () => Record<string, unknown>): void {
		// Dodo adds fields at any time; who is strict about them breaks.
		this.queue(event, () => ({ payload_type: payloadType, ...data(), added_later_by_dodo: true }), false);
	}

	/** What the "Testing" tab of the dashboard sends: signed, once, whatever its type. */
	sample(event: string, data: Record<string, unknown>): void {
		this.queue(event, () => data, true);
	}

	/** Sends a webhook again: same id, new time, current state. */
	deliver(id: string): void {
		const message = this.sent.get(id);
		if (!message) throw new Error(`No webhook ${id} was sent`);
		const endpoint = (): Endpoint | undefined => this.state.webhooks.get(message.endpointId);
		this.deliveries.send({
			id,
			event: message.event,
			once: message.sample,
			url: () => (endpoint()?.disabled === false ? (endpoint()?.url ?? null) : null),
			compose: () => {
				const body = JSON.stringify({
					business_id: this.state.businessId,
					type: message.event,
					timestamp: message.at,
					data: message.data(),
				});
				const timestampS = Math.floor(Date.now() / 1000);
				const signature = this.signatures(endpoint(), id, timestampS, body);
				return {
					body,
					headers: {
						...endpoint()?.headers,
						'webhook-id': id,
						'webhook-timestamp': String(timestampS),
						'webhook-signature': signature,
					},
				};
			},
		});
	}

	private queue(event: string, data: () => Record<string, unknown>, sample: boolean): void {
		for (const endpoint of this.state.webhooks.values()) {
			const filtered = !sample && endpoint.filter_types !== null && !endpoint.filter_types.includes(event);
			if (endpoint.disabled || filtered) continue;
			const id = dodoId('msg_');
			this.sent.set(id, { event, endpointId: endpoint.id, at: timestamp(), data, sample });
			this.deliver(id);
		}
	}

	private signatures(endpoint: Endpoint | undefined, id: string, timestampS: number, body: string): string {
		if (!endpoint) return '';
		if (this.deliveries.knobs.wrongSignature) return sign(id, timestampS, body, newSecret());
		const old =
			endpoint.oldSecret !== null && endpoint.oldSecret.untilMs > Date.now() ? [endpoint.oldSecret.secret] : [];
		return [endpoint.secret, ...old].map((secret) => sign(id, timestampS, body, secret)).join(' ');
	}
}
