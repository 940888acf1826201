import { dueAside, fitting, setAside, tellAside, withoutGone, type Aside } from '../../../nodes/shared/domain/setAside';
import { NOW } from './listed';

const MINUTE = 60;
const failure = { fact: 'payment pay_1 succeeded', createdAt: NOW - 600, reason: 'HTTP 500' };
const failing = (times: number): Aside => {
	let aside: Aside = {};
	for (let time = 0; time < times; time++) aside = setAside(aside, 'payment pay_1', failure, NOW);
	return aside;
};

test.each([
	[1, 0],
	[2, 5],
	[3, 10],
	[4, 20],
	[5, 40],
	[6, 60],
	[60, 60],
])('after %i failures it waits %i minutes', (times, minutes) => {
	expect(dueAside(failing(times), NOW + minutes * MINUTE)).toHaveLength(1);
	if (minutes > 0) expect(dueAside(failing(times), NOW + minutes * MINUTE - 1)).toEqual([]);
});

test('what waited longest comes first, however it was kept', () => {
	const one = (nextAt: number) => ({ ...failure, tries: 1, nextAt, toldAt: 0 });
	const aside = { b: one(NOW - 1), c: one(NOW), a: one(NOW - 2), later: one(NOW + 1) };
	expect(dueAside(aside, NOW).map(([key]) => key)).toEqual(['a', 'b', 'c']);
});

test('a long reason is shortened, and nobody is told of what is not there', () => {
	const aside = setAside({}, 'a', { ...failure, reason: 'x'.repeat(10_000) }, NOW);
	expect(aside.a?.reason.length).toBeLessThan(1_000);
	expect(tellAside(aside, ['gone'], NOW)).toEqual({ news: [], aside });
});

test('it is told once a day', () => {
	const first = tellAside(failing(1), ['payment pay_1'], NOW);
	expect(first.news).toMatchObject([{ reason: 'HTTP 500' }]);
	const again = setAside(first.aside, 'payment pay_1', failure, NOW + 5 * MINUTE);
	expect(tellAside(again, ['payment pay_1'], NOW + 5 * MINUTE).news).toEqual([]);
	expect(tellAside(again, ['payment pay_1'], NOW + 86_400).news).toHaveLength(1);
});

test('what does not fit is found by its list again: the newest', () => {
	const many = Object.fromEntries(
		Array.from({ length: 300 }, (_, index) => [
			`payment pay_${index}`,
			{ ...failure, createdAt: NOW + index, tries: 1, nextAt: NOW, toldAt: 0 },
		]),
	);
	const { aside, lostFrom } = fitting(Object.fromEntries(Object.entries(many).reverse()));
	expect(Object.keys(aside)).toContain('payment pay_0');
	expect(Object.keys(aside)).toHaveLength(200);
	expect(lostFrom).toBe(NOW + 200);
	expect(fitting(failing(1)).lostFrom).toBe(Infinity);
});

test('an invoice that is missing no more is forgotten after a day; what only its own reading can tell of Dodo is not', () => {
	const both = setAside(setAside({}, 'invoice 1', failure, NOW), 'payment pay_1', failure, NOW);
	expect(Object.keys(withoutGone(both, NOW + 86_399))).toHaveLength(2);
	expect(Object.keys(withoutGone(both, NOW + 86_400))).toEqual(['payment pay_1']);
});
