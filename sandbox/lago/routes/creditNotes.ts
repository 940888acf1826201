import { ok, type SimulatedApi } from '../../shared/api';
import type { LagoLedger } from '../ledger';
import { REASONS, REFUND_STATUSES } from '../ledger/creditNotes';
import { noteMetadata } from '../metadata';
import { notFound } from '../refusals';
import type { CreditNote } from '../documents';
import type { LagoState } from '../state';
import { creditNoteView } from '../views/creditNotes';
import { knowsEntities } from './billingEntities';
import { chosen, page, root, V1, within } from './requests';

/** Credit notes (`lago-api:app/controllers/api/v1/credit_notes_controller.rb`). */
export function creditNoteRoutes(api: SimulatedApi, state: LagoState, { creditNotes }: LagoLedger): void {
	const path = `${V1}/credit_notes`;
	const one = (note: CreditNote) => ok({ credit_note: creditNoteView(note) });

	api.route('post', path, ({ body }) => one(creditNotes.create(root(body, 'credit_note'))));
	api.route('post', `${path}/estimate`, ({ body }) =>
		ok({ estimated_credit_note: creditNotes.estimate(root(body, 'credit_note')) }),
	);
	api.route('get', path, (call) => {
		if (!knowsEntities(state, call.query)) return notFound('billing_entity');
		const matching = [...state.creditNotes.values()].reverse().filter((note) => matches(note, call.query));
		return page('credit_notes', matching, call, creditNoteView);
	});
	api.route('get', `${path}/:id`, ({ params }) => one(creditNotes.get(params.id)));
	api.route('put', `${path}/:id`, ({ params, body }) => one(creditNotes.update(params.id, root(body, 'credit_note'))));
	api.route('put', `${path}/:id/void`, ({ params }) => one(creditNotes.void(params.id)));
	metadataRoutes(api, `${path}/:id/metadata`, creditNotes.get.bind(creditNotes));
}

/** POST replaces, PATCH (and PUT) merges, DELETE removes one or all. */
function metadataRoutes(api: SimulatedApi, path: string, get: (id: string | undefined) => CreditNote): void {
	const write = (id: string | undefined, change: (current: CreditNote['metadata']) => unknown) => {
		const note = get(id);
		note.metadata = noteMetadata(change(note.metadata));
		return ok({ metadata: note.metadata });
	};
	api.route('post', path, ({ params, body }) => write(params.id, () => body.metadata));
	for (const method of ['put', 'patch'] as const)
		api.route(method, path, ({ params, body }) =>
			write(params.id, (current) => ({ ...current, ...noteMetadata(body.metadata) })),
		);
	api.route('delete', path, ({ params }) => write(params.id, () => ({})));
	api.route('delete', `${path}/:key`, ({ params }) =>
		write(params.id, ({ [params.key ?? '']: _gone, ...rest }) => rest),
	);
}

/** Values that an enum does not know are ignored without a word; there is no filter by metadata or invoice id. */
function matches(note: CreditNote, query: Record<string, unknown>): boolean {
	const known = (names: readonly string[], allowed: readonly string[]): string[] | undefined => {
		const values = chosen(query, names)?.filter((value) => allowed.includes(value));
		return values?.length === 0 ? undefined : values;
	};
	const types = known(['types'], ['credit', 'refund', 'offset']);
	const amounts: Record<string, number> = {
		credit: note.credit_amount_cents,
		refund: note.refund_amount_cents,
		offset: note.offset_amount_cents,
	};
	const equal = (name: string, value: string): boolean => query[name] === undefined || query[name] === value;
	return (
		(known(['reason'], REASONS)?.includes(note.reason) ?? true) &&
		(known(['credit_status'], ['available', 'consumed', 'voided'])?.includes(note.credit_status) ?? true) &&
		(known(['refund_status'], REFUND_STATUSES)?.includes(note.refund_status ?? '') ?? true) &&
		(types?.some((type) => (amounts[type] ?? 0) > 0) ?? true) &&
		(chosen(query, ['billing_entity_codes'])?.includes(note.invoice.billing_entity_code) ?? true) &&
		equal('invoice_number', note.invoice.number) &&
		equal('external_customer_id', note.invoice.customer.external_id) &&
		equal('currency', note.invoice.currency) &&
		equal('self_billed', String(note.invoice.self_billed)) &&
		within(query, 'amount', note.total_amount_cents) &&
		within(query, 'issuing_date', note.issuing_date) &&
		(query.search_term === undefined ||
			[note.number, note.lago_id, note.invoice.customer.name].some((text) => text?.includes(String(query.search_term))))
	);
}
