import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { IDataObject } from 'n8n-workflow';
import type { AskN8n, ReadExecution } from '../../sandbox/page/executions';
import type { Dispute, Payment, Refund } from '../../sandbox/dodo/state';
import type { World } from './world';

/** An object of an event of either service, as far as a lane looks at it. */
interface Told {
	lago_id?: string;
	subscription_id?: string;
}

/** Runs one operation and notes what it gave out under a node's name. */
type Step = (node: string, item: Promise<IDataObject>) => Promise<IDataObject>;

/** Stands for n8n where none runs: takes the webhooks, and answers them by the real operations in the order of the lanes. Signatures are not looked at. */
export class Lanes implements AskN8n {
	url = '';
	readonly executions: ReadExecution[] = [];
	private queue: Promise<unknown> = Promise.resolve();
	private readonly server: Server;

	private constructor(private readonly world: World) {
		this.server = createServer((request, response) => {
			void this.inTurn(request).then(([status, location]) =>
				response.writeHead(status, location === undefined ? {} : { location }).end(),
			);
		});
	}

	static async start(world: World): Promise<Lanes> {
		const lanes = new Lanes(world);
		await lanes.listen();
		world.dodo.addWebhook({ url: `${lanes.url}/webhooks/dodo`, secret: 'whsec_c2FuZGJveA==' });
		world.lago.addEndpoint({ url: `${lanes.url}/webhooks/lago` });
		return lanes;
	}

	/** Where it has listened before, if it has. */
	async listen(): Promise<void> {
		const port = this.url === '' ? 0 : Number(new URL(this.url).port);
		await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
		this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	async stop(): Promise<void> {
		this.server.closeAllConnections();
		await new Promise<void>((resolve) => this.server.close(() => resolve()));
	}

	async ended(): Promise<string[]> {
		return await Promise.resolve(this.executions.map(({ id }) => id).reverse());
	}

	async read(id: string): Promise<ReadExecution> {
		return await Promise.resolve(this.executions[Number(id) - 1] as ReadExecution);
	}

	urlOf(id: string): string {
		return `${this.url}/executions/${id}`;
	}

	/** Status and, for the pay page, where to go: one request after the other. */
	private async inTurn(request: IncomingMessage): Promise<[status: number, location?: string]> {
		const body = await textOf(request);
		const run = this.queue.then(async () => await this.answer(request, body));
		this.queue = run.catch(() => {});
		return await run.catch((): [number] => [500]);
	}

	private async answer({ url, headers }: IncomingMessage, body: string): Promise<[status: number, location?: string]> {
		const { pathname, searchParams } = new URL(String(url), this.url);
		const given = new Map<string, IDataObject>();
		const step: Step = async (node, item) => {
			given.set(node, await item);
			return given.get(node) as IDataObject;
		};
		const told = body === '' ? {} : (JSON.parse(body) as { type: string; data: Told } & Record<string, Told>);
		const location = await (pathname.endsWith('/pay')
			? this.payPage(step, searchParams)
			: pathname.endsWith('/lago')
				? this.ofLago(step, told as Record<string, Told> & { webhook_type: string })
				: this.ofDodo(step, told as { type: string; data: Told }));
		const text = String(headers['webhook-id'] ?? headers['x-lago-unique-key'] ?? '');
		this.executions.push({
			id: String(this.executions.length + 1),
			status: 'success',
			nodes: [...given.keys()],
			text,
			items: (node) => [given.get(node) as IDataObject],
		});
		return location === undefined ? [200] : [302, location];
	}

	private async ofLago(step: Step, event: Record<string, Told> & { webhook_type: unknown }): Promise<undefined> {
		if (event.webhook_type !== 'invoice.created') return;
		const read = await step('Get Invoice', this.world.read({ lago_id: String(event.invoice?.lago_id) }));
		const charge = await step(
			'Charge Mandate',
			this.onDodo('mandate', 'charge', { invoice: HERE, tryAgain: false }, read),
		);
		await this.linkAndSave(step, charge.outcome === 'needs_link', charge.outcome === 'needs_link' ? read : charge);
	}

	private async ofDodo(step: Step, { type, data }: { type: string; data: Told }): Promise<undefined> {
		const [kind] = type.split('.');
		// All its invoices; the first one tells.
		if (kind === 'payment') await step('Update Payment Status', this.world.settle(data as unknown as Payment));
		if (kind === 'refund') await step('Create Credit Note', this.world.mirror(data as unknown as Refund));
		if (kind === 'dispute') await step('Record Dispute', this.world.record(data as unknown as Dispute));
		if (kind !== 'subscription' || type.endsWith('updated')) return;
		const mandate = await this.onDodo('mandate', 'get', { mandate: String(data.subscription_id) });
		await step('Save Mandate', this.world.onLago('customer', 'saveMandate', { mandate: HERE }, mandate));
	}

	private async payPage(step: Step, asked: URLSearchParams): Promise<string> {
		const link = asked.get('t') ?? asked.get('c');
		const how = { began: { isConfirmed: asked.get('pay') === '1' }, trigger: 'lagoPayPageTrigger' };
		const opened = await step('Open Pay Link', this.world.onLago('invoice', 'openPayLink', { link }, {}, how));
		return String((await this.linkAndSave(step, true, opened)).checkoutUrl);
	}

	private async linkAndSave(step: Step, needsLink: boolean, input: IDataObject): Promise<IDataObject> {
		const fields = { source: 'invoice', invoice: HERE, taxMode: 'inclusive', productSource: 'automatic' };
		const intent = needsLink
			? await step('Create Payment Intent', this.onDodo('payment', 'createIntent', fields, input))
			: input;
		const save = { intent: HERE, payLinkAddress: `${this.url}/webhooks/pay` };
		return await step('Save Payment Reference', this.world.onLago('invoice', 'savePaymentReference', save, intent));
	}

	private async onDodo(
		resource: string,
		operation: string,
		fields: IDataObject,
		input?: IDataObject,
	): Promise<IDataObject> {
		return await this.world.onDodo(resource, operation, fields, input);
	}
}

/** The item that comes in. */
const HERE = '={{ $json }}';

async function textOf(request: IncomingMessage): Promise<string> {
	let text = '';
	for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
	return text;
}
