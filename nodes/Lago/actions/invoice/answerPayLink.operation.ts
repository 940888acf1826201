import {
	NodeOperationError,
	type IExecuteFunctions,
	type IN8nHttpFullResponse,
	type INodeProperties,
} from 'n8n-workflow';
import { readAddress } from '../../../shared/domain/address';
import { fieldsOf, type Json, type Operation, type Result } from '../../../shared/node/operation';
import { beganBy, startingItem } from '../../../shared/node/start';
import { pageHeaders, payPage, PRIVATE_HEADERS, visitorLanguage } from '../../helpers/payPage';
import type { LagoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName:
			'What comes in leads the visitor on: to the checkout whose <code>checkoutUrl</code> it has, else to the page in <code>html</code>, else, and after an error, to a page that asks to try again. Connect every output of the nodes before it.',
		name: 'answerNotice',
		type: 'notice',
		default: '',
	},
];

interface Way {
	response: IN8nHttpFullResponse;
	told: Result<'page_shown' | 'redirected'>;
}

/** Invoice -> Answer Pay Link: the end of a pay page: the visitor's browser gets its answer. No call. */
export const answerPayLink: Operation<LagoClient, 'page_shown' | 'redirected'> = {
	menu: {
		name: 'Answer Pay Link',
		action: 'Answer a click on a pay link',
		description: 'Lead the visitor of a pay page to the checkout that comes in, or show a friendly page',
	},
	fields: fieldsOf('invoice', 'answerPayLink', fields),
	once: true,
	async execute(ctx) {
		requireVisitor(ctx);
		const items: Json[] = ctx.getInputData().map(({ json }) => json);
		const answers = [toCheckout, toOwnPage].flatMap((way) => items.flatMap((item) => way(item) ?? []));
		const { response, told } = answers[0] ?? tryAgain(ctx, items[0] ?? {});
		await ctx.sendResponse(response);
		return told;
	},
};

function toCheckout(item: Json): Way | null {
	const url = hasFailed(item) || typeof item.checkoutUrl !== 'string' ? null : readAddress(item.checkoutUrl);
	if (url === null || !/^https?:$/.test(url.protocol)) return null;
	const checkoutUrl = url.href;
	return {
		// Without text in it n8n would take the answer for one of its own.
		response: {
			statusCode: 302,
			headers: { Location: checkoutUrl, 'Content-Type': 'text/plain; charset=utf-8', ...PRIVATE_HEADERS },
			body: 'The checkout is ready.',
		},
		told: {
			outcome: 'redirected',
			message: `The visitor was led to the checkout${ofInvoice(item)}.`,
			checkoutUrl,
			...about(item),
		},
	};
}

function toOwnPage(item: Json): Way | null {
	if (hasFailed(item) || typeof item.html !== 'string' || item.html === '') return null;
	const { statusCode: given, language } = item;
	return pageShown(item, {
		statusCode: typeof given === 'number' && Number.isInteger(given) && given >= 200 && given <= 599 ? given : 200,
		language: typeof language === 'string' && /^[a-z]{2,3}$/.test(language) ? language : undefined,
		html: item.html,
	});
}

const tryAgain = (ctx: IExecuteFunctions, item: Json): Way =>
	pageShown(item, payPage('unavailable', visitorLanguage(startingItem(ctx, 'lagoPayPageTrigger').language)));

interface Page {
	statusCode: number;
	html: string;
	language?: string;
}

function pageShown(item: Json, { statusCode, html: body, language }: Page): Way {
	return {
		response: { statusCode, headers: pageHeaders(language), body },
		told: {
			outcome: 'page_shown',
			message: `The visitor was shown a page${ofInvoice(item)} (${statusCode}).`,
			statusCode,
			...about(item),
		},
	};
}

/** n8n puts the words of a failed node into the item that came in there: what else it holds may not have been saved. */
const hasFailed = ({ error }: Json): boolean => error !== undefined && error !== null && error !== '';

const about = ({ invoiceId, invoiceNumber, reason }: Json): Json =>
	Object.fromEntries(
		Object.entries({ invoiceId, invoiceNumber, reason }).filter(([, value]) => typeof value === 'string'),
	);
const ofInvoice = ({ invoiceNumber }: Json): string =>
	typeof invoiceNumber === 'string' ? ` of invoice ${invoiceNumber}` : '';

/** Throws unless a Lago Pay Page Trigger began this execution. */
function requireVisitor(ctx: IExecuteFunctions): void {
	if (beganBy(ctx, 'lagoPayPageTrigger')) return;
	throw new NodeOperationError(ctx.getNode(), 'No visitor of a pay page waits for this answer', {
		description:
			'Answer Pay Link works in a lane that began with a Lago Pay Page Trigger. Behind the Webhook node of n8n use Respond to Webhook.',
	});
}
