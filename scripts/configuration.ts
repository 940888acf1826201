import { readFileSync } from 'node:fs';
import { parseSchedule } from '../nodes/shared/domain/retrySchedule';

/** What the environment says; see README, "Headless". */
export interface Configuration {
	/** null: both services are simulated. */
	services: { dodo: DodoConfiguration; lago: LagoConfiguration } | null;
	port: number;
	/** How often both books are compared. */
	reconcileMinutes: number;
	/** Waits before further tries, e.g. `1d,3d,5d,7d`. */
	retrySchedule: string;
}

export interface DodoConfiguration {
	apiKey: string;
	webhookSecret: string;
	environment: 'test' | 'live';
	/** Empty for the address that the environment stands for. */
	baseUrl: string;
	/** Empty for a product that is made when first needed. */
	productId: string;
}

export interface LagoConfiguration {
	apiKey: string;
	webhookHmacKey: string;
	baseUrl: string;
}

const REQUIRED = {
	DODO_API_KEY: 'Dodo Payments dashboard > Developer > API Keys',
	DODO_WEBHOOK_SECRET: 'Dodo Payments dashboard > Developer > Webhooks > your endpoint > Signing Secret',
	LAGO_API_KEY: 'Lago > Developers > API keys & ID',
	LAGO_WEBHOOK_HMAC_KEY: 'Lago > Developers > Webhooks > HMAC key',
} as const;

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
			return readFileSync(file, 'utf8').trim();
		} catch {
			problems.push(`${name}_FILE: the file ${file} cannot be read.`);
			return '';
		}
	};
	const url = (name: string): string => {
		const value = read(name);
		if (value !== '' && !URL.canParse(value)) problems.push(`${name} is not an address; it should look like https://example.com.`);
		return value;
	};
	const environment = read('DODO_ENVIRONMENT') || 'test';
	if (environment !== 'test' && environment !== 'live') problems.push(`DODO_ENVIRONMENT is "${environment}"; it must be test or live.`);
	const port = Number(read('PORT') || 5678);
	if (!Number.isInteger(port) || port < 1 || port > 65_000) problems.push(`PORT is "${read('PORT')}"; it must be a number between 1 and 65000.`);

	const reconcileMinutes = Number(read('RECONCILE_INTERVAL_MINUTES') || 5);
	if (!Number.isInteger(reconcileMinutes) || reconcileMinutes < 1 || reconcileMinutes > 59)
		problems.push(`RECONCILE_INTERVAL_MINUTES is "${read('RECONCILE_INTERVAL_MINUTES')}"; it must be a whole number from 1 to 59.`);
	const retrySchedule = read('RETRY_SCHEDULE') || '1d,3d,5d,7d';
	const policy = parseSchedule(retrySchedule, '09:00');
	if ('problem' in policy) problems.push(`RETRY_SCHEDULE is "${retrySchedule}": ${policy.problem}`);

	const required = Object.fromEntries(Object.keys(REQUIRED).map((name) => [name, read(name)])) as Record<keyof typeof REQUIRED, string>;
	const simulated = required.DODO_API_KEY === '' && required.LAGO_API_KEY === '';
	if (!simulated)
		for (const [name, place] of Object.entries(REQUIRED))
			if (required[name as keyof typeof REQUIRED] === '') problems.push(`${name} is missing. You find it in ${place}.`);
	const dodoUrl = url('DODO_API_URL');
	const lagoUrl = url('LAGO_API_URL');
	if (problems.length > 0) return { problems };
	if (simulated) return { configuration: { services: null, port, reconcileMinutes, retrySchedule } };
	return {
		configuration: {
			port,
			reconcileMinutes,
			retrySchedule,
			services: {
				dodo: { apiKey: required.DODO_API_KEY, webhookSecret: required.DODO_WEBHOOK_SECRET, environment: environment as 'test' | 'live', baseUrl: dodoUrl, productId: read('DODO_PRODUCT_ID') },
				lago: { apiKey: required.LAGO_API_KEY, webhookHmacKey: required.LAGO_WEBHOOK_HMAC_KEY, baseUrl: lagoUrl || 'https://api.getlago.com' },
			},
		},
	};
}
