// How numbers and reasons are written.

const SPACE = '\u202f'; // narrow, and does not break

export const seconds = (value, digits = 2) => `${value.toFixed(digits)}${SPACE}s`;
export const percent = (value) => `${Math.round(value * 100)}${SPACE}%`;
export const milliseconds = (value) => `${Math.round(value)}${SPACE}ms`;
export const decibels = (value) => `${value < 0 ? '\u2212' : ''}${Math.abs(Math.round(value))}${SPACE}dB`;
export const number = (value) => value.toFixed(2).replace('-', '\u2212');
export const kilohertz = (value) => `${value / 1000}${SPACE}kHz`;
export const count = (many) => `${many} ${many === 1 ? 'segment' : 'segments'}`;

/** 0:05, 1:00, 1:02:03: for axes. */
export function clock(time) {
	const parts = new Date(1000 * Math.round(time)).toISOString().slice(11, 19);
	return parts.replace(/^00:0?/, '').replace(/^0(\d:..:)/, '$1');
}

/** Why there is no answer, as the server names it, in words. */
export const reason = (name) => (name ?? 'no answer').replaceAll('_', ' ');

/** A list in a sentence: “angry, happy and sad”. */
export function and(words, joint = 'and') {
	return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${joint} ${words.at(-1)}`;
}
