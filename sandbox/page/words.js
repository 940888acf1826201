// Amounts, times and states as people write them, and the colour that a state has.
const decimals = (currency) =>
	new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits;
export const inMajor = (amount, currency) => (amount / 10 ** decimals(currency)).toFixed(decimals(currency));

/** `1,234.50`. */
export function number(amount, currency) {
	const digits = { minimumFractionDigits: decimals(currency), maximumFractionDigits: decimals(currency) };
	return (amount / 10 ** decimals(currency)).toLocaleString('en', digits);
}

/** `EUR 1,234.50`. */
export const money = (amount, currency) =>
	currency ? `${currency} ${number(amount, currency)}` : String(amount ?? '');

export function minorUnits(text, currency) {
	const value = Math.round(Number(String(text).replace(',', '.')) * 10 ** decimals(currency));
	if (!(value > 0)) throw new Error(`"${text}" is not an amount.`);
	return value;
}

export const day = (at) => new Date(at).toLocaleDateString('en', { day: 'numeric', month: 'short' });
const minute = (seconds) =>
	new Date(seconds * 1000).toLocaleString('en', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

const TONES = {
	good: ['succeeded', 'paid', 'active', 'paid_until', 'won', 'done', 'agree'],
	open: ['open', 'link'],
	wait: [
		'pending',
		'processing',
		'paused',
		'grace',
		'pending_payment',
		'under way',
		'dispute_opened',
		'dispute_challenged',
		'requires_customer_action',
	],
	bad: [
		'failed',
		'on_hold',
		'restricted',
		'needs a person',
		'dispute lost',
		'dispute_lost',
		'dispute_accepted',
		'dispute_expired',
		'overdue',
	],
};
/** What a word of a service means; nothing for what is over. */
export const tone = (word) => Object.keys(TONES).find((one) => TONES[one].includes(word)) ?? '';

const PHASES = {
	waiting: 'waiting for the next try',
	open: 'a link is out',
	charging: 'the mandate is being charged',
	processing: 'money is on its way',
	failed: 'the last try failed',
	paid: 'paid',
	overpaid: 'paid twice: a payment must go back',
	returned: 'the surplus payment went back',
};

/** The state of the collection, in words. */
export function collection(
	{ phase, attempt, amount, nextTryAt, failedTries, declineCode, expiresAt, refunded, taxOnTop },
	currency,
) {
	const words = [`${PHASES[phase] ?? phase}, try ${attempt}`];
	if (amount) words.push(`asks for ${money(amount, currency)}${taxOnTop ? ' plus tax' : ''}`);
	if (declineCode) words.push(`declined: ${declineCode}`);
	if (failedTries) words.push(failedTries === 1 ? '1 try failed' : `${failedTries} tries failed`);
	if (nextTryAt) words.push(`next try ${minute(nextTryAt)}`);
	if (expiresAt && phase === 'open') words.push(`checkout until ${minute(expiresAt)}`);
	if (refunded) words.push(`${money(refunded, currency)} refunded`);
	return words.join(' · ');
}

export const ACCESS = {
	none: 'no customer yet',
	active: 'active',
	grace: 'grace',
	restricted: 'restricted',
	pending_payment: 'waiting for the first payment',
	paid_until: 'cancelled, but paid',
	ended: 'ended',
};

/** `restrictAfterDays: 7` -> `restrict after days: 7`. */
export function rulesInWords(rules) {
	const words = Object.entries(rules).map(
		([name, value]) => `${name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}: ${value}`,
	);
	return `The bars show 30 days back and ahead; hatched is what comes if nothing happens. Rules: ${words.join(', ') || 'none'}. Other ones with ACCESS_... variables.`;
}
