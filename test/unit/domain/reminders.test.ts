import * as fc from 'fast-check';
import { calendarOf, DAY_MS, dayOfDate } from '../../../nodes/shared/domain/calendar';
import {
	decodeReminder,
	encodeReminder,
	isReminderKey,
	NEVER,
	reminderKey,
	type ReminderRecord,
} from '../../../nodes/shared/domain/reminderRecord';
import {
	dueReminder,
	isUnclear,
	lastDayOf,
	openInvoice,
	type OpenInvoice,
	type ReminderCustomer,
	type ReminderPolicy,
} from '../../../nodes/shared/domain/reminders';
import { runs } from '../../support/runs';
import { invoice as facts, meta } from './facts';

const POLICY: ReminderPolicy = {
	steps: [-3, 1, 7, 14],
	fromHour: 8,
	untilHour: 20,
	sundays: false,
	lateDays: 3,
	cardDays: 14,
	exempt: [],
};
const open = (change: Partial<OpenInvoice> = {}): OpenInvoice => ({
	id: '8a3f0c6e-2b1d-4f7a-b0c9-1f2e3d4c5b6a',
	number: 'ACM-1',
	currency: 'EUR',
	amount: 10_000,
	issuedOn: '2026-10-12',
	dueOn: '2026-11-11',
	failedAt: null,
	waits: false,
	...change,
});
const customer = (change: Partial<ReminderCustomer> = {}): ReminderCustomer => ({
	externalId: 'cust_1',
	timeZone: 'UTC',
	record: null,
	invoices: [open()],
	isOnHold: false,
	card: null,
	...change,
});
const told = (date: string, more: Partial<ReminderRecord> = {}): ReminderRecord => ({
	day: dayOfDate(date),
	state: 'sent',
	at: Date.parse(date) / 1000,
	...more,
});
const due = (change: Partial<ReminderCustomer>, at: string, policy: Partial<ReminderPolicy> = {}) =>
	dueReminder(customer(change), { ...POLICY, ...policy }, Date.parse(at));

describe('on which day', () => {
	test.each([
		['4 days before it is due', '2026-11-07T09:00Z', null],
		['3 days before, a Sunday: on Monday', '2026-11-08T09:00Z', ['due_soon', -3, '2026-11-09T08:00:00.000Z']],
		['1 day before, when nobody could before', '2026-11-10T09:00Z', ['due_soon', -3, '2026-11-10T09:00:00.000Z']],
		['on the day itself', '2026-11-11T09:00Z', ['due_soon', -3, '2026-11-11T09:00:00.000Z']],
		['a day after', '2026-11-12T09:00Z', ['overdue', 1, '2026-11-12T09:00:00.000Z']],
		['5 days after, too late for the first step', '2026-11-16T09:00Z', null],
		['7 days after', '2026-11-18T09:00Z', ['overdue', 7, '2026-11-18T09:00:00.000Z']],
		['14 days after', '2026-11-25T09:00Z', ['overdue', 14, '2026-11-25T09:00:00.000Z']],
		['years after', '2028-11-22T09:00Z', null],
	])('%s', (_name, at, expected) => {
		const reminder = due({}, at);
		expect(reminder && [reminder.kind, reminder.step, new Date(reminder.sendAt).toISOString()]).toEqual(expected);
	});

	test('nobody is reminded of what was issued only on the day of the step, or after it', () => {
		expect(due({ invoices: [open({ issuedOn: '2026-11-07' })] }, '2026-11-10T09:00Z')?.kind).toBe('due_soon');
		expect(due({ invoices: [open({ issuedOn: '2026-11-08' })] }, '2026-11-10T09:00Z')).toBeNull();
		expect(due({ invoices: [open({ issuedOn: '2026-11-09' })] }, '2026-11-10T09:00Z')).toBeNull();
		expect(due({ invoices: [open({ issuedOn: '2026-11-09' })] }, '2026-11-12T09:00Z')?.kind).toBe('overdue');
	});

	test('what is due on the day of its issue is due soon on that day for nobody', () => {
		const atOnce = { invoices: [open({ issuedOn: '2026-11-11' })] };
		expect(due(atOnce, '2026-11-11T09:00Z', { steps: [0] })).toBeNull();
		expect(due({}, '2026-11-11T09:00Z', { steps: [0] })).toMatchObject({ kind: 'due_soon', step: 0 });
	});

	test('nothing is due soon when its day is over', () => {
		expect(due({}, '2026-11-12T09:00Z', { steps: [-3], lateDays: 9 })).toBeNull();
	});

	test('of several steps the furthest counts, of several invoices the most urgent one', () => {
		expect(due({}, '2026-11-13T09:00Z', { steps: [2, 1] })?.step).toBe(2);
		const invoices = [open(), open({ id: 'b'.repeat(36), dueOn: '2026-11-17' })];
		expect(due({ invoices }, '2026-11-18T09:00Z')).toMatchObject({ kind: 'overdue', step: 7 });
	});

	test.each([
		['the next step is told', told('2026-11-12'), 7],
		['the same step is not told again', told('2026-11-18'), undefined],
		['nor one that was reached before the last mail', told('2026-11-17', { invoicesOn: dayOfDate('2026-11-16') }), 7],
	])('after a mail %s', (_name, record, step) => {
		expect(due({ record }, '2026-11-19T09:00Z')?.step).toBe(step);
	});
});

