/** Dodo's test cards (docs `miscellaneous/testing-process`). */
export const SUCCESS_CARD = '4242424242424242';

const DECLINES: Readonly<Record<string, string>> = {
	'4000000000000002': 'GENERIC_DECLINE',
	'4000000000009995': 'INSUFFICIENT_FUNDS',
	'4706131211212123': 'GENERIC_DECLINE',
	'5105105105105100': 'GENERIC_DECLINE',
};
/** Attaches fine, declines when charged without the customer. */
const DECLINES_OFF_SESSION = '4000000000000341';

/** The decline code of a card, null when it pays. A code itself is taken as "a card that declines with it". */
export function declineOf(card: string, offSession = false): string | null {
	if (offSession && card === DECLINES_OFF_SESSION) return 'GENERIC_DECLINE';
	return DECLINES[card] ?? (/^[A-Z_]+$/.test(card) ? card : null);
}

/** What a payment shows of its card; undefined for none. */
export function cardView(card: string | undefined): Record<string, string | null> {
	const none = { card_holder_name: null, card_issuing_country: null, card_last_four: null, card_network: null, card_type: null };
	if (card === undefined) return none;
	const digits = /^\d+$/.test(card) ? card : SUCCESS_CARD;
	const network = digits.startsWith('5') ? 'MASTERCARD' : 'VISA';
	return {
		...none,
		card_last_four: digits.slice(-4),
		card_network: network,
		card_type: 'CREDIT',
		payment_method: 'card',
		payment_method_type: 'credit',
	};
}
