import { expectRefused, TRIGGERS } from '../../support/triggers';
import { strictNock } from '../../support/nock';

strictNock();

it.each(TRIGGERS)('%s: more than can be done at once is asked to come again', async (_name, trigger) => {
	const { body, anew, sign, signatureHeader, forged } = trigger;
	const bench = trigger.bench();
	const come = async () => {
		const event = anew();
		return await bench.deliver(event, sign(event));
	};
	const open = (await Promise.all(Array.from({ length: 75 }, come))).filter(({ items }) => items !== null);
	expect(open.length).toBeGreaterThan(1);
	const late = await come();
	expectRefused(late, 503);
	expect(late.response.headers['retry-after']).toBe('5');
	expectRefused(await bench.deliver(body, { ...sign(body), [signatureHeader]: forged }), 401);
	// Whoever listens for a test sees it all the same.
	expect((await bench.deliver(body, sign(body), 'manual')).items).toHaveLength(1);
	// Some are answered, the others' senders go away.
	open.pop()?.response.end(200);
	for (const { response } of open) response.emit('close');
	expect((await come()).items).toHaveLength(1);
});
