import type { IWebhookFunctions } from 'n8n-workflow';
import { KeyCache } from '../../nodes/shared/process/keyCache';
import { withKeyedLock } from '../../nodes/shared/process/keyedLock';
import { readCredential } from '../../nodes/shared/transport/credential';
import { DeliveryRegistry } from '../../nodes/shared/webhook/deliveryRegistry';
import { OverloadGuard } from '../../nodes/shared/webhook/overloadGuard';

describe('registry', () => {
	test('a delivery is claimed once, until it fails or is done', () => {
		const registry = new DeliveryRegistry();
		expect([registry.begin('a'), registry.begin('a')]).toEqual([true, false]);
		registry.failed('a');
		expect(registry.begin('a')).toBe(true);
		registry.done('a');
		expect([registry.begin('a'), registry.stateOf('a')]).toEqual([false, 'done']);
	});

	test('a claim without an end runs out after 5 minutes, an end after 28 hours', () => {
		let now = 0;
		const registry = new DeliveryRegistry(() => now);
		registry.begin('a');
		registry.done('b');
		now = 5 * 60_000;
		expect([registry.stateOf('a'), registry.stateOf('b')]).toEqual([undefined, 'done']);
		now = 28 * 3_600_000;
		expect(registry.stateOf('b')).toBeUndefined();
	});

	test('it keeps the newest 20,000', () => {
		const registry = new DeliveryRegistry();
		for (let index = 0; index <= 20_000; index++) registry.done(String(index));
		expect([registry.stateOf('0'), registry.stateOf('1'), registry.stateOf('20000')]).toEqual([
			undefined,
			'done',
			'done',
		]);
	});
});

describe('lock', () => {
	test('works of one key run one after another, of different keys beside each other; a failure does not block', async () => {
		const log: string[] = [];
		const work =
			(name: string, ms: number, fail = false) =>
			async () => {
				log.push(`${name}+`);
				await new Promise((resolve) => setTimeout(resolve, ms));
				log.push(`${name}-`);
				if (fail) throw new Error(name);
				return name;
			};
		const results = await Promise.allSettled([
			withKeyedLock('k', work('a', 20, true)),
			withKeyedLock('k', work('b', 1)),
			withKeyedLock('other', work('c', 1)),
		]);
		expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
		expect(log.filter((entry) => !entry.startsWith('c'))).toEqual(['a+', 'a-', 'b+', 'b-']);
		expect(log.indexOf('c-')).toBeLessThan(log.indexOf('a-'));
	});

	test('nobody waits for ever, not even for oneself; whoever gave up does nothing, whoever came later waits for the end', async () => {
		jest.useFakeTimers();
		const log: string[] = [];
		const within = async (name: string, work: () => Promise<void>): Promise<void> =>
			await withKeyedLock('self', async () => {
				log.push(`${name}+`);
				await work();
				log.push(`${name}-`);
			});
		const nothing = async (): Promise<void> => await Promise.resolve();
		const outer = within('outer', async () => {
			await expect(within('inner', nothing)).rejects.toThrow('worked on for 20 s');
			await new Promise((resolve) => setTimeout(resolve, 5_000));
		});
		await jest.advanceTimersByTimeAsync(20_500);
		const later = within('later', nothing);
		await jest.advanceTimersByTimeAsync(10_000);
		await Promise.all([outer, later]);
		expect(log).toEqual(['outer+', 'outer-', 'later+', 'later-']);
		jest.useRealTimers();
	});
});

describe('overload guard', () => {
	/** So many run at once and end at this pace; whether one more is too much. */
	const isTooMuch = (running: number, endsPerSecond: number): boolean => {
		let now = 0;
		const overloadGuard = new OverloadGuard(() => now);
		for (let ended = 0; ended < endsPerSecond * 60; ended++) {
			now += 1_000 / endsPerSecond;
			overloadGuard.begin()(true);
		}
		for (let begun = 0; begun < running; begun++) overloadGuard.begin();
		return overloadGuard.isTooMuch;
	};

	test('a burst of seventy is taken in, however slow n8n is', () => {
		expect(isTooMuch(69, 0)).toBe(false);
		expect(isTooMuch(70, 0)).toBe(true);
	});

	test('more only as fast as they end', () => {
		expect(isTooMuch(80, 4)).toBe(true);
		expect(isTooMuch(80, 14)).toBe(false);
		expect(isTooMuch(200, 14)).toBe(true);
		expect(isTooMuch(200, 40)).toBe(false);
	});

	test('an execution that ends twice, answered and then hung up, ends once', () => {
		const overloadGuard = new OverloadGuard(() => 0);
		const ends = Array.from({ length: 70 }, () => overloadGuard.begin());
		expect(overloadGuard.isTooMuch).toBe(true);
		ends[0]?.(true);
		ends[0]?.(false);
		expect(overloadGuard.isTooMuch).toBe(false);
		overloadGuard.begin();
		expect(overloadGuard.isTooMuch).toBe(true);
	});
});

