import type { ApiCall } from '../shared/api';

/** By which version of Lago something came (`git tag --contains` in `lago-api`). What is not here every version has that is simulated. */
const SINCE = {
	/** `total_due_amount_cents` of an invoice. */
	due: '1.22',
	/** `organization_id` of a webhook. */
	organization: '1.26.1',
	/** `statuses[]`, `payment_statuses[]`: several values of a filter. */
	severalStatuses: '1.33.3',
	/** Whose payment it is, beside `invoice_ids`. */
	payable: '1.34',
	/** Of credit notes, with its routes. */
	noteMetadata: '1.37',
	/** "Retry payment" of a customer without provider sends a webhook. */
	retryTold: '1.37',
	/** Credit notes that lower what is due, refunds up to what was paid only, nothing due on a voided invoice. */
	offsets: '1.40',
	/** `total_paid_amount_cents` of an invoice. */
	paid: '1.41',
	/** `event_types` of an endpoint, and filters by metadata. */
	eventTypes: '1.44',
	/** `sub_total_excluding_taxes_precise_amount_cents` of a fee. */
	preciseNet: '1.45.2',
	/** `slug` of the organisation. */
	slug: '1.45.2',
	/** A voided invoice takes no `PUT`: newer than 1.51. */
	voidedIsClosed: '1.52',
} as const;
type Since = keyof typeof SINCE;

/** Fields of what Lago tells; `of`: a field by which the object is known. */
const FIELDS: ReadonlyArray<{ of: string; fields: readonly string[]; since: Since }> = [
	{ of: 'payment_overdue', fields: ['total_due_amount_cents'], since: 'due' },
	{
		of: 'payment_overdue',
		fields: [
			'total_paid_amount_cents',
			'total_offsetted_credit_note_amount_cents',
			'prepaid_granted_credit_amount_cents',
			'prepaid_purchased_credit_amount_cents',
		],
		since: 'paid',
	},
	{ of: 'webhook_type', fields: ['organization_id'], since: 'organization' },
	{ of: 'next_action', fields: ['lago_payable_id', 'payable_type'], since: 'payable' },
	{ of: 'credit_status', fields: ['metadata'], since: 'noteMetadata' },
	{ of: 'credit_status', fields: ['offset_amount_cents'], since: 'offsets' },
	{ of: 'signature_algo', fields: ['event_types', 'name'], since: 'eventTypes' },
	{ of: 'taxes_precise_amount', fields: ['sub_total_excluding_taxes_precise_amount_cents'], since: 'preciseNet' },
	{ of: 'document_numbering', fields: ['slug'], since: 'slug' },
];

/** Parameters that Rails drops without a word, under a root key or in the query. */
const PARAMETERS: ReadonlyArray<{ root: string; names: readonly string[]; since: Since }> = [
	{ root: 'credit_note', names: ['metadata'], since: 'noteMetadata' },
	{ root: 'credit_note', names: ['offset_amount_cents'], since: 'offsets' },
	{ root: 'webhook_endpoint', names: ['event_types', 'name'], since: 'eventTypes' },
];
const FILTERS: ReadonlyArray<{ names: readonly string[]; since: Since }> = [
	{ names: ['statuses', 'payment_statuses'], since: 'severalStatuses' },
	{ names: ['metadata'], since: 'eventTypes' },
];
const ROUTES: ReadonlyArray<{ path: RegExp; since: Since }> = [
	{ path: /\/credit_notes\/[^/]+\/metadata/, since: 'noteMetadata' },
];

type Json = Record<string, unknown>;

/** A version of Lago, e.g. `1.36`; null is today's. The one place that knows what an older one lacks. */
export class LagoVersion {
	private readonly lacking: ReadonlySet<string>;

	constructor(private readonly version: string | null) {
		const isLater = (since: string): boolean =>
			version !== null && version.localeCompare(since, 'en', { numeric: true }) < 0;
		this.lacking = new Set(Object.keys(SINCE).filter((what) => isLater(SINCE[what as Since])));
	}

	has(what: Since): boolean {
		return !this.lacking.has(what);
	}

	hasRoute(path: string): boolean {
		return ROUTES.every((route) => this.has(route.since) || !route.path.test(path));
	}

	/** A call without what this version does not know. */
	heard(call: ApiCall): ApiCall {
		if (this.version === null) return call;
		const query = without(
			call.query,
			FILTERS.filter(({ since }) => !this.has(since)).flatMap(({ names }) => names),
		);
		const body = { ...call.body };
		for (const { root, names, since } of PARAMETERS)
			if (!this.has(since) && isObject(body[root])) body[root] = without(body[root], names);
		return { ...call, query, body };
	}

	/** What this version would tell of the same, by REST and in webhooks. */
	told(value: unknown): unknown {
		if (this.version === null) return value;
		if (Array.isArray(value)) return value.map((one) => this.told(one));
		if (!isObject(value)) return value;
		const fields = FIELDS.filter(({ of, since }) => of in value && !this.has(since));
		const kept = without(
			this.withDue(value),
			fields.flatMap((one) => one.fields),
		);
		return Object.fromEntries(Object.entries(kept).map(([name, one]) => [name, this.told(one)]));
	}

	/** Voided or not, what was not paid was due. */
	private withDue(value: Json): Json {
		if (this.has('offsets') || !('total_due_amount_cents' in value)) return value;
		const due = Number(value.total_amount_cents) - Number(value.total_paid_amount_cents);
		return { ...value, total_due_amount_cents: due };
	}
}

function isObject(value: unknown): value is Json {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function without(value: Json, names: readonly string[]): Json {
	return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}