describe('at which hour, on the clock of the customer', () => {
	test.each([
		['at the first moment of the morning', 'UTC', '2026-11-12T08:00:00Z', {}, '2026-11-12T08:00:00.000Z'],
		['at the last moment of the day', 'UTC', '2026-11-12T19:59:59Z', {}, '2026-11-12T19:59:59.000Z'],
		['before the morning', 'UTC', '2026-11-12T07:59:59Z', {}, '2026-11-12T08:00:00.000Z'],
		['in the evening', 'UTC', '2026-11-12T20:00:00Z', {}, '2026-11-13T08:00:00.000Z'],
		['night in Tokyo, day in London', 'Asia/Tokyo', '2026-11-12T15:00:00Z', {}, '2026-11-12T23:00:00.000Z'],
		['Saturday evening', 'UTC', '2026-11-14T21:00:00Z', { lateDays: 9 }, '2026-11-16T08:00:00.000Z'],
		['Sunday', 'UTC', '2026-11-15T12:00:00Z', { lateDays: 9 }, '2026-11-16T08:00:00.000Z'],
		['Sunday, if wished', 'UTC', '2026-11-15T12:00:00Z', { lateDays: 9, sundays: true }, '2026-11-15T12:00:00.000Z'],
	])('%s', (_name, timeZone, at, policy, expected) => {
		expect(new Date(due({ timeZone }, at, policy)?.sendAt ?? NaN).toISOString()).toBe(expected);
	});
});

describe('where the clocks change between now and the mail', () => {
	const early = { fromHour: 0 };
	const always = { sundays: true };
	test.each([
		['forward on the Sunday between', 'Europe/Berlin', '2026-03-28T20:30Z', {}, '2026-03-30T06:00Z'],
		['back on the Sunday between', 'Europe/Berlin', '2026-10-24T20:00Z', {}, '2026-10-26T07:00Z'],
		['forward in this night', 'America/New_York', '2026-03-08T06:00Z', always, '2026-03-08T12:00Z'],
		['back in this night', 'America/New_York', '2026-11-01T04:00Z', always, '2026-11-01T13:00Z'],
		['by half an hour', 'Australia/Lord_Howe', '2026-10-03T10:00Z', {}, '2026-10-04T21:00Z'],
		['zone with three quarters of an hour', 'Pacific/Chatham', '2026-09-26T08:30Z', {}, '2026-09-27T18:15Z'],
		[
			'at midnight, so that no midnight is',
			'America/Santiago',
			'2026-09-06T00:30Z',
			{ ...early, ...always },
			'2026-09-06T04:00Z',
		],
		['behind the morning of that day: at once', 'America/New_York', '2026-03-08T12:30Z', always, '2026-03-08T12:30Z'],
	])('%s', (_name, timeZone, at, policy, expected) => {
		const dueOn = new Date(Date.parse(at) - 2 * DAY_MS).toISOString().slice(0, 10);
		const invoices = [open({ dueOn, issuedOn: '2026-01-01' })];
		const reminder = due({ timeZone, invoices }, at, { lateDays: 9, ...policy });
		expect(new Date(reminder?.sendAt ?? NaN)).toEqual(new Date(expected));
	});
});

