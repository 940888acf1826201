import { changeFor, decideSave, type MadeIntent } from '../../../nodes/shared/domain/intentRecord';
import { encodeState, type CollectionState } from '../../../nodes/shared/domain/invoiceMetadata';
import { invoice, meta } from './facts';

const state: CollectionState = { phase: 'open', attempt: 1, amount: 10_000 };
const made: MadeIntent = { reference: 'cks_1', state, madeOn: [] };
const recorded = (id: string, theirs: CollectionState) =>
	meta({ dodo_payment_id: id, dodo_state: encodeState(theirs) });

describe('decideSave', () => {
	it('writes what was made', () => {
		expect(decideSave(made, invoice())).toEqual({ action: 'write', change: { paymentId: 'cks_1', state } });
	});

	it('writes over what it was made on', () => {
		const madeOn = recorded('pay_0', { phase: 'failed', attempt: 1 });
		const next = { ...made, state: { ...state, attempt: 2 }, madeOn };
		expect(decideSave(next, invoice({ metadata: madeOn }))).toMatchObject({
			action: 'write',
			change: { paymentId: 'cks_1', state: { phase: 'open', attempt: 2 } },
		});
	});

	it('leaves an invoice alone that was paid meanwhile', () => {
		expect(decideSave(made, invoice({ paymentStatus: 'succeeded' }))).toMatchObject({
			action: 'skip',
			reason: 'already_paid',
		});
	});

	it('adopts what somebody else recorded', () => {
		const theirs: CollectionState = { phase: 'open', attempt: 1 };
		expect(decideSave(made, invoice({ metadata: recorded('cks_2', theirs) }))).toEqual({
			action: 'adopt',
			recorded: 'cks_2',
			theirs,
		});
	});

	it('keeps what became of it', () => {
		const metadata = recorded('cks_1', { phase: 'failed', attempt: 1 });
		expect(decideSave(made, invoice({ metadata }))).toEqual({ action: 'keep', change: null });
	});

	it('writes again what nobody has changed, also where it is the same link', () => {
		const madeOn = recorded('cks_1', { phase: 'open', attempt: 1 });
		expect(decideSave({ ...made, madeOn }, invoice({ metadata: madeOn }))).toMatchObject({ action: 'write' });
		expect(
			decideSave({ ...made, madeOn }, invoice({ metadata: recorded('cks_1', { phase: 'failed', attempt: 1 }) })),
		).toEqual({
			action: 'keep',
			change: null,
		});
	});

	it('writes over a record that was removed', () => {
		const madeOn = recorded('cks_0', { phase: 'open', attempt: 1 });
		expect(decideSave({ ...made, madeOn }, invoice())).toMatchObject({
			action: 'write',
			change: { paymentId: 'cks_1' },
		});
	});

	it('leaves a pay link that is there, and one that cannot be written', () => {
		const withLink = { ...made, state: { ...state, payLink: 'https://pay.example/1' } };
		const there = recorded('cks_1', { phase: 'failed', attempt: 1, payLink: 'https://pay.example/0' });
		expect(decideSave(withLink, invoice({ metadata: there }))).toEqual({ action: 'keep', change: null });
		expect(decideSave(withLink, invoice({ metadata: meta({ dodo_payment_id: 'cks_1' }) }))).toEqual({
			action: 'keep',
			change: null,
		});
	});

	it('adds the pay link to what became of it, and leaves its phase', () => {
		const payLink = 'https://pay.example/1';
		const metadata = recorded('cks_1', { phase: 'failed', attempt: 1 });
		const withLink = { ...made, state: { ...state, payLink } };
		expect(decideSave(withLink, invoice({ metadata }))).toEqual({
			action: 'keep',
			change: { state: { phase: 'failed', attempt: 1, payLink } },
		});
	});
});

describe('the phase that is written', () => {
	const written = (phase: CollectionState['phase'], before?: CollectionState['phase']) =>
		changeFor(
			{ ...made, state: { ...state, phase } },
			before === undefined ? [] : recorded('cks_1', { phase: before, attempt: 1 }),
		).state.phase;

	it.each<[string, CollectionState['phase'], CollectionState['phase'] | undefined, CollectionState['phase']]>([
		['of a link', 'open', 'failed', 'open'],
		['of a charge', 'charging', 'waiting', 'charging'],
		['of a link that was handed out again is that of the record', 'failed', 'open', 'open'],
		['of a link that was handed out again, without a record', 'failed', undefined, 'open'],
		['of something that says paid is that of the record', 'paid', 'open', 'open'],
		['of something that says paid, without a record', 'paid', undefined, 'open'],
	])('%s', (_, phase, before, expected) => {
		expect(written(phase, before)).toBe(expected);
	});
});
