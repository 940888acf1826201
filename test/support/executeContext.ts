import { randomUUID } from 'node:crypto';
import {
	NodeApiError,
	type IDataObject,
	type IExecuteFunctions,
	type IHttpRequestOptions,
	type INode,
	type INodeExecutionData,
	type WorkflowExecuteMode,
} from 'n8n-workflow';
import { runOperation } from '../../nodes/shared/node/operation';

export const BASE_URL = 'https://service.example';
export const API_KEY = 'secret-key-of-the-test';

interface Given {
	parameters: Record<string, unknown>;
	input?: IDataObject[];
	/** Tells accounts apart: caches of the process are kept for each credential. */
	credentialId?: string;
	continueOnFail?: boolean;
	credential?: Record<string, unknown>;
	/** The event of Lago that the execution began with. */
	began?: IDataObject;
	/** What it began by; the Lago Trigger unless told. */
	trigger?: string;
	typeVersion?: number;
	/** `manual`: a person pressed the button. */
	mode?: WorkflowExecuteMode;
}

/** What an operation needs of n8n: parameters, input, credentials, and requests that really go through HTTP. */
export function executeContext({
	parameters,
	input = [{}],
	credentialId = randomUUID(),
	continueOnFail = false,
	credential,
	began,
	trigger = 'lagoTrigger',
	typeVersion = 1.1,
	mode = 'trigger',
}: Given): IExecuteFunctions {
	const stored = { id: credentialId, name: 'test' };
	const node = {
		id: '1',
		name: 'Node',
		type: 'test',
		typeVersion,
		position: [0, 0],
		parameters: {},
		credentials: { dodoPaymentsApi: stored, lagoBillingApi: stored },
	} as unknown as INode;
	const context = {
		getNode: () => node,
		getMode: () => mode,
		getInputData: () => input.map((json) => ({ json })),
		getNodeParameter: (name: string, index: number, fallback?: unknown) => {
			const value = parameters[name] ?? fallback;
			return value === '={{ $json }}' ? input[index] : value;
		},
		getCredentials: async () => ({ baseUrl: BASE_URL, environment: 'test', apiKey: API_KEY, ...credential }),
		getTimezone: () => 'UTC',
		customData: new Map<string, string>(),
		continueOnFail: () => continueOnFail,
		getParentNodes: () => (began === undefined ? [] : [{ name: trigger, type: `n8n-nodes-dodo-lago.${trigger}` }]),
		getWorkflowDataProxy: () => ({
			$: () => ({ isExecuted: true, all: () => (began === undefined ? [] : [{ json: began }]) }),
		}),
		helpers: {
			httpRequestWithAuthentication: async (_type: string, options: IHttpRequestOptions) =>
				await request(node, options),
			httpRequest: async (options: IHttpRequestOptions) => await plainRequest(options),
		},
	};
	return context as unknown as IExecuteFunctions;
}

/** The same without a credential. */
async function plainRequest({ url, method, headers, body }: IHttpRequestOptions): Promise<unknown> {
	const { status } = await fetch(url, {
		method,
		headers: headers as Record<string, string>,
		body: body as string,
		redirect: 'manual',
	});
	return { statusCode: status };
}

/** Runs the chosen operation. Returns what leaves it, by whichever output. */
export async function itemsOf(...given: Parameters<typeof runOperation>): Promise<INodeExecutionData[]> {
	return (await runOperation(...given)).flat();
}

/** Does what n8n's helper does with the options that this package uses. */
async function request(node: INode, options: IHttpRequestOptions): Promise<unknown> {
	const url = new URL(options.url);
	for (const [name, value] of Object.entries(options.qs ?? {}))
		if (value !== undefined)
			for (const one of Array.isArray(value) ? value : [value])
				url.searchParams.append(Array.isArray(value) ? `${name}[]` : name, String(one));
	const headers = {
		...(options.headers as Record<string, string>),
		authorization: `Bearer ${API_KEY}`,
		'content-type': 'application/json',
	};
	try {
		const response = await fetch(url, {
			method: options.method,
			headers,
			body: options.body === undefined ? undefined : JSON.stringify(options.body),
			redirect: 'manual',
		});
		const text = await response.text();
		const body: unknown =
			text === '' ? '' : response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text;
		return { statusCode: response.status, body };
	} catch (caught) {
		throw new NodeApiError(node, {
			message: `connect failed with ${API_KEY}`,
			code: (caught as { cause?: { code?: string } }).cause?.code ?? 'ECONNRESET',
		});
	}
}
