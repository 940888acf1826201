import { byRetryButton } from '../../shared/domain/olderLago';
import { held, type Held } from '../../shared/domain/outcome';
import { ApiError } from '../../shared/transport/apiError';

/** What a person can do about Dodo's refusals (docs `api-reference/error-codes`). */
const NEXT_STEPS: Readonly<Record<string, string>> = {
	INVALID_TAX_ID: byRetryButton(
		'Correct the tax identification number of the customer in Lago, then press "Retry payment" on the invoice.',
	),
	MERCHANT_NOT_LIVE: 'Finish the verification of your Dodo Payments account, or switch the credential to Test.',
	NO_ELIGIBLE_PAYMENT_METHODS: 'Switch on a payment method for this country and currency in Dodo Payments > Settings.',
	REFUND_WINDOW_EXPIRED:
		'Dodo Payments refunds payments for a limited time only. Return the money another way, e.g. by bank transfer or as a credit in Lago.',
	REQUEST_AMOUNT_BELOW_MINIMUM:
		'The amount is below the smallest payment possible. Collect it with the next invoice, or void this one.',
	TOTAL_PAYMENT_AMOUNT_BELOW_MINIMUM_AMOUNT:
		'The amount is below the smallest payment possible. Collect it with the next invoice, or void this one.',
	UNSUPPORTED_BILLING_CURRENCY: 'Dodo Payments cannot charge this currency. Bill this customer in another one.',
	UNSUPPORTED_COUNTRY:
		"Dodo Payments does not sell into this country. Check the customer's country in Lago or collect outside Dodo.",
	UNSUPPORTED_CURRENCY: 'Dodo Payments cannot charge this currency. Bill this customer in another one.',
};

/** A refusal that stays one however often it is tried, as a held item; null when trying again or mending the credential can help. */
export function heldByDodo(error: ApiError, what: string): Held | null {
	if (!error.final) return null;
	const nextStep =
		NEXT_STEPS[error.code ?? ''] ?? `Correct what Dodo Payments complains about, then run ${what} again.`;
	return held(
		'dodo_refused',
		`Dodo Payments refused ${what} (${error.code ?? error.status}): ${error.message}`,
		nextStep,
	);
}

/**
 * What a request brings, or its refusal as a held item.
 * @throws ApiError when trying again, or mending the credential, can help.
 */
export async function orHeld<T>(request: Promise<T>, what: string): Promise<T | Held> {
	return await request.catch((caught: unknown) => {
		const refused = caught instanceof ApiError ? heldByDodo(caught, what) : null;
		if (refused === null) throw caught;
		return refused;
	});
}
