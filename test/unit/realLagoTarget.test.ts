import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readPage } from '../support/docs';
import { realLago } from '../real/target';
import { until } from '../real/until';

const read = (path: string): string => readFileSync(join(__dirname, '..', '..', path), 'utf8');
const NEEDED = { LAGO_REAL_URL: 'http://127.0.0.1:3000', LAGO_REAL_API_KEY: 'key', LAGO_REAL_HMAC_KEY: 'hmac' };

describe('where a real Lago is', () => {
	test.each<[string, NodeJS.ProcessEnv, object | null]>([
		['nothing is said', {}, null],
		[
			'the three',
			NEEDED,
			{ url: 'http://127.0.0.1:3000', apiKey: 'key', hmacKey: 'hmac', port: null, webhookBase: null },
		],
		['the address of the API', { ...NEEDED, LAGO_REAL_URL: 'http://lago:3000/api/v1/' }, { url: 'http://lago:3000' }],
		['a port', { ...NEEDED, LAGO_REAL_N8N_PORT: '5679' }, { port: 5679 }],
		[
			'a way to that port',
			{ ...NEEDED, LAGO_REAL_N8N_PORT: '5679', LAGO_REAL_WEBHOOK_BASE: 'http://host.docker.internal:5679/' },
			{ webhookBase: 'http://host.docker.internal:5679' },
		],
	])('%s', (_case, env, wanted) => {
		if (wanted === null) expect(realLago(env)).toBeNull();
		else expect(realLago(env)).toMatchObject(wanted);
	});

	test.each<[string, NodeJS.ProcessEnv, RegExp]>([
		['half of it', { LAGO_REAL_URL: 'http://lago:3000' }, /^LAGO_REAL_API_KEY and LAGO_REAL_HMAC_KEY are not set/],
		['no address', { ...NEEDED, LAGO_REAL_URL: 'lago:3000' }, /^LAGO_REAL_URL does not begin with https/],
		['no port', { ...NEEDED, LAGO_REAL_N8N_PORT: 'many' }, /"many", which is no port/],
		['a way to nowhere', { ...NEEDED, LAGO_REAL_WEBHOOK_BASE: 'http://n8n:5678' }, /set LAGO_REAL_N8N_PORT/],
	])('refused: %s', (_case, env, problem) => {
		expect(() => realLago(env)).toThrow(problem);
	});
});

describe('what is waited for', () => {
	test('comes out as it was seen when it was so', async () => {
		let seen = 0;
		expect(
			await until(
				'three',
				() => (seen += 1),
				(count) => count === 3,
			),
		).toBe(3);
	});

	test('and when time is over: what, what was seen last, what else is known', async () => {
		const waiting = until(
			'the end',
			() => ({ state: 'pending' }),
			() => false,
			{
				patienceMs: 1,
				alsoSay: () => Promise.resolve('n8n did nothing'),
			},
		);
		await expect(waiting).rejects.toThrow(
			'waited 0.001 s for the end\nlast seen: {"state":"pending"}\nn8n did nothing',
		);
		const failing = until(
			'the end',
			() => Promise.reject(new Error('Lago answered 500')),
			() => false,
			{ patienceMs: 1 },
		);
		await expect(failing).rejects.toThrow('last seen: Lago answered 500');
	});
});

describe('the Lago of the nightly run', () => {
	const { services } = parse(read('test/real/compose.yml'), { merge: true }) as {
		services: Record<string, { image: string; ports?: string[]; command?: string[] }>;
	};
	const workflow = read('.github/workflows/real-lago.yml');

	test('is pinned by digest and reached on loopback only', () => {
		expect(Object.keys(services).sort()).toEqual(['api', 'clock', 'db', 'migrate', 'redis', 'worker']);
		for (const { image, ports = [] } of Object.values(services)) {
			expect(image).toMatch(/^[\w./-]+:[\w.-]+@sha256:[\da-f]{64}$/);
			for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
		}
		expect(services.api?.command).toContain('127.0.0.1');
	});

	test('is started as the page says', () => {
		const page = readPage('docs/testing-with-a-real-lago.md');
		const commands = [...page.matchAll(/docker compose (?:run|up|exec)[^\n"]+/g)].map(([command]) => command);
		expect(commands).toHaveLength(3);
		for (const command of commands) expect(workflow).toContain(command.replace(/\)$/, ''));
		for (const name of Object.keys(NEEDED)) expect(page).toContain(`\`${name}\``);
	});
});
