import { ok, type SimulatedApi } from '../../shared/api';
import { forbidden } from '../refusals';
import { now, type LagoState } from '../state';
import type { LagoEvents } from '../webhooks';
import { V1 } from './requests';

/** The organisation, its public key and the probe that tells a licence. */
export function organizationRoutes(
	api: SimulatedApi,
	state: LagoState,
	events: LagoEvents,
	premium: () => boolean,
): void {
	const publicKey = (): string =>
		(
			Buffer.from(events.publicKeyPem)
				.toString('base64')
				.match(/.{1,60}/g) ?? []
		)
			.map((line) => `${line}\n`)
			.join('');
	api.route('get', `${V1}/organizations`, () => {
		const urls = [...state.endpoints.values()].map(({ webhook_url }) => webhook_url);
		return ok({
			organization: {
				lago_id: state.organizationId,
				name: 'Simulated',
				slug: 'simulated',
				created_at: now(),
				email: null,
				default_currency: 'EUR',
				country: null,
				address_line1: null,
				address_line2: null,
				state: null,
				zipcode: null,
				city: null,
				legal_name: null,
				legal_number: null,
				timezone: 'UTC',
				webhook_url: urls[0] ?? null,
				webhook_urls: urls,
				net_payment_term: 0,
				document_numbering: 'per_customer',
				document_number_prefix: 'SIM',
				tax_identification_number: null,
				finalize_zero_amount_invoice: true,
				email_settings: [],
				billing_configuration: { invoice_footer: null, invoice_grace_period: 0, document_locale: 'en' },
				events_store: 'postgres',
			},
		});
	});
	api.route('get', `${V1}/webhooks/json_public_key`, () => ok({ webhook: { public_key: publicKey() } }));
	api.route('get', `${V1}/webhooks/public_key`, () => ({ status: 200, text: publicKey() }));
	api.route('get', `${V1}/analytics/invoice_collection`, () =>
		premium() ? ok({ invoice_collections: [] }) : forbidden(),
	);
}