describe('what is remembered for verifying', () => {
	afterEach(() => jest.useRealTimers());

	test('however many forgeries ask at once, the service is asked once, and again after a minute', async () => {
		jest.useFakeTimers();
		const remembered = new KeyCache<string>();
		const load = jest.fn(async () => 'secret');
		const storm = async () =>
			await Promise.all(
				Array.from({ length: 200 }, async (_, index) => await remembered.get('k', index % 2 === 0, load)),
			);
		expect(new Set(await storm())).toEqual(new Set(['secret']));
		await storm();
		expect(load).toHaveBeenCalledTimes(1);
		jest.setSystemTime(Date.now() + 60_000);
		await storm();
		expect(load).toHaveBeenCalledTimes(2);
	});

	test('a failure is remembered as well, for two seconds; a known value outlives it', async () => {
		jest.useFakeTimers();
		const remembered = new KeyCache<string>();
		const load = jest.fn<Promise<string>, []>(async () => await Promise.reject(new Error('down')));
		for (let time = 0; time < 3; time++) await expect(remembered.get('k', false, load)).rejects.toThrow('down');
		expect(load).toHaveBeenCalledTimes(1);
		jest.setSystemTime(Date.now() + 2_000);
		load.mockResolvedValueOnce('secret');
		expect(await remembered.get('k', false, load)).toBe('secret');
		jest.setSystemTime(Date.now() + 60_000);
		expect(await remembered.get('k', true, load)).toBe('secret');
	});

	describe('of its credential, by a trigger', () => {
		let stored: Record<string, unknown>;
		let reads: number;
		const trigger = (id: string | null, isWebhook = true) =>
			({
				getNode: () => ({ credentials: { lagoBillingApi: { id, name: 'Lago' } } }),
				getCredentials: async () => {
					reads++;
					return await Promise.resolve(stored);
				},
				...(isWebhook ? { getRequestObject: () => ({}) } : {}),
			}) as unknown as IWebhookFunctions;
		const keyOf = async (ctx: IWebhookFunctions) =>
			(await readCredential<{ webhookHmacKey: string }>(ctx, 'lagoBillingApi')).webhookHmacKey;
		beforeEach(() => {
			jest.useFakeTimers();
			[stored, reads] = [{ webhookHmacKey: 'old', apiKey: 'api key' }, 0];
		});

		test('all but the API key, for a second, however many events come', async () => {
			const ctx = trigger('kept');
			expect(await readCredential(ctx, 'lagoBillingApi')).toEqual({ webhookHmacKey: 'old' });
			stored = { webhookHmacKey: 'new' };
			jest.advanceTimersByTime(999);
			for (let event = 0; event < 100; event++) expect(await keyOf(ctx)).toBe('old');
			expect(reads).toBe(1);
			jest.advanceTimersByTime(1);
			expect(await Promise.all(Array.from({ length: 100 }, async () => await keyOf(ctx)))).toEqual(
				Array(100).fill('new'),
			);
			expect(reads).toBe(2);
		});

		test('nothing that could not be read, neither old fields nor the failure', async () => {
			const ctx = trigger('gone');
			expect(await keyOf(ctx)).toBe('old');
			jest.advanceTimersByTime(1_000);
			const broken = {
				...ctx,
				getCredentials: async () => await Promise.reject(new Error('gone')),
			} as unknown as IWebhookFunctions;
			await expect(keyOf(broken)).rejects.toThrow('gone');
			expect(await keyOf(ctx)).toBe('old');
			expect(reads).toBe(2);
		});

		test('nothing in an execution, where a credential may depend on the item, nor without an id', async () => {
			for (const ctx of [trigger('execution', false), trigger(null)]) {
				stored = { webhookHmacKey: 'one' };
				expect(await keyOf(ctx)).toBe('one');
				stored = { webhookHmacKey: 'other' };
				expect(await keyOf(ctx)).toBe('other');
			}
		});
	});
});
