import type { AccessConfiguration } from './configuration';
import type { WorkflowJson } from './n8n/provision';

/** What the environment changes in the full sync. */
export interface HeadlessSettings {
	/** Empty for a product that is made when first needed. */
	productId: string;
	retrySchedule: string;
	reconcileMinutes: number;
	access: AccessConfiguration;
}

/** Events of Lago that only access depends on. */
export const ACCESS_EVENTS: readonly string[] = [
	'invoice.payment_status_updated', 'invoice.payment_overdue', 'invoice.voided', 'invoice.payment_dispute_lost', 'subscription.started',
	'subscription.terminated', 'subscription.canceled', 'subscription.updated',
];
const ACCESS_LANE: readonly string[] = ['Update Access', 'Access Changed', 'Check Access'];
const ENDPOINT = 'Lago Access Trigger';
const SCHEDULES: readonly string[] = ['Every 5 Minutes', 'Check Access'];

/** The full sync as the environment wants it; the template itself stays as it is. Pure. */
export function configureSync(template: WorkflowJson, { productId, retrySchedule, reconcileMinutes, access }: HeadlessSettings): WorkflowJson {
	const changed = structuredClone(template);
	for (const node of changed.nodes) {
		const { name, type, parameters } = node;
		// The secrets are given, so nothing has to be registered; a simulator or the dashboard knows the address.
		if (/\.(lago|dodoPayments)Trigger$/.test(type)) parameters.registration = 'manual';
		if (SCHEDULES.includes(name)) parameters.rule = { interval: [{ field: 'minutes', minutesInterval: reconcileMinutes }] };
		if (parameters.operation === 'planRetry') parameters.schedule = retrySchedule;
		if (parameters.operation === 'updatePaymentStatus') parameters.retrySchedule = retrySchedule;
		if (productId !== '' && parameters.operation === 'createIntent') Object.assign(parameters, { productSource: 'selected', product: { __rl: true, mode: 'id', value: productId } });
		if (name === 'Update Access') Object.assign(parameters, access.update);
		if (access.update !== null && ACCESS_LANE.includes(name)) delete node.disabled;
		if (access.update !== null && name === 'Lago Trigger') parameters.events = [...(parameters.events as string[]), ...ACCESS_EVENTS];
		if (access.apiToken !== '' && name === ENDPOINT) delete node.disabled;
	}
	return changed;
}
