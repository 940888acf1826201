import { NodeOperationError, type IExecuteFunctions, type INodeProperties } from 'n8n-workflow';
import type { ReminderPolicy } from '../../../shared/domain/reminders';
import type { OwnText } from '../../helpers/reminders/mail';
import { REMINDER_TEXTS } from '../../helpers/reminders/texts';

const MOST_DAYS = 365;
const LANGUAGES = Object.keys(REMINDER_TEXTS);

const hourField = (displayName: string, name: string, hour: number, description: string): INodeProperties => ({
	displayName,
	name,
	type: 'number',
	typeOptions: { minValue: 0, maxValue: 24, numberPrecision: 0 },
	default: hour,
	description,
});

/** On which days, and at what time. */
const whenFields: INodeProperties[] = [
	{
		displayName: 'Days Before the Due Date',
		name: 'daysBefore',
		type: 'string',
		default: '3',
		placeholder: 'e.g. 3',
		description: 'One mail so many days before an invoice is due; several days with commas, none when empty',
	},
	{
		displayName: 'Days Overdue',
		name: 'daysOverdue',
		type: 'string',
		default: '1, 7, 14',
		placeholder: 'e.g. 1, 7, 14',
		description: 'One mail on each of these days after the due date, separated by commas; none when empty',
	},
	{
		displayName: 'Days Before a Charge',
		name: 'cardDays',
		type: 'number',
		typeOptions: { minValue: 0, maxValue: MOST_DAYS, numberPrecision: 0 },
		default: 14,
		description: 'Tell of a card that expires before the next charge so many days before that. Never with 0.',
	},
	hourField('Earliest Hour', 'earliestHour', 8, 'No mail goes out before this hour on the clock of the customer'),
	hourField(
		'Latest Hour',
		'latestHour',
		20,
		'No mail goes out from this hour on; what is due then waits for the morning',
	),
	{
		displayName: 'On Sundays Too',
		name: 'sundays',
		type: 'boolean',
		default: false,
		description: 'Whether mails go out on Sundays; otherwise they wait for Monday',
	},
	{
		displayName: 'Make Up for Days',
		name: 'lateDays',
		type: 'number',
		typeOptions: { minValue: 0, maxValue: MOST_DAYS, numberPrecision: 0 },
		default: 3,
		description:
			'A mail that could not go out on its day goes out up to so many days later. What is older is left, so that nobody gets mails about old debts when you begin.',
	},
];

/** Who, and with which words. */
const whomFields: INodeProperties[] = [
	{
		displayName: 'Exempt Customers',
		name: 'exempt',
		type: 'string',
		default: '',
		placeholder: 'e.g. cust_42, cust_43',
		description: 'External IDs of customers who get no mail, separated by commas',
	},
	{
		displayName: 'Language',
		name: 'language',
		type: 'options',
		options: LANGUAGES.map((value) => ({
			name: new Intl.DisplayNames('en', { type: 'language' }).of(value) ?? value,
			value,
		})).sort((one, other) => one.name.localeCompare(other.name)),
		default: 'en',
		description: 'Of customers for whom neither Lago nor their billing entity says one that there are words for',
	},
	{
		displayName: 'Texts',
		name: 'texts',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		placeholder: 'Add Text',
		default: {},
		description:
			'Words of your own in place of ours. {name}, {merchant}, {amount} and {link} are filled in; each open invoice with its link follows by itself.',
		options: [
			{
				displayName: 'Text',
				name: 'own',
				values: [
					{
						displayName: 'About',
						name: 'kind',
						description: 'Which step this text is for',
						type: 'options',
						options: [
							{ name: 'Card Expires', value: 'card_expires' },
							{ name: 'Due Soon', value: 'due_soon' },
							{ name: 'Mandate on Hold', value: 'mandate_on_hold' },
							{ name: 'Overdue', value: 'overdue' },
						],
						default: 'overdue',
					},
					{
						displayName: 'From Day',
						name: 'fromDay',
						type: 'number',
						default: 0,
						description: 'Only when so many days overdue or more, e.g. 14 for the last warning',
					},
					{
						displayName: 'Language',
						name: 'language',
						type: 'string',
						default: '',
						placeholder: 'e.g. de',
						description: 'Only for customers of this language; for all when empty',
					},
					{ displayName: 'Subject', name: 'subject', description: 'Subject of the mail', type: 'string', default: '' },
					{
						displayName: 'Text',
						name: 'text',
						description: 'Text of the mail',
						type: 'string',
						typeOptions: { rows: 4 },
						default: '',
					},
				],
			},
		],
	},
];

/** What a person sets of reminders; as they are they fit most. */
export const policyFields: INodeProperties[] = [...whenFields, ...whomFields];

/** The policy that the fields say. @throws NodeOperationError that names the field. */
export function reminderPolicyOf(ctx: IExecuteFunctions, index: number): ReminderPolicy {
	const numberOf = (name: string, fallback: number): number => {
		const given = String(ctx.getNodeParameter(name, index, fallback) ?? '').trim();
		return given === '' ? fallback : Number(given);
	};
	const [fromHour, untilHour] = [numberOf('earliestHour', 8), numberOf('latestHour', 20)];
	if (fromHour >= untilHour)
		throw new NodeOperationError(ctx.getNode(), '"Latest Hour" is not after "Earliest Hour"', {
			itemIndex: index,
			description: 'Mails go out between the two, on the clock of the customer, e.g. between 8 and 20.',
		});
	return {
		steps: [
			...daysOf(ctx, 'daysBefore', 'Days Before the Due Date', '3', index).map((days) => -days),
			...daysOf(ctx, 'daysOverdue', 'Days Overdue', '1, 7, 14', index),
		],
		fromHour,
		untilHour,
		sundays: ctx.getNodeParameter('sundays', index, false) === true,
		lateDays: numberOf('lateDays', 3),
		cardDays: numberOf('cardDays', 14),
		exempt: partsOf(ctx.getNodeParameter('exempt', index, '')),
	};
}

/** The merchant's own words. */
export function ownTextsOf(ctx: IExecuteFunctions, index: number): OwnText[] {
	const { own } = (ctx.getNodeParameter('texts', index, {}) ?? {}) as { own?: Array<Partial<OwnText>> };
	return (own ?? []).map(({ kind = 'overdue', fromDay, language, subject, text }) => ({
		kind,
		fromDay: Number(fromDay) || 0,
		language: (language ?? '').trim().toLowerCase(),
		subject: (subject ?? '').trim(),
		text: (text ?? '').trim(),
	}));
}

function daysOf(ctx: IExecuteFunctions, name: string, label: string, fallback: string, index: number): number[] {
	return partsOf(ctx.getNodeParameter(name, index, fallback)).map((part) => {
		const days = Number(part);
		if (/^\d{1,3}$/.test(part) && days >= 1 && days <= MOST_DAYS) return days;
		throw new NodeOperationError(ctx.getNode(), `"${label}": "${part.slice(0, 20)}" is not a number of days`, {
			itemIndex: index,
			description: `Give whole numbers from 1 to ${MOST_DAYS} with commas between them, e.g. 1, 7, 14.`,
		});
	});
}

const partsOf = (written: unknown): string[] =>
	String(written ?? '')
		.split(',')
		.map((part) => part.trim())
		.filter((part) => part !== '');
