import { parseLimits, writeLimits } from '../../nodes/shared/domain/access/policy';
import { DECIMAL_AMOUNTS } from '../../nodes/shared/node/version';
import type { AccessConfiguration } from './accessConfiguration';

/** A workflow as n8n exports it, as far as we touch it. */
export interface WorkflowJson {
	id?: string;
	name: string;
	nodes: Array<{
		name: string;
		type: string;
		parameters: Record<string, unknown>;
		credentials?: Record<string, { id: string | null; name: string }>;
		disabled?: boolean;
		[key: string]: unknown;
	}>;
	[key: string]: unknown;
}

/** A credential to import. `data` may be empty when CREDENTIALS_OVERWRITE_DATA holds the secrets. */
export interface CredentialJson {
	id: string;
	name: string;
	type: string;
	data: Record<string, unknown>;
}

/** Where the full sync lies in n8n. */
export const WORKFLOW_ID = 'lagoDodoSync0001';

/** Empty: their secrets reach n8n by CREDENTIALS_OVERWRITE_DATA and are never stored. */
export const CREDENTIALS: CredentialJson[] = [
	{ id: 'dodoCredential01', name: 'Dodo Payments account', type: 'dodoPaymentsApi', data: {} },
	{ id: 'lagoCredential01', name: 'Lago Billing account', type: 'lagoBillingApi', data: {} },
];

/** The credential that a node needs, by the beginning of its type. */
const CREDENTIAL_OF: Readonly<Record<string, string>> = {
	'n8n-nodes-dodo-lago.dodoPayments': 'dodoPaymentsApi',
	'n8n-nodes-dodo-lago.lago': 'lagoBillingApi',
};

/** Chooses the credentials in every node that is ours or names one, as the editor does when a template is imported where they exist. */
export function bindCredentials(workflow: WorkflowJson, credentials: CredentialJson[]): WorkflowJson {
	const nodes = workflow.nodes.map((node) => {
		const ours = Object.entries(CREDENTIAL_OF).flatMap(([prefix, type]) =>
			node.type.startsWith(prefix) ? [type] : [],
		);
		const needed = [...ours, ...Object.keys(node.credentials ?? {})];
		const chosen = credentials.filter(({ type }) => needed.includes(type));
		return chosen.length === 0
			? node
			: { ...node, credentials: Object.fromEntries(chosen.map(({ type, id, name }) => [type, { id, name }])) };
	});
	return { ...workflow, nodes };
}

/** What the environment changes in the full sync. */
export interface HeadlessSettings {
	/** Empty for a product that is made when first needed. */
	productId: string;
	retrySchedule: string;
	/** Empty for the primary brand. */
	entityBrands?: string;
	/** `all`, or a day; empty: as it is in the template, and as it was where there is one already. */
	collectSince?: string;
	/** Codes of the billing entities that are worked for; none for all. */
	billingEntities?: readonly string[];
	reconcileMinutes: number;
	access: AccessConfiguration;
}

/** Events of Lago that only access depends on. */
export const ACCESS_EVENTS: readonly string[] = [
	'invoice.payment_status_updated',
	'invoice.payment_overdue',
	'invoice.voided',
	'invoice.payment_dispute_lost',
	'subscription.started',
	'subscription.terminated',
	'subscription.canceled',
	'subscription.updated',
];
const ACCESS_LANE: readonly string[] = ['Update Access', 'Check Access'];
const ENDPOINT = 'Lago Access Trigger';
/** Operations that make a page at Dodo's. */
const BRANDED: readonly string[] = ['createIntent', 'createSetupLink'];
const SCHEDULES: readonly string[] = ['Every 5 Minutes', 'Check Access'];

/** The last part of the addresses that services and customers know, by node. In an editor each is unique by itself. */
export const PATHS: Readonly<Record<string, string>> = {
	'Lago Trigger': 'lago',
	'Dodo Payments Trigger': 'dodo',
	'Lago Access Trigger': 'access',
};

/** Gives the triggers of a template that have none yet the addresses that are fixed where nobody clicks. Pure. */
export function withFixedPaths(workflow: WorkflowJson): WorkflowJson {
	const nodes = workflow.nodes.map((node) => {
		const { path } = node.parameters;
		if (typeof path !== 'string') return node;
		// Without an id of its own n8n puts the workflow's id and the node's name before the path.
		return {
			...node,
			webhookId: node.webhookId ?? node.id,
			parameters: { ...node.parameters, path: path === '' ? (PATHS[node.name] ?? '') : path },
		};
	});
	return { ...workflow, nodes };
}

