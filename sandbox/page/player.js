// Plays a story: one step after the other, slowly enough to follow.
import { $, element } from './dom.js';
import { post } from './acting.js';
import { executionLink } from './flow.js';
import { sceneOf, STORIES } from './stories.js';

/** To read what comes; to see what came, and longer where more has come; what one waits for at most. In ms. */
const PACE = { read: 1_200, see: 1_600, each: 280, patience: 30_000, look: 100 };
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let latest = null;
/** The story that was played last: `status` is playing, paused, done or failed. */
let run = null;

/** A customer of its own for each time, so that a story can be played again. */
function freshCustomer(base) {
	const known = new Set(latest.customers.map(({ id }) => id));
	for (let count = 1; ; count++) {
		const name = count === 1 ? base : `${base}-${count}`;
		if (!known.has(name)) return name;
	}
}

/** Goes on when this run may go on; false when another one has begun. */
async function mayGoOn(mine) {
	while (run === mine && mine.status === 'paused') await sleep(PACE.look);
	return run === mine;
}

async function pause(mine, ms) {
	for (let left = ms; left > 0; left -= PACE.look) {
		await sleep(Math.min(PACE.look, left));
		if (!(await mayGoOn(mine))) return false;
	}
	return true;
}

const newer = (since) => latest.timeline.filter(({ id }) => id > since);

/** The execution that tells most of what a person has caused: the last one that says more than that there was nothing to do. */
function tellingExecution({ since, until }) {
	const executions = newer(since)
		.filter(({ id }) => id <= until)
		.flatMap(({ execution }) => execution ?? []);
	const tells = ({ outcomes }) => outcomes.some(({ meaning }) => meaning !== 'nothing done');
	return executions.findLast(tells) ?? executions.at(-1) ?? null;
}

/** Waits until a step shows in the books. @returns false when somebody has begun another story. */
async function happened(mine, { until }) {
	const deadline = performance.now() + PACE.patience;
	while (!until(sceneOf(latest, mine.customer))) {
		if (performance.now() > deadline)
			throw new Error(
				`This did not happen within ${PACE.patience / 1000} seconds. The flow shows the last answers, and n8n its executions.`,
			);
		if (!(await pause(mine, PACE.look))) return false;
	}
	return true;
}

/** @returns false when somebody has begun another story. */
async function playStep(mine, step) {
	const since = latest.timeline.at(-1)?.id ?? 0;
	if (step.acts) mine.since = since;
	show(step);
	if (!(await pause(mine, PACE.read))) return false;
	for (const [action, input] of step.acts?.(sceneOf(latest, mine.customer)) ?? []) await post(action, input);
	if (!(await happened(mine, step))) return false;
	show(step);
	const moved = newer(since).filter(({ kind }) => kind !== 'read').length;
	if (!(await pause(mine, PACE.see + PACE.each * moved))) return false;
	// What a person began and n8n went on with is one execution, told at the end of it.
	const next = mine.story.steps[mine.at + 1];
	const isTold = next === undefined || next.acts;
	mine.links.push(isTold ? { since: mine.since, until: Infinity } : null);
	return true;
}

/** What n8n does later is of whatever is begun next. On a slow machine an execution is told after the books have changed. */
document.addEventListener('acting', () => {
	for (const link of run?.links ?? []) if (link?.until === Infinity) link.until = latest.timeline.at(-1)?.id ?? 0;
});

async function play(story) {
	const mine = {
		story,
		status: 'playing',
		at: 0,
		since: 0,
		links: [],
		customer: freshCustomer(story.customer),
		problem: '',
	};
	run = mine;
	drawPlayer();
	try {
		for (const step of story.steps) {
			drawPlayer();
			if (!(await playStep(mine, step))) return;
			mine.at += 1;
		}
		mine.status = 'done';
	} catch (caught) {
		mine.status = 'failed';
		mine.problem = caught.message;
	}
	if (run === mine) drawPlayer();
}

