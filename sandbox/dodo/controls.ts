import type { Controls } from '../shared/control';
import type { DodoSimulator } from './server';

/** What can be told to Dodo alone: its payers, banks, dashboard and endpoints. */
export function dodoControls(simulator: DodoSimulator): Controls {
	return {
		payCheckout: ({ sessionId, ...options }) => simulator.payCheckout(sessionId, options),
		payStaticLink: (input) => simulator.payStaticLink(input),
		createPayment: (partial) => simulator.createPayment(partial),
		movePayment: ({ paymentId, status, errorCode }) => simulator.movePayment(paymentId, status, errorCode),
		refundPayment: ({ paymentId, ...options }) => simulator.refundPayment(paymentId, options),
		openDispute: ({ paymentId, ...options }) => simulator.openDispute(paymentId, options),
		moveDispute: ({ disputeId, status, ...options }) => simulator.moveDispute(disputeId, status, options),
		payOut: (input) => simulator.payOut(input),
		failPayout: ({ payoutId }) => simulator.failPayout(payoutId),
		adjustBalance: (input) => simulator.adjustBalance(input),
		activateMandate: ({ sessionId, card }) => simulator.activateMandate(sessionId, card),
		setMandateCard: ({ subscriptionId, card }) => simulator.setMandateCard(subscriptionId, card),
		expireCard: ({ subscriptionId }) => simulator.expireCard(subscriptionId),
		planCharge: ({ subscriptionId, ...planned }) => simulator.planCharge(subscriptionId, planned),
		moveMandate: ({ subscriptionId, status }) => simulator.moveMandate(subscriptionId, status),
		failNextRefund: ({ paymentId }) => simulator.failNextRefund(paymentId),
		addWebhook: (input) => simulator.addWebhook(input),
		rotateSecret: ({ webhookId }) => ({ secret: simulator.rotateSecret(webhookId) }),
		webhookSecret: ({ webhookId }) => ({ secret: simulator.webhookSecret(webhookId) }),
		redeliver: ({ deliveryId }) => simulator.redeliver(deliveryId),
		sendSample: ({ event, data }) => simulator.sendSample(event, data),
		sign: ({ id, timestampS, body, secret }) => ({ signature: simulator.sign(id, timestampS, body, secret) }),
	};
}