describe('of what', () => {
	const at = '2026-11-12T09:00Z';

	test('all that is open stands in the one mail, the oldest first, but not what waits', () => {
		const others = [
			open({ id: 'b'.repeat(36), dueOn: '2026-12-30' }),
			open({ id: 'c'.repeat(36), dueOn: '2026-11-01' }),
			open({ id: 'd'.repeat(36), waits: true }),
		];
		const reminder = due({ invoices: [open(), ...others] }, at);
		expect(reminder?.invoices.map(({ id }) => id.charAt(0))).toEqual(['c', '8', 'b']);
		expect(reminder?.record.leftOut).toEqual(['ddddd']);
	});

	test('what was left out is told of when its payment has failed; what was told is not told again', () => {
		const record = told('2026-11-12', { leftOut: ['ddddd'] });
		const failed = open({ id: 'd'.repeat(36) });
		expect(due({ record, invoices: [open()] }, '2026-11-13T09:00Z')).toBeNull();
		expect(due({ record, invoices: [open(), failed] }, '2026-11-13T09:00Z')?.step).toBe(1);
	});

	test('what was told, and waits while a mail tells of another, is not told again', () => {
		const [one, other] = [open(), open({ id: 'b'.repeat(36), dueOn: '2026-11-12' })];
		const { record = null } =
			due({ record: told('2026-11-12'), invoices: [{ ...one, waits: true }, other] }, '2026-11-13T09:00Z') ?? {};
		expect(record).toMatchObject({ day: dayOfDate('2026-11-13'), leftOut: [] });
		expect(due({ record, invoices: [one, other] }, '2026-11-14T09:00Z')).toBeNull();
	});

	test('what waited while a mail told of a card is told of when its payment has failed', () => {
		const card = { expires: '2611', chargedOn: dayOfDate('2026-12-01') };
		const { record = null } =
			due(
				{ card, invoices: [open({ waits: true })], record: told('2026-11-09', { heldOn: 5, leftOut: ['ddddd'] }) },
				'2026-11-17T09:00Z',
			) ?? {};
		expect(record).toMatchObject({ invoicesOn: dayOfDate('2026-11-09'), heldOn: 5, leftOut: ['ddddd'] });
		expect(due({ record, invoices: [open()] }, '2026-11-18T09:00Z', { steps: [6], lateDays: 3 })?.step).toBe(6);
	});

	test('one mail a day, whatever else is due', () => {
		expect(due({ record: told('2026-11-12'), isOnHold: true }, at)).toBeNull();
	});

	test('exempt customers get none', () => {
		expect(due({}, at, { exempt: ['cust_0', 'cust_1'] })).toBeNull();
	});
});

