import { decodeReminder } from '../../nodes/shared/domain/reminderRecord';
import {
	dueReminder,
	openInvoice,
	type ReminderCustomer,
	type ReminderPolicy,
} from '../../nodes/shared/domain/reminders';
import { reminderMail, sumOf } from '../../nodes/Lago/helpers/reminders/mail';
import { listedInvoiceSchema } from '../../nodes/shared/wire/lago/access';
import { toInvoiceFacts } from '../../nodes/shared/wire/lago/objects';
import type { Customer } from '../lago/documents';
import { invoiceView } from '../lago/views/invoices';
import type { DodoSimulator, LagoSimulator } from '../simulators';

/** As the template is shipped. */
const POLICY: ReminderPolicy = {
	steps: [-3, 1, 7, 14],
	fromHour: 8,
	untilHour: 20,
	sundays: false,
	lateDays: 3,
	cardDays: 14,
	exempt: [],
};

/** Whom the template would write to next, by the same rules. Nothing is sent. */
export function reminding({ dodo, lago }: { dodo: DodoSimulator; lago: LagoSimulator }, now: number) {
	const onHold = new Set(
		[...dodo.state.subscriptions.values()]
			.filter(({ status }) => status === 'on_hold')
			.map(({ metadata }) => metadata.lago_customer_external_id),
	);
	return [...lago.state.customers.values()].flatMap((customer) => {
		const facts = factsOf(lago, customer, onHold.has(customer.external_id));
		const reminder = dueReminder(facts, POLICY, now);
		if (reminder === null) return [];
		const { externalId: name, timeZone } = facts;
		const { subject } = reminderMail(reminder, { name, merchant: '', locale: 'en', links: new Map() }, []);
		const invoices = reminder.invoices.map(({ number }) => number);
		return [
			{ customer: name, subject, invoices, amount: sumOf(reminder.invoices, 'en'), sendAt: reminder.sendAt, timeZone },
		];
	});
}

function factsOf(lago: LagoSimulator, customer: Customer, isOnHold: boolean): ReminderCustomer {
	const own = [...lago.state.invoices.values()].filter(
		(one) => one.customer === customer && one.status === 'finalized' && one.payment_status !== 'succeeded',
	);
	return {
		externalId: customer.external_id,
		timeZone: String(customer.applicable_timezone ?? 'UTC'),
		record: decodeReminder(customer.metadata),
		invoices: own.flatMap((one) => {
			const listed = listedInvoiceSchema.parse(invoiceView(one, 'list'));
			const { issuing_date: issuedOn, payment_due_date: dueOn } = listed;
			return openInvoice(toInvoiceFacts(listed), { type: one.invoice_type, issuedOn, dueOn: dueOn ?? issuedOn }) ?? [];
		}),
		isOnHold,
		card: null,
	};
}
