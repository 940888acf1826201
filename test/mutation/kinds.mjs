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
		fits: ({ file }) => /refundSpread/.test(file),
	},
	{
		name: 'The long way instead of a short cut',
		why: 'What is answered at once is computed again, with the same result: by parts instead of the number as it is, over no debts, over nothing that is lacking, by halves instead of one of the two offsets.',
		fits: ({ file, code }) =>
			/isSafeInteger|debts\.length === 0|lacking\.length === 0/.test(code) ||
			(/calendar/.test(file) && /^wanted - after$|^clock\(middle\) < wanted$/.test(code)),
	},
	{
		name: 'Made once',
		why: 'It is kept for good, and in the one process of these runs it was made before the rule was changed. The same specifications notice it in Jest, whose processes are new.',
		fits: ({ file, code }) =>
			/^\(\) => new Intl\./.test(code) ||
			(/calendar/.test(file) &&
				/^(kept|known) !== undefined$|^starts\.size >= DAYS_KEPT$|^day \* DAY_MS$|timeZone: 'UTC'/.test(code)),
	},
	{
		name: 'A default that is never read',
		why: 'An empty list stands where nothing is; a text in its place names no payment, invoice or entry.',
		fits: ({ mutator, code }) => mutator === 'ArrayDeclaration' && code === '[]',
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
];

export const OTHER = { name: 'Not looked at yet', why: 'Nobody has said yet why these may live.' };
