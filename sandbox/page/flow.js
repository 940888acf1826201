// What goes between the books, drawn as it went: from rail to rail, downwards in time.
import { $, element, list } from './dom.js';
import { money, tone } from './words.js';

const SHOWN = 120;
const KIND = { done: 'good', 'under way': 'wait', 'needs a person': 'bad' };

/** Readings that follow each other, from the same book, are one line. */
export function hops(timeline) {
	const made = [];
	for (const entry of timeline.toSorted((one, other) => one.at.localeCompare(other.at) || one.id - other.id)) {
		const last = made.at(-1);
		const isSame = last?.kind === 'read' && entry.kind === 'read' && last.to === entry.to && last.from === entry.from;
		if (isSame && last.status === entry.status) last.whats.push(entry.what);
		else made.push({ ...entry, whats: [entry.what] });
	}
	return made.slice(-SHOWN);
}

/** Long names may break behind their dots and dashes. */
const breakable = (name) => name.replace(/[._]/g, '$&\u200b');
const reads = (count) => (count === 1 ? 'looks' : `looks ${count} times`);

/** The words of an execution that say something: once each, with the node that said it. */
function outcomesOf({ outcomes }) {
	const telling = outcomes.filter(({ meaning }) => meaning !== 'nothing done');
	return (telling.length > 0 ? telling : outcomes.slice(-1)).filter(
		({ outcome }, at, all) => all.findIndex((one) => one.outcome === outcome) === at,
	);
}

/** A link to what n8n did. */
export const executionLink = ({ id, url }) =>
	element('a', { href: url, target: '_blank', rel: 'noreferrer', data: { key: `execution ${id}` } }, `execution ${id}`);

function told(execution) {
	const pills = outcomesOf(execution).map(({ node, outcome, meaning }) =>
		element('span', { className: `pill ${KIND[meaning] ?? ''}`, title: `${node}: ${meaning}` }, outcome),
	);
	if (execution.status === 'error') pills.push(element('span', { className: 'pill bad' }, 'failed'));
	return element('div', { className: 'told' }, ...pills, executionLink(execution));
}

function hop({ from, to, kind, words, whats, status, execution }) {
	const good = status >= 200 && status < 400;
	const rail = { you: 'n8n' }[from] ?? from;
	const label = `${from === 'you' ? 'you: ' : ''}${kind === 'read' ? reads(whats.length) : kind === 'event' ? breakable(words) : words}`;
	return element(
		'li',
		{
			className: `hop ${kind} ${rail.toLowerCase()}-${to.toLowerCase()}${good ? '' : ' refused'}`,
			title: whats.join('\n'),
		},
		element('span', { className: 'unseen' }, `${from} to ${to}: `),
		element('span', { className: 'label' }, label, good ? '' : ` ${status || 'no answer'}`),
		element('span', { className: 'line', 'aria-hidden': 'true' }),
		execution ? told(execution) : null,
	);
}

const APART_MS = 200;
let nextAt = 0;
/** One after the other, also when they have come at once. */
function inTurn(row) {
	const now = performance.now();
	nextAt = Math.max(now, nextAt);
	row.style.setProperty('--delay', `${Math.round(nextAt - now)}ms`);
	nextAt += APART_MS;
}

/** Whether the newest stays in sight: until somebody scrolls up, and again when they are back at the end. */
let follows = true;
let followed = '';
const place = $('flow').parentElement;
place.addEventListener('scroll', () => {
	follows = place.scrollHeight - place.scrollTop - place.clientHeight < 40;
});

/** Draws what is new. */
export function drawFlow(timeline) {
	const rows = hops(timeline).map((one) => ({ key: String(one.id), shown: one, draw: () => hop(one) }));
	const empty = {
		key: 'empty',
		shown: '',
		draw: () => element('li', { className: 'empty' }, 'Nothing yet. Play a story, or issue an invoice.'),
	};
	list($('flow'), rows.length === 0 ? [empty] : rows, inTurn);
	const size = `${place.scrollHeight} ${place.clientHeight}`;
	// Only then: somebody may be about to scroll.
	if (follows && size !== followed) place.scrollTop = place.scrollHeight;
	followed = size;
}

/** Whether both books keep the same, and where not. */
export function drawVerdict(balances) {
	const differences = balances.flatMap(({ currency, differences: each }) =>
		each.map((difference) => ({ ...difference, currency })),
	);
	const agrees = balances.some(({ lago }) => lago.received > 0) ? 'Both books agree' : 'Both books are even';
	const words =
		differences.length === 0
			? agrees
			: differences
					.slice(0, 2)
					.map(
						({ number, lago, dodo, currency }) =>
							`${number}: ${money(dodo, currency)} at Dodo, ${money(lago, currency)} in Lago`,
					)
					.join('; ') + (differences.length > 2 ? `; and ${differences.length - 2} more` : '');
	$('verdict').className = differences.length === 0 ? tone('agree') : tone('under way');
	$('verdict').textContent = words;
}
