// Which colour and which pattern each output of the model has. The colours are those of Okabe and Ito, told apart by
// colour-blind eyes too, darkened or lightened by style.css until they stand out in both themes.

import { make } from './dom.js';

export const TONES = 8;

// What people expect (anger is warm, sadness is blue), by the beginning of the name in English and German.
const EXPECTED = [
	/^(ang|ärg|wut|zorn|arousal)/i, /^(hap|joy|freu|glück)/i, /^(sad|trau|valence)/i, /^(disg|ekel|domin)/i,
	/^(fear|anx|angst)/i, /^(surp|überr)/i, /^(bor|lang)/i, /^(neu|calm|ruh)/i,
];

/** For each output its tone (a colour) and its mark (a pattern). */
export function palette(outputs) {
	const styles = new Map();
	const free = new Set(EXPECTED.keys());
	for (const name of outputs) {
		const tone = EXPECTED.findIndex((pattern) => pattern.test(name));
		if (free.delete(tone)) styles.set(name, { tone, mark: tone });
	}
	let extra = 0;
	for (const name of outputs) {
		if (styles.has(name)) continue;
		const [tone] = free;
		// More outputs than colours: the same colours again, with other patterns.
		styles.set(name, free.delete(tone) ? { tone, mark: tone } : { tone: extra % TONES, mark: (extra++ + 3) % TONES });
	}
	return styles;
}

/** Something in an output's colour and pattern. */
export function painted(className, { tone, mark }) {
	const made = make('span', `${className} mark-${mark}`);
	made.style.setProperty('--tone', `var(--tone-${tone})`);
	return made;
}
