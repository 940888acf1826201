import { declineOf } from '../../sandbox/dodo/cards';
import { readPage } from '../support/docs';

const page = readPage('docs/testing-with-real-accounts.md');

test('the test cards of the page do what it says', () => {
	const cards = [...page.matchAll(/^\| `([\d ]{19})` \| (?:`(\w+)`|pays) \|/gm)].map(
		([, card = '', decline]) => [card.replace(/ /g, ''), decline ?? null] as const,
	);
	expect(cards).toHaveLength(4);
	for (const [card, decline] of cards) expect(declineOf(card)).toBe(decline);
});
