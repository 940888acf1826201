import { NodeOperationError, type INodeProperties } from 'n8n-workflow';
import { sumsInWords } from '../../../shared/domain/backFill';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { objectParameter } from '../../../shared/node/parameters';
import { agreementOf, saveAgreement, termsSchema, type Agreement } from '../../helpers/backFill';
import type { LagoClient } from '../../transport/client';

const fields: INodeProperties[] = [
	{
		displayName: 'Decision',
		name: 'decision',
		type: 'options',
		options: [
			{ name: 'Go On', value: 'goOn', description: 'After a stop, with what was agreed then' },
			{ name: 'Start', value: 'start', description: 'A person has seen the preview and agrees' },
			{ name: 'Stop', value: 'stop', description: 'Nothing more is begun; what was begun goes its way' },
		],
		default: 'stop',
		description: 'What a person has decided',
	},
	{
		displayName: 'Preview',
		name: 'preview',
		type: 'json',
		required: true,
		default: '={{ $json }}',
		displayOptions: { show: { decision: ['start'] } },
		description:
			'The summary of Preview, as the person has seen it: exactly its limits hold, and nothing younger is begun',
	},
];

type Outcome = 'back_fill_runs' | 'back_fill_stopped' | 'nothing_agreed';

/**
 * Back-Fill -> Start or Stop: keeps what a person has decided, for this workflow. It stands in n8n only: whoever loses it collects nothing old
 * until somebody agrees again.
 */
export const startOrStop: Operation<LagoClient, Outcome> = {
	menu: {
		name: 'Start or Stop',
		action: 'Start or stop a back fill',
		description: 'Keep what a person has decided about a back-fill: Get Portion acts on it from then on',
	},
	fields: fieldsOf('backFill', 'startOrStop', fields),
	once: true,
	async execute(ctx, _client, index) {
		if (ctx.getMode() === 'manual')
			throw new NodeOperationError(ctx.getNode(), 'n8n keeps nothing of a run in the editor', {
				itemIndex: index,
				description: 'Publish this workflow, open the form at its production address, and decide there.',
			});
		const decision = String(ctx.getNodeParameter('decision', index));
		const before = agreementOf(ctx);
		const now = Date.now();
		if (decision === 'start') {
			const given = objectParameter(ctx, 'preview', 'Preview', index);
			const terms = termsSchema.safeParse(given.terms ?? given);
			if (!terms.success)
				throw new NodeOperationError(ctx.getNode(), '"Preview" is not what Back-Fill > Preview returns', {
					itemIndex: index,
					description: 'Give the item of its output Summary.',
				});
			return await Promise.resolve(keep({ ...terms.data, agreedAt: now, isStopped: false }));
		}
		if (before === null) return NOTHING_AGREED;
		return keep({ ...before, isStopped: decision !== 'goOn' });

		function keep(agreement: Agreement): { outcome: Outcome; message: string } {
			saveAgreement(ctx, agreement);
			return agreement.isStopped
				? {
						outcome: 'back_fill_stopped',
						message: 'Nothing more of what is old is begun. What was begun goes its way.',
					}
				: { outcome: 'back_fill_runs', message: inWords(agreement) };
		}
	},
};

export const NOTHING_AGREED = {
	outcome: 'nothing_agreed',
	message: 'Nobody has agreed to a back-fill in this workflow, so nothing old is collected.',
} as const;

function inWords({ perDay, money, order }: Agreement): string {
	return `What is old is collected, ${order} first: at most ${perDay} invoices and ${sumsInWords(money)} a day.`;
}
