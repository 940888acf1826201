import { brandOf, readBrands } from '../../../nodes/shared/domain/brands';

test.each<[string, object]>([
	['', { brands: {} }],
	['acme_de=brnd_1', { brands: { acme_de: 'brnd_1' } }],
	[' acme_de = brnd_1 ,\nacme-fr=brnd_2\n', { brands: { acme_de: 'brnd_1', 'acme-fr': 'brnd_2' } }],
	['de=brnd_1, de=brnd_1', { brands: { de: 'brnd_1' } }],
	['de=brnd_1, de=brnd_2', { problem: 'de has two brands' }],
	['acme_de', { problem: '"acme_de" is not a row of it; one looks like acme_de=brnd_2Kd9sX' }],
	['acme de=brnd_1', { problem: '"acme de=brnd_1" is not a row of it; one looks like acme_de=brnd_2Kd9sX' }],
	['de=brnd_1 fr=brnd_2', { problem: '"de=brnd_1 fr=brnd_2" is not a row of it; one looks like acme_de=brnd_2Kd9sX' }],
	['de=', { problem: '"de=" is not a row of it; one looks like acme_de=brnd_2Kd9sX' }],
])('the table %j', (text, read) => {
	expect(readBrands(text)).toEqual(read);
});

test('who has no row, or no entity, uses the primary brand', () => {
	const brands = { de: 'brnd_1' };
	expect([brandOf(brands, 'de'), brandOf(brands, 'fr'), brandOf(brands, null), brandOf(brands, 'toString')]).toEqual([
		'brnd_1',
		null,
		null,
		null,
	]);
});
