// The stories: who does what, in which order, and how one sees that it has happened.

/** What the books hold of one customer; newest first, as everywhere. */
export function sceneOf(state, customer) {
	const invoices = state.invoices.filter((one) => one.customer === customer);
	const [invoice] = invoices;
	const of = (list) => list.filter((one) => one.customer === customer);
	return {
		state,
		customer,
		invoices,
		invoice,
		checkout: of(state.checkouts).find(({ open, isMandate }) => open && !isMandate),
		payment: of(state.payments)[0],
		refund: of(state.refunds)[0],
		note: of(state.creditNotes)[0],
		wallet: of(state.wallets)[0],
		mandate: state.mandates.find((one) => one.customer === customer),
		known: state.customers.find((one) => one.id === customer),
		access: state.access.find((one) => one.id === customer),
	};
}

const hasLink = ({ invoice, checkout }) => Boolean(invoice?.state && checkout);
const isPaid = ({ invoice }) => invoice?.paymentStatus === 'succeeded';
const isBalanced = ({ state }, number) =>
	state.balances.every(({ differences }) => differences.every((one) => one.number !== number));
const isAllPaid = ({ invoices }) => invoices.every(({ paymentStatus }) => paymentStatus === 'succeeded');
const isEven = ({ state }) => state.balances.every(({ differences }) => differences.length === 0);
const pay = ({ checkout }) => [['pay', { id: checkout.id }]];

/**
 * A step: `where` it happens and which entry to `show`, what is told, what a person does in it (if anybody), and when it is done.
 * What n8n does by itself has no action: it is waited for.
 */
