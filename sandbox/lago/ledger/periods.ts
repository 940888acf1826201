import { dateOf, type Subscription } from '../state';

const DAY_MS = 86_400_000;
/** How long a period is: months, or days. */
const LENGTH: Readonly<Record<string, { months?: number; days?: number }>> = {
	weekly: { days: 7 },
	monthly: { months: 1 },
	quarterly: { months: 3 },
	semiannual: { months: 6 },
	yearly: { months: 12 },
};

/** The period of a subscription that goes on now, days of the customer. Whole periods from the day of the start on, whatever its billing time. */
export function periodOf({ plan, started_at, subscription_at, customer }: Subscription): {
	/** First and last day, YYYY-MM-DD. */
	from: string;
	to: string;
	days: number;
	/** Days up to and with today. */
	used: number;
} {
	const { months = 0, days = 0 } = LENGTH[plan.interval] ?? { months: 1 };
	const start = dayOf(dateOf(customer, 0, Date.parse(started_at ?? subscription_at)));
	const today = dayOf(dateOf(customer));
	const begin = (index: number): number =>
		months > 0 ? monthsLater(start, months * index) : start + days * index * DAY_MS;
	let index = 0;
	while (begin(index + 1) <= today) index += 1;
	const [from, next] = [begin(index), begin(index + 1)];
	return {
		from: new Date(from).toISOString().slice(0, 10),
		to: new Date(next - DAY_MS).toISOString().slice(0, 10),
		days: (next - from) / DAY_MS,
		used: Math.max(0, (today - from) / DAY_MS + 1),
	};
}

function dayOf(date: string): number {
	return Date.parse(`${date}T00:00:00Z`);
}

/** The same day some months later, or the last one of that month. */
function monthsLater(moment: number, months: number): number {
	const date = new Date(moment);
	const last = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months + 1, 0);
	return Math.min(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, date.getUTCDate()), last);
}
