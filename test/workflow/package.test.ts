import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PackageDirectoryLoader } from 'n8n-core';
import type {
	ICredentialType,
	IHttpRequestOptions,
	INodeProperties,
	INodePropertyOptions,
	INodeTypeDescription,
} from 'n8n-workflow';
import { operations as dodoOperations } from '../../nodes/DodoPayments/actions/operations';
import { operations as lagoOperations } from '../../nodes/Lago/actions/operations';

const ROOT = join(__dirname, '..', '..');
const DIST = join(ROOT, 'dist');
const packageJson = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
	name: string;
	files: string[];
	dependencies?: object;
	peerDependencies: object;
	n8n: { nodes: string[]; credentials: string[] };
};

const loader = new PackageDirectoryLoader(ROOT);
let nodes: Record<string, INodeTypeDescription>;
let credentials: Record<string, ICredentialType>;

beforeAll(async () => {
	if (!existsSync(DIST)) throw new Error('There is no dist folder: run "npm run build" first.');
	await loader.loadAll();
	nodes = Object.fromEntries(loader.types.nodes.map((description) => [description.name, description]));
	credentials = Object.fromEntries(loader.types.credentials.map((type) => [type.name, type]));
});

const optionsOf = (properties: INodeProperties[], name: string): string[] =>
	properties
		.filter((field) => field.name === name)
		.flatMap(({ options = [] }) => (options as INodePropertyOptions[]).map(({ value }) => String(value)));

