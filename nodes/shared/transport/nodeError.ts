import { NodeApiError, NodeOperationError, type INode, type JsonObject } from 'n8n-workflow';
import { ApiError, type Service } from './apiError';
import { noAnswer } from './noAnswer';

/**
 * Whatever was thrown, as an error that n8n can show.
 * @param comesAgain an event began this, which its service delivers again; otherwise a person at the editor reads it.
 */
export function asNodeError(
	node: INode,
	caught: unknown,
	itemIndex?: number,
	comesAgain = false,
): NodeApiError | NodeOperationError {
	if (caught instanceof ApiError) return toNodeApiError(node, caught, itemIndex, comesAgain);
	if (caught instanceof NodeApiError || caught instanceof NodeOperationError) return caught;
	return new NodeOperationError(node, caught instanceof Error ? caught : String(caught), { itemIndex });
}

/** The service's refusal as n8n shows it: what happened, why, what to do next. */
function toNodeApiError(
	node: INode,
	error: ApiError,
	itemIndex: number | undefined,
	comesAgain: boolean,
): NodeApiError {
	// Without the code: n8n would replace the message by a stock text that names no service.
	const plain: JsonObject = { message: error.message };
	return new NodeApiError(node, plain, {
		message: headline(error),
		description: advice(error, comesAgain),
		httpCode: error.status === null ? undefined : String(error.status),
		itemIndex,
	});
}

function headline(error: ApiError): string {
	if (error.status === null) return error.message;
	const code = error.code ? ` ${error.code}` : '';
	return `${error.service} refused the request (${error.status}${code}): ${error.message}`;
}

const RIGHT_KEY: Readonly<Record<Service, string>> = {
	'Dodo Payments': 'Test keys work in test mode only, live keys in live mode only.',
	Lago: 'Copy it again from Lago > Developers > API keys.',
};

function advice(error: ApiError, comesAgain: boolean): string {
	const { service, status } = error;
	const next = comesAgain
		? 'Nothing was lost: the event is delivered again.'
		: 'Then try again; what was done already is not done twice.';
	if (error.code === 'NO_TIME_LEFT' || error.code === 'OUT_OF_DATE')
		return 'Nothing was lost: the event is delivered again, and the reconciliation finds it too.';
	if (error.code === 'BAD_BASE_URL')
		return `In the ${service} credential, correct the base URL: it begins with https:// or http://. ${next}`;
	if (status === null) return `${noAnswer(error.code).next}. ${next}`;
	if (status === 401) return `The API key in the ${service} credential is not valid here. ${RIGHT_KEY[service]}`;
	if (error.unauthorized)
		return `The API key in the ${service} credential may not do this. Create a key with write access and try again.`;
	if (status >= 300 && status < 400)
		return `Something between n8n and ${service} redirects the request. Put the final address into the base URL of the ${service} credential.`;
	if (status === 404 && error.code === null)
		return `What answered is probably not the API of ${service}. Check the base URL in the credential.`;
	if (status === 404)
		return `${service} does not know this object. Check the id, and that it belongs to the account of the credential.`;
	if (status === 429)
		return comesAgain
			? `${service} limits the number of requests. Wait a minute; retry-on-fail and redelivery take care of webhooks.`
			: `${service} limits the number of requests. Wait a minute. ${next}`;
	if (error.transient) return `${service} has trouble. ${comesAgain ? '' : 'Wait until it is over. '}${next}`;
	const details = Object.entries(error.details)
		.map(([field, codes]) => `${field}: ${codes.join(', ')}`)
		.join('; ');
	return details ? `${service} says: ${details}` : `Correct the input of this node and run it again.`;
}