describe('about the mandate', () => {
	const at = '2026-11-16T09:00Z';
	const failedAt = Date.parse('2026-11-14T12:00Z');
	const toldHold = told('2026-11-13', { heldOn: dayOfDate('2026-11-13') });

	test.each([
		['on hold and something open', {}, true],
		['on hold and nothing open', { invoices: [] }, false],
		['told since', { record: told('2026-11-14', { heldOn: dayOfDate('2026-11-14') }) }, false],
		[
			'told of an earlier time on hold',
			{ record: told('2026-10-14', { heldOn: dayOfDate('2026-10-14') }), invoices: [open({ failedAt })] },
			true,
		],
		[
			'told of it, then another charge failed, though not of everything',
			{ record: toldHold, invoices: [open({ failedAt }), open({ id: 'b'.repeat(36) })] },
			true,
		],
		['told of it, and no charge failed since', { record: toldHold, invoices: [open()] }, false],
		[
			'told of it on the day on which the charge failed',
			{ record: told('2026-11-14', { heldOn: dayOfDate('2026-11-14') }), invoices: [open({ failedAt })] },
			false,
		],
		[
			'told of it after the charge had failed',
			{ record: told('2026-11-15', { heldOn: dayOfDate('2026-11-15') }), invoices: [open({ failedAt })] },
			false,
		],
		['charging again', { isOnHold: false }, false],
	])('%s', (_name, change, expected) => {
		expect(due({ isOnHold: true, ...change }, at)?.kind === 'mandate_on_hold').toBe(expected);
	});

	test('that it is on hold is told once, beside all that is open, whether or not a step is reached', () => {
		const record = told('2026-11-13', { card: '2611', heldOn: dayOfDate('2026-11-13') });
		const held = due({ isOnHold: true, record, invoices: [open({ failedAt })] }, at);
		expect(held).toMatchObject({ kind: 'mandate_on_hold', step: 0, invoices: [{ number: 'ACM-1' }] });
		expect(held?.record).toEqual({
			day: dayOfDate('2026-11-16'),
			state: 'sending',
			at: Date.parse(at) / 1000,
			card: '2611',
			heldOn: dayOfDate('2026-11-16'),
			leftOut: [],
		});
		const reached = due({ isOnHold: true }, '2026-11-18T09:00Z');
		expect(reached).toMatchObject({ kind: 'mandate_on_hold', step: 7 });
	});

	test.each([
		['expires before the next charge', { expires: '2611', chargedOn: dayOfDate('2026-12-01') }, {}, 'card_expires'],
		['is charged on its last day', { expires: '2611', chargedOn: dayOfDate('2026-11-30') }, {}, undefined],
		['the next charge is far', { expires: '2611', chargedOn: dayOfDate('2026-12-02') }, {}, undefined],
		['the charge is today', { expires: '2610', chargedOn: dayOfDate('2026-11-17') }, {}, 'card_expires'],
		['the charge is over', { expires: '2610', chargedOn: dayOfDate('2026-11-16') }, {}, undefined],
		['no charge is to come', { expires: '2611', chargedOn: null }, {}, undefined],
		['was told of', { expires: '2611', chargedOn: dayOfDate('2026-12-01') }, { card: '2611' }, undefined],
		['another was told of', { expires: '2611', chargedOn: dayOfDate('2026-12-01') }, { card: '2411' }, 'card_expires'],
	])('a card that %s', (_name, card, record, expected) => {
		const given = { card, invoices: [], record: told('2026-11-02', record) };
		expect(due(given, '2026-11-17T09:00Z')?.kind).toBe(expected);
	});

	test('a customer who never got a mail is told of the card, and of invoices afterwards as if nothing had been', () => {
		const card = { expires: '2611', chargedOn: dayOfDate('2026-12-01') };
		const { record = null } = due({ card, invoices: [] }, '2026-11-17T09:00Z') ?? {};
		expect(record).toMatchObject({ card: '2611', invoicesOn: NEVER });
		expect(due({ record, invoices: [open({ dueOn: '2026-11-16' })] }, '2026-11-18T09:00Z')?.step).toBe(1);
	});

	test('a mail about a card takes no step from an invoice, and gives none back', () => {
		const card = { expires: '2611', chargedOn: dayOfDate('2026-12-01') };
		const { record } = due({ card, invoices: [], record: told('2026-11-12') }, '2026-11-17T09:00Z') ?? {};
		expect(record).toMatchObject({ card: '2611', invoicesOn: dayOfDate('2026-11-12') });
		expect(due({ card, record: record ?? null }, '2026-11-18T09:00Z')?.step).toBe(7);
		expect(due({ record: record ?? null }, '2026-11-13T09:00Z')).toBeNull();
	});
});

describe('what counts as open', () => {
	const about = { type: 'one_off', issuedOn: '2026-10-12', dueOn: '2026-11-11' };
	test.each([
		['unpaid', {}, about, false],
		['on its way', { metadata: meta({ dodo_state: 'v1;processing;a=1' }) }, about, true],
		[
			'lost in a dispute',
			{ paymentStatus: 'succeeded', totalDue: 0, totalPaid: 10_000, disputeLostAt: 1 },
			about,
			true,
		],
		['paid', { paymentStatus: 'succeeded', totalDue: 0 }, about, null],
		['self-billed', { selfBilled: true }, about, null],
		['charged by Lago itself', { nativeProvider: 'stripe' }, about, null],
		['a draft', { status: 'draft' }, about, null],
		['too small to be paid', { totalDue: 20 }, about, null],
		['an order of credits', {}, { ...about, type: 'credit' }, null],
		[
			'lost in a dispute in part, and due for the rest',
			{ paymentStatus: 'pending', totalDue: 4_000, totalPaid: 6_000, disputeLostAt: 1, lost: 1_000 },
			about,
			true,
		],
	])('%s', (_name, change, where, waits) => {
		expect(openInvoice(facts(change), where)?.waits ?? null).toBe(waits);
	});

	test('it has failed since the first of its tries that did', () => {
		const metadata = meta({ dodo_state: 'v1;failed;a=2;s=1794000000' });
		expect(openInvoice(facts({ metadata }), about)?.failedAt).toBe(1_794_000_000_000);
		expect(openInvoice(facts({ metadata: meta({ dodo_state: 'v1;failed;a=2' }) }), about)?.failedAt).toBeNull();
		expect(openInvoice(facts({}), about)?.failedAt).toBeNull();
	});
});

