import fc from 'fast-check';
import type { CollectionState } from '../../../nodes/shared/domain/invoiceMetadata';
import {
	isEnded,
	nextPhase,
	nextState,
	noted,
	PHASES,
	phaseOf,
	whileDue,
	type CollectionEvent,
	type Phase,
} from '../../../nodes/shared/domain/phases';

/** What each event makes of: nothing, waiting, open, charging, processing, failed, paid, overpaid, returned. */
const MATRIX: Record<CollectionEvent, string> = {
	link_made: 'open open open open open open paid overpaid returned',
	charged: 'charging charging charging charging charging charging paid overpaid returned',
	under_way: 'processing processing processing processing processing processing paid overpaid returned',
	declined: 'failed failed failed failed failed failed paid overpaid returned',
	booked: 'paid paid paid paid paid paid paid paid paid',
	surplus_came: 'overpaid overpaid overpaid overpaid overpaid overpaid overpaid overpaid overpaid',
	surplus_returned: 'waiting waiting open charging processing failed paid returned returned',
	found_due: 'waiting waiting open charging processing failed waiting waiting waiting',
	link_reused: 'open waiting open charging processing failed paid overpaid returned',
	pay_link_made: 'open waiting open charging processing failed paid overpaid returned',
	charge_postponed: 'waiting waiting open charging processing failed paid overpaid returned',
	try_counted: 'failed waiting open charging processing failed paid overpaid returned',
	refunded: 'paid waiting open charging processing failed paid overpaid returned',
	dispute_lost: 'paid waiting open charging processing failed paid overpaid returned',
	dispute_won: 'paid waiting open charging processing failed paid overpaid returned',
};
const EVENTS = Object.keys(MATRIX) as CollectionEvent[];
const STARTS: Array<Phase | null> = [null, ...PHASES];

test.each(PHASES)('%s has an end, or not', (phase) => {
	expect(isEnded({ phase })).toBe(['paid', 'overpaid', 'returned'].includes(phase));
});

test.each(EVENTS)('%s', (event) => {
	expect(STARTS.map((from) => nextPhase(from, event))).toEqual(MATRIX[event].split(' '));
});

describe('from any phase, by any events', () => {
	const walks = fc.tuple(fc.constantFrom(...STARTS), fc.array(fc.constantFrom(...EVENTS), { maxLength: 30 }));
	const walked = (
		property: (from: Phase | null, event: CollectionEvent, to: Phase) => void,
	): fc.IProperty<[[Phase | null, CollectionEvent[]]]> =>
		fc.property(walks, ([start, events]) => {
			let phase = start;
			for (const event of events) {
				const to = nextPhase(phase, event);
				property(phase, event, to);
				phase = to;
			}
		});

	test('what was paid is only left when a surplus came or Lago says that it is owed', () => {
		fc.assert(
			walked((from, event, to) => {
				if (from === 'paid' && to !== 'paid') expect(['surplus_came', 'found_due']).toContain(event);
			}),
		);
	});

	test('a surplus payment is not forgotten but by a booking or because Lago says that the invoice is owed', () => {
		fc.assert(
			walked((from, event, to) => {
				if (from === 'overpaid' && to !== 'overpaid')
					expect(['surplus_returned', 'booked', 'found_due']).toContain(event);
			}),
		);
	});

	test('only a surplus goes back, and only money that was booked is paid', () => {
		fc.assert(
			walked((from, event, to) => {
				if (to === 'returned' && from !== 'returned') expect([from, event]).toEqual(['overpaid', 'surplus_returned']);
				if (to === 'paid' && from !== 'paid' && from !== null) expect(event).toBe('booked');
			}),
		);
	});

	test('an event that comes twice changes nothing the second time', () => {
		fc.assert(walked((_from, event, to) => expect(nextPhase(to, event)).toBe(to)));
	});
});

describe('a state', () => {
	const before: CollectionState = { phase: 'failed', attempt: 3, failedTries: 2, url: 'https://pay.example/1' };

	test('begins anew, with what it is given', () => {
		expect(nextState(before, 'link_made', { attempt: 4, amount: 100 })).toEqual({
			phase: 'open',
			attempt: 4,
			amount: 100,
		});
	});

	test('is added to', () => {
		expect(noted(before, 'try_counted', { failedTries: 3 })).toEqual({ ...before, failedTries: 3 });
		expect(noted(null, 'refunded', { refunded: 100 })).toEqual({ phase: 'paid', attempt: 1, refunded: 100 });
	});

	test('of an invoice that is owed is not paid', () => {
		expect(whileDue({ ...before, phase: 'paid' })).toEqual({ ...before, phase: 'waiting' });
		expect(whileDue(before)).toEqual(before);
		expect(whileDue(null)).toBeNull();
	});

	test('is paid where only the payment is named', () => {
		expect(phaseOf(null)).toBe('paid');
		expect(phaseOf(before)).toBe('failed');
	});
});
