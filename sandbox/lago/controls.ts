import type { Controls } from '../shared/control';
import type { LagoSimulator } from './server';

/** What can be told to Lago alone: its jobs, its screen and its customers. */
export function lagoControls(simulator: LagoSimulator): Controls {
	return {
		issueInvoice: (input) => simulator.issueInvoice(input),
		finalizeInvoice: ({ id }) => simulator.finalizeInvoice(id),
		voidInvoice: ({ id }) => simulator.voidInvoice(id),
		retryPayment: ({ id }) => simulator.retryPayment(id),
		markOverdue: ({ id }) => simulator.markOverdue(id),
		startSubscription: ({ externalId }) => simulator.startSubscription(externalId),
		terminateSubscription: ({ externalId }) => simulator.terminateSubscription(externalId),
		addFeature: ({ code, privileges }) => simulator.addFeature(code, privileges),
		createCreditNoteInUi: ({ invoiceId, ...note }) => simulator.createCreditNoteInUi(invoiceId, note),
		payManually: ({ id, amountCents, reference }) => simulator.payManually(id, amountCents, reference),
		payRequest: ({ id }) => simulator.payRequest(id),
		setMetadata: ({ id, values }) => simulator.setMetadata(id, values),
		setTimezone: ({ externalId, timezone }) => simulator.setTimezone(externalId, timezone),
		spendWallet: ({ walletId, credits }) => simulator.spendWallet(walletId, credits),
		addEndpoint: (input) => simulator.addEndpoint(input),
		resend: ({ deliveryId }) => simulator.resend(deliveryId),
		sign: ({ body, algorithm }) => simulator.sign(body, algorithm),
		premium: ({ value }) => ({ premium: (simulator.premium = value === true) }),
	};
}
