/** Why a change of a rule may go unnoticed; the first kind that fits counts. */
const isBound = ({ mutator, code, replacement }) =>
	mutator === 'EqualityOperator' && /[<>]/.test(code) && code.replaceAll('=', '') === replacement.replaceAll('=', '');
const isGuard = ({ mutator, code }) =>
	mutator === 'OptionalChaining' ||
	/^\{\s*return null;\s*\}$|^step\.action === 'write'$/.test(code) ||
	/^!?[\w.?()[\]]+ [!=]== (null|undefined)$/.test(code);

export const KINDS = [
	{
		name: 'Another way to the same sum',
		why: 'The search among the spreads of a refund finds another one that Lago takes, or the same one later. That Lago takes each of them the first time, and that it is exact where any is, are properties of their own.',
		fits: ({ file }) => /refundSpread|refundAllocation|refundMirror/.test(file),
	},
	{
		name: 'The long way instead of a short cut',
		why: 'What is kept or answered at once is computed again, with the same result.',
		fits: ({ file, code }) =>
			/calendar|groupBy/.test(file) ||
			/isSafeInteger|debts\.length === 0|lacking\.length === 0|refundable > 0/.test(code),
	},
	{
		name: 'A default that is never read',
		why: 'An empty list stands where nothing is; a text in its place names no payment, invoice or entry.',
		fits: ({ mutator }) => mutator === 'ArrayDeclaration',
	},
	{
		name: 'The very edge',
		why: 'Both sides do the same exactly there, or another line has decided it before.',
		fits: isBound,
	},
	{
		name: 'What the compiler asks for',
		why: 'It guards against what cannot be absent there, or what the next comparison turns down as well.',
		fits: isGuard,
	},
	{
		name: 'How it is read, not what it says',
		why: 'The ends of a pattern whose text has no room for more, or blanks that were removed before.',
		fits: ({ mutator, code }) => mutator === 'Regex' || /\.trim\(\)$|\.slice\(/.test(code),
	},
	{
		name: 'When and what the look asks',
		why: 'The comparison of both books asks once more than it needs to, or tells something that is found to be done by then. What it tells goes through the same rules as any other news.',
		fits: ({ file }) => /difference|reconciliation/.test(file),
	},
];

export const OTHER = { name: 'Not looked at yet', why: 'Nobody has said yet why these may live.' };
