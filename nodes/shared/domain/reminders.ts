import { calendarOf, clockOf, DAY_MS, dayOfDate, instantOf, type Day } from './calendar';
import { collectability, type InvoiceFacts } from './invoice';
import { ourRecord } from './invoiceMetadata';
import { owedOn } from './owed';
import { isUnderWay } from './phases';
import { NEVER, shortId, type ReminderRecord } from './reminderRecord';

/** Who is reminded when, as a person sets it. */
export interface ReminderPolicy {
	/** Days after the due date, negative before it. */
	steps: readonly number[];
	/** Mails go out from this hour of the customer's clock until before that one. */
	fromHour: number;
	untilHour: number;
	sundays: boolean;
	/** A step that nobody could send on its day is made up for within so many days; what is older is left. */
	lateDays: number;
	/** So many days before the next charge a card that expires before it is told of; 0: never. */
	cardDays: number;
	/** External ids of customers who get no mail. */
	exempt: readonly string[];
}

/** An invoice that somebody may be reminded of. */
export interface OpenInvoice {
	id: string;
	number: string;
	currency: string;
	/** What is asked for, minor units. */
	amount: number;
	/** `YYYY-MM-DD` on the customer's calendar. */
	issuedOn: string;
	dueOn: string;
	/** When the first of its tries failed, ms since 1970; null when none did. */
	failedAt: number | null;
	/** It is owed, but money is on its way, or a dispute took it: nobody is reminded of it now. */
	waits: boolean;
}

/** One customer, as far as reminders depend on it. */
export interface ReminderCustomer {
	externalId: string;
	/** IANA name. */
	timeZone: string;
	record: ReminderRecord | null;
	invoices: readonly OpenInvoice[];
	/** The mandate takes no charge until the customer gives another card. */
	isOnHold: boolean;
	/** The card of the mandate: the month in which it expires (`YYMM`), and the day of the next charge where one is to come. */
	card: { expires: string; chargedOn: Day | null } | null;
}

/** What a mail is about. */
export type ReminderKind = 'card_expires' | 'due_soon' | 'mandate_on_hold' | 'overdue';

/** A mail that is due. */
export interface DueReminder {
	kind: ReminderKind;
	/** How many days after its due date (negative: before) the most urgent invoice is by the steps; 0 of a card. */
	step: number;
	/** All that is open, the oldest first; none of a card. */
	invoices: readonly OpenInvoice[];
	/** When it may go out, ms since 1970: now, or when night or Sunday are over. */
	sendAt: number;
	/** To be kept with the customer before the mail goes out. */
	record: ReminderRecord;
}

/** After so long nobody sends it any more: the n8n that began it has stopped. */
const SENDING_MS = 30 * 60_000;
const HOUR_MS = 3_600_000;
/** 1970-01-01 was a Thursday. */
const isSunday = (day: Day): boolean => day % 7 === 3;

/** How an invoice counts for reminders, null when nobody is ever reminded of it: not owed, or not to be paid by a link, or only an order of credits. */
export function openInvoice(
	facts: InvoiceFacts,
	{ type, issuedOn, dueOn }: { type: string; issuedOn: string; dueOn: string },
): OpenInvoice | null {
	const verdict = collectability(facts);
	if (verdict.decision !== 'collect' || type === 'credit') return null;
	const { state } = ourRecord(facts.metadata);
	const { asked, amount, how } = owedOn(facts);
	return {
		id: facts.id,
		number: facts.number,
		currency: facts.currency,
		amount: verdict.amount,
		issuedOn,
		dueOn,
		failedAt: state?.failedSince === undefined ? null : state.failedSince * 1000,
		waits: isUnderWay(state) || how === 'disputed' || amount > asked,
	};
}

/** Whether the mail that was begun last has no end, and nobody can say any more whether it went out. @param now ms since 1970. */
export function isUnclear(record: ReminderRecord | null, now: number): boolean {
	return record?.state === 'sending' && now - record.at * 1000 > SENDING_MS;
}

