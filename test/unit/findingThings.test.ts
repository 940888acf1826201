import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from '../../nodes/Lago/actions/creditNote/create.operation';
import { OUTCOMES } from '../../nodes/shared/domain/outcome';
import { decideSuccess } from '../../nodes/shared/domain/settlement';
import { DodoSimulator } from '../../sandbox/dodo/server';
import { LagoSimulator } from '../../sandbox/lago/server';
import { letDaysPass } from '../../sandbox/shared/clock';
import { SimulatedService } from '../../sandbox/shared/service';
import { invoice, payment } from './domain/facts';

const ROOT = join(__dirname, '..', '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const page = read('CONTRIBUTING.md');
const section = page.slice(page.indexOf('## Finding things'), page.indexOf('## Adding an operation'));
/** What is told: what it is, its name in the code, its files. */
const rows = [...section.matchAll(/^\| ([^|`]+?) +\| `(\w+)` +\| (`[^|]+`) +\|$/gm)].map(
	([, what = '', name = '', files = '']) => ({
		what,
		name,
		files: [...files.matchAll(/`([^`]+)`/g)].map(([, file]) => file ?? ''),
	}),
);

/** Shows of each that it does what the page says. */
const PROOFS: Readonly<Record<string, () => void>> = {
	'a webhook verified': () => {
		for (const trigger of ['Lago/LagoTrigger', 'DodoPayments/DodoPaymentsTrigger'])
			expect(read(`nodes/${trigger}.node.ts`)).toMatch(/await verifyDelivery\(this, .*if \(verdict !== 'ok'\)/s);
	},
	'it decided that a payment settles an invoice': () => {
		expect(decideSuccess(payment(), invoice(), null)).toMatchObject({ action: 'book' });
		expect(decideSuccess(payment({ currency: 'USD' }), invoice(), null)).toMatchObject({ action: 'hold' });
	},
	'a credit note made': () => expect(create.menu.action).toBe('Create a credit note from a refund'),
	'it decided what that credit note is': () =>
		expect(read('nodes/Lago/helpers/refunds/mirror.ts')).toMatch(/ decideMirror\(/),
	'an outcome word defined': () => expect(Object.keys(OUTCOMES)).toEqual(expect.arrayContaining(['settled', 'held'])),
	'the clock of the simulators': () => {
		const one = { created_at: '2026-11-28T10:00:00Z' };
		letDaysPass([one], 3);
		expect(one.created_at).toBe('2026-11-25T10:00:00Z');
	},
	'it declared what both simulators can be told': () => {
		for (const simulator of [DodoSimulator, LagoSimulator])
			expect(simulator.prototype).toBeInstanceOf(SimulatedService);
	},
};

test('all that has to be found is told', () => {
	expect(rows.map(({ what }) => what)).toEqual(Object.keys(PROOFS));
});

test.each(rows)('$what: $name', ({ what, name, files }) => {
	for (const file of files)
		expect(read(file)).toMatch(new RegExp(`^export (async |abstract )*(function|const|class) ${name}\\b`, 'm'));
	PROOFS[what]?.();
});
