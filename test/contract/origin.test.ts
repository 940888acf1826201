import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import type { Checkout, Payment } from '../../sandbox/dodo/state';
import type { Invoice } from '../../sandbox/lago/documents';
import { world } from '../support/oneWorld';

/**
 * The id of an invoice can be read and typed by anybody. A payment counts for it only when its session or its charge is one that we made for
 * it: a success of any other origin is held, whatever else it is is ignored, and nothing in Lago changes.
 */

const DUE = 10_000;
const STATUSES = ['succeeded', 'failed', 'processing', 'cancelled', null] as const;
type Status = (typeof STATUSES)[number];
const INVOICES = ['open', 'link out', 'charging', 'paid by bank', 'voided'] as const;
type Condition = (typeof INVOICES)[number];

interface Scene {
	invoice: Invoice;
	customer: string;
	mandate: string;
	/** The session that is out, if one is. */
	session: string | null;
	/** The charge that is recorded, if one is. */
	charged: string | null;
}

/** An invoice of a customer with a mandate, in the given condition. Paid and voided ones had a link out before. */
async function sceneOf(condition: Condition): Promise<Scene> {
	const { customer, mandate } = await world.customerWithMandate();
	const invoice = world.issue({ customer: { external_id: customer }, metadata: { po: '4711' } });
	const scene: Scene = { invoice, customer, mandate, session: null, charged: null };
	if (condition === 'charging') return { ...scene, charged: await chargedOn(scene) };
	if (condition !== 'open') {
		const intent = await world.link(invoice);
		await world.save(intent);
		scene.session = String(intent.checkoutSessionId);
	}
	return await end(scene, condition);
}

/** The mandate was charged, and the bank takes its time. */
async function chargedOn({ invoice, mandate }: Scene): Promise<string> {
	world.dodo.planCharge(mandate, { settleAfterMs: 600_000 });
	const charge = await world.charge(invoice);
	expect(charge.outcome).toBe('charging');
	await world.save(charge);
	return String(charge.paymentId);
}

const end = async (scene: Scene, condition: Condition): Promise<Scene> => {
	if (condition === 'paid by bank') world.lago.payManually(scene.invoice.lago_id, DUE, 'bank transfer 77');
	if (condition === 'voided') world.lago.voidInvoice(scene.invoice.lago_id);
	// Lago changes its fees by a job of its own.
	await new Promise((resolve) => setImmediate(resolve));
	return scene;
};

const typed = ({ invoice }: Scene): Record<string, string> => ({ lago_invoice_id: invoice.lago_id, attempt: '1' });
const ours = (scene: Scene): Record<string, string> => ({ ...typed(scene), lago_invoice_number: scene.invoice.number });

/** A payment as Dodo tells of it. */
function paymentOf(scene: Scene, status: Status, change: Partial<Payment> = {}): Payment {
	return world.dodo.createPayment({
		status,
		total_amount: DUE,
		error_code: status === 'failed' ? 'INSUFFICIENT_FUNDS' : null,
		metadata: ours(scene),
		...change,
	});
}

const access = async (customer: string): Promise<unknown> => {
	const policy = { restrictImmediately: true, restrictAfterDays: 0 };
	const { customer: now } = (await world.onLago('access', 'getCustomer', { customer, ...policy })) as {
		customer: IDataObject;
	};
	return [now.state, now.reasons];
};

/** A link as Dodo keeps it: what it carries along its payments will have. */
const sessionOf = ({ checkoutSessionId }: IDataObject): Checkout =>
	structuredClone(world.dodo.state.checkouts.get(String(checkoutSessionId))) as Checkout;

type Origins = Record<string, (scene: Scene) => Promise<Partial<Payment>>>;

