import {
	hasSamePath,
	isSameAddress,
	isWhole,
	pathPart,
	readAddress,
	spelled,
} from '../../../nodes/shared/domain/address';

it.each([
	['https://N8N.Example.com/webhook/dodo', 'https://n8n.example.com/webhook/dodo'],
	['https://n8n.example.com:443/webhook/dodo', 'https://n8n.example.com/webhook/dodo'],
	['http://n8n.example.com:80/webhook/dodo', 'http://n8n.example.com/webhook/dodo'],
	['https://zahlungen.müller.example/webhook/dodo', 'https://zahlungen.xn--mller-kva.example/webhook/dodo'],
	['https://n8n.example.com/webhook/my dodo', 'https://n8n.example.com/webhook/my%20dodo'],
	['https://n8n.example.com/webhook/größe', 'https://n8n.example.com/webhook/gr%C3%B6%C3%9Fe'],
])('%s is spelled as every service takes it, and is the same address', (given, wanted) => {
	expect(spelled(given)).toBe(wanted);
	expect(isSameAddress(given, wanted)).toBe(true);
	expect(isSameAddress(wanted, given)).toBe(true);
	expect(spelled(wanted)).toBe(wanted);
});

it('what is no address stays as it is, and is the same as itself only', () => {
	expect(spelled('no address')).toBe('no address');
	expect(isSameAddress('no address', 'no address')).toBe(true);
	for (const same of [isSameAddress, hasSamePath]) {
		expect(same('no address', 'https://n8n.example/')).toBe(false);
		expect(same('https://n8n.example/', 'no address')).toBe(false);
	}
});

it('an address is read the same however often it was read before', () => {
	for (let count = 0; count < 20_000; count++)
		if (readAddress('https://zahlungen.müller.example/größe') === null) throw new Error(`refused after ${count} times`);
	expect(readAddress('zahlungen.müller.example')).toBeNull();
});

it.each([
	['https://n8n.example.com/webhook/dodo', 'http://n8n.example.com/webhook/dodo'],
	['https://n8n.example.com/webhook/dodo', 'https://n8n.example.com:8443/webhook/dodo'],
	['https://n8n.example.com/webhook/dodo', 'https://n8n.example.com/webhook/Dodo'],
	['https://n8n.example.com/webhook/dodo', 'https://other.example.com/webhook/dodo'],
	['https://n8n.example.com/webhook/dodo', 'https://n8n.example.com/webhook-test/dodo'],
	['https://n8n.example.com/webhook/dodo', 'https://n8n.example.com/webhook/dodo?a=1'],
	['https://n8n.example.com/webhook/dodo', 'no address'],
])('%s and %s are two addresses', (one, other) => {
	expect(isSameAddress(one, other)).toBe(false);
});

it('what differs by its host at most has the same path', () => {
	expect(
		hasSamePath('https://tunnel-1.example/webhook/my dodo', 'http://tunnel-2.example:8080/webhook/my%20dodo/'),
	).toBe(true);
	expect(hasSamePath('https://tunnel-1.example/webhook/dodo', 'https://tunnel-2.example/webhook-test/dodo')).toBe(
		false,
	);
	expect(hasSamePath('https://tunnel-1.example/webhook/dodo', 'nonsense')).toBe(false);
	expect(isSameAddress('https://n8n.example/webhook/dodo//', 'https://n8n.example/webhook/dodo')).toBe(true);
	expect(isSameAddress('https://n8n.example/webhook/%zz', 'https://N8N.example/webhook/%zz')).toBe(true);
});

it.each(['cust_42', 'a.b', 'a/b', '../customers?x', '...', 'größe', 'constructor', '%2E%2E'])(
	'%s is one part of a path',
	(id) => {
		const path = `/customers/${pathPart(id)}`;
		expect(isWhole(path)).toBe(true);
		const { pathname } = new URL(`https://lago.example/api/v1${path}`);
		expect(pathname).toBe(`/api/v1${path}`);
		expect(decodeURIComponent(pathname.slice('/api/v1/customers/'.length))).toBe(id);
	},
);

it.each(['.', '..', ''])('"%s" would lead elsewhere', (id) => {
	for (const path of [`/customers/${pathPart(id)}`, `/customers/${id}`, `/subscriptions/${pathPart(id)}/entitlements`])
		expect(isWhole(path)).toBe(false);
});
