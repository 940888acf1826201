import {
	broughtBy,
	MOST_SHARES,
	partsOf,
	sharesIn,
	sharesText,
	sharesToMetadata,
	type Proofs,
	type Share,
} from '../../../nodes/shared/domain/bundle';
import { payment } from './facts';

/** An id for each number. */
const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const shares: Share[] = [
	{ invoiceId: id(1), amount: 3_000 },
	{ invoiceId: id(2), amount: 2_000 },
	{ invoiceId: id(3), amount: 1_000 },
];
const proofs: Proofs = {
	ofShares: (text) => `over ${text}`,
	ofInvoice: (invoiceId) => `for ${invoiceId}`,
};
const proof = `over ${sharesText(shares)}`;
const of = (change: object) => payment({ invoiceId: null, proof, shares, tax: 0, ...change });

test('the shares fill one entry after the other', () => {
	const some = Array.from({ length: 10 }, (_, n) => ({ invoiceId: id(n), amount: n + 1 }));
	expect(Object.keys(sharesToMetadata(some))).toEqual(['lago_invoices']);
	const more = [...some, { invoiceId: id(10), amount: 11 }];
	expect(Object.keys(sharesToMetadata(more))).toEqual(['lago_invoices', 'lago_invoices_2']);
	expect(sharesIn(sharesToMetadata(more))).toEqual(more);
	expect(MOST_SHARES).toBe(400);
});

test.each([
	['a share that nobody can read in a second entry', { lago_invoices: `${id(1)}:5`, lago_invoices_2: 'x' }],
	['an amount of nothing', { lago_invoices: `${id(1)}:0` }],
	['something before a share', { lago_invoices: `x${id(1)}:5` }],
	['something behind a share', { lago_invoices: `${id(1)}:5x` }],
	['the same invoice in two entries', { lago_invoices: `${id(1)}:5`, lago_invoices_2: `${id(1)}:5` }],
])('%s: nobody knows what it is for', (_case, metadata) => expect(sharesIn(metadata)).toEqual([]));

test.each([
	['exactly what is asked for', 6_000, 0, 6_000],
	['tax on top', 7_140, 1_140, 6_000],
	['tax within', 6_000, 958, 6_000],
	['less, with tax within', 5_000, 798, 5_000],
	['more, of which the tax is not the difference', 7_000, 1_140, 7_000],
])('what a payment brought: %s', (_case, amount, tax, brought) =>
	expect(broughtBy({ amount, tax, shares })).toBe(brought),
);

test.each([
	['all', 6_000, 0, [3_000, 2_000, 1_000], 0],
	['all, with tax on top', 7_140, 1_140, [3_000, 2_000, 1_000], 0],
	['less: the oldest due first', 4_500, 0, [3_000, 1_500, 0], 0],
	['next to nothing', 1, 0, [1, 0, 0], 0],
	['more', 6_500, 0, [3_000, 2_000, 1_000], 500],
])('the parts of a payment that brings %s', (_case, amount, tax, parts, beyond) => {
	const split = partsOf(of({ amount, tax }), proofs);
	expect(split?.beyond).toBe(beyond);
	expect(split?.parts).toEqual(
		shares.map(({ invoiceId }, place) => {
			const { shares: _shares, ...whole } = of({});
			return { ...whole, invoiceId, amount: parts[place], tax: 0, isPart: true, proof: `for ${invoiceId}` };
		}),
	);
	expect(split?.parts.every((part) => !('shares' in part))).toBe(true);
});

test.each([
	['no proof', { proof: null }, proofs],
	['the proof of other shares', { proof: `over ${id(1)}:3000` }, proofs],
	['the proof of one invoice', { proof: `for ${id(1)}` }, proofs],
	['shares that nobody can read', { shares: [], proof: 'over ' }, proofs],
	['no shares', { shares: undefined, proof: 'over ' }, proofs],
	['no secret to prove it by', {}, { ...proofs, ofShares: () => null }],
	['neither a proof nor a secret', { proof: null }, { ...proofs, ofShares: () => null }],
])('with %s nothing shows that a payment was made for its invoices', (_case, change, given) =>
	expect(partsOf(of({ amount: 6_000, ...change }), given)).toBeNull(),
);
