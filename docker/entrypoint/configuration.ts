import { readBrands } from '../../nodes/shared/domain/brands';
import { momentOf } from '../../nodes/shared/domain/moment';
import { readEntities } from '../../nodes/shared/domain/entities';
import { parseSchedule } from '../../nodes/shared/domain/retrySchedule';
import { readAccess, type AccessConfiguration } from './accessConfiguration';
import { readEnvironment, readServices, type Services } from './servicesConfiguration';
import { variablesOf, type ReadVariable } from './variables';

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

/** Who may open the editor. */
export interface Owner {
	email: string;
	password: string;
}

/**
 * Reads the environment; every name also as `<NAME>_FILE`, which holds the path of a file with the value.
 * @returns the configuration, or every problem at once in plain words.
 */
export function readConfiguration(env: NodeJS.ProcessEnv): { configuration: Configuration } | { problems: string[] } {
	const problems: string[] = [];
	const read = variablesOf(env, problems);
	// In this order a person is told of what is wrong.
	const environment = readEnvironment(read, problems);
	const port = readPort(read, problems);
	const collecting = readCollecting(read, problems);
	const access = readAccess(read, problems);
	const services = readServices(read, environment, problems);
	const owner = readOwner(read, problems);
	return problems.length > 0 ? { problems } : { configuration: { ...services, port, ...collecting, access, owner } };
}

function readPort(read: ReadVariable, problems: string[]): number {
	const port = Number(read('PORT') || 5678);
	if (!Number.isInteger(port) || port < 1 || port > 65_000)
		problems.push(`PORT is "${read('PORT')}"; it must be a number between 1 and 65000.`);
	return port;
}

/** What is collected, when, and under which brand; adds to `problems` what is wrong. */
function readCollecting(
	read: ReadVariable,
	problems: string[],
): Pick<Configuration, 'billingEntities' | 'collectSince' | 'entityBrands' | 'reconcileMinutes' | 'retrySchedule'> {
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
	return { reconcileMinutes, retrySchedule, entityBrands, collectSince, billingEntities };
}

const SHORTEST_PASSWORD = 8;

/** Who may open the editor; adds to `problems` what is wrong. */
function readOwner(read: ReadVariable, problems: string[]): Owner | null {
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
