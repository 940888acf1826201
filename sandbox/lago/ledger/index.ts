import type { LagoState } from '../state';
import type { LagoEvents } from '../webhooks';
import { AutomaticNotes } from './automaticNotes';
import { CreditNotes } from './creditNotes';
import { Customers } from './customers';
import { Invoices } from './invoices';
import { Metering } from './metering';
import { PaymentRequests } from './paymentRequests';
import { Payments } from './payments';
import { Subscriptions } from './subscriptions';
import { Wallets } from './wallets';

export type { NewInvoice } from './newInvoice';

/** What happens to money in Lago, by subject. */
export interface LagoLedger {
	customers: Customers;
	subscriptions: Subscriptions;
	metering: Metering;
	invoices: Invoices;
	payments: Payments;
	wallets: Wallets;
	creditNotes: CreditNotes;
	automaticNotes: AutomaticNotes;
	paymentRequests: PaymentRequests;
}

export function createLedger(state: LagoState, events: LagoEvents, premium: () => boolean): LagoLedger {
	const customers = new Customers(state, events);
	const subscriptions = new Subscriptions(state, events);
	const metering = new Metering(state, events);
	const invoices = new Invoices(state, events, customers, subscriptions, metering);
	const wallets = new Wallets(state, events, invoices, premium);
	const payments = new Payments(state, events, invoices, premium);
	const creditNotes = new CreditNotes(state, events, invoices, wallets, premium);
	const automaticNotes = new AutomaticNotes(state, creditNotes);
	const paymentRequests = new PaymentRequests(state, events, payments, customers, premium);
	subscriptions.onEnd({
		note: (ended, kind, isUpgrade) => automaticNotes.forTermination(ended, kind, isUpgrade),
		bill: (ended) => invoices.billEnd(ended),
	});
	return {
		customers,
		subscriptions,
		metering,
		invoices,
		payments,
		wallets,
		creditNotes,
		automaticNotes,
		paymentRequests,
	};
}
