import type { EventEmitter } from 'node:events';
import { SimulatedApi, type ApiManners, type CallRecord } from './api';
import { letDaysPass } from './clock';
import { controlRoutes, type Controls } from './control';
import { Deliveries, type DeliveryKnobs, type DeliveryRecord, type DeliveryRules } from './deliveries';
import type { Faults } from './faults';
import type { RateLimit } from './rateLimit';

/** How either service is started. */
export interface ServiceOptions {
	port?: number;
	apiKey?: string;
	/** Divides the waits between webhook attempts. */
	timeScale?: number;
	rateLimit?: RateLimit | null;
}

/**
 * What both services show of themselves and can be told: faults, deliveries, the clock, stop. Every control, shared or a service's
 * own, is also `POST /_sim/<kebab-name>`.
 */
export abstract class SimulatedService<State extends object> {
	/** Address of the server, without the path of its API. */
	url = '';
	protected readonly api: SimulatedApi;
	protected readonly sender: Deliveries;

	protected constructor(
		readonly state: State,
		manners: ApiManners,
		rules: DeliveryRules,
	) {
		this.api = new SimulatedApi(manners);
		this.sender = new Deliveries(rules, this.api.activity);
	}

	/** What the clock moves, by id. */
	protected abstract dated(): Array<Map<string, unknown>>;

	/** What the service does by itself when days have gone by. */
	protected abstract afterDays(days: number): void;

	get calls(): CallRecord[] {
		return this.api.calls;
	}

	get deliveries(): DeliveryRecord[] {
		return this.sender.records;
	}

	get faults(): Faults {
		return this.api.faults;
	}

	get knobs(): DeliveryKnobs {
		return this.sender.knobs;
	}

	/** Emits `call` with a CallRecord and `delivery` with a DeliveryRecord. */
	get activity(): EventEmitter {
		return this.api.activity;
	}

	/** Makes the chances of the sender repeat themselves. */
	seedDeliveries(seed: number): void {
		this.sender.seed(seed);
	}

	/** Whole days go by: everything that has happened was so much longer ago, and what is due by then is done. */
	passDays(days: number): void {
		letDaysPass(
			this.dated().flatMap((objects) => [...objects.values()]),
			days,
		);
		this.afterDays(days);
	}

	async listen(port: number): Promise<void> {
		this.url = await this.api.listen(port);
	}

	/** No webhook is being sent or due; redeliveries that wait for later do not count. */
	get isIdle(): boolean {
		return this.sender.isIdle;
	}

	/** Resolves when that is so. */
	async idle(): Promise<void> {
		await this.sender.idle();
	}

	/** Forgets logs, faults and redeliveries; the account's objects stay. */
	reset(): void {
		this.api.calls.length = 0;
		this.api.faults.clear();
		this.sender.reset();
	}

	async close(): Promise<void> {
		await this.sender.close();
		await this.api.close();
	}

	/** Offers the shared controls and those of this service. */
	protected offerControls(own: Controls): void {
		const shared: Controls = {
			passDays: ({ days }) => this.passDays(days),
			knobs: (changes) => Object.assign(this.knobs, changes),
		};
		controlRoutes(this.api, { ...shared, ...own }, this.state);
	}
}
