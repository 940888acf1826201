import fc from 'fast-check';
import { forEntities, isOfEntities, ofOtherEntity, readEntities } from '../../../nodes/shared/domain/entities';
import { entityOf } from '../../../nodes/shared/wire/lago/event';

test.each<[string | null | undefined, string[], boolean]>([
	['acme_de', [], true],
	['acme_de', ['acme_de'], true],
	['acme_de', ['acme_fr', 'acme_de'], true],
	['acme_de', ['acme_fr'], false],
	['ACME_DE', ['acme_de'], false],
	[null, ['acme_fr'], true],
	[undefined, ['acme_fr'], true],
	['', ['acme_fr'], true],
])('what %j has issued is for those who work for %j: %j', (code, chosen, expected) => {
	expect(isOfEntities(code, chosen)).toBe(expected);
});

test.each<[unknown, string[]]>([
	[undefined, []],
	['', []],
	['  ', []],
	['acme_de', ['acme_de']],
	[' acme_de,acme_fr  acme_de', ['acme_de', 'acme_fr']],
	[
		['acme_de', ' ', 'acme_fr'],
		['acme_de', 'acme_fr'],
	],
	[null, []],
])('%j means %j', (given, codes) => {
	expect(readEntities(given)).toEqual(codes);
});

test('two workflows that share out the entities of an organisation leave nothing over, and nothing to both', () => {
	const codes = fc.uniqueArray(fc.stringMatching(/^[a-z_]{1,9}$/), { minLength: 2, maxLength: 8 });
	fc.assert(
		fc.property(codes, fc.nat(), (all, at) => {
			const cut = 1 + (at % (all.length - 1));
			const parts = [all.slice(0, cut), all.slice(cut)];
			for (const code of all) expect(parts.filter((part) => isOfEntities(code, part))).toHaveLength(1);
		}),
	);
});

test.each<[string, object, string | null]>([
	['invoice', { billing_entity_code: 'fr', customer: { billing_entity_code: 'de' } }, 'fr'],
	['credit note', { billing_entity_code: 'fr', lago_invoice_id: 'x' }, 'fr'],
	['subscription', { customer: { billing_entity_code: 'de' } }, 'de'],
	['payment request', { customer: { billing_entity_code: 'de' }, invoices: [{ billing_entity_code: 'fr' }] }, 'fr'],
	['event with its invoice', { invoice: { billing_entity_code: 'fr' } }, 'fr'],
	['pressed button', { lago_invoice_id: 'x', external_customer_id: 'c' }, null],
	['plan', { code: 'pro' }, null],
	['strange one', { billing_entity_code: 7, customer: 'nobody', invoices: [] }, null],
])('the entity of an %s', (_what, data, code) => {
	expect(entityOf(data as Record<string, unknown>)).toBe(code);
});

test('an event says for whom it is, and nothing when it is for all', () => {
	expect([forEntities([]), forEntities(['de'])]).toEqual([{}, { billingEntities: ['de'] }]);
	expect(ofOtherEntity({ number: 'A-1', entity: 'fr' }, ['de', 'at'])).toBe(
		'Invoice A-1 was issued by billing entity fr; this workflow works for de, at.',
	);
});
