import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { declineOf } from '../simulators/dodo/cards';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'testing-with-real-accounts.md'), 'utf8');

test('the test cards of the page do what it says', () => {
	const cards = [...page.matchAll(/^\| `([\d ]{19})` \| (?:`(\w+)`|pays) \|/gm)].map(([, card = '', decline]) => [card.replace(/ /g, ''), decline ?? null] as const);
	expect(cards).toHaveLength(4);
	for (const [card, decline] of cards) expect(declineOf(card)).toBe(decline);
});