/** The full sync as the environment wants it; the template itself stays as it is. Pure. */
export function configureSync(
	template: WorkflowJson,
	{
		productId,
		retrySchedule,
		reconcileMinutes,
		entityBrands = '',
		collectSince = '',
		billingEntities = [],
		access,
	}: HeadlessSettings,
): WorkflowJson {
	const changed = withFixedPaths(structuredClone(template));
	for (const node of changed.nodes) {
		const { name, type, parameters } = node;
		// The secrets are given, so nothing has to be registered; a simulator or the dashboard knows the address.
		if (/\.(lago|dodoPayments)Trigger$/.test(type)) parameters.registration = 'manual';
		if (SCHEDULES.includes(name))
			parameters.rule = { interval: [{ field: 'minutes', minutesInterval: reconcileMinutes }] };
		if (parameters.operation === 'planRetry') parameters.schedule = retrySchedule;
		if (parameters.operation === 'updatePaymentStatus') parameters.retrySchedule = retrySchedule;
		if (collectSince !== '' && parameters.operation === 'getMissed' && type.endsWith('.lago'))
			Object.assign(parameters, collectSince === 'all' ? ALL : { invoices: 'since', invoicesFrom: collectSince });
		if (billingEntities.length > 0) chooseEntities(node, billingEntities);
		if (entityBrands !== '' && BRANDED.includes(String(parameters.operation)))
			parameters.additionalFields = { ...(parameters.additionalFields as object | undefined), entityBrands };
		if (productId !== '' && parameters.operation === 'createIntent')
			Object.assign(parameters, { productSource: 'selected', product: { __rl: true, mode: 'id', value: productId } });
		if (name === 'Update Access') Object.assign(parameters, rulesFor(node, access.update));
		if (access.update !== null && ACCESS_LANE.includes(name)) delete node.disabled;
		if (access.update !== null && name === 'Lago Trigger')
			parameters.events = [...(parameters.events as string[]), ...ACCESS_EVENTS];
		if (access.apiToken !== '' && name === ENDPOINT) delete node.disabled;
	}
	return changed;
}

const ALL = { invoices: 'all' };

/**
 * Since when invoices are collected, where nothing is said of it: from now on where the workflow is new, as a moment in its nodes, which every
 * worker reads; else as it was. Pure.
 * @param now ms since 1970.
 */
export function collectingFrom(wanted: WorkflowJson, stored: WorkflowJson | null, now: number): WorkflowJson {
	const nodes = wanted.nodes.map((node) => {
		const { parameters, name } = node;
		if (parameters.invoices !== 'new') return node;
		const before = stored?.nodes.find((one) => one.name === name)?.parameters;
		const { invoices = 'all', invoicesFrom = '' } =
			before ?? (stored === null ? { invoices: 'since', invoicesFrom: new Date(now).toISOString() } : parameters);
		return { ...node, parameters: { ...parameters, invoices, ...(invoices === 'since' ? { invoicesFrom } : {}) } };
	});
	return { ...wanted, nodes };
}

/** Nodes that have the choice of billing entities, by the end of their type, or by what they do. */
const CHOOSING = /\.(lagoTrigger|lagoPayPageTrigger|lagoAccessTrigger)$|^event getMissed$|^access /;
const LISTING: readonly string[] = ['invoice getAll', 'creditNote getAll'];

/** Narrows a node to the billing entities of the variable, in the way that it has. */
function chooseEntities({ type, parameters }: WorkflowJson['nodes'][number], codes: readonly string[]): void {
	const isOfLago = type.endsWith('.lago');
	const operation = isOfLago ? `${String(parameters.resource)} ${String(parameters.operation)}` : '';
	if (type.endsWith('.dodoPaymentsTrigger')) parameters.billingEntities = codes.join(', ');
	else if (CHOOSING.test(operation || type)) parameters.billingEntities = [...codes];
	else if (LISTING.includes(operation))
		parameters.filters = { ...(parameters.filters as object | undefined), billing_entity_codes: [...codes] };
}

/** The variable gives limits in minor units whatever the template; the node takes them as its version reads them. */
function rulesFor(
	{ typeVersion }: WorkflowJson['nodes'][number],
	rules: AccessConfiguration['update'],
): AccessConfiguration['update'] {
	if (typeof rules?.restrictAbove !== 'string' || Number(typeVersion) < DECIMAL_AMOUNTS.lago) return rules;
	return { ...rules, restrictAbove: writeLimits(parseLimits(rules.restrictAbove) as Record<string, number>) };
}