/** The one mail that a customer gets next, null when none is due. @param now ms since 1970. */
export function dueReminder(customer: ReminderCustomer, policy: ReminderPolicy, now: number): DueReminder | null {
	const { externalId, timeZone, record: before } = customer;
	if (policy.exempt.includes(externalId)) return null;
	const sendAt = nextMoment(timeZone, policy, now);
	const calendar = calendarOf(timeZone);
	const today = calendar.dayOf(sendAt);
	if (before !== null && before.day >= today) return null;
	const stepOf = (invoice: OpenInvoice): number | null => reachedStep(invoice, policy, before, today);
	const open = customer.invoices
		.filter(({ waits }) => !waits)
		.sort((one, other) => one.dueOn.localeCompare(other.dueOn));
	const steps = open.flatMap((invoice) => stepOf(invoice) ?? []);
	const step = steps.length === 0 ? 0 : Math.max(...steps);
	const begun = { day: today, state: 'sending', at: Math.floor(now / 1000) } as const;
	const { card: toldCard, heldOn, leftOut } = before ?? {};
	const missed = customer.invoices.filter((invoice) => invoice.waits && stepOf(invoice) !== null);
	const record = { ...begun, card: toldCard, heldOn, leftOut: missed.map(({ id }) => shortId(id)) };
	if (isHoldNews(customer, open, calendar.dayOf))
		return { kind: 'mandate_on_hold', step, invoices: open, sendAt, record: { ...record, heldOn: today } };
	if (steps.length > 0) return { kind: step > 0 ? 'overdue' : 'due_soon', step, invoices: open, sendAt, record };
	const { card } = customer;
	if (card === null || !isCardNews(card, before, policy, today)) return null;
	const invoicesOn = before === null ? NEVER : (before.invoicesOn ?? before.day);
	return {
		kind: 'card_expires',
		step: 0,
		invoices: [],
		sendAt,
		record: { ...begun, card: card.expires, heldOn, leftOut, invoicesOn },
	};
}

/** The furthest step that an invoice has reached since the customer was last told of it; null when there is none. */
function reachedStep(
	{ id, issuedOn, dueOn }: OpenInvoice,
	{ steps, lateDays }: ReminderPolicy,
	before: ReminderRecord | null,
	today: Day,
): number | null {
	const [issued, due] = [dayOfDate(issuedOn), dayOfDate(dueOn)];
	const isLeftOut = before?.leftOut?.includes(shortId(id)) === true;
	const toldOn = before === null || isLeftOut ? NEVER : (before.invoicesOn ?? before.day);
	const reached = steps.filter((step) => {
		const on = due + step;
		const isTimely = step > 0 || (today <= due && on > issued);
		return isTimely && on <= today && on > toldOn && today - on <= lateDays;
	});
	return reached.length === 0 ? null : Math.max(...reached);
}

/** Whether the mandate went on hold since the customer was last told so: a charge of something that is still open failed. */
function isHoldNews(
	{ isOnHold, record }: ReminderCustomer,
	open: readonly OpenInvoice[],
	dayOf: (instantMs: number) => Day,
): boolean {
	if (!isOnHold || open.length === 0) return false;
	const { heldOn } = record ?? {};
	return heldOn === undefined || open.some(({ failedAt }) => failedAt !== null && dayOf(failedAt) > heldOn);
}

function isCardNews(
	{ expires, chargedOn }: { expires: string; chargedOn: Day | null },
	before: ReminderRecord | null,
	{ cardDays }: ReminderPolicy,
	today: Day,
): boolean {
	if (chargedOn === null || before?.card === expires) return false;
	return lastDayOf(expires) < chargedOn && today <= chargedOn && chargedOn - today <= cardDays;
}

/** The last day of a month, on which a card can still be charged: `2612` -> that of 2026-12-31. */
export function lastDayOf(month: string): Day {
	const [year, number] = [2000 + Number(month.slice(0, 2)), Number(month.slice(2, 4))];
	return Date.UTC(year, number, 1) / DAY_MS - 1;
}

/** Now, or the next moment that is neither night nor, unless wished, Sunday on the customer's clock; ms since 1970. */
function nextMoment(timeZone: string, { fromHour, untilHour, sundays }: ReminderPolicy, now: number): number {
	const clock = clockOf(timeZone);
	const local = clock(now);
	const today = Math.floor(local / DAY_MS);
	const isOpen = (day: Day): boolean => sundays || !isSunday(day);
	const since = local - today * DAY_MS;
	if (isOpen(today) && since >= fromHour * HOUR_MS && since < untilHour * HOUR_MS) return now;
	let day = since < fromHour * HOUR_MS ? today : today + 1;
	while (!isOpen(day)) day++;
	return instantOf(clock, day * DAY_MS + fromHour * HOUR_MS);
}
