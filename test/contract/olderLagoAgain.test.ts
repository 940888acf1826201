import '../support/oneWorld';

/** The tests of money and refunds once more, on the oldest Lago that was run: one of November 2025. The world is asked for here: by the first of the files below, it would end with it. */
jest.mock('../../sandbox/lago/server', () => {
	const actual = jest.requireActual<typeof import('../../sandbox/lago/server')>('../../sandbox/lago/server');
	return {
		...actual,
		startLagoSimulator: async (options: object) => await actual.startLagoSimulator({ version: '1.36', ...options }),
	};
});
jest.mock('../../nodes/DodoPayments/transport/rateLimit', () => ({ takeTurn: async () => await Promise.resolve() }));

describe.each(['refundTaxes', 'lagoGivesBack', 'surplus', 'access', 'owedAgain'])('%s', (file) => {
	// eslint-disable-next-line @typescript-eslint/no-require-imports
	require(`./${file}.test`);
});