describe('n8n loads the package', () => {
	it('with the seven nodes and the two credentials that users and templates name', () => {
		expect(packageJson.name).toBe('n8n-nodes-dodo-lago');
		expect(Object.keys(nodes).sort()).toEqual([
			'byHandTrigger',
			'dodoPayments',
			'dodoPaymentsTrigger',
			'lago',
			'lagoAccessTrigger',
			'lagoPayPageTrigger',
			'lagoTrigger',
		]);
		expect(Object.keys(credentials).sort()).toEqual(['dodoPaymentsApi', 'lagoBillingApi']);
		expect(Object.keys(loader.known.nodes).sort()).toEqual(Object.keys(nodes).sort());
	});

	it.each([
		['dodoPaymentsApi', ['environment', 'apiKey', 'webhookSecret', 'requestsPerMinute', 'baseUrl']],
		[
			'lagoBillingApi',
			[
				'baseUrl',
				'apiKey',
				'webhookHmacKey',
				'currenciesCountedAlike',
				'accessNotice',
				'accessToken',
				'accessCallbackSecret',
			],
		],
	])('%s has its fields, each explained, secrets hidden, and a test', async (name, fields) => {
		const type = credentials[name] as ICredentialType;
		expect(type.properties.map((field) => field.name)).toEqual(fields);
		for (const field of type.properties.filter(({ type: kind }) => kind !== 'notice')) {
			expect(field.description).toMatch(/\w{3}/);
			if (/key|secret|token/i.test(field.name)) expect(field.typeOptions?.password).toBe(true);
		}
		// By functions of the nodes: the declarative kind passes on any page that answers 200, and n8n prefers it where there is one.
		expect(type.test).toBeUndefined();
		expect(type.documentationUrl).toMatch(/\/docs\/keys\.md#[a-z-]+$/);
		// A function: of the usual template n8n would ask its expression engine for every request.
		const authenticate = type.authenticate as (
			credentials: object,
			request: IHttpRequestOptions,
		) => Promise<IHttpRequestOptions>;
		expect(
			await authenticate({ apiKey: 'key' }, { url: 'https://api.example', headers: { 'Idempotency-Key': 'once' } }),
		).toEqual({ url: 'https://api.example', headers: { 'Idempotency-Key': 'once', Authorization: 'Bearer key' } });
	});

	it.each(['dodoPayments', 'dodoPaymentsTrigger', 'lago', 'lagoAccessTrigger', 'lagoPayPageTrigger', 'lagoTrigger'])(
		'%s has light and dark icons, a codex and its credential',
		(name) => {
			const description = nodes[name] as INodeTypeDescription & { iconUrl: { light: string; dark: string } };
			for (const shade of ['light', 'dark'] as const) {
				const url = description.iconUrl[shade];
				expect(url).toMatch(/\.svg$/);
				expect(existsSync(join(ROOT, url.replace(/^icons\/n8n-nodes-dodo-lago\//, '')))).toBe(true);
			}
			expect(description.codex?.categories?.length).toBeGreaterThan(0);
			expect(description.codex?.resources?.primaryDocumentation?.length).toBeGreaterThan(0);
			const [type, testedBy] = name.startsWith('dodo')
				? ['dodoPaymentsApi', 'testDodoCredential']
				: ['lagoBillingApi', 'testLagoCredential'];
			expect(description.credentials).toEqual([{ name: type, required: true, testedBy }]);
			// n8n takes the first node that names a test, whichever it is.
			const { methods } = loader.getNode(name).type as { methods?: { credentialTest?: Record<string, unknown> } };
			expect(Object.keys(methods?.credentialTest ?? {})).toEqual([testedBy]);
		},
	);

	it('credentials have icons too', () => {
		for (const type of Object.values(credentials)) expect((type.iconUrl as { light: string }).light).toMatch(/\.svg$/);
	});

	it('every file that the package promises is there, and has a source', () => {
		for (const path of [...packageJson.n8n.nodes, ...packageJson.n8n.credentials]) {
			expect(existsSync(join(ROOT, path))).toBe(true);
			expect(existsSync(join(ROOT, path.replace(/^dist\//, '').replace(/\.js$/, '.ts')))).toBe(true);
		}
	});
});

describe.each([
	[
		'dodoPayments',
		dodoOperations as Record<string, object>,
		{
			event: ['getMissed', 'markAsProcessed', 'saveProgress'],
			mandate: ['charge', 'createSetupLink', 'get', 'getTroubled', 'getUpdateLink'],
			payment: ['checkReminder', 'createIntent', 'get', 'getAll'],
			product: ['ensure'],
			refund: ['create', 'get', 'getAll'],
			statement: ['get'],
		},
	],
	[
		'lago',
		lagoOperations as Record<string, object>,
		{
			backFill: ['getPortion', 'letIn', 'preview', 'startOrStop'],
			access: ['backtest', 'getCustomer', 'getSubscription', 'update'],
			creditNote: ['create', 'get', 'getAll', 'saveRefund'],
			customer: ['get', 'saveMandate'],
			event: ['getMissed', 'markAsProcessed', 'saveProgress'],
			invoice: [
				'answerPayLink',
				'createPayLink',
				'get',
				'getAll',
				'openPayLink',
				'planRetry',
				'recordDispute',
				'savePaymentReference',
				'updatePaymentStatus',
			],
			paymentRequest: ['get', 'getMissed'],
			reminder: ['getDue', 'reserve', 'saveSent'],
			statement: ['compare'],
			topUp: ['createPayLink', 'get', 'getAll'],
		},
	],
])('%s', (name, implemented, expected: Record<string, string[]>) => {
	const fields = (): INodeProperties[] => (nodes[name] as INodeTypeDescription).properties;

	it('implements what it offers and offers what it implements', () => {
		expect(optionsOf(fields(), 'resource').sort()).toEqual(Object.keys(implemented).sort());
		for (const [resource, ofResource] of Object.entries(implemented)) {
			const choice = fields().filter(
				(field) => field.name === 'operation' && field.displayOptions?.show?.resource?.includes(resource),
			);
			expect(optionsOf(choice, 'operation').sort()).toEqual(Object.keys(ofResource).sort());
			expect(Object.keys(ofResource).sort()).toEqual(expected[resource]);
		}
	});

	it('shows its fields under conditions that can come true', () => {
		for (const field of fields())
			for (const [other, values] of Object.entries(field.displayOptions?.show ?? {})) {
				if (other === '@version') {
					const { gte = -Infinity, lt = Infinity } = (values?.[0] as { _cnd: { gte?: number; lt?: number } })._cnd;
					expect(
						[(nodes[name] as INodeTypeDescription).version].flat().some((version) => version >= gte && version < lt),
					).toBe(true);
					continue;
				}
				const isSwitch = fields().some(({ name: named, type }) => named === other && type === 'boolean');
				const possible = isSwitch ? [true, false] : optionsOf(fields(), other);
				expect(possible).toEqual(expect.arrayContaining(values as unknown[]));
			}
	});

	it('has a default among its options for every choice', () => {
		for (const field of fields().filter(({ type }) => type === 'options'))
			expect(optionsOf([field], field.name)).toContain(field.default);
	});

	it('has every search that its fields name', () => {
		const { methods } = loader.getNode(name).type as { methods?: { listSearch?: object } };
		const named = fields().flatMap(({ modes = [] }) =>
			modes.flatMap(({ typeOptions }) => typeOptions?.searchListMethod ?? []),
		);
		expect(Object.keys(methods?.listSearch ?? {}).sort()).toEqual([...new Set(named)].sort());
	});
});

describe('events', () => {
	const eventsOf = (name: string): string[] => optionsOf((nodes[name] as INodeTypeDescription).properties, 'events');

	it('Lago: all 75, each once, those for collecting first', () => {
		const offered = eventsOf('lagoTrigger');
		expect(offered).toHaveLength(75);
		expect(new Set(offered).size).toBe(75);
		expect(offered.slice(0, 3)).toEqual(['invoice.created', 'invoice.one_off_created', 'invoice.paid_credit_added']);
	});

	it('Dodo: all 48, each once, and payment.refunded', () => {
		const offered = eventsOf('dodoPaymentsTrigger');
		expect(new Set(offered).size).toBe(49);
		expect(offered).toHaveLength(49);
		expect(offered).toContain('payment.refunded');
		expect(offered.slice(0, 3)).toEqual(['payment.succeeded', 'payment.failed', 'payment.processing']);
	});

	it.each(['lagoTrigger', 'dodoPaymentsTrigger'])(
		'%s: what is chosen at first is offered, and named for people',
		(name) => {
			const field = (nodes[name] as INodeTypeDescription).properties.find(
				(one) => one.name === 'events',
			) as INodeProperties;
			expect(optionsOf([field], 'events')).toEqual(expect.arrayContaining(field.default as string[]));
			for (const { name: title } of field.options as INodePropertyOptions[])
				expect(title).toMatch(/^[A-Z][A-Za-z]*( \(?[A-Z][A-Za-z]*\)?)+$/);
		},
	);

	it.each(['lagoTrigger', 'dodoPaymentsTrigger'])('%s answers when the work is done', (name) => {
		expect((nodes[name] as INodeTypeDescription).webhooks).toMatchObject([
			{ httpMethod: 'POST', responseMode: 'lastNode', responseData: 'noData', isFullPath: true },
		]);
	});

	it('the pay page is answered by its lane, and asks no expression engine where it lies', () => {
		const { version, webhooks } = nodes.lagoPayPageTrigger as INodeTypeDescription;
		expect(webhooks).toMatchObject([{ httpMethod: 'GET', responseMode: 'responseNode', isFullPath: true }]);
		// For a version 1 n8n resolves an expression for each request.
		expect(Math.min(...[version].flat())).toBeGreaterThan(1);
	});

	it('Dodo: exactly those of its SDK', () => {
		const types = readFileSync(join(ROOT, 'node_modules', 'dodopayments', 'resources', 'webhook-events.d.ts'), 'utf8');
		const known = [...(/type WebhookEventType = ([^;]+);/.exec(types)?.[1] ?? '').matchAll(/'([^']+)'/g)].map(
			([, event]) => event,
		);
		expect(
			eventsOf('dodoPaymentsTrigger')
				.filter((event) => event !== 'payment.refunded')
				.sort(),
		).toEqual(known.sort());
	});
});

describe('what is published', () => {
	it('needs nothing but n8n', () => {
		expect(packageJson.dependencies).toBeUndefined();
		expect(packageJson.peerDependencies).toEqual({ 'n8n-workflow': '*' });
		expect(packageJson.files).toEqual(['dist', 'workflows/*.json']);
		for (const file of builtFiles()) {
			const required = [...readFileSync(file, 'utf8').matchAll(/require\(['"]([^'".][^'"]*)['"]\)/g)].map(
				([, name]) => name as string,
			);
			for (const name of required) expect(name).toMatch(/^(n8n-workflow|(node:)?crypto)$/);
		}
	});

	it('has one registry of deliveries for both triggers', () => {
		const definitions = builtFiles().filter((file) => /\bstateOf\(\w+\) ?\{/.test(readFileSync(file, 'utf8')));
		expect(definitions).toHaveLength(1);
		const chunk = (definitions[0] as string).split('/').pop() as string;
		const reaches = (file: string, seen = new Set<string>()): boolean => {
			if (file.endsWith(chunk)) return true;
			if (seen.has(file)) return false;
			seen.add(file);
			return [...readFileSync(file, 'utf8').matchAll(/require\(['"](\.{1,2}\/[^'"]+)['"]\)/g)].some(([, path]) =>
				reaches(join(file, '..', path as string), seen),
			);
		};
		for (const trigger of ['nodes/Lago/LagoTrigger.node.js', 'nodes/DodoPayments/DodoPaymentsTrigger.node.js'])
			expect(reaches(join(DIST, trigger))).toBe(true);
	});
});

function builtFiles(): string[] {
	return readdirSync(DIST, { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith('.js'))
		.map((name) => join(DIST, name));
}
