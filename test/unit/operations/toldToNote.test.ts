import nock from 'nock';
import { operations } from '../../../nodes/Lago/actions/operations';
import { LagoClient } from '../../../nodes/Lago/transport/client';
import { BASE_URL, executeContext, itemsOf } from '../../support/executeContext';
import { strictNock } from '../../support/nock';
import { ID } from './lagoInvoice';

strictNock();

const NOTE_ID = 'cd000000-0000-4000-8000-0000000000cd';
const NAMED = { dodo_refund_id: 'ref_1', dodo_payment_id: 'pay_1' };

/** Tells a credit note of Lago how the refund that it started stands, and says what was written to it. */
async function told(refundStatus: string, noteStatus: string, metadata: object): Promise<unknown[]> {
	const path = `/api/v1/credit_notes/${NOTE_ID}`;
	const credit_note = {
		lago_id: NOTE_ID,
		number: 'ACM-7-CN001',
		lago_invoice_id: ID,
		invoice_number: 'ACM-7',
		currency: 'EUR',
		refund_status: noteStatus,
		total_amount_cents: 2_460,
		refund_amount_cents: 2_460,
		metadata,
	};
	const written: unknown[] = [];
	const lago = nock(BASE_URL);
	lago.get(path).reply(200, { credit_note });
	const write = (_uri: string, body: unknown) => (written.push(body), { credit_note });
	lago.put(path).optionally().reply(200, write);
	lago.patch(`${path}/metadata`).optionally().reply(200, write);
	const refund = { refund_id: 'ref_1', payment_id: 'pay_1', status: refundStatus, amount: 2_460, currency: 'EUR' };
	const context = executeContext({
		input: [{ ...refund, metadata: { lago_credit_note_id: NOTE_ID } }],
		parameters: { resource: 'creditNote', operation: 'create', refund: '={{ $json }}' },
	});
	await itemsOf(context, operations, LagoClient.of);
	return written;
}

const names = { metadata: NAMED };
const says = (refund_status: string) => [{ credit_note: { refund_status, metadata: NAMED } }];

// Dodo tells in any order, and two workers may tell at once: how a refund ended is never overwritten by that it was running.
test.each([
	['pending', 'pending', {}, [names]],
	['pending', 'pending', NAMED, []],
	['pending', 'succeeded', {}, [names]],
	['pending', 'succeeded', NAMED, []],
	['pending', 'failed', {}, [names]],
	['pending', 'failed', NAMED, []],
	['review', 'succeeded', {}, [names]],
	['succeeded', 'pending', {}, says('succeeded')],
	['succeeded', 'pending', NAMED, says('succeeded')],
	['succeeded', 'succeeded', {}, says('succeeded')],
	['succeeded', 'succeeded', NAMED, []],
	['failed', 'pending', NAMED, says('failed')],
	['failed', 'failed', NAMED, []],
])('a refund that is %s, a note that says %s', async (refund, note, metadata, written) => {
	expect(await told(refund, note, metadata)).toEqual(written);
});
