// The rules of the operations are tested without pauses; test/unit/patience.test.ts tests the pauses.
jest.mock('../../nodes/shared/transport/patience', () => {
	const actual = jest.requireActual<typeof import('../../nodes/shared/transport/patience')>(
		'../../nodes/shared/transport/patience',
	);
	return { ...actual, patienceOf: actual.oneTry };
});
