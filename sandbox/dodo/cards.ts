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

/** Every `error_code` of a failed payment (docs `api-reference/transaction-failures`). */
export const DECLINE_CODES: readonly string[] = `
	AUTHENTICATION_FAILURE AUTHENTICATION_REQUIRED AUTHENTICATION_TIMEOUT CARD_DECLINED CARD_NOT_ACTIVATED CARD_VELOCITY_EXCEEDED
	CUSTOMER_CANCELLED DO_NOT_HONOR EXPIRED_CARD FRAUDULENT GENERIC_DECLINE INCORRECT_CVC INCORRECT_NUMBER INSUFFICIENT_FUNDS
	INVALID_ACCOUNT INVALID_AMOUNT INVALID_CARD_NUMBER INVALID_CARD_OWNER INVALID_CVC INVALID_EXPIRY_YEAR INVALID_PIN
	INVALID_REQUEST INVALID_UPI_ID LIMIT_EXCEEDED LIVE_MODE_TEST_CARD LOST_CARD MANDATE_INVALID MANDATE_REQUIRED
	MANDATE_REQUIRED_SYSTEM NETWORK_ERROR NETWORK_TIMEOUT ORDER_CREATION_FAILED PAYMENT_METHOD_PROVIDER_DECLINED
	PAYMENT_METHOD_UNSUPPORTED PICKUP_CARD PROCESSING_ERROR PROVIDER_UNSUPPORTED REENTER_TRANSACTION REVOCATION_OF_AUTHORIZATION
	STOLEN_CARD TRANSACTION_NOT_ALLOWED TRANSACTION_NOT_APPROVED TRY_AGAIN_LATER UNKNOWN_ERROR`
	.trim()
	.split(/\s+/);

/** The decline code of a card, null when it pays. A code itself is taken as "a card that declines with it". */
export function declineOf(card: string, offSession = false): string | null {
	if (offSession && card === DECLINES_OFF_SESSION) return 'GENERIC_DECLINE';
	return DECLINES[card] ?? (/^\d+$/.test(card) ? null : declineCode(card));
}

/** A code that Dodo has; a test that misspells one must not pass. */
export function declineCode(code: string): string {
	if (!DECLINE_CODES.includes(code)) throw new Error(`Dodo has no decline code "${code}"`);
	return code;
}

/** What a payment shows of its card; undefined for none. */
export function cardView(card: string | undefined): Record<string, string | null> {
	const none = {
		card_holder_name: null,
		card_issuing_country: null,
		card_last_four: null,
		card_network: null,
		card_type: null,
	};
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
