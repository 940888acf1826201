import { CUSTOMER_KEY } from '../../../shared/domain/keys';
import { fieldsOf, type Operation, type Result } from '../../../shared/node/operation';
import { mandateSchema, type DodoMandate } from '../../../shared/wire/dodo/objects';
import { knownExpiry, learnExpiries } from '../../helpers/cards';
import type { DodoClient } from '../../transport/client';

const ALL = Number.MAX_SAFE_INTEGER;
/** Cards that are asked for in one run; the next one has the others, and what was asked is remembered. */
const CARDS_ASKED = 200;
/** Cards that last longer are nobody's trouble yet. */
const MONTHS_AHEAD = 2;

/** Mandate -> Get Troubled: those on hold, and those whose card expires soon, of customers of Lago. */
export const getTroubled: Operation<DodoClient, 'nobody_due'> = {
	menu: {
		name: 'Get Troubled',
		action: 'Get troubled mandates',
		description: 'Mandates on hold, and mandates whose card expires this month or in the next two, for reminders',
	},
	fields: fieldsOf('mandate', 'getTroubled', []),
	once: true,
	async execute(_ctx, client) {
		const onHold = await mandatesOf(client, 'on_hold');
		const active = await mandatesOf(client, 'active');
		const asked = active.filter(({ methodId }) => methodId !== '' && knownExpiry(client, methodId) === undefined);
		for (const { customerId, methodId } of asked.slice(0, CARDS_ASKED)) {
			client.patience.nextItem();
			// Another mandate of the same customer may have told it.
			if (knownExpiry(client, methodId) === undefined) await learnExpiries(client, customerId, methodId);
		}
		const until = new Date();
		until.setUTCMonth(until.getUTCMonth() + MONTHS_AHEAD, 1);
		const last = until.toISOString().slice(2, 7).replace('-', '');
		const expiring = active.flatMap((one) => {
			const expires = knownExpiry(client, one.methodId) ?? '';
			return expires !== '' && expires <= last ? [itemOf(one, expires)] : [];
		});
		const found = [...onHold.map((one) => itemOf(one, null)), ...expiring];
		// What comes behind looks at invoices as well, and goes on.
		return found.length > 0
			? found
			: { outcome: 'nobody_due', message: 'No mandate is on hold, and no card expires soon.' };
	},
};

interface Mandate {
	subscriptionId: string;
	status: string;
	customerExternalId: string;
	customerId: string;
	methodId: string;
}

async function mandatesOf(client: DodoClient, status: string): Promise<Mandate[]> {
	return (await client.list(mandateSchema, '/subscriptions', { status }, ALL)).flatMap((one) => toMandate(one) ?? []);
}

/** Null for what was not set up for a customer of Lago. */
function toMandate({ subscription_id, status, on_demand, metadata, customer, ...more }: DodoMandate): Mandate | null {
	const externalId = metadata[CUSTOMER_KEY];
	if (on_demand === false || typeof externalId !== 'string' || externalId === '') return null;
	const methodId = customer === null || customer === undefined ? '' : String(more.payment_method_id ?? '');
	return {
		subscriptionId: subscription_id,
		status,
		customerExternalId: externalId,
		customerId: customer?.customer_id ?? '',
		methodId,
	};
}

function itemOf({ subscriptionId, status, customerExternalId }: Mandate, cardExpires: string | null): Result<never> {
	const message =
		cardExpires === null
			? `Mandate ${subscriptionId} of customer ${customerExternalId} is on hold.`
			: `The card of mandate ${subscriptionId} of customer ${customerExternalId} expires at the end of ${cardExpires.slice(2)}/${cardExpires.slice(0, 2)}.`;
	return { message, subscriptionId, customerExternalId, status, cardExpires };
}
