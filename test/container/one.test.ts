import { whyNoEngine } from '../support/docker/engine';
import { machine, untilPrinted, type Machine } from '../support/docker/machine';
import { commandsOf } from '../support/docker/page';
import { waitFor } from '../support/sync';

const why = whyNoEngine();
const describeContainer = why === null ? describe : describe.skip;

describeContainer(why ?? 'the image by itself, as docs/deploy.md starts it', () => {
	let here: Machine;
	const [build, run] = [commandsOf('', 'docker build'), commandsOf('', 'docker run')];
	const logs = async (): Promise<string> => await here.type('docker logs dodo-lago');
	const untilLogged = async (text: string, times = 1): Promise<void> =>
		await untilPrinted(async () => (await logs()).split(text).length > times);
	const isPaid = (lago: Machine['given']['lago'], id: string): boolean =>
		lago.state.invoices.get(id)?.payment_status === 'succeeded';

	beforeAll(async () => {
		here = await machine('dodo-lago-one');
		await here.type(...commandsOf('', 'cp '), ...commandsOf('', 'sudo '), ...build);
		here.settings();
	});
	afterAll(async () => {
		await here?.attempt('docker rm --force --volumes dodo-lago; docker volume rm --force dodo-lago');
		await here?.remove();
	});

	test('takes both webhooks: an invoice is collected and settled', async () => {
		await here.type(...run);
		await untilLogged('Both webhooks answer');
		const { dodo, lago, env } = here.given;
		dodo.addWebhook({ url: `${here.url}/webhooks/dodo`, secret: env.DODO_WEBHOOK_SECRET as string });
		lago.addEndpoint({ url: `${here.url}/webhooks/lago` });
		const { lago_id: id } = lago.issueInvoice({ fees: [{ amountCents: 10_000 }] });
		await waitFor(() => lago.metadataOf(id, 'dodo_payment_id') !== undefined);
		dodo.payCheckout(lago.metadataOf(id, 'dodo_payment_id') as string);
		await waitFor(() => isPaid(lago, id));
		await dodo.idle();
		expect((await fetch(`${here.url}/webhooks/lago`, { method: 'POST' })).status).toBe(401);
	});

	test('has no rights, and changes nothing but its volume and memory', async () => {
		const status = await here.type('docker exec dodo-lago cat /proc/1/status');
		for (const line of [/^Uid:\t1000\t1000/m, /^CapEff:\t0+$/m, /^CapBnd:\t0+$/m, /^NoNewPrivs:\t1$/m])
			expect(status).toMatch(line);
		for (const path of ['/opt/dodo-lago', '/home/node', '/etc', '/keys'])
			expect((await here.attempt(`docker exec dodo-lago touch ${path}/file`)).output).toContain(
				'Read-only file system',
			);
		// The places of its mounts, and nothing else.
		const changed = (await here.type('docker diff dodo-lago')).trim().split('\n');
		expect(
			changed.filter((line) => !/^[AC] \/(home\/node|run|home)(\/\.cache|\/secrets(\/settings)?)?$/.test(line)),
		).toEqual([]);
		expect(await logs()).not.toMatch(/EROFS|EACCES|EPERM|WEBHOOK_URL ->/);
		expect(JSON.parse(await here.type('docker port dodo-lago | grep -c 127.0.0.1'))).toBe(1);
	});

	test('told to stop in the middle of work, it ends the work first; started again, it does nothing twice', async () => {
		const { dodo, lago } = here.given;
		const before = dodo.state.checkouts.size;
		const hold = here.holdDodo();
		const { lago_id: id } = lago.issueInvoice({ fees: [{ amountCents: 20_000 }] });
		// A look may ask as well.
		await waitFor(() => hold.count() > 0 && lago.calls.some(({ path }) => path.includes(id)));
		const stopping = here.type('docker stop dodo-lago');
		// n8n has heard of it by then, and waits.
		await untilLogged('active executions to finish');
		hold.release();
		await stopping;
		expect(await here.type('docker inspect --format "{{.State.ExitCode}} {{.Config.StopTimeout}}" dodo-lago')).toBe(
			'0 40\n',
		);
		expect(lago.metadataOf(id, 'dodo_payment_id')).toBeDefined();
		await here.type('docker start dodo-lago');
		await untilLogged('Both webhooks answer', 2);
		dodo.payCheckout(lago.metadataOf(id, 'dodo_payment_id') as string);
		await waitFor(() => isPaid(lago, id));
		expect(dodo.state.checkouts.size).toBe(before + 1);
		expect(await logs()).toContain('The workflow is up to date.');
	});

	test('the secrets are in nothing that Docker shows, keeps or saves', async () => {
		const shown = await here.type(
			'docker inspect dodo-lago; docker image inspect dodo-lago; docker history --no-trunc dodo-lago; docker logs dodo-lago; docker top dodo-lago -o pid,args',
		);
		expect(shown).toContain('Both webhooks answer');
		for (const secret of here.given.secrets) expect(shown).not.toContain(secret);
		const any = here.given.secrets.map((secret) => `-e '${secret}'`).join(' ');
		for (const kept of [
			'docker save dodo-lago',
			'docker export dodo-lago',
			'docker exec dodo-lago cat /home/node/.n8n/database.sqlite',
		])
			expect((await here.type(`(${kept}) | grep -aFc ${any} || true`)).trim()).toBe('0');
	});

	test.each([
		['nothing is given', 'docker run --rm --network none dodo-lago', 'DODO_API_KEY is missing'],
		[
			'the settings cannot be read',
			'docker run --rm --network none -e ENV_FILE=/none dodo-lago',
			'ENV_FILE: the file /none cannot be read',
		],
		[
			'a role that there is not',
			'docker run --rm --network none -v "$PWD/docker/.env:/s:ro" -e ENV_FILE=/s dodo-lago master',
			'There is no role "master"',
		],
		[
			'no memory for what is temporary',
			'docker run --rm --network none --read-only -v dodo-lago:/home/node/.n8n -v "$PWD/docker/.env:/s:ro" -e ENV_FILE=/s dodo-lago',
			'/tmp is on a read-only file system',
		],
		[
			'the folder of somebody else',
			'docker run --rm --network none -v "$PWD/docker:/home/node/.n8n" -v "$PWD/docker/.env:/s:ro" -e ENV_FILE=/s dodo-lago',
			'/home/node/.n8n cannot be written by the user 1000',
		],
		[
			'keys into the folder of somebody else',
			'docker run --rm --network none -v "$PWD/docker:/keys" dodo-lago keys',
			'/keys cannot be written by the user 1000',
		],
	])('%s: ends with 78 and says what to do', async (_what, command, said) => {
		const { code, output } = await here.attempt(command);
		expect([code, output]).toEqual([78, expect.stringContaining(said)]);
		expect(
			output
				.trimEnd()
				.split('\n')
				.filter((line) => !line.startsWith('[dodo-lago] ')),
		).toEqual([]);
	});
});
