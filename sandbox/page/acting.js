// What a person does: one call for each button, and a question before some of them.
import { $ } from './dom.js';

export const post = async (action, input) => {
	document.dispatchEvent(new Event('acting'));
	const headers = { 'content-type': 'application/json' };
	const response = await fetch('act', { method: 'POST', headers, body: JSON.stringify({ ...input, action }) });
	if (!response.ok) throw new Error((await response.json()).message);
};

/** Acts, and says what was refused in the words of the service. `input` may be a function that asks first. */
export async function act(action, input) {
	let words = '';
	try {
		const chosen = typeof input === 'function' ? await input() : input;
		if (chosen === null) return;
		await post(action, chosen);
	} catch (caught) {
		words = caught.message;
	}
	$('message').textContent = words;
	document.dispatchEvent(new Event('acted'));
}

/** Asks for one line; null when it was left. */
export async function ask(question, value) {
	$('question').textContent = question;
	$('answer').value = value;
	$('ask').returnValue = '';
	$('ask').showModal();
	$('answer').select();
	await new Promise((resolve) => $('ask').addEventListener('close', resolve, { once: true }));
	return $('ask').returnValue === 'ok' ? $('answer').value : null;
}
