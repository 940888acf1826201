import { REFUND_ID_KEY, REFUNDED_PAYMENT_KEY } from '../../../nodes/shared/domain/keys';
import { describeMirror, isOfAnother, refundNamedBy } from '../../../nodes/shared/domain/noteTie';

describe('which refund a credit note names', () => {
	test.each([
		['in its metadata', { metadata: { [REFUND_ID_KEY]: 'ref_1' } }, 'ref_1'],
		['in its words, where Lago keeps no metadata', { description: describeMirror('ref_1') }, 'ref_1'],
		['metadata comes first', { metadata: { [REFUND_ID_KEY]: 'ref_1' }, description: describeMirror('ref_2') }, 'ref_1'],
		['an empty entry is none', { metadata: { [REFUND_ID_KEY]: '' }, description: describeMirror('ref_2') }, 'ref_2'],
		['words before', { description: `A ${describeMirror('ref_1')}` }, null],
		['words behind', { description: `${describeMirror('ref_1')}, half of it` }, null],
		['two ids', { description: describeMirror('ref_1 ref_2') }, null],
		['nothing', {}, null],
		['nothing but null', { metadata: null, description: null }, null],
	])('%s', (_case, note, refund) => {
		expect(refundNamedBy(note)).toBe(refund);
	});
});

describe('whether a credit note gave back of another payment', () => {
	const ours = new Set(['ref_1', 'ref_2']);

	test.each([
		['it names this payment', { metadata: { [REFUNDED_PAYMENT_KEY]: 'pay_1' } }, false],
		[
			'it names this payment, whatever its refund',
			{ metadata: { [REFUNDED_PAYMENT_KEY]: 'pay_1', [REFUND_ID_KEY]: 'ref_9' } },
			false,
		],
		['it names another payment', { metadata: { [REFUNDED_PAYMENT_KEY]: 'pay_2' } }, true],
		[
			'it names another payment and a refund of ours',
			{ metadata: { [REFUNDED_PAYMENT_KEY]: 'pay_2', [REFUND_ID_KEY]: 'ref_1' } },
			true,
		],
		['an empty entry names no payment', { metadata: { [REFUNDED_PAYMENT_KEY]: '', [REFUND_ID_KEY]: 'ref_1' } }, false],
		['it names a refund of ours', { metadata: { [REFUND_ID_KEY]: 'ref_2' } }, false],
		['it names a refund of another one', { description: describeMirror('ref_9') }, true],
		['it says nothing', {}, false],
		['it has no metadata at all', { metadata: null }, false],
	])('%s', (_case, note, isOther) => {
		expect(isOfAnother(note, 'pay_1', ours)).toBe(isOther);
	});
});
