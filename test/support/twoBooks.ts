import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';

/** A payment of Dodo and its invoice at Lago, as far as lists show them. Times in seconds since 1970. */
export interface Pair {
	id: string;
	invoiceId: string;
	createdAt: number;
	status: 'succeeded' | 'failed' | 'processing';
	/** Whether the payment has arrived in Lago. */
	booked: boolean;
	/** Whether Lago handed the invoice to Dodo. */
	collected: boolean;
	/** When Lago booked it; its `created_at` there. */
	bookedAt: number;
	refund: { id: string; createdAt: number; noted: boolean } | null;
	/** Reading it by itself always fails like this. */
	broken?: number;
}

export interface Call {
	service: 'Lago' | 'Dodo';
	path: string;
	/** One object, not a list. */
	single: boolean;
	at: number;
}

const uuidOf = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** Both services in memory, behind n8n's request helper: any number of payments, answered as the services' lists do. */
export class TwoBooks {
	/** Oldest first. */
	readonly pairs: Pair[] = [];
	readonly calls: Call[] = [];
	/** Paths that answer 500. */
	down: RegExp | null = null;
	/** What a call takes. */
	onCall: (service: Call['service']) => void = () => undefined;
	private readonly byId = new Map<string, Pair>();
	/** Those with a refund, oldest first. */
	private readonly givenBack: Pair[] = [];
	/** Where the last page of a list ended, so that the next one goes on there. */
	private readonly pageEnds = new Map<string, { skip: number; index: number }>();

	add(createdAt: number, more: Partial<Pair> = {}): Pair {
		const index = this.pairs.length;
		const pair: Pair = {
			id: `pay_${index}`,
			invoiceId: uuidOf(index),
			createdAt,
			status: 'succeeded',
			booked: true,
			collected: true,
			bookedAt: createdAt + 2,
			refund: null,
			...more,
		};
		this.pairs.push(pair);
		this.byId.set(pair.id, pair);
		if (pair.refund !== null) this.givenBack.push(pair);
		return pair;
	}

	get(id: string): Pair | undefined {
		return this.byId.get(id);
	}

	/** n8n's `httpRequestWithAuthentication`. */
	readonly request = async (_type: string, { url, method, qs = {} }: IHttpRequestOptions): Promise<unknown> => {
		const { host, pathname } = new URL(url);
		const service = host.startsWith('lago') ? 'Lago' : 'Dodo';
		const path = pathname.replace('/api/v1', '');
		const single = path.split('/').length > 2;
		this.calls.push({ service, path, single, at: Date.now() });
		this.onCall(service);
		if (method !== 'GET') throw new Error(`${method} ${path} is not for lists`);
		if (this.down?.test(`${service} ${path}`)) return { statusCode: 500, body: {} };
		if (single) return this.one(path);
		const body = service === 'Lago' ? this.lago(path, qs) : this.dodo(path, qs);
		return await Promise.resolve({ statusCode: 200, body });
	};

	private one(path: string): unknown {
		const id = path.split('/')[2] ?? '';
		const pair = this.byId.get(id) ?? this.pairs.find(({ refund }) => refund?.id === id);
		if (pair === undefined) return { statusCode: 404, body: { code: 'NOT_FOUND', message: 'unknown' } };
		if (pair.broken !== undefined)
			return {
				statusCode: pair.broken,
				body: pair.broken === 200 ? 'not JSON at all' : { code: 'X', message: 'broken' },
			};
		return { statusCode: 200, body: path.startsWith('/refunds') ? this.refund(pair) : this.payment(pair) };
	}

	private dodo(path: string, { created_at_gte, created_at_lte, page_number, page_size, status }: IDataObject): unknown {
		const [from, until] = [Date.parse(String(created_at_gte)) / 1000, Date.parse(String(created_at_lte)) / 1000];
		const size = Number(page_size);
		const skip = Number(page_number) * size;
		if (path === '/payments') {
			const [first, last] = [this.indexOf(from), this.indexOf(until + 1)];
			const within =
				status === undefined ? null : this.pairs.slice(first, last).filter((pair) => pair.status === status);
			const page =
				within === null
					? this.pairs.slice(Math.max(first, last - skip - size), Math.max(first, last - skip))
					: within.slice(Math.max(0, within.length - skip - size), Math.max(0, within.length - skip));
			return { items: page.reverse().map((pair) => this.payment(pair)) };
		}
		if (path !== '/refunds') return { items: [] };
		const refunds = this.givenBack
			.filter(({ refund }) => refund !== null && refund.createdAt >= from && refund.createdAt <= until)
			.reverse()
			.slice(skip, skip + size);
		return { items: refunds.map((pair) => this.refund(pair)) };
	}

