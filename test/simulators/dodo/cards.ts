/** Dodo's test cards (docs `miscellaneous/testing-process`). */
export const SUCCESS_CARD = '4242424242424242';

const DECLINES: Readonly<Record<string, string>> = {
	'4000000000000002': 'GENERIC_DECLINE',
	'4000000000009995': 'INSUFFICIENT_FUNDS',
	'4000000000000069': 'EXPIRED_CARD',
	'4000000000009979': 'STOLEN_CARD',
};
/** Attaches fine, declines when charged without the customer. */
const DECLINES_OFF_SESSION = '4000000000000341';

/** The decline code of a card, null when it pays. A code itself is taken as "a card that declines with it". */
export function declineOf(card: string, offSession = false): string | null {
	if (offSession && card === DECLINES_OFF_SESSION) return 'GENERIC_DECLINE';
	return DECLINES[card] ?? (/^[A-Z_]+$/.test(card) ? card : null);
}
