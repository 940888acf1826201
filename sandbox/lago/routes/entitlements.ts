import { ok, type SimulatedApi } from '../../shared/api';
import type { LagoLedger } from '../ledger';
import { notFound } from '../refusals';
import type { LagoState } from '../state';
import { root, V1 } from './requests';

/** What subscriptions are entitled to (`lago-api:app/controllers/api/v1/subscriptions/entitlements_controller.rb`); plans give nothing here. */
export function entitlementRoutes(api: SimulatedApi, state: LagoState, { subscriptions }: LagoLedger): void {
	const path = `${V1}/subscriptions/:externalId/entitlements`;
	const activeOne = (externalId: string | undefined): string => {
		const { external_id, status } = subscriptions.get(externalId);
		return status === 'active' ? external_id : notFound('subscription');
	};
	const view = (externalId: string): unknown => ({
		entitlements: [...(state.entitlements.get(externalId) ?? new Map<string, Map<string, unknown>>())].map(
			([code, values]) => ({
				code,
				name: code,
				description: null,
				privileges: [...values].map(([privilege, value]) => ({
					code: privilege,
					name: privilege,
					value_type: 'string',
					config: {},
					value,
					plan_value: null,
					override_value: value,
				})),
				overrides: Object.fromEntries(values),
			}),
		),
	});
	api.route('get', path, ({ params }) => ok(view(activeOne(params.externalId))));
	api.route('patch', path, ({ params, body }) => {
		const externalId = activeOne(params.externalId);
		const own = state.entitlements.get(externalId) ?? new Map<string, Map<string, unknown>>();
		for (const [feature, values] of Object.entries(root(body, 'entitlements'))) {
			const privileges = state.features.get(feature) ?? notFound('feature');
			for (const code of Object.keys(values as object)) if (!privileges.includes(code)) notFound('privilege');
			own.set(feature, new Map([...(own.get(feature) ?? []), ...Object.entries(values as object)]));
		}
		state.entitlements.set(externalId, own);
		// Also when nothing is different.
		subscriptions.announceUpdate(externalId);
		return ok(view(externalId));
	});
}
