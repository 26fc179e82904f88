// Notices to the user: what went wrong or is worth knowing, and what can be done. One for each subject.

import { element, make } from './dom.js';

const shown = new Map();

/** Shows `words`; `kind` is "error" or "note"; `action` = {label, run} makes a button. */
export function notice(subject, kind, words, action) {
	if (shown.get(subject)?.words === words) return;
	withdraw(subject);
	const box = make('div', `notice ${kind}`, make('p', '', words));
	box.setAttribute('role', kind === 'error' ? 'alert' : 'status');
	const button = (label, className, run) => {
		const made = make('button', className, label);
		made.type = 'button';
		made.addEventListener('click', () => {
			withdraw(subject);
			element('main').focus({ preventScroll: true }); // the button is gone: not to the top of the page
			run?.();
		});
		box.append(made);
	};
	if (action) button(action.label, '', action.run);
	button('Dismiss', 'quiet');
	element('notices').append(box);
	shown.set(subject, { words, box });
}

export function withdraw(...subjects) {
	for (const subject of subjects) {
		shown.get(subject)?.box.remove();
		shown.delete(subject);
	}
}
