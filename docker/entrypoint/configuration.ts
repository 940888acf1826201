import { readFileSync } from 'node:fs';
import { parseLimits } from '../../nodes/shared/domain/access/policy';
import { readBrands } from '../../nodes/shared/domain/brands';
import { readAddress } from '../../nodes/shared/domain/address';
import { DODO_TIERS, LOWEST_TIER } from '../../nodes/shared/domain/keys';
import { momentOf } from '../../nodes/shared/domain/moment';
import { readEntities } from '../../nodes/shared/domain/entities';
import { readCurrencies } from '../../nodes/shared/domain/money';
import { parseSchedule } from '../../nodes/shared/domain/retrySchedule';
import { PLACES, secretProblem, SHORTEST_KEY, type Secret } from '../../nodes/shared/domain/secrets';
import { decodeSecret } from '../../nodes/shared/transport/standardWebhooks';

/** What the environment says; see docs/deploy.md. */
export interface Configuration extends Services {
	/** null: nobody may open the editor, unless n8n's own variables say who. */
	owner: Owner | null;
	/** Where n8n listens, unless its own variable says so. */
	port: number;
	/** How often both books are compared. */
	reconcileMinutes: number;
	/** Waits before further tries, e.g. `1d,3d,5d,7d`. */
	retrySchedule: string;
	/** Which brand stands for which billing entity, e.g. `acme_de=brnd_1, acme_fr=brnd_2`; empty for the primary one. */
	entityBrands: string;
	/** Which open invoices are collected: `all`, those from a day on, or, empty, those of a new installation from now on. */
	collectSince: string;
	/** Codes of the billing entities that are worked for; none for all. */
	billingEntities: string[];
	access: AccessConfiguration;
}

/** Who may use the product; see docs/access.md. */
export interface AccessConfiguration {
	/** Parameters of Access > Update as the editor would store them; null: the lane stays off. */
	update: Record<string, boolean | number | string> | null;
	/** What changes are signed with. */
	callbackSecret: string;
	/** What questions are asked with; empty: nobody can ask. */
	apiToken: string;
}

/** Who may open the editor. */
export interface Owner {
	email: string;
	password: string;
}

/** How to reach both services. */
export interface Services {
	dodo: DodoConfiguration;
	lago: LagoConfiguration;
}

export interface DodoConfiguration {
	apiKey: string;
	webhookSecret: string;
	environment: 'test' | 'live';
	/** Empty for the address that the environment stands for. */
	baseUrl: string;
	/** What Dodo takes from this account. */
	requestsPerMinute: number;
	/** Empty for a product that is made when first needed. */
	productId: string;
}

export interface LagoConfiguration {
	apiKey: string;
	webhookHmacKey: string;
	baseUrl: string;
	/** Codes, e.g. `HUF, MGA`; empty for none. */
	currenciesCountedAlike: string;
}

const REQUIRED = {
	DODO_API_KEY: 'dodoKey',
	DODO_WEBHOOK_SECRET: 'dodoSecret',
	LAGO_API_KEY: 'lagoKey',
	LAGO_WEBHOOK_HMAC_KEY: 'lagoHmac',
} as const satisfies Record<string, Secret>;

/**
 * Reads the environment; every name also as `<NAME>_FILE`, which holds the path of a file with the value.
 * @returns the configuration, or every problem at once in plain words.
 */
