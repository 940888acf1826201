import type { INodeProperties } from 'n8n-workflow';
import { operationsOf, propertiesOf, subtitleOf } from '../../shared/node/menu';
import { access } from './access/access.resource';
import { backFill } from './backFill/backFill.resource';
import { creditNote } from './creditNote/creditNote.resource';
import { customer } from './customer/customer.resource';
import { event } from './event/event.resource';
import { invoice } from './invoice/invoice.resource';
import { paymentRequest } from './paymentRequest/paymentRequest.resource';
import { reminder } from './reminder/reminder.resource';
import { statement } from './statement/statement.resource';
import { topUp } from './topUp/topUp.resource';

/** As the menu has them. */
const resources = [access, backFill, creditNote, customer, event, invoice, paymentRequest, reminder, statement, topUp];

/** In words, what a node on the canvas does. */
export const subtitle = subtitleOf(resources);

/** Everything the node can do: resource -> operation. */
export const operations = operationsOf(resources);

/** The two choices, then the fields of every operation. */
export const properties: INodeProperties[] = propertiesOf(resources, invoice.value);