/** The origins that prove nothing. */
const UNPROVEN: Origins = {
	'a session of the shop of the merchant': async () =>
		await Promise.resolve({ checkout_session_id: `cks_${randomUUID()}` }),
	'a session that was made for another invoice': async () => {
		const other = world.issue();
		const intent = await world.link(other);
		await world.save(intent);
		return { checkout_session_id: String(intent.checkoutSessionId) };
	},
	'a session of the shop, with the proof of another invoice': async ({ invoice }) => {
		const { metadata } = sessionOf(await world.link(world.issue()));
		return {
			checkout_session_id: `cks_${randomUUID()}`,
			metadata: { ...metadata, lago_invoice_id: invoice.lago_id, attempt: '999999' },
		};
	},
	'a subscription that is sold with the proof of the invoice': async (scene) => {
		const { paymentProof } = await world.read(scene.invoice);
		return {
			checkout_session_id: `cks_${randomUUID()}`,
			subscription_id: 'sub_membership',
			metadata: { ...typed(scene), lago_proof: String(paymentProof) },
		};
	},
	'a static link': async () => await Promise.resolve({}),
	'the mandate of another customer': async () => ({ subscription_id: (await world.customerWithMandate()).mandate }),
	'an ordinary subscription of the merchant, bought through a session': async () =>
		await Promise.resolve({ checkout_session_id: `cks_${randomUUID()}`, subscription_id: 'sub_membership' }),
	'an ordinary subscription of the merchant': async () =>
		await Promise.resolve({ subscription_id: 'sub_membership', subscription_ids: ['sub_membership'] }),
	'a mandate that was replaced, its charge nowhere recorded': async ({ customer, mandate }) => {
		await world.replaceMandate(customer, mandate);
		return { subscription_id: mandate };
	},
};

/** Tells of it with every status, over too little and over all that is due. */
async function expectToCountForNothing(change: Origins[string], condition: Condition): Promise<void> {
	const scene = await sceneOf(condition);
	const origin = await change(scene);
	const [before, wasAllowed] = [world.bookOf(scene.invoice), await access(scene.customer)];
	const told = [];
	for (const status of STATUSES)
		for (const total_amount of [50, DUE]) {
			const error_code = status === 'failed' ? 'STOLEN_CARD' : null;
			const metadata = { ...typed(scene), attempt: '999999' };
			const out = await world.settle(paymentOf(scene, status, { metadata, ...origin, total_amount, error_code }));
			told.push([status, total_amount, out.outcome, out.reason ?? null]);
		}
	expect(told).toEqual(
		STATUSES.flatMap((status) =>
			[50, DUE].map((amount) => [
				status,
				amount,
				...(status === 'succeeded' ? ['held', 'unknown_origin'] : ['ignored', null]),
			]),
		),
	);
	expect(world.bookOf(scene.invoice)).toEqual(before);
	expect(await access(scene.customer)).toEqual(wasAllowed);
}

describe.each(Object.entries(UNPROVEN))('a payment by %s', (_origin, change) => {
	test.each(INVOICES)('counts for nothing on an invoice that is %s', async (condition) => {
		await expectToCountForNothing(change, condition);
	});

	test.each(INVOICES)('neither do its refund and its lost dispute on one that is %s', async (condition) => {
		const scene = await sceneOf(condition);
		const payment = paymentOf(scene, 'succeeded', await change(scene));
		const [before, wasAllowed] = [world.bookOf(scene.invoice), await access(scene.customer)];
		const part = await world.mirror(await world.refund(payment, 4_000));
		expect(['held', 'ignored', 'overpayment_returned']).toContain(part.outcome);
		const rest = await world.mirror(await world.refund(payment));
		expect(['held', 'ignored', 'overpayment_returned']).toContain(rest.outcome);
		const dispute = world.dodo.openDispute(payment.payment_id);
		expect(['held', 'ignored', 'dispute_open']).toContain((await world.record(dispute)).outcome);
		expect(['held', 'ignored']).toContain(
			(await world.record(world.dodo.moveDispute(dispute.dispute_id, 'lost'))).outcome,
		);
		expect(world.bookOf(scene.invoice)).toEqual(before);
		expect(await access(scene.customer)).toEqual(wasAllowed);
	});
});

