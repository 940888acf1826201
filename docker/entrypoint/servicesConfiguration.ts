import { DODO_TIERS, LOWEST_TIER } from '../../nodes/shared/domain/keys';
import { readCurrencies } from '../../nodes/shared/domain/money';
import { PLACES, secretProblem, type Secret } from '../../nodes/shared/domain/secrets';
import { isAddress, type ReadVariable } from './variables';

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

type Secrets = Record<keyof typeof REQUIRED, string>;

/** How to reach both services; adds to `problems` what is wrong. */
export function readServices(
	read: ReadVariable,
	environment: DodoConfiguration['environment'],
	problems: string[],
): Services {
	const secrets = readSecrets(read, problems);
	const dodo = readDodo(read, environment, secrets, problems);
	return { dodo, lago: readLago(read, secrets, problems) };
}

/** Dodo's world, test unless told; adds to `problems` what is wrong. */
export function readEnvironment(read: ReadVariable, problems: string[]): DodoConfiguration['environment'] {
	const environment = read('DODO_ENVIRONMENT') || 'test';
	if (environment !== 'test' && environment !== 'live')
		problems.push(`DODO_ENVIRONMENT is "${environment}"; it must be test or live.`);
	return environment as DodoConfiguration['environment'];
}

function readSecrets(read: ReadVariable, problems: string[]): Secrets {
	const secrets = Object.fromEntries(Object.keys(REQUIRED).map((name) => [name, read(name)])) as Secrets;
	for (const [name, what] of Object.entries(REQUIRED)) {
		const value = secrets[name as keyof typeof REQUIRED];
		const problem =
			value === ''
				? 'is missing'
				: secretProblem(what, value, what === 'dodoSecret' ? secrets.DODO_API_KEY : secrets.LAGO_API_KEY);
		if (problem !== null) problems.push(`${name} ${problem}. You find it in ${PLACES[what]}.`);
	}
	return secrets;
}

const TIERS = Object.keys(DODO_TIERS).map(Number);

function readDodo(
	read: ReadVariable,
	environment: DodoConfiguration['environment'],
	secrets: Secrets,
	problems: string[],
): DodoConfiguration {
	const requestsPerMinute = Number(read('DODO_REQUESTS_PER_MINUTE') || LOWEST_TIER);
	if (!TIERS.includes(requestsPerMinute))
		problems.push(
			`DODO_REQUESTS_PER_MINUTE is "${read('DODO_REQUESTS_PER_MINUTE')}"; it must be the limit of one of Dodo's tiers: ${TIERS.join(', ')}.`,
		);
	return {
		apiKey: secrets.DODO_API_KEY,
		webhookSecret: secrets.DODO_WEBHOOK_SECRET,
		environment,
		baseUrl: checkedAddress('DODO_API_URL', read('DODO_API_URL'), problems),
		requestsPerMinute,
		productId: read('DODO_PRODUCT_ID'),
	};
}

function readLago(read: ReadVariable, secrets: Secrets, problems: string[]): LagoConfiguration {
	const currenciesCountedAlike = read('LAGO_CURRENCIES_COUNTED_ALIKE');
	const { wrong } = readCurrencies(currenciesCountedAlike);
	if (wrong.length > 0)
		problems.push(
			`LAGO_CURRENCIES_COUNTED_ALIKE is "${currenciesCountedAlike}": "${wrong.join(' ')}" is not a currency; it should look like HUF, MGA.`,
		);
	return {
		apiKey: secrets.LAGO_API_KEY,
		webhookHmacKey: secrets.LAGO_WEBHOOK_HMAC_KEY,
		baseUrl: checkedAddress('LAGO_API_URL', read('LAGO_API_URL'), problems) || 'https://api.getlago.com',
		currenciesCountedAlike,
	};
}

function checkedAddress(name: string, value: string, problems: string[]): string {
	if (value !== '' && !isAddress(value))
		problems.push(`${name} is not an address; it should look like https://example.com.`);
	return value;
}
