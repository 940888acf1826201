import type { WorkflowJson } from '../../scripts/n8n/provision';
import { DAY_MS, dayOfDate } from '../../nodes/shared/domain/calendar';
import { reminderKey } from '../../nodes/shared/domain/reminderRecord';
import type { Customer, Invoice } from '../../sandbox/lago/documents';
import { readTemplate, type ImportedWorkflow } from '../support/n8n';
import { startSmtpSink, type SmtpSink } from '../support/smtpSink';
import { startSync, waitFor, withoutClock, type Sync } from '../support/sync';
import { withinOne } from '../support/waiting';

const today = (): string => reminderKey(dayOfDate(new Date().toISOString()));

let sync: Sync;
let sink: SmtpSink;
/** Each with credentials of its own, whose locks and memories nobody else shares: like two n8n. */
let workflows: ImportedWorkflow[] = [];

beforeAll(async () => {
	sink = await startSmtpSink();
	sync = await startSync({ registration: 'automatic', template: null });
	workflows = [await bring(), await bring()];
	await withinOne(DAY_MS, 6 * 60_000);
}, 900_000);

afterAll(async () => {
	await sync?.stop();
	await sink?.close();
});

beforeEach(() => {
	sync.reset();
	sink.mails.length = sink.unanswered.length = 0;
	sink.answer = () => 'take';
});

/** The template as it is shipped, with what a person types into it; at every hour, because nobody knows when the tests run. */
async function bring(): Promise<ImportedWorkflow> {
	const template: WorkflowJson = readTemplate('reminders.json');
	const smtp = await sync.n8n.addCredential('smtp', {
		host: '127.0.0.1',
		port: sink.port,
		secure: false,
		disableStartTls: true,
		user: '',
		password: '',
	});
	for (const node of template.nodes) {
		const { parameters } = node;
		if (node.name === 'Find Who Is Due')
			Object.assign(parameters, {
				payLinkAddress: sync.n8n.hook('pay'),
				earliestHour: 0,
				latestHour: 24,
				sundays: true,
			});
		if (node.name === 'Mail the Reminder')
			Object.assign(node, {
				parameters: { ...parameters, fromEmail: 'billing@merchant.example' },
				credentials: { smtp },
			});
	}
	withoutClock(template);
	const workflow = await sync.n8n.importWorkflow(template, await sync.n8n.copyCredentials());
	await workflow.publish();
	return workflow;
}

const run = async (at = 0) => await sync.n8n.executeFrom('Every Hour', workflows[at]?.id ?? '');
const overdue = (externalId: string, dueInDays = -1, customer: Partial<Customer> = {}): Invoice =>
	sync.lago.issueInvoice({
		emit: false,
		dueInDays,
		customer: { external_id: externalId, name: 'Ada', email: `${externalId}@example.com`, ...customer },
	});
const remembered = (externalId: string): string =>
	String(sync.lago.state.customers.get(externalId)?.metadata.find(({ key }) => key === today())?.value);
const recipients = (): string[] => sink.mails.flatMap(({ to }) => to).sort();

test('each customer gets one mail with all that is open, by SMTP; n8n wiped or run again, nobody gets a second one', async () => {
	const [first, second] = [overdue('c-ada'), overdue('c-ada', 10)];
	overdue('c-bob', -7, { billing_configuration: { payment_provider: null, document_locale: 'de' } as never });
	overdue('c-paid', -1).payment_status = 'succeeded';
	overdue('c-later', 9);
	const before = await sync.n8n.executeFrom('Preview the Mails', workflows[0]?.id ?? '');
	expect(before.items('Show Who Is Next').map(({ customerExternalId }) => customerExternalId)).toEqual(
		expect.arrayContaining(['c-ada', 'c-bob']),
	);
	expect(sink.mails).toHaveLength(0);

	const execution = await run();
	expect(execution.status).toBe('success');
	expect(recipients()).toEqual(['c-ada@example.com', 'c-bob@example.com']);
	const ada =
		sink.mails
			.find(({ to }) => to[0] === 'c-ada@example.com')
			?.raw.replaceAll('=\n', '')
			.replaceAll('=3D', '=') ?? '';
	for (const { number } of [first, second]) expect(ada).toContain(number);
	expect(ada).toContain(`${sync.n8n.hook('pay')}?t=`);
	expect(sink.mails.find(({ to }) => to[0] === 'c-bob@example.com')?.raw).toMatch(/Subject: =\?UTF-8/);
	expect(remembered('c-ada')).toMatch(/^v1;sent;/);

	for (const at of [0, 1]) expect((await run(at)).items('Mail the Reminder')).toHaveLength(0);
	expect(sink.mails).toHaveLength(2);
});

test('two at the same moment send each mail once', async () => {
	const customers = Array.from({ length: 5 }, (_, index) => `c-${index}`);
	for (const customer of customers) overdue(customer);
	const runs = await Promise.all([run(0), run(1)]);
	expect(runs.map(({ status }) => status)).toEqual(['success', 'success']);
	expect(recipients()).toEqual(customers.map((customer) => `${customer}@example.com`));
});

test('a mail that the server does not take is told, and sent by the next run; the others go out meanwhile', async () => {
	overdue('c-good');
	overdue('c-full');
	sink.answer = ({ to }) => (to[0] === 'c-full@example.com' ? 'refuse' : 'take');
	const told = await run();
	expect(told.items('Tell Me')).toMatchObject([{ outcome: 'removed', customerExternalId: 'c-full' }]);
	expect(recipients()).toEqual(['c-good@example.com']);
	expect(remembered('c-full')).toBe('undefined');
	sink.answer = () => 'take';
	await run();
	expect(recipients()).toEqual(['c-full@example.com', 'c-good@example.com']);
});

test('n8n killed in the middle of a mail: it is not sent again, and a person is told', async () => {
	overdue('c-killed');
	sink.answer = () => 'silence';
	const running = run().catch(() => null);
	await waitFor(() => sink.unanswered.length === 1);
	expect(remembered('c-killed')).toMatch(/^v1;sending;/);
	await sync.n8n.killAndRestart();
	await running;
	sink.answer = () => 'take';
	expect((await run()).items('Reserve the Mail')).toHaveLength(0);
	const entry = sync.lago.state.customers.get('c-killed')?.metadata.find(({ key }) => key === today());
	Object.assign(entry ?? {}, {
		value: String(entry?.value).replace(/a=\d+/, `a=${Math.floor(Date.now() / 1000) - 86_400}`),
	});
	expect((await run()).items('Tell Me')).toMatchObject([{ outcome: 'held', reason: 'reminder_unclear' }]);
	expect((await run()).items('Reserve the Mail')).toHaveLength(0);
	expect(sink.mails).toHaveLength(0);
});