/** Brings the entry that a step is about into sight; on a phone, where the books lie below each other, its book at least. */
function show(step) {
	const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
	const entry = [...$(step.show).tBodies].find((body) => aboutIt(latest).includes(body.dataset.document));
	const isNarrow = matchMedia('(max-width: 62rem)').matches;
	const target = entry ?? (isNarrow ? document.querySelector(`[data-place=${step.where}]`) : null);
	target?.scrollIntoView({ behavior: calm ? 'auto' : 'smooth', block: isNarrow ? 'center' : 'nearest' });
}

function push(story) {
	if (run?.story !== story || run.status === 'done' || run.status === 'failed') void play(story);
	else {
		run.status = run.status === 'playing' ? 'paused' : 'playing';
		drawPlayer();
	}
}

const LABELS = { playing: 'Pause', paused: 'Continue', done: 'Play again', failed: 'Play again' };

function card(story) {
	const steps = story.steps.map(({ tell }) => element('li', {}, element('span', { className: 'tell' }, tell)));
	return element(
		'article',
		{ className: 'story', data: { story: story.id } },
		element('h3', {}, story.title),
		element('button', { type: 'button', className: 'play', onclick: () => push(story) }),
		element('p', { className: 'hint' }, story.about),
		element('ol', {}, ...steps),
	);
}

function drawCard(story, place) {
	const mine = run?.story === story ? run : null;
	place.dataset.status = mine?.status ?? '';
	const label = LABELS[mine?.status] ?? 'Play';
	const play = place.querySelector('.play');
	if (play.dataset.label !== label) {
		play.dataset.label = label;
		play.textContent = label;
		play.setAttribute('aria-label', `${label}: ${story.title}`);
	}
	[...place.querySelectorAll('li')].forEach((item, index) => {
		const isNow = mine !== null && mine.status !== 'done' && index === mine.at;
		item.className = mine !== null && index < mine.at ? 'over' : isNow ? 'current' : '';
		if (isNow) item.setAttribute('aria-current', 'step');
		else item.removeAttribute('aria-current');
		// n8n writes it down a moment later.
		const range = mine?.links[index];
		const execution = range ? tellingExecution(range) : null;
		const link = item.querySelector('a');
		if (link?.href === execution?.url) return;
		link?.remove();
		if (execution) item.append(' ', executionLink(execution));
	});
}

function nowInWords() {
	if (run === null) return ['Press Play on a story, or act yourself: every button below does what it says.'];
	const { story, status, at, problem } = run;
	if (status === 'done') return [element('b', {}, 'The end.'), ` ${story.steps.at(-1).tell}.`];
	const count = element('span', { className: 'count' }, `${at + 1} of ${story.steps.length}`);
	const words = `${story.steps[at].tell}.${status === 'paused' ? ' Paused.' : ''}`;
	return status === 'failed'
		? [count, ` ${words} `, element('span', { className: 'problem' }, problem)]
		: [count, ` ${words}`];
}

function drawCards() {
	for (const story of STORIES) drawCard(story, document.querySelector(`[data-story=${story.id}]`));
}

function drawPlayer() {
	drawCards();
	$('now').dataset.status = run?.status ?? '';
	$('now').replaceChildren(...nowInWords());
	const isOn = run !== null && ['playing', 'paused'].includes(run.status);
	for (const place of document.querySelectorAll('[data-place]'))
		place.classList.toggle('current', isOn && run.story.steps[run.at].where === place.dataset.place);
}

/** The documents and the customer that the story is about; nothing when none is on. */
export function aboutIt(state) {
	if (run === null) return [];
	return [
		run.customer,
		...sceneOf(state, run.customer)
			.invoices.slice(0, 1)
			.map(({ number }) => number),
	];
}

/** Tells the player what the books hold now. */
export function known(state) {
	if (latest === null) {
		latest = state;
		$('stories').replaceChildren(...STORIES.map(card));
		drawPlayer();
	}
	latest = state;
	drawCards();
}
