import { NodeApiError, NodeOperationError, type INode } from 'n8n-workflow';
import { heldByDodo } from '../../nodes/DodoPayments/helpers/refusals';
import { ApiError } from '../../nodes/shared/transport/apiError';
import { asNodeError } from '../../nodes/shared/transport/nodeError';

const node: INode = { id: '1', name: 'Lago', type: 'lago', typeVersion: 1, position: [0, 0], parameters: {} };

describe('which refusals pass', () => {
	// [status, code, may pass by itself, is about the key]
	test.each<[number | null, string | null, boolean, boolean]>([
		[null, 'ECONNREFUSED', true, false],
		[null, 'NO_ANSWER', true, false],
		[400, null, false, false],
		[401, null, false, true],
		[403, null, false, true],
		[403, 'read_action_not_allowed_for_invoice', false, true],
		[null, 'BAD_BASE_URL', false, true],
		[403, 'feature_unavailable', false, false],
		[404, 'invoice_not_found', false, false],
		[405, 'update_on_voided_invoice', false, false],
		[408, null, true, false],
		[409, null, false, false],
		[410, null, false, false],
		[422, 'validation_errors', false, false],
		[422, 'lock_acquisition_failed', true, false],
		[429, null, true, false],
		[500, null, true, false],
		[502, 'UNEXPECTED_ANSWER', true, false],
		[503, null, true, false],
		[504, null, true, false],
		[302, null, false, false],
	])('%p %p: passes %p, the key %p', (status, code, transient, unauthorized) => {
		const error = new ApiError('Lago', status, code, 'No.');
		expect([error.transient, error.unauthorized]).toEqual([transient, unauthorized]);
		// Held only what neither time nor another key can mend, and what the service itself has refused: it names its reason.
		expect(heldByDodo(error, 'this') === null).toBe(transient || unauthorized || code === null);
	});
});

describe('what a person reads', () => {
	test.each<[ApiError, string, string]>([
		[
			new ApiError('Dodo Payments', null, 'ECONNREFUSED', 'Dodo Payments did not answer: nothing listens there'),
			'did not answer',
			'base URL',
		],
		[
			new ApiError('Lago', null, 'NO_ANSWER', 'Lago did not answer: no answer came'),
			'did not answer',
			'n8n can reach it. Nothing was lost',
		],
		[
			new ApiError('Lago', null, 'CERT_HAS_EXPIRED', 'Lago did not answer: its certificate has expired'),
			'did not answer',
			'Renew the certificate',
		],
		[
			new ApiError(
				'Lago',
				null,
				'BAD_BASE_URL',
				'Lago was not asked: the base URL in its credential is not an address',
			),
			'was not asked',
			'correct the base URL',
		],
		[new ApiError('Dodo Payments', 401, null, 'Unauthorized'), '401', 'Test keys work in test mode only'],
		[new ApiError('Lago', 401, null, 'Unauthorized'), '401', 'Developers > API keys'],
		[new ApiError('Lago', 403, 'write_action_not_allowed_for_payment', 'Forbidden'), '403', 'write access'],
		[new ApiError('Lago', 404, 'invoice_not_found', 'Not Found'), 'invoice_not_found', 'belongs to the account'],
		[new ApiError('Lago', 429, null, 'Too many'), '429', 'Wait'],
		[new ApiError('Dodo Payments', 503, null, 'HTTP 503'), '503', 'Nothing was lost'],
		[
			new ApiError('Lago', 422, 'validation_errors', 'Unprocessable Entity', {
				metadata: ['invalid_count'],
				key: ['value_is_too_long', 'x'],
			}),
			'validation_errors',
			'metadata: invalid_count; key: value_is_too_long, x',
		],
		[new ApiError('Dodo Payments', 422, 'UNSUPPORTED_COUNTRY', 'No.'), 'UNSUPPORTED_COUNTRY', 'Correct'],
	])('%s', (error, headline, advice) => {
		const shown = asNodeError(node, error, 2, true);
		expect(shown).toBeInstanceOf(NodeApiError);
		expect(shown.message).toContain(headline);
		expect(shown.message).toContain(error.service);
		expect(shown.description).toContain(advice);
		expect(shown.context.itemIndex).toBe(2);
	});

	test.each<[number | null, string | null]>([
		[null, 'ECONNREFUSED'],
		[null, 'ENOTFOUND'],
		[408, null],
		[429, null],
		[429, 'NO_TURN_LEFT'],
		[500, null],
		[502, 'UNEXPECTED_ANSWER'],
		[503, null],
	])(
		'who runs it by hand, lists or publishes is told what to do after %p %p, not that something is delivered again',
		(status, code) => {
			for (const service of ['Lago', 'Dodo Payments'] as const) {
				const { description } = asNodeError(node, new ApiError(service, status, code, 'No.'));
				expect(description).toMatch(/Then try again/);
				expect(description).not.toMatch(/deliver|webhook|event/i);
			}
		},
	);

	test("errors that are n8n's already stay as they are; others become its own", () => {
		const own = new NodeOperationError(node, 'Said already');
		expect(asNodeError(node, own)).toBe(own);
		expect(asNodeError(node, new Error('Surprise'))).toMatchObject({ message: 'Surprise' });
		expect(asNodeError(node, 'words')).toBeInstanceOf(NodeOperationError);
	});
});