describe('what a payer can type', () => {
	const TYPED: Array<[string, (scene: Scene) => Record<string, unknown>]> = [
		['a try that there never was', (scene) => ({ ...typed(scene), attempt: '999999' })],
		['a try as a number', (scene) => ({ ...typed(scene), attempt: 999_999 })],
		['a negative try', (scene) => ({ ...typed(scene), attempt: '-1' })],
		['the organisation of somebody else', (scene) => ({ ...typed(scene), lago_organization_id: randomUUID() })],
		['our organisation', (scene) => ({ ...typed(scene), lago_organization_id: world.lago.state.organizationId })],
		['the id in upper case', ({ invoice }) => ({ lago_invoice_id: invoice.lago_id.toUpperCase() })],
		['the id in spaces', ({ invoice }) => ({ lago_invoice_id: ` ${invoice.lago_id}\n` })],
		['the id in an array', ({ invoice }) => ({ lago_invoice_id: [invoice.lago_id] })],
		['an object', ({ invoice }) => ({ lago_invoice_id: { toString: invoice.lago_id } })],
		['a try as an object', (scene) => ({ ...typed(scene), attempt: { toString: 1 } })],
		['a path', ({ invoice }) => ({ lago_invoice_id: `x/../${invoice.lago_id}` })],
		[
			'entries of the prototype',
			({ invoice }) => JSON.parse(`{"__proto__":{"lago_invoice_id":"${invoice.lago_id}"}}`) as Record<string, unknown>,
		],
	];

	test.each(TYPED)('%s changes nothing', async (_case, typedBy) => {
		const scene = await sceneOf('link out');
		const [before, wasAllowed] = [world.bookOf(scene.invoice), await access(scene.customer)];
		const metadata = typedBy(scene) as Payment['metadata'];
		for (const subscription_id of [null, 'sub_membership'])
			for (const status of STATUSES) {
				const { outcome } = await world.settle(
					paymentOf(scene, status, { metadata, subscription_id, total_amount: 50 }),
				);
				expect([status, outcome]).toEqual([
					status,
					status === 'succeeded' ? (expect.stringMatching(/^(held|ignored)$/) as string) : 'ignored',
				]);
			}
		expect(world.bookOf(scene.invoice)).toEqual(before);
		expect(await access(scene.customer)).toEqual(wasAllowed);
	});

	test('the number of a try does not move the schedule of a payment of ours, either', async () => {
		const scene = await sceneOf('charging');
		const failed = paymentOf(scene, 'failed', {
			payment_id: scene.charged ?? '',
			subscription_id: scene.mandate,
			metadata: { ...ours(scene), attempt: '999999' },
		});
		expect(await world.settle(failed)).toMatchObject({ outcome: 'retry_planned' });
		expect(world.stateOf(scene.invoice)).toMatch(/^v1;failed;a=[12];n=\d+;f=1;/);
	});
});

describe('two Lago organisations on one Dodo account', () => {
	test.each(INVOICES)(
		'what is of the other one is ignored, though it names an invoice of ours that is %s',
		async (condition) => {
			const scene = await sceneOf(condition);
			const before = world.bookOf(scene.invoice);
			const metadata = { ...ours(scene), lago_organization_id: randomUUID() };
			const proofs = [{ checkout_session_id: scene.session ?? 'cks_theirs' }, { subscription_id: scene.mandate }, {}];
			for (const proof of proofs)
				for (const status of STATUSES) {
					const { outcome } = await world.settle(paymentOf(scene, status, { metadata, ...proof }));
					expect([status, outcome]).toEqual([status, 'ignored']);
				}
			const paid = paymentOf(scene, 'succeeded', { metadata, ...proofs[0] });
			expect(await world.mirror(await world.refund(paid, 500))).toMatchObject({ outcome: 'ignored' });
			const dispute = world.dodo.openDispute(paid.payment_id);
			expect(await world.record(dispute)).toMatchObject({ outcome: 'ignored' });
			expect(await world.record(world.dodo.moveDispute(dispute.dispute_id, 'lost'))).toMatchObject({
				outcome: 'ignored',
			});
			expect(world.bookOf(scene.invoice)).toEqual(before);
		},
	);
});

