import { dodoId } from '../../shared/ids';
import type { Brand, DodoState } from '../state';

/** The brand that every business has from the beginning; it has the id of the business. */
export function primaryBrand({ businessId }: DodoState): Brand {
	return brand(businessId, businessId, { name: 'Simulated', statement_descriptor: 'SIMULATED' });
}

/** Another one, as in the dashboard. */
export function addBrand(state: DodoState, given: Partial<Brand>): Brand {
	const added = brand(dodoId('brnd_'), state.businessId, given);
	state.brands.set(added.brand_id, added);
	return added;
}

/** Whose name a payment carries: that of the product that was bought. */
export function brandOf(state: DodoState, sessionId: string | undefined, subscriptionId: string | undefined): string {
	const bought =
		state.subscriptions.get(subscriptionId ?? '')?.product_id ??
		state.checkouts.get(sessionId ?? '')?.cart[0]?.product_id;
	return state.products.get(bought ?? '')?.brand_id ?? state.businessId;
}

function brand(brand_id: string, business_id: string, { name = null, ...given }: Partial<Brand>): Brand {
	return {
		description: null,
		image: null,
		support_email: null,
		url: null,
		reason_for_hold: null,
		verification_enabled: true,
		verification_status: 'Success',
		enabled: true,
		statement_descriptor: (name ?? 'BRAND').toUpperCase(),
		...given,
		name,
		brand_id,
		business_id,
	};
}
