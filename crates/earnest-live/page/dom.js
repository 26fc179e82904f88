// Short words for what is done to the page again and again.

export const element = (id) => document.getElementById(id);

export const write = (id, words) => { element(id).textContent = words; };

export const press = (id, run) => element(id).addEventListener('click', run);

export function make(tag, className = '', ...content) {
	const made = document.createElement(tag);
	made.className = className;
	made.append(...content);
	return made;
}
