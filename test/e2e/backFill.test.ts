import { DAY_MS } from '../../nodes/shared/domain/calendar';
import type { Invoice } from '../../sandbox/lago/documents';
import type { NewInvoice } from '../../sandbox/lago/ledger';
import { FormVisitor } from '../support/form';
import { OWNER, readTemplate, type ImportedWorkflow } from '../support/n8n';
import { startSync, withoutClock, type Sync } from '../support/sync';
import { withinOne } from '../support/waiting';

const FORM = 'Decide by Form';
const SEE = 'See what is open, then decide';

let sync: Sync;
let workflow: ImportedWorkflow;
let form: FormVisitor;

beforeAll(async () => {
	sync = await startSync({ registration: 'automatic', template: null });
	const template = readTemplate('back-fill.json');
	withoutClock(template);
	const webhookId = template.nodes.find(({ name }) => name === FORM)?.webhookId;
	workflow = await sync.n8n.importWorkflow(template);
	await workflow.publish();
	form = new FormVisitor(sync.n8n.url, String(webhookId));
	await form.signIn(OWNER);
	await withinOne(DAY_MS, 6 * 60_000);
}, 900_000);
afterAll(async () => await sync?.stop());
beforeEach(() => sync.reset());

/** An invoice of before. */
function old(daysAgo: number, input: NewInvoice = {}): Invoice {
	const invoice = sync.lago.issueInvoice({ emit: false, customer: { external_id: `c-${daysAgo}` }, ...input });
	const made = new Date(Date.now() - daysAgo * DAY_MS).toISOString();
	return Object.assign(invoice, { created_at: `${made.slice(0, 19)}Z`, issuing_date: made.slice(0, 10) });
}
const agree = async (answer = 'I agree: collect it as shown', perDay = '2'): Promise<string> => {
	const limits = { perDay, money: 'EUR:1000.00' };
	const page = await form.send({ wish: SEE, order: 'Oldest first', ...limits, notBefore: '' });
	return `${page} ${await form.send({ answer })}`;
};
/** What the lane of the schedule says when it has run. */
const look = async (): Promise<string> => {
	const run = await sync.n8n.executeFrom('Every Quarter of an Hour', workflow.id);
	expect(run.status).toBe('success');
	await sync.quiet();
	return String(run.items('What May Be Begun Now')[0]?.message);
};
const collected = (invoices: readonly Invoice[]): boolean[] =>
	invoices.map((invoice) => sync.checkoutsOf(invoice).length === 1 && sync.stateOf(invoice).includes(';g='));

test('the table is shown, and only who is signed in and agrees makes anything move, at most so many a day', async () => {
	const invoices = [old(10), old(300), old(20)];
	expect(await look()).toMatch(/^Nobody has agreed/);
	const stranger = new FormVisitor(sync.n8n.url, form.path);
	await expect(stranger.send({ wish: 'Stop' })).rejects.toThrow(/signin|401/);

	expect(await agree('No, change nothing')).toMatch(/Asked for by a link.*Nothing was changed/s);
	expect(await look()).toMatch(/^Nobody has agreed/);
	expect(await agree()).toMatch(/<td>3<\/td><td>300.00<\/td>.*at most 2 invoices and EUR 1000\.00 a day/s);
	expect(collected(invoices)).toEqual([false, false, false]);

	expect(await look()).toMatch(/^Today 2 of at most 2 invoices, EUR 200\.00/);
	expect(collected(invoices)).toEqual([false, true, true]);
	// Paid, killed, asked again: the day has taken what it may.
	await sync.n8n.killAndRestart();
	expect(await look()).toMatch(/^Today 2 of at most 2/);
	expect(collected(invoices)).toEqual([false, true, true]);
});

test.each([
	['', /Money a Day(&quot;|")? is empty/],
	['5000', /is not a limit.*looks like EUR:5000\.00/s],
])('the amount a day "%s" is told in the form, with what is wrong with it', async (money, told) => {
	const values = { wish: SEE, order: 'Oldest first', perDay: '2', money, notBefore: '' };
	expect(await form.send(values)).toMatch(told);
});

test('it is stopped and goes on by the form, also after n8n was killed', async () => {
	const invoices = [old(5)];
	// Two of today, and one that the day had no room for before.
	await agree(undefined, '9');
	expect(await form.send({ wish: 'Stop' })).toContain('Nothing more of what is old is begun');
	await sync.n8n.killAndRestart();
	expect(await look()).toBe('The back-fill is stopped.');
	expect(collected(invoices)).toEqual([false]);
	expect(await form.send({ wish: 'Go on after a stop' })).toContain('at most 9 invoices');
	expect(await look()).toMatch(/^Today 4 of at most 9 invoices, EUR 400\.00/);
	expect(collected(invoices)).toEqual([true]);
});

test('n8n was wiped: what is old stays as it is until somebody agrees again', async () => {
	const invoices = [old(5)];
	const template = readTemplate('back-fill.json');
	withoutClock(template);
	const anew = await sync.n8n.importWorkflow({ ...template, name: 'Anew' });
	const run = await sync.n8n.executeFrom('Every Quarter of an Hour', anew.id);
	expect(run.items('What May Be Begun Now')).toMatchObject([{ outcome: 'nothing_agreed' }]);
	expect(collected(invoices)).toEqual([false]);
});