export const STORIES = [
	{
		id: 'refund',
		title: 'Paid, then partly refunded',
		about: 'Money goes there; a part comes back.',
		customer: 'northwind',
		steps: [
			{
				where: 'lago',
				show: 'invoices',
				tell: 'Lago issues an invoice over EUR 120.00',
				acts: ({ customer }) => [['issue', { customer, amount: 10_000, taxRate: 20 }]],
				until: ({ invoice }) => invoice,
			},
			{ where: 'n8n', show: 'invoices', tell: 'n8n asks for the money at Dodo', until: hasLink },
			{
				where: 'dodo',
				show: 'payments',
				tell: 'The customer pays by card',
				acts: pay,
				until: ({ payment }) => payment?.status === 'succeeded',
			},
			{ where: 'lago', show: 'invoices', tell: 'n8n books the payment in Lago', until: isPaid },
			{
				where: 'dodo',
				show: 'refunds',
				tell: 'Dodo gives EUR 30.00 back',
				acts: ({ payment }) => [['refund', { id: payment.id, amount: 3_000 }]],
				until: ({ refund }) => refund?.status === 'succeeded',
			},
			{
				where: 'lago',
				show: 'creditNotes',
				tell: 'n8n books the credit note: both books agree',
				until: (scene) =>
					(scene.note?.status === 'succeeded' || !scene.state.premium) && isBalanced(scene, scene.invoice.number),
			},
		],
	},
	{
		id: 'access',
		title: 'Unpaid for three weeks',
		about: 'Access goes, and comes back with the money.',
		customer: 'contoso',
		steps: [
			{
				where: 'lago',
				show: 'customers',
				tell: 'Lago bills a subscription; access is active',
				acts: ({ customer }) => [['issue', { customer, amount: 10_000, taxRate: 20 }]],
				until: (scene) => hasLink(scene) && scene.access?.state === 'active',
			},
			{
				where: 'lago',
				show: 'customers',
				tell: '17 days pass: overdue, access is in its grace',
				acts: () => [['passDays', { days: 17 }]],
				until: ({ access }) => access?.state === 'grace',
			},
			{
				where: 'lago',
				show: 'customers',
				tell: 'A week more: access is restricted',
				acts: () => [['passDays', { days: 7 }]],
				until: ({ access }) => access?.state === 'restricted',
			},
			{
				where: 'n8n',
				show: 'checkouts',
				tell: 'The pay link still works: n8n makes a new checkout',
				acts: ({ invoice }) => [['followPayLink', { id: invoice.id }]],
				until: hasLink,
			},
			{
				where: 'dodo',
				show: 'payments',
				tell: 'The customer pays',
				acts: pay,
				until: ({ payment }) => payment?.status === 'succeeded',
			},
			{
				where: 'lago',
				show: 'customers',
				tell: 'n8n books it, and access is back',
				until: (scene) => isPaid(scene) && scene.access?.state === 'active',
			},
		],
	},
	{
		id: 'automatic',
		title: 'Declined, then a new card',
		about: 'The bank says no; a new card brings it in.',
		customer: 'fabrikam',
		steps: [
			{
				where: 'lago',
				show: 'invoices',
				tell: 'Lago bills EUR 24.00, by link',
				acts: ({ customer }) => [['issue', { customer, amount: 2_000, taxRate: 20 }]],
				until: hasLink,
			},
			{
				where: 'dodo',
				show: 'mandates',
				tell: 'The customer pays, and agrees to a mandate',
				acts: ({ customer, checkout }) => [
					['pay', { id: checkout.id }],
					['setUpMandate', { customer }],
				],
				until: (scene) =>
					isPaid(scene) && scene.mandate?.status === 'active' && Object.keys(scene.known.metadata).length > 0,
			},
			{
				where: 'lago',
				show: 'payments',
				tell: 'Next month: n8n charges the mandate by itself',
				acts: ({ customer, mandate }) => [
					['planCharge', { id: mandate.id, code: 'INSUFFICIENT_FUNDS' }],
					['issue', { customer, amount: 2_000, taxRate: 20 }],
				],
				until: ({ invoices, payment }) => invoices.length > 1 && payment?.byMandate,
			},
			{
				where: 'n8n',
				show: 'invoices',
				tell: 'The bank declines; n8n plans the next try',
				until: ({ invoice }) => invoice?.state?.nextTryAt,
			},
			{
				where: 'dodo',
				show: 'mandates',
				tell: 'A new card: Dodo takes what is due',
				acts: ({ mandate }) => [['mandateCard', { id: mandate.id }]],
				until: ({ payment, mandate }) => payment?.status === 'succeeded' && mandate.status === 'active',
			},
			{
				where: 'lago',
				show: 'invoices',
				tell: 'n8n books it; the planned try is dropped',
				until: (scene) => isPaid(scene) && !scene.invoice.state?.nextTryAt,
			},
		],
	},
	{
		id: 'everything',
		title: 'Two invoices, one payment',
		about: 'Everything that is due, paid at once.',
		customer: 'adventure',
		steps: [
			{
				where: 'lago',
				show: 'invoices',
				tell: 'Lago bills EUR 120.00 and EUR 60.00',
				acts: ({ customer }) => [10_000, 5_000].map((amount) => ['issue', { customer, amount, taxRate: 20 }]),
				until: ({ invoices }) => invoices.length === 2 && invoices.every(({ state }) => state),
			},
			{
				where: 'lago',
				show: 'invoices',
				tell: '17 days pass: both are overdue',
				acts: () => [['passDays', { days: 17 }]],
				until: ({ invoices }) => invoices.every(({ overdue }) => overdue),
			},
			{
				where: 'n8n',
				show: 'checkouts',
				tell: 'The customer opens the link to all of it: n8n makes one checkout',
				acts: ({ customer }) => [['payEverything', { customer }]],
				until: ({ checkout }) => checkout?.shares.length === 2,
			},
			{
				where: 'dodo',
				show: 'payments',
				tell: 'The customer pays once',
				acts: pay,
				until: ({ payment }) => payment?.status === 'succeeded',
			},
			{
				where: 'lago',
				show: 'invoices',
				tell: 'n8n books its part on each invoice',
				until: (scene) => isAllPaid(scene) && isEven(scene),
			},
		],
	},
	{
		id: 'topUp',
		title: 'Credits that are paid first',
		about: 'Granted once, when the money is there.',
		customer: 'woodgrove',
		steps: [
			{
				where: 'lago',
				show: 'wallets',
				tell: 'A customer orders EUR 50.00 of credits: none are granted yet',
				acts: ({ customer }) => [['orderCredits', { customer, amount: 50 }]],
				until: ({ wallet }) => wallet?.waiting === 5_000,
			},
			{
				where: 'n8n',
				show: 'checkouts',
				tell: 'The customer opens the link that was mailed: n8n makes the checkout',
				acts: ({ wallet }) => [['followTopUpLink', { id: wallet.id }]],
				until: ({ checkout }) => checkout,
			},
			{
				where: 'dodo',
				show: 'payments',
				tell: 'The customer pays',
				acts: pay,
				until: ({ payment }) => payment?.status === 'succeeded',
			},
			{
				where: 'lago',
				show: 'wallets',
				tell: 'n8n books it, and Lago grants the credits',
				until: (scene) => scene.wallet.balance === 5_000 && scene.wallet.waiting === 0 && isEven(scene),
			},
		],
	},
];
