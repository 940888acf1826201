import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Invoice } from '../../sandbox/lago/documents';
import { whyNoEngine } from '../support/docker/engine';
import { machine, untilPrinted, type Machine } from '../support/docker/machine';
import { commandsOf } from '../support/docker/page';
import { letAMinutePass, waitFor } from '../support/sync';

const PROJECT = 'dodo-lago-stack';
const UNDER_LOAD = 12;

const why = whyNoEngine();
const describeContainer = why === null ? describe : describe.skip;

describeContainer(why ?? 'the stack, as docs/deploy.md starts, changes, upgrades and removes it', () => {
	let here: Machine;
	/** Of all services, with the name of each before its lines. */
	const logs = async (): Promise<string> => await here.type(...commandsOf('', 'docker compose').slice(-1));
	const listed = async (what: 'container' | 'volume' | 'network'): Promise<string[]> =>
		(
			await here.type(
				`docker ${what} ls ${what === 'container' ? '--all' : ''} --quiet --filter label=com.docker.compose.project=${PROJECT}`,
			)
		)
			.split('\n')
			.filter((line) => line !== '');
	const services = async (): Promise<string[]> =>
		(await here.type('docker compose -f docker/compose.yml -f docker/compose.queue.yml ps --services'))
			.trim()
			.split('\n')
			.sort();
	const sql = async (statement: string): Promise<string> =>
		(
			await here.type(`docker compose -f docker/compose.yml exec -T postgres psql -qtAX -U n8n n8n -c "${statement}"`)
		).trim();
	const linkOf = ({ lago_id }: Invoice): string | undefined => here.given.lago.metadataOf(lago_id, 'dodo_payment_id');
	const issue = (amountCents: number): Invoice => here.given.lago.issueInvoice({ fees: [{ amountCents }] });
	/** Sends webhooks here, and nowhere else. */
	const sendTo = (url: string): void => {
		const { dodo, lago, env } = here.given;
		dodo.state.webhooks.clear();
		lago.state.endpoints.clear();
		dodo.addWebhook({ url: `${url}/dodo`, secret: env.DODO_WEBHOOK_SECRET as string });
		lago.addEndpoint({ url: `${url}/lago` });
	};
	const pay = async (...invoices: Invoice[]): Promise<void> => {
		for (const invoice of invoices) here.given.dodo.payCheckout(linkOf(invoice) as string);
		await waitFor(() => invoices.every(({ payment_status }) => payment_status === 'succeeded'));
	};

	beforeAll(async () => {
		here = await machine(PROJECT);
	});
	afterAll(async () => {
		await here?.attempt('docker compose -f docker/compose.yml down -v --remove-orphans');
		await here?.remove();
	});

	test('starts from nothing, and takes an invoice through', async () => {
		await here.type(...commandsOf('', 'cp '), ...commandsOf('', 'sudo '));
		// Time passes by making older what the simulators hold, which is then from before the first start.
		here.settings({ RECONCILE_INTERVAL_MINUTES: '1', COLLECT_SINCE: 'all' });
		await here.type(...commandsOf('', 'docker compose').slice(0, 1));
		await untilPrinted(async () =>
			/Lago accepts the API key[^]*Dodo Payments accepts|Dodo Payments accepts[^]*Lago accepts/.test(await logs()),
		);
		expect(await logs()).toContain('Both webhooks answer');
		sendTo(`${here.url}/webhooks`);
		const invoice = issue(10_000);
		await waitFor(() => linkOf(invoice) !== undefined);
		await pay(invoice);
	});

	test('a changed value: Caddy in front, which lets through the webhooks only, whatever their addresses begin with', async () => {
		here.settings({ COMPOSE_PROFILES: 'tls', N8N_ENDPOINT_WEBHOOK: 'hooks', WEBHOOK_URL: 'http://127.0.0.1' });
		await here.type(...commandsOf('Change a value'));
		expect(await services()).toEqual(['caddy', 'n8n', 'postgres']);
		const statusOf = async (path: string, body = '{}'): Promise<number> =>
			(await fetch(`${here.proxy}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body }))
				.status;
		// It is ready a moment before all of its webhooks are.
		for (const path of ['/hooks/lago', '/hooks/dodo']) await waitFor(async () => (await statusOf(path)) === 401);
		expect([await statusOf('/webhooks/lago'), await statusOf('/'), await statusOf('/rest/login')]).toEqual([
			404, 404, 404,
		]);
		// The stand-in is Debian's Caddy 2.6, which refuses it in other words.
		expect(await statusOf('/hooks/lago', 'x'.repeat(6_000_000))).toBe(here.hasStandIns ? 502 : 413);
		// Its health check asks it all the time, and is no news.
		expect(await here.type('docker compose -f docker/compose.yml logs caddy')).not.toContain('Wget');
	});

	test('queue mode: a worker that is killed under load loses nothing and does nothing twice', async () => {
		const [start] = commandsOf('Queue mode');
		await here.type(start as string);
		expect(await services()).toEqual(['caddy', 'n8n', 'postgres', 'redis', 'webhook', 'worker']);
		sendTo(`${here.proxy}/hooks`);
		const hold = here.holdDodo();
		const invoices = Array.from({ length: UNDER_LOAD }, (_, index) => issue(1_000 + index));
		await waitFor(() => hold.count() >= UNDER_LOAD / 2);
		await here.type(`docker kill ${PROJECT}-worker-1`);
		hold.release();
		await here.given.lago.idle();
		letAMinutePass(here.given);
		await waitFor(() => invoices.every((invoice) => linkOf(invoice) !== undefined));
		await pay(...invoices);
		const { payments } = here.given.lago.state;
		for (const { lago_id, total_amount_cents } of invoices)
			expect([...payments.values()].filter(({ lago_payable_id }) => lago_payable_id === lago_id)).toMatchObject([
				{ amount_cents: total_amount_cents },
			]);
		expect(Number(await sql("SELECT count(*) FROM execution_entity WHERE status = 'success'"))).toBeGreaterThan(
			UNDER_LOAD,
		);
	});

	test('nobody has more rights than it needs, and no secret is in what Docker shows, in the log or in a dump', async () => {
		const ids = await listed('container');
		const inspected = JSON.parse(await here.type(`docker inspect ${ids.join(' ')}`)) as Array<{
			Name: string;
			Config: { User: string };
			HostConfig: {
				ReadonlyRootfs: boolean;
				CapAdd: string[] | null;
				CapDrop: string[];
				SecurityOpt: string[];
				PortBindings: Record<string, Array<{ HostIp: string }>>;
			};
		}>;
		expect(inspected.length).toBeGreaterThanOrEqual(8);
		for (const { Name, Config, HostConfig } of inspected) {
			expect([Name, HostConfig]).toEqual([
				Name,
				expect.objectContaining({
					ReadonlyRootfs: true,
					CapAdd: Name.includes('caddy') ? [expect.stringMatching(/NET_BIND_SERVICE$/)] : null,
					CapDrop: ['ALL'],
					SecurityOpt: expect.arrayContaining([expect.stringMatching(/^no-new-privileges/)]),
				}),
			]);
			expect([Name, Config.User !== '']).toEqual([Name, !Name.includes('caddy')]);
			for (const { HostIp } of Object.values(HostConfig.PortBindings).flat()) expect(HostIp).toBe('127.0.0.1');
		}
		await here.type(...commandsOf('Backup').slice(0, 2));
		const keys = await here.type(
			'docker compose -f docker/compose.yml exec -T n8n cat /keys/postgres_password /keys/redis_password',
		);
		const passwords = [keys.slice(0, 64), keys.slice(64, 128)];
		expect(passwords).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), expect.stringMatching(/^[0-9a-f]{64}$/)]);
		const shown = [JSON.stringify(inspected), await logs(), await here.type('cat n8n.sql')].join('\n');
		const tops = await Promise.all(ids.map(async (id) => (await here.attempt(`docker top ${id} -o pid,args`)).output));
		for (const secret of [...here.given.secrets, ...passwords])
			expect([shown, ...tops].join('\n').includes(secret)).toBe(false);
		expect(
			(
				await here.attempt(
					'docker compose -f docker/compose.yml -f docker/compose.queue.yml exec -T redis redis-cli ping',
				)
			).output,
		).toContain('NOAUTH');
	});

	const isLater = async (): Promise<boolean> =>
		(await sql("SELECT nodes::text LIKE '%Every Few Minutes%' FROM workflow_entity")) === 't';
	const replaced = 'The workflow is replaced: the image or a variable has changed.';

	test('back to one n8n, with a later image: the helpers are gone, the workflow is the new one', async () => {
		writeFileSync(
			join(here.folder, 'later'),
			"FROM dodo-lago\nUSER root\nRUN sed -i 's/Every 5 Minutes/Every Few Minutes/g' /opt/dodo-lago/package/workflows/lago-dodo-sync.json\nUSER node\n",
		);
		await here.type('docker build -q -f later -t dodo-lago:later .');
		here.settings({ IMAGE: 'dodo-lago:later' });
		const [, back] = commandsOf('Queue mode');
		await here.type(back as string);
		expect(await services()).toEqual(['caddy', 'n8n', 'postgres']);
		expect(await logs()).toContain(replaced);
		expect(await isLater()).toBe(true);
		// What upgrades on the spot is what has started it.
		expect(commandsOf('Upgrade')).toEqual(commandsOf('', 'docker compose').slice(0, 1));
	});

	test('removed, and restored from its backup with the image of before: the log of executions is there, and work goes on', async () => {
		await here.type(...commandsOf('Backup').slice(0, 2));
		here.settings({ IMAGE: 'dodo-lago:latest' });
		const executions = await sql('SELECT count(*) FROM execution_entity WHERE finished');
		const [stop, wipe] = commandsOf('Remove') as [string, string];
		await here.type(stop);
		expect([(await listed('container')).length, (await listed('network')).length]).toEqual([0, 0]);
		expect((await listed('volume')).length).toBeGreaterThanOrEqual(3);
		await here.type(wipe);
		expect(await listed('volume')).toEqual([]);
		await here.type(...commandsOf('Backup').slice(2));
		expect(Number(await sql('SELECT count(*) FROM execution_entity WHERE finished'))).toBeGreaterThan(
			Number(executions) / 2,
		);
		expect(await logs()).toContain(replaced);
		expect(await isLater()).toBe(false);
		sendTo(`${here.proxy}/hooks`);
		const invoice = issue(30_000);
		await waitFor(() => linkOf(invoice) !== undefined);
		await pay(invoice);
	});
});
