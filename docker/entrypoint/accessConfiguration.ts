import { parseLimits } from '../../nodes/shared/domain/access/policy';
import { SHORTEST_KEY } from '../../nodes/shared/domain/secrets';
import { decodeSecret } from '../../nodes/shared/transport/standardWebhooks';
import { isAddress, type ReadVariable } from './variables';

type Value = boolean | number | string;

/** Who may use the product; see docs/access.md. */
export interface AccessConfiguration {
	/** Parameters of Access > Update as the editor would store them; null: the lane stays off. */
	update: Record<string, Value> | null;
	/** What changes are signed with. */
	callbackSecret: string;
	/** What questions are asked with; empty: nobody can ask. */
	apiToken: string;
}

/** What a text stands for; or what is wrong with it. */
type Parse = (text: string) => Value | { problem: string };

const truth: Parse = (text) =>
	/^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : { problem: 'it must be true or false' };
const count: Parse = (text) => (/^\d{1,5}$/.test(text) ? Number(text) : { problem: 'it must be a whole number' });
const oneOf =
	(...words: string[]): Parse =>
	(text) =>
		words.includes(text) ? text : { problem: `it must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}` };
const limits: Parse = (text) => {
	const parsed = parseLimits(text);
	return 'problem' in parsed && typeof parsed.problem === 'string' ? { problem: parsed.problem } : text;
};
const address: Parse = (text) =>
	isAddress(text) ? text : { problem: 'it should look like https://app.example.com/hooks/access' };

/** Which variable stands for which parameter of Access > Update. */
const PARAMETERS: ReadonlyArray<readonly [variable: string, parameter: string, parse: Parse]> = [
	['ACCESS_RESTRICT_IMMEDIATELY', 'restrictImmediately', truth],
	['ACCESS_RESTRICT_AFTER_DAYS', 'restrictAfterDays', count],
	['ACCESS_RESTRICT_ABOVE', 'restrictAbove', limits],
	['ACCESS_RESTRICT_AFTER_INVOICES', 'restrictAfterInvoices', count],
	['ACCESS_GRACE_DAYS', 'graceDays', count],
	['ACCESS_WAIT_FOR_FIRST_PAYMENT', 'waitForFirstPayment', truth],
	['ACCESS_KEEP_PREPAID_PERIOD', 'keepPrepaidPeriod', truth],
	['ACCESS_SCOPE', 'scope', oneOf('subscription', 'customer')],
	['ACCESS_EXEMPT', 'exempt', (text) => text],
	['ACCESS_CALLBACK_URL', 'callbackUrl', address],
	['ACCESS_WRITE_TO', 'writeTo', oneOf('none', 'metadata', 'entitlement')],
];
const SHORTEST_TOKEN = 16;

/** Everything about access; adds to `problems` what is wrong. */
export function readAccess(read: ReadVariable, problems: string[]): AccessConfiguration {
	const given: Record<string, Value> = {};
	for (const [variable, parameter, parse] of PARAMETERS) {
		const text = read(variable);
		if (text === '') continue;
		const value = parse(text);
		if (typeof value === 'object') problems.push(`${variable} is "${text}": ${value.problem}.`);
		else given[parameter] = value;
	}
	const callbackSecret = read('ACCESS_CALLBACK_SECRET');
	if (given.callbackUrl !== undefined && decodeSecret(callbackSecret).length < SHORTEST_KEY)
		problems.push(
			'ACCESS_CALLBACK_SECRET is missing or too short: changes are signed with it. Make one with: echo "whsec_$(openssl rand -base64 32)"',
		);
	const apiToken = read('ACCESS_API_TOKEN');
	if (apiToken !== '' && apiToken.length < SHORTEST_TOKEN)
		problems.push(
			`ACCESS_API_TOKEN is shorter than ${SHORTEST_TOKEN} characters and could be guessed. Make one with: openssl rand -hex 32`,
		);
	return { update: Object.keys(given).length === 0 ? null : given, callbackSecret, apiToken };
}
