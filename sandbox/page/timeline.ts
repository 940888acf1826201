import { USER_AGENT } from './links';
import type { Execution, Executions } from './executions';
import { wordsOfCall } from './callWords';
import type { CallRecord, DeliveryRecord, DodoSimulator, LagoSimulator } from '../simulators';

/** One thing that happened between the three systems, in one line. */
export interface TimelineEntry {
	/** Counts from 1. */
	id: number;
	/** ISO-8601, UTC: when a webhook left, when a call was answered. */
	at: string;
	/** `you`: a call that the page made in a person's name. */
	from: 'Lago' | 'Dodo' | 'n8n' | 'you';
	to: 'Lago' | 'Dodo' | 'n8n';
	/** A webhook, or a call that reads or writes. */
	kind: 'event' | 'read' | 'write';
	what: string;
	/** `what` in the words of a bookkeeper; the name of a webhook's event. */
	words: string;
	/** HTTP status; 0 when no answer came. */
	status: number;
	/** What n8n did with a webhook; comes a moment after the answer. */
	execution?: Execution;
}

/** Every webhook and every call with its answer, in the order in which they were answered. */
export class Timeline {
	readonly entries: TimelineEntry[] = [];

	/** @param executions of n8n, when it can be asked for them. */
	constructor(dodo: DodoSimulator, lago: LagoSimulator, executions: Executions | null) {
		for (const [name, simulator] of [
			['Dodo', dodo],
			['Lago', lago],
		] as const) {
			simulator.activity.on('call', (call: CallRecord) => {
				const fault = call.fault ? ` (simulated fault: ${call.fault})` : '';
				const words = wordsOfCall(call);
				this.add({
					at: call.at,
					from: call.headers['user-agent'] === USER_AGENT ? 'you' : 'n8n',
					to: name,
					kind: words === '' ? 'read' : 'write',
					what: `${call.method} ${call.path}${fault}`,
					words,
					status: call.status,
				});
			});
			simulator.activity.on('delivery', (delivery: DeliveryRecord) => {
				const again = delivery.attempt > 1 ? `, attempt ${delivery.attempt}` : '';
				const entry = this.add({
					at: delivery.at,
					from: name,
					to: 'n8n',
					kind: 'event',
					what: `webhook ${delivery.event}${again}`,
					words: `${delivery.event}${again}`,
					status: delivery.status ?? 0,
				});
				void executions?.find(delivery.id).then((found) => {
					if (found !== null) entry.execution = found;
				});
			});
		}
	}

	private add(entry: Omit<TimelineEntry, 'id'>): TimelineEntry {
		const added = { id: this.entries.length + 1, ...entry };
		this.entries.push(added);
		return added;
	}
}

/** `10:02:11.034  Lago -> n8n  200  webhook invoice.created`. */
export function formatEntry({ at, from, to, what, status }: TimelineEntry): string {
	return `${at.slice(11, 23)}  ${from.padStart(4)} -> ${to.padEnd(4)}  ${status === 0 ? '---' : status}  ${what}`;
}