export function readConfiguration(env: NodeJS.ProcessEnv): { configuration: Configuration } | { problems: string[] } {
	const problems: string[] = [];
	const read = (name: string): string => {
		const file = env[`${name}_FILE`];
		if (env[name] || !file) return (env[name] ?? '').trim();
		try {
			const value = readFileSync(file, 'utf8').trim();
			if (value === '') problems.push(`${name}_FILE: the file ${file} is empty.`);
			return value;
		} catch {
			problems.push(`${name}_FILE: the file ${file} cannot be read.`);
			return '';
		}
	};
	const url = (name: string): string => {
		const value = read(name);
		if (value !== '' && !isAddress(value))
			problems.push(`${name} is not an address; it should look like https://example.com.`);
		return value;
	};
	const environment = read('DODO_ENVIRONMENT') || 'test';
	if (environment !== 'test' && environment !== 'live')
		problems.push(`DODO_ENVIRONMENT is "${environment}"; it must be test or live.`);
	const port = Number(read('PORT') || 5678);
	if (!Number.isInteger(port) || port < 1 || port > 65_000)
		problems.push(`PORT is "${read('PORT')}"; it must be a number between 1 and 65000.`);

	const reconcileMinutes = Number(read('RECONCILE_INTERVAL_MINUTES') || 5);
	if (!Number.isInteger(reconcileMinutes) || reconcileMinutes < 1 || reconcileMinutes > 59)
		problems.push(
			`RECONCILE_INTERVAL_MINUTES is "${read('RECONCILE_INTERVAL_MINUTES')}"; it must be a whole number from 1 to 59.`,
		);
	const retrySchedule = read('RETRY_SCHEDULE') || '1d,3d,5d,7d';
	const policy = parseSchedule(retrySchedule, '09:00');
	if ('problem' in policy) problems.push(`RETRY_SCHEDULE is "${retrySchedule}": ${policy.problem}`);

	const entityBrands = read('ENTITY_BRANDS');
	const brands = readBrands(entityBrands);
	if ('problem' in brands) problems.push(`ENTITY_BRANDS is "${entityBrands}": ${brands.problem}.`);

	const collectSince = read('COLLECT_SINCE');
	if (collectSince !== '' && collectSince !== 'all' && momentOf(collectSince, 'UTC') === null)
		problems.push(`COLLECT_SINCE is "${collectSince}"; it must be a day such as 2026-11-01, or all.`);

	const billingEntities = readEntities(read('LAGO_BILLING_ENTITIES'));
	const access = readAccess(read, problems);
	const required = Object.fromEntries(Object.keys(REQUIRED).map((name) => [name, read(name)])) as Record<
		keyof typeof REQUIRED,
		string
	>;
	for (const [name, what] of Object.entries(REQUIRED)) {
		const value = required[name as keyof typeof REQUIRED];
		const problem =
			value === ''
				? 'is missing'
				: secretProblem(what, value, what === 'dodoSecret' ? required.DODO_API_KEY : required.LAGO_API_KEY);
		if (problem !== null) problems.push(`${name} ${problem}. You find it in ${PLACES[what]}.`);
	}
	const requestsPerMinute = Number(read('DODO_REQUESTS_PER_MINUTE') || LOWEST_TIER);
	if (!TIERS.includes(requestsPerMinute))
		problems.push(
			`DODO_REQUESTS_PER_MINUTE is "${read('DODO_REQUESTS_PER_MINUTE')}"; it must be the limit of one of Dodo's tiers: ${TIERS.join(', ')}.`,
		);
	const dodo: DodoConfiguration = {
		apiKey: required.DODO_API_KEY,
		webhookSecret: required.DODO_WEBHOOK_SECRET,
		environment: environment as 'test' | 'live',
		baseUrl: url('DODO_API_URL'),
		requestsPerMinute,
		productId: read('DODO_PRODUCT_ID'),
	};
	const currenciesCountedAlike = read('LAGO_CURRENCIES_COUNTED_ALIKE');
	const { wrong } = readCurrencies(currenciesCountedAlike);
	if (wrong.length > 0)
		problems.push(
			`LAGO_CURRENCIES_COUNTED_ALIKE is "${currenciesCountedAlike}": "${wrong.join(' ')}" is not a currency; it should look like HUF, MGA.`,
		);
	const lago: LagoConfiguration = {
		apiKey: required.LAGO_API_KEY,
		webhookHmacKey: required.LAGO_WEBHOOK_HMAC_KEY,
		baseUrl: url('LAGO_API_URL') || 'https://api.getlago.com',
		currenciesCountedAlike,
	};
	const owner = readOwner(read, problems);
	return problems.length > 0
		? { problems }
		: {
				configuration: {
					dodo,
					lago,
					port,
					reconcileMinutes,
					retrySchedule,
					entityBrands,
					collectSince,
					billingEntities,
					access,
					owner,
				},
			};
}