	private lago(path: string, { page, per_page, payment_statuses, ...filters }: IDataObject): unknown {
		const size = Number(per_page);
		const skip = (Number(page) - 1) * size;
		if (path === '/payments') {
			// In order already, but for what was booked late.
			const rows = this.newest(path, ({ booked, status }) => booked && status === 'succeeded', skip, size);
			return {
				payments: rows.map((pair) => ({
					lago_id: pair.id,
					reference: pair.id,
					lago_payable_id: pair.invoiceId,
					amount_cents: 1_000,
					created_at: iso(pair.bookedAt),
				})),
			};
		}
		if (path === '/credit_notes')
			return {
				credit_notes:
					filters.refund_status === undefined
						? this.givenBack
								.filter(({ refund }) => refund?.noted === true)
								.reverse()
								.slice(skip, skip + size)
								.map((pair) => this.note(pair))
						: [],
			};
		if (path !== '/invoices' || filters.payment_dispute_lost !== undefined) return { [path.slice(1)]: [] };
		const isUnhandled = 'metadata[dodo_payment_id]' in filters;
		return {
			invoices: this.newest(
				`${path} ${isUnhandled} ${String(payment_statuses)}`,
				(pair) => (isUnhandled ? !pair.collected : payment_statuses === undefined || this.isUnpaid(pair)),
				skip,
				size,
			).map((pair) => this.invoice(pair)),
		};
	}

	private newest(list: string, matches: (pair: Pair) => boolean, skip: number, size: number): Pair[] {
		const found: Pair[] = [];
		const before = this.pageEnds.get(list);
		const goesOn = skip > 0 && before?.skip === skip;
		let left = goesOn ? 0 : skip;
		let index = goesOn ? before.index : this.pairs.length - 1;
		for (; index >= 0 && found.length < size; index--) {
			const pair = this.pairs[index] as Pair;
			if (matches(pair) && left-- <= 0) found.push(pair);
		}
		this.pageEnds.set(list, { skip: skip + size, index });
		return found;
	}

	private isUnpaid({ status, booked, collected }: Pair): boolean {
		return !collected || status !== 'succeeded' || !booked;
	}

	/** The first that was created at or after a moment. */
	private indexOf(at: number): number {
		let [low, high] = [0, this.pairs.length];
		while (low < high) {
			const middle = (low + high) >> 1;
			if ((this.pairs[middle] as Pair).createdAt < at) low = middle + 1;
			else high = middle;
		}
		return low;
	}

	private payment({ id, invoiceId, createdAt, status, collected }: Pair): IDataObject {
		// An invoice that Dodo does not know has no payment.
		return {
			payment_id: collected ? id : '',
			status,
			created_at: iso(createdAt),
			total_amount: 1_000,
			currency: 'EUR',
			metadata: { lago_invoice_id: invoiceId, attempt: '1' },
			subscription_id: null,
		};
	}

	private refund(pair: Pair): IDataObject {
		return {
			refund_id: pair.refund?.id ?? '',
			payment_id: pair.id,
			status: 'succeeded',
			created_at: iso(pair.refund?.createdAt ?? 0),
			amount: 500,
		};
	}

	private note(pair: Pair): IDataObject {
		return {
			lago_id: `note_${pair.id}`,
			number: pair.id,
			lago_invoice_id: pair.invoiceId,
			invoice_number: pair.id,
			currency: 'EUR',
			refund_status: 'succeeded',
			total_amount_cents: 500,
			refund_amount_cents: 500,
			created_at: iso(pair.createdAt),
			issuing_date: iso(pair.createdAt).slice(0, 10),
			metadata: { dodo_refund_id: pair.refund?.id ?? '' },
		};
	}

	private invoice(pair: Pair): IDataObject {
		const isFailed = pair.status === 'failed' && pair.booked;
		const phase = isFailed ? 'failed' : pair.status === 'processing' && pair.booked ? 'processing' : 'open';
		const entries = pair.collected
			? [
					['dodo_payment_id', phase === 'open' ? `cks_${pair.id}` : pair.id],
					['dodo_state', `v1;${phase};a=1;m=1000`],
				]
			: [];
		const metadata = entries.map(([key, value]) => ({ lago_id: `${key} ${pair.id}`, key, value }));
		return {
			lago_id: pair.invoiceId,
			number: pair.id,
			status: 'finalized',
			payment_status: isFailed ? 'failed' : this.isUnpaid(pair) ? 'pending' : 'succeeded',
			currency: 'EUR',
			total_amount_cents: 1_000,
			total_due_amount_cents: this.isUnpaid(pair) ? 1_000 : 0,
			metadata,
			created_at: iso(pair.createdAt),
			issuing_date: iso(pair.createdAt).slice(0, 10),
			customer: { external_id: 'c' },
		};
	}
}
