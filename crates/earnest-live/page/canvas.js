// What all drawings share: a sharp canvas, the theme's colours, and the piece of time that is seen.

import { TONES } from './palette.js';
import { clock } from './words.js';

/** Whether the user asked for less motion. */
export const isCalm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Gives the canvas as many pixels as the screen shows of it; returns a pen that draws in CSS pixels. */
export function pen(canvas) {
	const width = canvas.clientWidth;
	const height = canvas.clientHeight;
	const ratio = Math.min(3, window.devicePixelRatio || 1);
	if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
		canvas.width = Math.round(width * ratio);
		canvas.height = Math.round(height * ratio);
	}
	const ctx = canvas.getContext('2d');
	ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
	ctx.clearRect(0, 0, width, height);
	ctx.font = '12px system-ui, sans-serif';
	ctx.textBaseline = 'middle';
	return { ctx, width, height };
}

let known = null;

/** The theme's colours, as style.css has them. */
export function colours() {
	if (!known) {
		const style = getComputedStyle(document.documentElement);
		const read = (name) => style.getPropertyValue(`--${name}`);
		known = { tones: Array.from({ length: TONES }, (_, tone) => read(`tone-${tone}`)) };
		for (const name of ['paper', 'ink', 'muted', 'line', 'accent', 'alarm']) known[name] = read(name);
	}
	return known;
}

/** The colours are read anew at the next drawing. */
export const forgetColours = () => { known = null; };

/** The room beside the lanes for their names and values; on a narrow screen they stand within the lanes. */
export function gutters(width) {
	return width < 560 ? { left: 0, right: 0, narrow: true } : { left: 104, right: 56, narrow: false };
}

/** The time that is seen at `now`: it scrolls, or, where less motion is wanted, stands still and is filled. */
export function view(now, span) {
	if (isCalm()) {
		const from = Math.floor(now / span) * span;
		return { from, to: from + span };
	}
	const to = Math.max(now, span);
	return { from: to - span, to };
}

/** A line through x, y, x, y, … */
export function stroke(ctx, colour, thick, ...places) {
	ctx.strokeStyle = colour;
	ctx.lineWidth = thick;
	ctx.beginPath();
	for (let at = 0; at < places.length; at += 2) ctx.lineTo(places[at], places[at + 1]);
	ctx.stroke();
}

/** Thin lines at round distances down to `bottom`, with their times at `y`. */
export function timeAxis(ctx, { from, to }, left, right, bottom, y) {
	const perSecond = (right - left) / (to - from);
	const step = [1, 2, 5, 10, 20, 30, 60, 120].find((seconds) => seconds * perSecond >= 56) ?? 300;
	const { line, muted } = colours();
	ctx.textAlign = 'center';
	for (let time = Math.ceil(from / step) * step; time <= to + 1e-6; time += step) {
		const x = left + (time - from) * perSecond;
		stroke(ctx, line, 1, Math.round(x) + 0.5, 0, Math.round(x) + 0.5, bottom);
		const text = clock(time);
		const half = ctx.measureText(text).width / 2;
		ctx.fillStyle = muted;
		ctx.fillText(text, Math.min(right - half, Math.max(left + half, x)), y);
	}
}
