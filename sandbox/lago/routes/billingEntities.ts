import { randomUUID } from 'node:crypto';
import { ok, type SimulatedApi } from '../../shared/api';
import { invalid, notFound } from '../refusals';
import { now, type BillingEntity, type LagoState } from '../state';
import { chosen, root, V1 } from './requests';

/** Who bills: an organisation has one, and may add others. */
export function billingEntityRoutes(api: SimulatedApi, state: LagoState): void {
	const view = (entity: BillingEntity) => billingEntityView(entity, entity === [...state.billingEntities.values()][0]);
	api.route('get', `${V1}/billing_entities`, () =>
		ok({ billing_entities: [...state.billingEntities.values()].map(view) }),
	);
	api.route('get', `${V1}/billing_entities/:code`, ({ params }) => {
		const entity = state.billingEntities.get(params.code ?? '') ?? notFound('billing_entity');
		return ok({ billing_entity: { ...view(entity), taxes: [], selected_invoice_custom_sections: [] } });
	});
	api.route('post', `${V1}/billing_entities`, ({ body }) => {
		const {
			code,
			name,
			country = null,
			default_currency = 'USD',
		} = root(body, 'billing_entity') as Partial<BillingEntity>;
		if (!code || !name) return invalid({ [code ? 'name' : 'code']: ['value_is_mandatory'] });
		if (state.billingEntities.has(code)) invalid({ code: ['value_already_exist'] });
		const entity = { lago_id: randomUUID(), code, name, country, default_currency, created_at: now() };
		state.billingEntities.set(code, entity);
		return ok({ billing_entity: view(entity) });
	});
}

/** Whether a list is asked for billing entities that there are; Lago answers 404 otherwise. */
export function knowsEntities(state: LagoState, query: Record<string, unknown>): boolean {
	return chosen(query, ['billing_entity_codes'])?.every((code) => state.billingEntities.has(code)) ?? true;
}

/** A billing entity (`lago-api:serializers/v1/billing_entity_serializer.rb`). */
function billingEntityView(entity: BillingEntity, isDefault: boolean): Record<string, unknown> {
	return {
		...entity,
		updated_at: entity.created_at,
		address_line1: null,
		address_line2: null,
		phone: null,
		city: null,
		state: null,
		zipcode: null,
		einvoicing: false,
		email: null,
		legal_name: null,
		legal_number: null,
		timezone: 'UTC',
		net_payment_term: 0,
		email_settings: [],
		document_numbering: 'per_customer',
		document_number_prefix: 'SIM',
		tax_identification_number: null,
		finalize_zero_amount_invoice: true,
		invoice_footer: null,
		invoice_grace_period: 0,
		subscription_invoice_issuing_date_adjustment: 'align_with_finalization_date',
		subscription_invoice_issuing_date_anchor: 'next_period_start',
		document_locale: 'en',
		is_default: isDefault,
		eu_tax_management: false,
		logo_url: entity.logo_url ?? null,
	};
}
