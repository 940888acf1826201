import { USER_AGENT } from './actions';
import type { CallRecord, DeliveryRecord, DodoSimulator, LagoSimulator } from '../simulators';

/** One thing that happened between the three systems, in one line. */
export interface TimelineEntry {
	/** ISO-8601, UTC. */
	at: string;
	/** `you`: a call that the page made in a person's name. */
	from: 'Lago' | 'Dodo' | 'n8n' | 'you';
	to: 'Lago' | 'Dodo' | 'n8n';
	what: string;
	/** HTTP status; 0 when no answer came. */
	status: number;
}

/** Every webhook and every call with its answer, in the order in which they were answered. */
export class Timeline {
	readonly entries: TimelineEntry[] = [];

	constructor(dodo: DodoSimulator, lago: LagoSimulator) {
		for (const [name, simulator] of [
			['Dodo', dodo],
			['Lago', lago],
		] as const) {
			simulator.activity.on('call', (call: CallRecord) => {
				const fault = call.fault ? ` (simulated fault: ${call.fault})` : '';
				this.entries.push({
					at: call.at,
					from: call.headers['user-agent'] === USER_AGENT ? 'you' : 'n8n',
					to: name,
					what: `${call.method} ${call.path}${fault}`,
					status: call.status,
				});
			});
			simulator.activity.on('delivery', (delivery: DeliveryRecord) => {
				const again = delivery.attempt > 1 ? `, attempt ${delivery.attempt}` : '';
				this.entries.push({
					at: delivery.at,
					from: name,
					to: 'n8n',
					what: `webhook ${delivery.event}${again}`,
					status: delivery.status ?? 0,
				});
			});
		}
	}
}

/** `10:02:11.034  Lago -> n8n  200  webhook invoice.created`. */
export function formatEntry({ at, from, to, what, status }: TimelineEntry): string {
	return `${at.slice(11, 23)}  ${from.padStart(4)} -> ${to.padEnd(4)}  ${status === 0 ? '---' : status}  ${what}`;
}
