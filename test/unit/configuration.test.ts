import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfiguration } from '../../scripts/configuration';

const KEYS = { DODO_API_KEY: 'd', DODO_WEBHOOK_SECRET: 's', LAGO_API_KEY: 'l', LAGO_WEBHOOK_HMAC_KEY: 'h' };
const problemsOf = (env: NodeJS.ProcessEnv): string[] => {
	const read = readConfiguration(env);
	return 'problems' in read ? read.problems : [];
};

test('without keys both services are simulated', () => {
	expect(readConfiguration({})).toEqual({ configuration: { services: null, port: 5678, reconcileMinutes: 5, retrySchedule: '1d,3d,5d,7d' } });
	expect(readConfiguration({ PORT: '6000', DODO_API_KEY: ' ' })).toEqual({ configuration: { services: null, port: 6000, reconcileMinutes: 5, retrySchedule: '1d,3d,5d,7d' } });
});

test('with all four secrets the real ones are used', () => {
	expect(readConfiguration({ ...KEYS, DODO_ENVIRONMENT: 'live', LAGO_API_URL: 'https://lago.example/api/v1', DODO_PRODUCT_ID: 'pdt_1', RETRY_SCHEDULE: '2h,1d', RECONCILE_INTERVAL_MINUTES: '15' })).toEqual({
		configuration: {
			port: 5678,
			reconcileMinutes: 15,
			retrySchedule: '2h,1d',
			services: {
				dodo: { apiKey: 'd', webhookSecret: 's', environment: 'live', baseUrl: '', productId: 'pdt_1' },
				lago: { apiKey: 'l', webhookHmacKey: 'h', baseUrl: 'https://lago.example/api/v1' },
			},
		},
	});
});

test.each<[string, NodeJS.ProcessEnv, string[]]>([
	['one key only', { DODO_API_KEY: 'd' }, ['DODO_WEBHOOK_SECRET', 'LAGO_API_KEY', 'LAGO_WEBHOOK_HMAC_KEY']],
	['the other key only', { LAGO_API_KEY: 'l' }, ['DODO_API_KEY', 'DODO_WEBHOOK_SECRET', 'LAGO_WEBHOOK_HMAC_KEY']],
	['several at once', { ...KEYS, DODO_ENVIRONMENT: 'prod', PORT: 'x', LAGO_API_URL: 'lago' }, ['DODO_ENVIRONMENT', 'PORT', 'LAGO_API_URL']],
	['a schedule that is none', { ...KEYS, RETRY_SCHEDULE: 'daily' }, ['RETRY_SCHEDULE']],
	...['0', '60', '1.5', 'often'].map((RECONCILE_INTERVAL_MINUTES): [string, NodeJS.ProcessEnv, string[]] => [`a look every ${RECONCILE_INTERVAL_MINUTES} minutes`, { RECONCILE_INTERVAL_MINUTES }, ['RECONCILE_INTERVAL_MINUTES']]),
	['a port out of range', { PORT: '70000' }, ['PORT']],
	['a file that is not there', { ...KEYS, DODO_API_KEY: undefined, DODO_API_KEY_FILE: join(tmpdir(), 'not-there') }, ['DODO_API_KEY_FILE', 'DODO_API_KEY']],
])('%s: every problem is named', (_case, env, names) => {
	const problems = problemsOf(env);
	expect(problems).toHaveLength(names.length);
	for (const name of names) expect(problems.some((problem) => problem.startsWith(name))).toBe(true);
});

test('a value may come from a file; the variable itself wins', () => {
	const folder = mkdtempSync(join(tmpdir(), 'configuration-'));
	try {
		const file = join(folder, 'key');
		writeFileSync(file, 'from-file\n');
		const read = (env: NodeJS.ProcessEnv) => {
			const result = readConfiguration({ ...KEYS, ...env });
			return 'configuration' in result ? result.configuration.services?.dodo.apiKey : result.problems;
		};
		expect(read({ DODO_API_KEY: undefined, DODO_API_KEY_FILE: file })).toBe('from-file');
		expect(read({ DODO_API_KEY_FILE: file })).toBe('d');
	} finally {
		rmSync(folder, { recursive: true });
	}
});
