import type { Result } from '../../shared/node/operation';
import type { LagoInvoice } from '../../shared/wire/lago/objects';
import type { Unchargeable } from './mandates';

/** What a person reads when a link takes the place of a charge. */
const REASONS: Readonly<Record<Unchargeable, [what: string, nextStep: string]>> = {
	no_mandate: [
		'The customer has not agreed to automatic payment',
		'Nothing: the customer pays by link. Dodo Payments > Mandate > Create Set-Up Link offers automatic payment.',
	],
	mandate_on_hold: [
		'The mandate is on hold after a declined charge',
		'Let the customer give another card: Dodo Payments > Mandate > Get Update-Payment-Method Link.',
	],
	mandate_inactive: [
		'The mandate is not active',
		'Set a new one up with Dodo Payments > Mandate > Create Set-Up Link.',
	],
	mandate_expired: ['The mandate has expired', 'Set a new one up with Dodo Payments > Mandate > Create Set-Up Link.'],
	mandate_currency: [
		'The mandate is in another currency than the invoice',
		'Set up a mandate in the currency of the invoice, or leave it to the link.',
	],
	mandate_refused: [
		'Dodo Payments takes no charge by this mandate',
		'Look at the subscription in Dodo Payments; set a new mandate up if it was cancelled.',
	],
	dispute_lost: [
		'The bank of the customer took the money back in a dispute, and charging the mandate again would only lead to the next one',
		'Nothing: the customer pays by link. Send it, and settle with them what was wrong.',
	],
};

/** Dodo's refusals of a charge that a link can answer (docs `api-reference/error-codes`). */
const REFUSALS: Readonly<Record<string, Unchargeable>> = {
	CHARGE_NOT_ALLOWED_FOR_SCHEDULED_CANCELLATION: 'mandate_refused',
	NOT_FOUND: 'mandate_refused',
	SUBSCRIPTION_EXPIRED: 'mandate_expired',
	SUBSCRIPTION_INACTIVE: 'mandate_inactive',
	SUBSCRIPTION_NOT_ON_DEMAND: 'mandate_refused',
	SUBSCRIPTION_PAYMENT_RETRY_LIMIT_EXCEEDED: 'mandate_refused',
};

/** What Dodo's refusal of a charge says about the mandate; null when it is about something else. */
export function unchargeableBy(code: string | null): Unchargeable | null {
	return REFUSALS[code ?? ''] ?? null;
}

/** The item of an invoice that is collected by a link because its mandate cannot be charged. */
export function needsLink(reason: Unchargeable, invoice: LagoInvoice): Result<'needs_link'> {
	const [what, nextStep] = REASONS[reason];
	return {
		outcome: 'needs_link',
		reason,
		message: `${what}, so invoice ${invoice.number} is collected by a link.`,
		nextStep,
		invoice,
	};
}
