// The little that drawing needs, without a framework.
export const $ = (id) => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
	const made = document.createElement(tag);
	for (const [name, value] of Object.entries(properties)) {
		if (name === 'data') Object.assign(made.dataset, value);
		else if (name.startsWith('aria-')) made.setAttribute(name, value);
		else made[name] = value;
	}
	made.append(...children.filter((child) => child !== null && child !== undefined && child !== ''));
	return made;
}

const byKey = (place, key) => [...place.querySelectorAll('[data-key]')].find((one) => one.dataset.key === key);

/** The new drawing of something: what was open stays open, and the keyboard stays where it was. */
function exchange(before, after, place) {
	const open = [...before.querySelectorAll('details[open] > summary')].map((one) => one.dataset.key);
	const focused = before.contains(document.activeElement) ? document.activeElement.dataset.key : null;
	before.replaceWith(after);
	for (const key of open) byKey(after, key)?.parentElement.setAttribute('open', '');
	if (focused !== null) (byKey(after, focused) ?? place).focus();
}

const drawn = new WeakMap();
/**
 * Draws a list; what shows the same as before is not touched, what is new or has changed is marked as such for a while.
 * @param items in order: a key, what is shown, and how it is drawn.
 * @param onNew told of each that was not there before.
 */
export function list(place, items, onNew = () => {}) {
	const isFirst = !drawn.has(place);
	const before = drawn.get(place) ?? new Map();
	const after = new Map();
	for (const { key, shown, draw } of items) {
		const text = JSON.stringify(shown);
		const old = before.get(key);
		if (old?.text === text) {
			after.set(key, old);
			continue;
		}
		const node = draw();
		if (!isFirst) node.classList.add(old === undefined ? 'new' : 'changed');
		if (old === undefined) onNew(node);
		else exchange(old.node, node, place);
		after.set(key, { text, node });
	}
	for (const [key, { node }] of before) {
		if (after.has(key)) continue;
		const hadFocus = node.contains(document.activeElement);
		node.remove();
		if (hadFocus) place.focus();
	}
	let previous = null;
	for (const { node } of after.values()) {
		const next = previous === null ? place.firstElementChild : previous.nextElementSibling;
		if (next !== node) place.insertBefore(node, next);
		previous = node;
	}
	drawn.set(place, after);
}
