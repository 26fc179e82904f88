// The level meter: RMS and peak of what the microphone hands over, in dB below full scale.

import { element, write } from './dom.js';
import { decibels } from './words.js';

const FLOOR = -80;

const meter = element('level');
let held = FLOOR;
let clippedAt = -Infinity;

const inDecibels = (amplitude) => Math.max(FLOOR, 20 * Math.log10(amplitude));
const share = (level) => `${100 - (100 * level) / FLOOR}%`;

function show(rms, words) {
	element('level-fill').style.width = share(rms);
	element('level-peak').style.left = `min(${share(held)}, 100% - 2px)`;
	write('level-value', words);
	meter.setAttribute('aria-valuenow', Math.round(rms));
	meter.setAttribute('aria-valuetext', words);
}

/** Shows a frame's level; returns whether there is any sound in it at all. */
export function showLevel(frame) {
	let sum = 0;
	let peak = 0;
	for (const sample of frame) {
		sum += sample * sample;
		peak = Math.max(peak, Math.abs(sample));
	}
	const rms = inDecibels(Math.sqrt(sum / frame.length));
	held = Math.max(inDecibels(peak), held - 2);
	if (peak >= 0.999) clippedAt = performance.now();
	show(rms, performance.now() - clippedAt < 2000 ? 'too loud' : decibels(rms));
	return peak > 0;
}

export function resetLevel() {
	held = FLOOR;
	clippedAt = -Infinity;
	show(FLOOR, '–');
}
