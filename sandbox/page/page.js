// The page: asks for the state of both books again and again, and draws what has changed.
import { act } from './acting.js';
import { $, element, list } from './dom.js';
import { drawFlow, drawVerdict } from './flow.js';
import { drawBooks, drawFigures } from './ledgers.js';
import { aboutIt, known } from './player.js';
import { report } from './reports.js';
import { minorUnits, rulesInWords } from './words.js';

function drawTimeline(timeline) {
	const lines = timeline.toReversed().map((entry) => ({
		key: String(entry.id),
		shown: entry.id,
		draw() {
			const { at, from, to, what, status } = entry;
			const words = `${at.slice(11, 23)}  ${from.padStart(4)} → ${to.padEnd(4)}  ${status || '---'}  ${what}`;
			return element('div', { className: status >= 200 && status < 400 ? '' : 'refused' }, words);
		},
	}));
	list($('timeline'), lines);
}

function draw(state) {
	$('editor').href = state.n8nUrl;
	$('rules').textContent = rulesInWords(state.rules);
	$('premium').checked = state.premium;
	if ($('card').length === 1) $('card').append(...state.declineCodes.map((each) => element('option', {}, each)));
	drawFigures(state.balances);
	drawVerdict(state.balances);
	drawFlow(state.timeline);
	drawBooks(state, aboutIt(state));
	drawTimeline(state.timeline);
}

const LOST = 'The sandbox does not answer any more. Start it again with npm start.';
async function refresh() {
	const state = await fetch('state').then(
		(response) => response.json(),
		() => null,
	);
	if (state !== null) {
		known(state);
		draw(state);
	}
	if (state === null) $('message').textContent = LOST;
	else if ($('message').textContent === LOST) $('message').textContent = '';
}

$('issue').addEventListener('submit', (event) => {
	event.preventDefault();
	const { currency, type, customer, ...numbers } = Object.fromEntries(new FormData(event.target, event.submitter));
	const input = () => ({
		currency,
		type,
		customer,
		amount: minorUnits(numbers.amount, currency),
		taxRate: Number(numbers.taxRate.replace(',', '.')),
		count: Number(numbers.count ?? 1),
		isOld: numbers.isOld === 'true',
	});
	void act('issue', input);
});
$('day').addEventListener('click', () => void act('passDays', { days: 1 }));
$('week').addEventListener('click', () => void act('passDays', { days: 7 }));
$('payOut').addEventListener('click', () => void act('payOut', {}));
for (const name of ['closing', 'reminding', 'filling']) $(name).addEventListener('click', () => void report(name));
$('premium').addEventListener('change', (event) => void act('premium', { value: event.target.checked }));
document.addEventListener('acted', () => void refresh());

async function keepFresh() {
	await refresh().catch((caught) => void ($('message').textContent = caught.message));
	setTimeout(keepFresh, 500);
}
void keepFresh();
