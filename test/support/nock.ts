import nock from 'nock';

/** Nothing leaves the machine; every expected call must have been made, and no other. */
export function strictNock(): void {
	beforeAll(() => nock.disableNetConnect());
	afterEach(() => {
		const missing = nock.pendingMocks();
		nock.cleanAll();
		expect(missing).toEqual([]);
	});
	afterAll(() => {
		nock.enableNetConnect();
		nock.restore();
	});
}
