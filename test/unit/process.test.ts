import { execFileSync } from 'node:child_process';
import { BoundedMap } from '../../nodes/shared/process/boundedMap';
import { PageReader, readPages, type Page } from '../../nodes/shared/transport/paging';

describe('a bounded map', () => {
	test('forgets what was set longest ago when there are too many; setting again makes new', () => {
		const map = new BoundedMap<string, number>({ entries: 3 });
		map.set('a', 1).set('b', 2).set('c', 3).set('a', 4).set('d', 5);
		expect([...map.keys()]).toEqual(['c', 'a', 'd']);
		expect([map.get('a'), map.get('b'), map.has('c'), map.size]).toEqual([4, undefined, true, 3]);
	});

	test('forgets what is too old, by a clock that nobody can set', () => {
		let now = 0;
		const map = new BoundedMap<string, number>({ entries: 3, ageMs: 1_000 }, () => now);
		map.set('a', 1);
		now = 999;
		expect(map.get('a')).toBe(1);
		now = 1_000;
		expect(map.get('a')).toBeUndefined();
		expect(map.size).toBe(0);
	});

	test('is used by everything that lives as long as the process', () => {
		// A calendar of each time zone, formats that are bounded by themselves, a lock that takes itself away, and what is asked at this moment.
		const allowed = ['domain/calendar.ts', 'domain/localFormat.ts', 'process/keyedLock.ts', 'access/question.ts'];
		const found = execFileSync('grep', ['-rnE', '^(export )?const [a-zA-Z]+ = new (Map|Set)<', 'nodes'], {
			encoding: 'utf8',
		})
			.trim()
			.split('\n');
		expect(found.filter((line) => !allowed.some((name) => line.includes(name)))).toEqual([]);
	});
});

describe('pages of a list', () => {
	const ids = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);
	const read = async (
		pages: Array<Page<number>>,
		more: { limit?: number; perPage?: number; isEnough?: (entry: number) => boolean } = {},
	): Promise<{ found: number[]; calls: number }> => {
		let calls = 0;
		const found = await readPages({
			perPage: 100,
			limit: Infinity,
			idOf: (entry) => entry,
			read: async (index) => await Promise.resolve(pages[(calls++, Math.min(index, pages.length - 1))] as Page<number>),
			...more,
		});
		return { found, calls };
	};
	const page = (from: number, count: number, full?: number): Page<number> => ({ entries: ids(from, count), full });

	test.each<[string, Array<Page<number>>, number, number]>([
		['a short page ends it', [page(0, 99), page(99, 100)], 1, 99],
		['an empty page ends it', [page(0, 100), page(0, 0)], 2, 100],
		['a full page is followed', [page(0, 100), page(100, 100), page(200, 3)], 3, 203],
		['a server that puts 50 on a page', [page(0, 50, 50), page(50, 50, 50), page(100, 20, 50)], 3, 120],
		['a server that puts more on a page than it says', [page(0, 50, 40), page(50, 50, 40), page(100, 20, 40)], 3, 120],
		['entries that move to the next page come once', [page(0, 100), page(97, 100), page(197, 5)], 3, 202],
		['a whole page of them ends nothing', [page(0, 100), page(0, 100), page(100, 5)], 3, 105],
		['a page that comes again and again does', [page(0, 100)], 3, 100],
	])('%s', async (_name, pages, calls, count) => {
		expect(await read(pages)).toEqual({ found: ids(0, count), calls });
	});

	test('a page that could not be read is the next one again', async () => {
		let fails = true;
		const pages = new PageReader<number>({
			perPage: 2,
			idOf: (entry) => entry,
			read: async (index) => {
				if (index === 1 && fails) throw new Error('no answer');
				return await Promise.resolve({ entries: index === 1 ? [1, 2] : ids(index * 2, 2 - index) });
			},
		});
		expect(await pages.next()).toEqual([0, 1]);
		await expect(pages.next()).rejects.toThrow('no answer');
		fails = false;
		expect(await pages.next()).toEqual([2]);
		expect(await pages.next()).toEqual([]);
		expect(await pages.next()).toBeNull();
	});

	test('no more than are wanted, and no further than is wanted', async () => {
		expect(await read([page(0, 10), page(10, 10)], { limit: 10, perPage: 10 })).toEqual({
			found: ids(0, 10),
			calls: 1,
		});
		expect(await read([page(0, 100), page(100, 100), page(200, 100)], { isEnough: (entry) => entry === 150 })).toEqual({
			found: ids(0, 200),
			calls: 2,
		});
		const asked: number[] = [];
		await read([page(0, 100), page(100, 5)], { isEnough: (entry) => (asked.push(entry), false) });
		expect(asked).toEqual(ids(0, 105));
	});
});
