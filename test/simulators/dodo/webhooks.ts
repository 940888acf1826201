import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { Deliveries } from '../shared/deliveries';
import { dodoId } from '../shared/ids';
import type { DodoState, Endpoint } from './state';

/** Dodo's schedule: 8 attempts over 27.6 h, 15 s for an answer, any 2xx is success (docs `developer-resources/webhooks`). */
export const DODO_RULES = {
	waitAfter: (attempt: number) => [5, 300, 1800, 7200, 18_000, 36_000, 36_000].map((seconds) => seconds * 1000)[attempt - 1],
	success: (status: number) => status >= 200 && status < 300,
	timeoutMs: 15_000,
};

/** The signature of one attempt, by the official library. `timestampS` in seconds since 1970. */
export function sign(id: string, timestampS: number, body: string, secret: string): string {
	return new Webhook(secret).sign(id, new Date(timestampS * 1000), body);
}

/** A fresh signing secret. */
export function newSecret(): string {
	return `whsec_${createHmac('sha256', dodoId('')).update(dodoId('')).digest('base64')}`;
}

/** Announces events to every endpoint that wants them. */
export class DodoEvents {
	private readonly sent = new Map<string, { event: string; endpointId: string; at: string; data: () => Record<string, unknown> }>();

	constructor(
		private readonly state: DodoState,
		private readonly deliveries: Deliveries,
	) {}

	/** `data` is read again for every attempt: Dodo sends the object as it is at delivery. */
	announce(event: string, payloadType: string, data: () => Record<string, unknown>): void {
		for (const endpoint of this.state.webhooks.values()) {
			if (endpoint.disabled || (endpoint.filter_types !== null && !endpoint.filter_types.includes(event))) continue;
			const id = dodoId('msg_');
			this.sent.set(id, { event, endpointId: endpoint.id, at: new Date().toISOString(), data: () => ({ payload_type: payloadType, ...data() }) });
			this.deliver(id);
		}
	}

	/** Sends an event again: same id, new time, current state. */
	deliver(id: string): void {
		const message = this.sent.get(id);
		if (!message) throw new Error(`No webhook ${id} was sent`);
		const endpoint = (): Endpoint | undefined => this.state.webhooks.get(message.endpointId);
		this.deliveries.send({
			id,
			event: message.event,
			url: () => (endpoint()?.disabled === false ? (endpoint()?.url ?? null) : null),
			compose: () => {
				const body = JSON.stringify({ business_id: this.state.businessId, type: message.event, timestamp: message.at, data: message.data() });
				const timestampS = Math.floor(Date.now() / 1000);
				return { body, headers: { ...endpoint()?.headers, 'webhook-id': id, 'webhook-timestamp': String(timestampS), 'webhook-signature': this.signatures(endpoint(), id, timestampS, body) } };
			},
		});
	}

	private signatures(endpoint: Endpoint | undefined, id: string, timestampS: number, body: string): string {
		if (!endpoint) return '';
		if (this.deliveries.knobs.wrongSignature) return sign(id, timestampS, body, newSecret());
		const secrets = [endpoint.secret];
		if (endpoint.oldSecret && endpoint.oldSecret.untilMs > Date.now()) secrets.push(endpoint.oldSecret.secret);
		return secrets.map((secret) => sign(id, timestampS, body, secret)).join(' ');
	}
}
