import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { ExecutionLifecycleHooks, HookContext, PackageDirectoryLoader, WebhookContext } from 'n8n-core';
import {
	ICredentialsHelper,
	Workflow,
	type ICredentialDataDecryptedObject,
	type IDataObject,
	type IHttpRequestOptions,
	type INode,
	type INodeType,
	type INodeTypes,
	type IWebhookData,
	type IWebhookResponseData,
	type IWorkflowBase,
	type IWorkflowExecuteAdditionalData,
	type WorkflowExecuteMode,
} from 'n8n-workflow';
import { bindCredentials, type WorkflowJson } from '../../docker/entrypoint/workflow';
import type { Template } from './templates';

export const PACKAGE = 'n8n-nodes-dodo-lago';
export const WEBHOOK_BASE = 'https://n8n.example/webhook';

/** The built package, loaded as n8n does it; `extra` stands in for nodes of n8n's own. */
export async function loadNodeTypes(extra: Readonly<Record<string, INodeType>> = {}): Promise<INodeTypes> {
	const loader = new PackageDirectoryLoader(join(__dirname, '..', '..'));
	await loader.loadAll();
	const byName = (type: string): INodeType =>
		extra[type] ?? (loader.getNode(type.replace(`${PACKAGE}.`, '')).type as INodeType);
	return { getByName: byName, getByNameAndVersion: byName, getKnownTypes: () => ({}) };
}

/** Credentials by type name; what a person typed. */
export type Credentials = Readonly<Record<string, ICredentialDataDecryptedObject>>;

/** Hands out the given credentials and signs requests with their key, as both credential types say. */
export class TestCredentials extends ICredentialsHelper {
	constructor(private readonly credentials: Credentials) {
		super();
	}

	getParentTypes(): string[] {
		return [];
	}

	isCredentialUsableByNode(): boolean {
		return true;
	}

	getCredentialsProperties(): [] {
		return [];
	}

	async preAuthentication(): Promise<undefined> {
		return await Promise.resolve(undefined);
	}

	async runPreAuthentication(): Promise<undefined> {
		return await Promise.resolve(undefined);
	}

	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		_type: string,
		options: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> {
		return await Promise.resolve({
			...options,
			headers: { ...options.headers, Authorization: `Bearer ${String(credentials.apiKey)}` },
		});
	}

	async getDecrypted(
		_data: IWorkflowExecuteAdditionalData,
		_node: unknown,
		type: string,
	): Promise<ICredentialDataDecryptedObject> {
		return await Promise.resolve(this.credentials[type] ?? {});
	}

	async getCredentials(): Promise<never> {
		return await Promise.reject(new Error('Not needed'));
	}

	async updateCredentials(): Promise<void> {
		await Promise.resolve();
	}

	async updateCredentialsOauthTokenData(): Promise<void> {
		await Promise.resolve();
	}
}

/** What n8n gives to every node. */
export function additionalData(
	credentials: Credentials,
	more: Partial<IWorkflowExecuteAdditionalData> = {},
): IWorkflowExecuteAdditionalData {
	return {
		credentialsHelper: new TestCredentials(credentials),
		executionId: randomUUID(),
		webhookBaseUrl: WEBHOOK_BASE,
		webhookTestBaseUrl: `${WEBHOOK_BASE}-test`,
		restApiUrl: 'https://n8n.example/rest',
		instanceBaseUrl: 'https://n8n.example',
		formWaitingBaseUrl: 'https://n8n.example/form-waiting',
		webhookWaitingBaseUrl: 'https://n8n.example/webhook-waiting',
		variables: {},
		setExecutionStatus: () => undefined,
		...more,
	} as unknown as IWorkflowExecuteAdditionalData;
}

/** A template as n8n runs it, with the hooks of one execution. @param account id of both credentials and of the workflow. */
export function inCore(
	template: Template,
	account: string,
	nodeTypes: INodeTypes,
	change: (node: WorkflowJson['nodes'][number]) => object,
): { workflow: Workflow; hooks: ExecutionLifecycleHooks } {
	const chosen = bindCredentials(
		template as unknown as WorkflowJson,
		['dodoPaymentsApi', 'lagoBillingApi'].map((type) => ({ id: account, name: 'Account', type, data: {} })),
	);
	const workflow = new Workflow({
		id: account,
		name: template.name,
		nodes: structuredClone(chosen.nodes).map(change) as unknown as INode[],
		connections: template.connections,
		active: true,
		nodeTypes,
		settings: template.settings,
	});
	const base = { ...template, id: account, active: true } as unknown as IWorkflowBase;
	return { workflow, hooks: new ExecutionLifecycleHooks('webhook', '1', base) };
}

