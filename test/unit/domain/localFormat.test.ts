import { formatOf } from '../../../nodes/shared/domain/localFormat';

test('a format is made once, and one of many is made again later', () => {
	let made = 0;
	const format = (key: string): Intl.NumberFormat => formatOf(key, () => (made++, new Intl.NumberFormat('en')));
	expect(format('first')).toBe(format('first'));
	expect(made).toBe(1);
	for (let n = 0; n < 1_000; n++) format(`of visitor ${n}`);
	expect(made).toBe(1_001);
	format('of visitor 999');
	expect(made).toBe(1_001);
	format('first');
	expect(made).toBe(1_002);
});
