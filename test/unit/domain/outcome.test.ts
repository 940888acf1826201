import { isNothingDone, needsAPerson } from '../../../nodes/shared/domain/outcome';

const NEXT = 'Refund it';

test.each<[string, string, string | undefined, boolean, boolean]>([
	['done', 'settled', undefined, false, false],
	['done, with a next step', 'settled', NEXT, true, false],
	['done, with an empty next step', 'settled', '', false, false],
	['nothing done', 'unchanged', undefined, false, true],
	['nothing done, with a next step', 'unchanged', NEXT, false, true],
	['needs a person', 'held', undefined, true, false],
	['needs a person, with a next step', 'held', NEXT, true, false],
	['under way, with a next step', 'charging', NEXT, false, false],
	['no outcome of ours', 'sideways', NEXT, false, false],
])('%s', (_case, outcome, nextStep, isForAPerson, isNothing) => {
	expect([needsAPerson({ outcome, nextStep }), isNothingDone(outcome)]).toEqual([isForAPerson, isNothing]);
});