/** An answer as Express keeps it, and what n8n does to it. */
export class TestResponse extends EventEmitter {
	statusCode = 200;
	body: unknown;
	readonly headers: Record<string, string> = {};

	status(code: number): this {
		this.statusCode = code;
		return this;
	}

	setHeader(name: string, value: string): this {
		this.headers[name.toLowerCase()] = value;
		return this;
	}

	json(body: unknown): this {
		this.body = body;
		return this.end();
	}

	send(body: unknown): this {
		this.body = body;
		return this.end();
	}

	/** The answer went out, with the status that n8n gives when the execution has ended. */
	end(status = this.statusCode): this {
		this.statusCode = status;
		this.emit('finish');
		return this;
	}
}

/** What a delivery led to. */
export interface Delivered {
	response: TestResponse;
	/** The items of the execution, null when there is none. */
	items: IDataObject[] | null;
}

/** One trigger in a workflow of its own, in n8n's own contexts. */
export class TriggerBench {
	readonly workflow: Workflow;
	readonly node: INode;
	/** What went to n8n's log. */
	readonly warnings: string[] = [];
	private readonly type: INodeType;
	private readonly data: IWorkflowExecuteAdditionalData;

	/** @param account id of the credential: what the package remembers of an account is kept by it. */
	constructor(
		nodeTypes: INodeTypes,
		type: string,
		parameters: INode['parameters'],
		credentials: Credentials,
		account: string,
		workflowId = account,
	) {
		const [credentialType = ''] = Object.keys(credentials);
		this.node = {
			id: 'n1',
			name: 'Trigger',
			type: `${PACKAGE}.${type}`,
			typeVersion: 1.1,
			position: [0, 0],
			webhookId: '5681eecd-0f64-5094-8b58-7862f2f997c3',
			parameters,
			credentials: { [credentialType]: { id: account, name: 'Account' } },
		};
		this.workflow = new Workflow({
			id: workflowId,
			name: 'Test',
			nodes: [this.node],
			connections: {},
			active: true,
			nodeTypes,
			staticData: {},
		});
		this.type = nodeTypes.getByNameAndVersion(this.node.type);
		this.data = additionalData(credentials);
	}

	/** What the trigger keeps between runs. */
	get staticData(): IDataObject {
		return this.workflow.getStaticData('node', this.node);
	}

	/** Calls a lifecycle method as publishing and unpublishing do. */
	async hook(name: 'checkExists' | 'create' | 'delete'): Promise<boolean> {
		const context = new HookContext(this.workflow, this.node, this.data, 'trigger', 'activate');
		const method = (this.type.webhookMethods as { default: Record<string, (this: HookContext) => Promise<boolean>> })
			.default[name];
		return (await method?.call(context)) as boolean;
	}

	/** Publishes: what exists stays, what does not is made. */
	async publish(): Promise<void> {
		if (!(await this.hook('checkExists'))) await this.hook('create');
	}

	/** One delivery. The caller ends the answer of one that is executed: `response.end(200)` or `response.end(500)`. */
	async deliver(
		body: string | Buffer,
		headers: Record<string, string | string[]>,
		mode: WorkflowExecuteMode = 'webhook',
	): Promise<Delivered> {
		const rawBody = Buffer.from(body as string);
		return await this.call(
			{ headers, body: {}, params: {}, query: {}, rawBody, readRawBody: async () => await Promise.resolve() },
			mode,
		);
	}

	/** One GET, with what Express makes of its query. */
	async visit(query: object, mode: WorkflowExecuteMode = 'webhook', headers: object = {}): Promise<Delivered> {
		return await this.call({ headers, body: {}, params: {}, query }, mode);
	}

	private async call(httpRequest: object, mode: WorkflowExecuteMode): Promise<Delivered> {
		const response = new TestResponse();
		const data = { ...this.data, httpRequest, httpResponse: response } as unknown as IWorkflowExecuteAdditionalData;
		const context = new WebhookContext(this.workflow, this.node, data, mode, {} as IWebhookData, [], null);
		const log = jest.spyOn(context.logger, 'warn').mockImplementation((message) => void this.warnings.push(message));
		const result = (await this.type.webhook?.call(context)) as IWebhookResponseData;
		log.mockRestore();
		const items = result.workflowData?.flat().map(({ json }) => json) ?? null;
		if ((items === null) !== (result.noWebhookResponse === true)) throw new Error('Neither answered nor executed');
		return { response, items };
	}
}
