import type { INodeProperties } from 'n8n-workflow';
import { operationsOf, propertiesOf, subtitleOf } from '../../shared/node/menu';
import { event } from './event/event.resource';
import { mandate } from './mandate/mandate.resource';
import { payment } from './payment/payment.resource';
import { product } from './product/product.resource';
import { refund } from './refund/refund.resource';
import { statement } from './statement/statement.resource';

/** As the menu has them. */
const resources = [event, mandate, payment, product, refund, statement];

/** In words, what a node on the canvas does. */
export const subtitle = subtitleOf(resources);

/** Everything the node can do: resource -> operation. */
export const operations = operationsOf(resources);

/** The two choices, then the fields of every operation. */
export const properties: INodeProperties[] = propertiesOf(resources, payment.value);