/** The origins that prove it, and the payment of each. */
const PROVEN: Origins = {
	'the session that we made': async (scene) => {
		if (scene.session !== null) return { checkout_session_id: scene.session };
		// Nobody has recorded it: what travels with it is the proof.
		const made = sessionOf(await world.link(scene.invoice));
		return { checkout_session_id: made.id, metadata: made.metadata };
	},
	'the mandate of its customer': async ({ mandate, charged }) =>
		await Promise.resolve({ subscription_id: mandate, ...(charged === null ? {} : { payment_id: charged }) }),
};
const OPEN: Record<string, RegExp> = {
	succeeded: /^settled$/,
	failed: /^retry_planned$/,
	// A charge that is recorded already runs already.
	processing: /^(processing|unchanged)$/,
	cancelled: /^(unchanged|failed|retry_planned)$/,
	null: /^(unchanged|ignored)$/,
};
const CLOSED: Record<string, RegExp> = {
	succeeded: /^overpaid$/,
	failed: /^unchanged$/,
	processing: /^unchanged$/,
	cancelled: /^unchanged$/,
	null: /^(unchanged|ignored)$/,
};

describe.each(Object.entries(PROVEN))('a payment by %s', (origin, change) => {
	const conditions = INVOICES.filter((condition) => condition !== 'charging' || origin !== 'the session that we made');
	const cells = conditions.flatMap((condition) => STATUSES.map((status) => [status, condition] as const));
	test.each(cells)('%s, counts on an invoice that is %s', async (status, condition) => {
		const scene = await sceneOf(condition);
		const proof = await change(scene);
		const before = world.bookOf(scene.invoice);
		const closed = condition === 'paid by bank' || condition === 'voided';
		if (status === 'succeeded' && !closed) {
			const low = await world.settle(paymentOf(scene, status, { ...proof, payment_id: undefined, total_amount: 50 }));
			expect(low).toMatchObject({ outcome: 'held' });
			expect(world.bookOf(scene.invoice)).toEqual(before);
		}
		const out = await world.settle(paymentOf(scene, status, proof));
		expect(out.outcome).toMatch((closed ? CLOSED : OPEN)[String(status)] as RegExp);
		if (out.outcome === 'settled')
			expect(world.lago.state.invoices.get(scene.invoice.lago_id)?.total_paid_amount_cents).toBe(DUE);
		if (out.outcome === 'unchanged' || out.outcome === 'ignored') expect(world.bookOf(scene.invoice)).toEqual(before);
		expect(world.lago.metadataOf(scene.invoice.lago_id, 'po')).toBe('4711');
	});
});

describe('a charge of a mandate that was replaced meanwhile, recorded on the invoice', () => {
	test.each(STATUSES)('%s: counts', async (status) => {
		const scene = await sceneOf('charging');
		await world.replaceMandate(scene.customer, scene.mandate);
		const payment = paymentOf(scene, status, { payment_id: scene.charged ?? '', subscription_id: scene.mandate });
		expect((await world.settle(payment)).outcome).toMatch(
			status === 'cancelled' ? /^(failed|retry_planned)$/ : (OPEN[String(status)] as RegExp),
		);
	});

	test.each(['paid by bank', 'voided'] as const)('is a surplus once the invoice is %s', async (condition) => {
		const scene = await end(await sceneOf('charging'), condition);
		await world.replaceMandate(scene.customer, scene.mandate);
		const payment = { payment_id: scene.charged ?? '', subscription_id: scene.mandate };
		expect(await world.settle(paymentOf(scene, 'failed', payment))).toMatchObject({ outcome: 'unchanged' });
		expect(await world.settle(paymentOf(scene, 'succeeded', payment))).toMatchObject({ outcome: 'overpaid' });
	});
});
