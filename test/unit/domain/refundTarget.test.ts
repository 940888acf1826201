import { overpaymentReason, targetOf } from '../../../nodes/shared/domain/refundTarget';
import { INVOICE_ID } from './facts';

test.each([
	['ACM-1', `Overpayment of invoice ACM-1 (${INVOICE_ID})`],
	['ACM (old)', `Overpayment of invoice ACM (old) (${INVOICE_ID})`],
])('the reason for what invoice %s did not owe names it, and is read back', (number, reason) => {
	expect(overpaymentReason(number, INVOICE_ID)).toBe(reason);
	expect(targetOf(reason)).toEqual({ invoiceId: INVOICE_ID });
});

test.each([
	[`Lago credit note ACM-1-CN001 (${INVOICE_ID})`, 'note'],
	[`lago credit note ACM-1-CN001 (${INVOICE_ID})`, 'note'],
	[`Not a Lago credit note ACM-1-CN001 (${INVOICE_ID})`, null],
	[`Lago credit note ACM-1-CN001 (${INVOICE_ID}) of May`, null],
	['Lago credit note ACM-1-CN001', null],
	['Lago credit note ACM-1-CN001 (a)', null],
	[`No Overpayment of invoice ACM-1 (${INVOICE_ID})`, null],
	[`Overpayment of invoice ACM-1 (${INVOICE_ID}) of May`, null],
	['Overpayment of invoice ACM-1', null],
	['Overpayment of invoice ACM-1 (a)', null],
	['Broken on arrival', null],
	['', null],
	[null, null],
	[undefined, null],
])('a refund because of %s is for %s', (reason, target) => expect(targetOf(reason)).toEqual(target));
