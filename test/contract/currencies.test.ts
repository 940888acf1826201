import { dodo, lago } from '../support/currencyLists';
import { describeWithSpec, type Spec } from '../support/openapi';

const listed = ({ document }: Spec): string[] =>
	(document as { components: { schemas: { Currency: { enum: string[] } } } }).components.schemas.Currency.enum;

describeWithSpec('dodo', "Dodo's OpenAPI file", (spec) => {
	test('has the currencies of the list', () => {
		expect(listed(spec).sort()).toEqual([...dodo].sort());
	});
});

describeWithSpec('lago', "Lago's OpenAPI file", (spec) => {
	test('has no currency that the list does not have', () => {
		expect(listed(spec).filter((code) => !lago.has(code))).toEqual([]);
	});
});