describe('what is remembered', () => {
	const day = fc.integer({ min: NEVER + 1, max: NEVER + 20_000 });
	const record = fc.record(
		{
			day,
			state: fc.constantFrom('sending' as const, 'sent' as const),
			at: fc.integer({ min: 1_000_000_000, max: 4_000_000_000 }),
			token: fc.stringMatching(/^[0-9a-f]{6}$/),
			card: fc.stringMatching(/^\d\d(0[1-9]|1[0-2])$/),
			heldOn: day,
			invoicesOn: fc.oneof(day, fc.constant(NEVER)),
			leftOut: fc.array(fc.stringMatching(/^[0-9a-f]{5}$/), { maxLength: 40 }),
		},
		{ requiredKeys: ['day', 'state', 'at', 'leftOut'] },
	);

	test('is read back, and fits into Lago whatever it is', () => {
		fc.assert(
			fc.property(record, (given) => {
				const entry = { key: reminderKey(given.day), value: encodeReminder(given) };
				expect([entry.key.length, entry.value.length <= 100, isReminderKey(entry.key)]).toEqual([20, true, true]);
				const read = decodeReminder([{ key: 'po', value: '4711' }, entry]);
				expect(read).toEqual({ ...given, leftOut: given.leftOut.slice(0, read?.leftOut?.length) });
			}),
			{ numRuns: runs(200, 5_000) },
		);
	});

	test.each<[string, string, Partial<ReminderRecord>]>([
		[
			'everything that can be told',
			'v1;sending;a=1795860000;k=0a1b2c;c=2612;h=261128;i=261127;x=1a2b3,4c5d6',
			{
				state: 'sending',
				token: '0a1b2c',
				card: '2612',
				heldOn: dayOfDate('2026-11-28'),
				invoicesOn: dayOfDate('2026-11-27'),
				leftOut: ['1a2b3', '4c5d6'],
			},
		],
		['nothing but that it went out', 'v1;sent;a=1795860000', {}],
	])('as Lago has it: %s', (_name, value, more) => {
		const given = { day: dayOfDate('2026-11-28'), state: 'sent', at: 1_795_860_000, leftOut: [], ...more } as const;
		expect(encodeReminder(given)).toBe(value);
		expect(decodeReminder([{ key: reminderKey(given.day), value }])).toEqual(given);
	});

	test('as many of those that were left out as there is room for', () => {
		const leftOut = Array.from({ length: 20 }, (_, index) => String(10_000 + index));
		const value = encodeReminder({ day: 1, state: 'sent', at: 1_795_860_000, leftOut });
		expect(value).toBe(`v1;sent;a=1795860000;x=${leftOut.slice(0, 12).join(',')}`);
		expect(encodeReminder({ day: 1, state: 'sent', at: 1_795_860_000, token: 'k'.repeat(90), leftOut })).not.toMatch(
			/x=/,
		);
	});

	test('of a version that is not known yet only the day counts', () => {
		const value = 'v2;sending;a=1795860000;c=2612;x=1a2b3';
		expect(decodeReminder([{ key: reminderKey(dayOfDate('2026-11-28')), value }])).toEqual({
			day: dayOfDate('2026-11-28'),
			state: 'sent',
			at: 0,
			leftOut: [],
		});
	});

	test('the newest counts in whatever order Lago gives them, and no day that is none', () => {
		const entries = ['261101', '261112', '261105', '269999'].map((digits) => ({
			key: `${reminderKey(NEVER).slice(0, -6)}${digits}`,
			value: 'v1;sent;a=1',
		}));
		for (const given of [entries, [...entries].reverse()])
			expect(decodeReminder(given)?.day).toBe(dayOfDate('2026-11-12'));
	});

	test('the newest counts, and one that nobody can read stands for a mail that was sent', () => {
		const [older, newer] = ['2026-11-01', '2026-11-12'].map((date) => reminderKey(dayOfDate(date)));
		expect(
			decodeReminder([
				{ key: newer ?? '', value: 'what?' },
				{ key: older ?? '', value: 'v1;sending;a=1' },
			]),
		).toMatchObject({
			day: dayOfDate('2026-11-12'),
			state: 'sent',
		});
		expect(decodeReminder([{ key: 'dodo_reminded_by', value: 'v1;sent;a=1' }])).toBeNull();
	});

	test.each([
		['no mail', null, false],
		['a mail that has gone out', told('2026-11-12', { at: 199 }), false],
		['one that is going out for half an hour', told('2026-11-12', { state: 'sending', at: 200 }), false],
		['one that is going out', told('2026-11-12', { state: 'sending', at: 1_000 }), false],
		['one that nobody has heard of for half an hour', told('2026-11-12', { state: 'sending', at: 199 }), true],
	])('%s', (_name, given, expected) => {
		expect(isUnclear(given, 2_000_000)).toBe(expected);
	});

	test('a card can be charged until the end of its month', () => {
		expect(
			['2602', '2612', '2802'].map((month) => new Date(lastDayOf(month) * DAY_MS).toISOString().slice(0, 10)),
		).toEqual(['2026-02-28', '2026-12-31', '2028-02-29']);
	});
});

