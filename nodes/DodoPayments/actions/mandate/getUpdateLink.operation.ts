import type { INodeProperties } from 'n8n-workflow';
import { additionalFields } from '../../../shared/node/fields';
import { fieldsOf, type Operation } from '../../../shared/node/operation';
import { additionalTexts } from '../../../shared/node/parameters';
import { updateLinkOf } from '../../helpers/updateLink';
import type { DodoClient } from '../../transport/client';
import { returnUrlField } from '../link.fields';
import { chosenMandate, mandateField } from './mandate.field';

const fields: INodeProperties[] = [
	mandateField,
	{
		displayName:
			'When a mandate is on hold, giving a new card makes Dodo collect at once what is due on it. If the customer pays the same invoice by its link as well, the second payment comes out as Overpaid.',
		name: 'duesNotice',
		type: 'notice',
		default: '',
	},
	additionalFields([returnUrlField]),
];

/** Mandate -> Get Update-Payment-Method Link. */
export const getUpdateLink: Operation<DodoClient, 'created' | 'existing' | 'held'> = {
	menu: {
		name: 'Get Update-Payment-Method Link',
		action: 'Get the update payment method link of a mandate',
		description: 'A page on which the customer gives another card; Dodo collects at once what is due on a held mandate',
	},
	fields: fieldsOf('mandate', 'getUpdateLink', fields),
	async execute(ctx, client, index) {
		return await updateLinkOf(client, chosenMandate(ctx, index), additionalTexts(ctx, index).returnUrl);
	},
};
