import type { Json } from '../../shared/node/operation';
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
};

/** The invoice of a mandate that cannot be charged, for whoever makes the link. */
export function needsLink(reason: Unchargeable, invoice: LagoInvoice): Json {
	const [what, nextStep] = REASONS[reason];
	return {
		outcome: 'needs_link',
		reason,
		message: `${what}, so invoice ${invoice.number} is collected by a link.`,
		nextStep,
		invoice,
	};
}
