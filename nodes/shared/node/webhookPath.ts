import { fromParameter, webhookDescriptionFields } from 'n8n-workflow';

/**
 * The address of a webhook, from the field "Webhook Path". Told so, n8n 2 reads it without its expression engine, whose first expression
 * takes some milliseconds of each request; an older n8n knows only the expression.
 */
export const webhookPath: { path: string } =
	typeof webhookDescriptionFields === 'function' ? (webhookDescriptionFields({ path: fromParameter('path') }) as { path: string }) : { path: '={{$parameter["path"]}}' };