const TIERS = Object.keys(DODO_TIERS).map(Number);

function isAddress(text: string): boolean {
	return /^https?:\/\//.test(text) && readAddress(text) !== null;
}

const SHORTEST_PASSWORD = 8;

/** Who may open the editor; adds to `problems` what is wrong. */
function readOwner(read: (name: string) => string, problems: string[]): Owner | null {
	const [email, password] = [read('OWNER_EMAIL'), read('OWNER_PASSWORD')];
	if (email === '' && password === '') return null;
	if (!/^[^@\s]+@[^@\s]+$/.test(email))
		problems.push(
			email === ''
				? 'OWNER_EMAIL is missing: OWNER_PASSWORD alone lets nobody in.'
				: `OWNER_EMAIL is "${email}"; it should look like owner@example.com.`,
		);
	if (password.length < SHORTEST_PASSWORD)
		problems.push(
			`OWNER_PASSWORD is ${password === '' ? 'missing' : 'too short'}; it must have at least ${SHORTEST_PASSWORD} characters.`,
		);
	return { email, password };
}

const WHERE_TO_WRITE: readonly string[] = ['none', 'metadata', 'entitlement'];
const SCOPES: readonly string[] = ['subscription', 'customer'];
const SHORTEST_TOKEN = 16;

/** Everything about access; adds to `problems` what is wrong. */
function readAccess(read: (name: string) => string, problems: string[]): AccessConfiguration {
	const given: Record<string, boolean | number | string> = {};
	const take = <T extends boolean | number | string>(
		name: string,
		parameter: string,
		parse: (text: string) => T | { problem: string },
	): void => {
		const text = read(name);
		if (text === '') return;
		const value = parse(text);
		if (typeof value === 'object') problems.push(`${name} is "${text}": ${value.problem}.`);
		else given[parameter] = value;
	};
	const truth = (text: string): boolean | { problem: string } =>
		/^(true|false)$/i.test(text) ? text.toLowerCase() === 'true' : { problem: 'it must be true or false' };
	const count = (text: string): number | { problem: string } =>
		/^\d{1,5}$/.test(text) ? Number(text) : { problem: 'it must be a whole number' };
	const oneOf =
		(words: readonly string[]) =>
		(text: string): string | { problem: string } =>
			words.includes(text) ? text : { problem: `it must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}` };
	const limits = (text: string): string | { problem: string } => {
		const parsed = parseLimits(text);
		return 'problem' in parsed && typeof parsed.problem === 'string' ? { problem: parsed.problem } : text;
	};
	const address = (text: string): string | { problem: string } =>
		isAddress(text) ? text : { problem: 'it should look like https://app.example.com/hooks/access' };
	take('ACCESS_RESTRICT_IMMEDIATELY', 'restrictImmediately', truth);
	take('ACCESS_RESTRICT_AFTER_DAYS', 'restrictAfterDays', count);
	take('ACCESS_RESTRICT_ABOVE', 'restrictAbove', limits);
	take('ACCESS_RESTRICT_AFTER_INVOICES', 'restrictAfterInvoices', count);
	take('ACCESS_GRACE_DAYS', 'graceDays', count);
	take('ACCESS_WAIT_FOR_FIRST_PAYMENT', 'waitForFirstPayment', truth);
	take('ACCESS_KEEP_PREPAID_PERIOD', 'keepPrepaidPeriod', truth);
	take('ACCESS_SCOPE', 'scope', oneOf(SCOPES));
	take('ACCESS_EXEMPT', 'exempt', (text) => text);
	take('ACCESS_CALLBACK_URL', 'callbackUrl', address);
	take('ACCESS_WRITE_TO', 'writeTo', oneOf(WHERE_TO_WRITE));
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