/** Hours go by, mails go out or fail, payments begin and fail: what a customer gets is held against the rules as a person would read them. */
test('over random weeks every step is told once at most, never at night, never on Sunday, one mail a day', () => {
	const START = dayOfDate('2026-11-01');
	const zones = ['UTC', 'Asia/Tokyo', 'America/New_York', 'Pacific/Chatham'];
	const invoices = fc.array(
		fc.record({ due: fc.integer({ min: 2, max: 12 }), waitsFrom: fc.nat(30), waits: fc.nat(6) }),
		{
			minLength: 1,
			maxLength: 4,
		},
	);
	const fails = fc.infiniteStream(fc.boolean());
	fc.assert(
		fc.property(fc.constantFrom(...zones), invoices, fails, (timeZone, given, failures) => {
			const calendar = calendarOf(timeZone);
			let record: ReminderRecord | null = null;
			const mails: Array<{ day: number; step: number; ids: string[]; weekday: string; hour: number }> = [];
			for (let now = START * DAY_MS; now < (START + 32) * DAY_MS; now += 2 * 3_600_000) {
				const today = calendar.dayOf(now) - START;
				const books = given.map(({ due: dueDay, waitsFrom, waits }, index) =>
					open({
						id: String(index).repeat(36),
						issuedOn: '2026-10-20',
						dueOn: new Date((START + dueDay) * DAY_MS).toISOString().slice(0, 10),
						waits: today >= waitsFrom && today < waitsFrom + waits,
					}),
				);
				const reminder = dueReminder(customer({ timeZone, record, invoices: books }), POLICY, now);
				if (reminder === null || reminder.sendAt > now || failures.next().value === true) continue;
				const sent: ReminderRecord = { ...reminder.record, state: 'sent' };
				record = decodeReminder([{ key: reminderKey(sent.day), value: encodeReminder(sent) }]);
				const parts = new Intl.DateTimeFormat('en', { timeZone, weekday: 'short', hour: 'numeric', hourCycle: 'h23' });
				const { weekday = '', hour = '' } = Object.fromEntries(
					parts.formatToParts(now).map(({ type, value }) => [type, value]),
				);
				expect(books.filter(({ waits }) => waits).map(({ id }) => id)).not.toEqual(
					expect.arrayContaining(reminder.invoices.map(({ id }) => id)),
				);
				mails.push({
					day: today,
					step: reminder.step,
					ids: reminder.invoices.map(({ id }) => id),
					weekday,
					hour: Number(hour),
				});
			}
			for (const { weekday, hour } of mails) expect([weekday === 'Sun', hour >= 8 && hour < 20]).toEqual([false, true]);
			expect(new Set(mails.map(({ day }) => day)).size).toBe(mails.length);
			// Each mail has a reason of its own: an invoice in it that reached a step since it was last in a mail.
			for (const [at, mail] of mails.entries()) {
				const isNew = mail.ids.some((id) => {
					const dueDay = given[Number(id.charAt(0))]?.due ?? NaN;
					const before =
						mails
							.slice(0, at)
							.filter(({ ids }) => ids.includes(id))
							.at(-1)?.day ?? -Infinity;
					return POLICY.steps.some((step) => dueDay + step > before && dueDay + step <= mail.day);
				});
				expect(isNew).toBe(true);
			}
		}),
		{ numRuns: runs(20, 500) },
	);
});
