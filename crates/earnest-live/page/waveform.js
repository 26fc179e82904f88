// The outline of the last 20 seconds of sound, with marks of speech. Only the outline is kept: the lowest and the
// highest sample of each 20 ms.

import { colours, gutters, pen, stroke, timeAxis, view } from './canvas.js';
import { seconds } from './words.js';

const SPAN = 20;
const PER_SECOND = 50;
const KEPT = (SPAN + 1) * PER_SECOND;

export class Waveform {
	constructor(canvas) {
		this.canvas = canvas;
		this.begin(48000);
	}

	begin(rate) {
		this.rate = rate;
		this.samples = 0;
		this.low = new Float32Array(KEPT);
		this.high = new Float32Array(KEPT);
		this.last = -1; // the newest column
		this.activity = [];
		this.segments = [];
		this.gaps = [];
	}

	push(frame) {
		for (const sample of frame) {
			const column = Math.floor((this.samples++ * PER_SECOND) / this.rate);
			const slot = column % KEPT;
			if (column !== this.last) {
				this.last = column;
				this.low[slot] = this.high[slot] = sample;
			} else if (sample < this.low[slot]) this.low[slot] = sample;
			else if (sample > this.high[slot]) this.high[slot] = sample;
		}
	}

	/** A piece of `length` seconds that was not sent, at audio time `at`. */
	gap(at, length) {
		const last = this.gaps.at(-1);
		if (last && last.at === at) last.length += length;
		else this.gaps.push({ at, length });
	}

	hear(to, probability) {
		this.activity.push({ from: this.activity.at(-1)?.to ?? 0, to, probability });
		const oldest = to - SPAN - 2;
		this.activity = this.activity.filter((piece) => piece.to >= oldest);
		this.segments = this.segments.filter((segment) => segment.to === null || segment.to >= oldest);
		this.gaps = this.gaps.filter(({ at }) => at >= oldest);
	}

	segmentBegins(id, from) {
		this.segments.push({ id, from, to: null });
	}

	segmentEnds(id, from, to) {
		const segment = id === null ? this.segments.at(-1) : this.segments.find((s) => s.id === id);
		if (segment) Object.assign(segment, { from, to });
	}

	draw(now) {
		const { ctx, width, height } = pen(this.canvas);
		const { ink, muted, line, accent, alarm } = colours();
		const { left, right: room, narrow } = gutters(width);
		const right = width - room;
		const seen = view(now, SPAN);
		const x = (time) => left + ((time - seen.from) / SPAN) * (right - left);
		const bottom = height - 44;
		const middle = Math.round(bottom / 2) + 0.5;
		timeAxis(ctx, seen, left, right, height - 20, height - 8);
		stroke(ctx, line, 1, left, middle, right, middle);
		ctx.fillStyle = muted;
		ctx.textAlign = 'left';
		if (!narrow) {
			ctx.fillText('amplitude', 0, middle);
			ctx.fillText('speech', 0, height - 31);
		}
		ctx.save();
		ctx.beginPath();
		ctx.rect(left, 0, right - left, height);
		ctx.clip();

		for (const { from, to } of this.segments) { // in brackets: where it begins, and where it ended
			const begin = x(from);
			const end = x(to ?? now);
			ctx.globalAlpha = 0.13;
			ctx.fillStyle = accent;
			ctx.fillRect(begin, 0, end - begin, bottom);
			ctx.globalAlpha = 1;
			stroke(ctx, accent, 1.5, begin + 6, 1, begin + 0.75, 1, begin + 0.75, bottom, begin + 6, bottom);
			if (to !== null) stroke(ctx, accent, 1.5, end - 6, 1, end - 0.75, 1, end - 0.75, bottom, end - 6, bottom);
		}

		ctx.fillStyle = ink;
		const first = Math.max(0, this.last - KEPT + 2, Math.floor(seen.from * PER_SECOND));
		const thick = Math.max(0.8, (right - left) / (SPAN * PER_SECOND));
		// Quiet speech is seen too: the height is the amplitude to the power of .6.
		const tall = (sample) => Math.sign(sample) * Math.min(1, Math.abs(sample)) ** 0.6 * (middle - 3);
		for (let column = first; column <= this.last; column++) {
			const top = tall(this.high[column % KEPT]);
			const low = tall(this.low[column % KEPT]);
			ctx.fillRect(x(column / PER_SECOND), middle - top, thick, Math.max(1, top - low));
		}

		// The strip below: how probable speech is, by height.
		ctx.fillStyle = accent;
		for (const { from, to, probability } of this.activity) {
			const strip = Math.max(1, probability * 14);
			ctx.fillRect(x(from), height - 24 - strip, x(to) - x(from) + 0.5, strip);
		}

		ctx.fillStyle = alarm;
		ctx.textAlign = 'right';
		for (const { at, length } of this.gaps) {
			ctx.setLineDash([5, 4]);
			stroke(ctx, alarm, 2, x(at), 0, x(at), bottom);
			ctx.setLineDash([]);
			ctx.fillText(`${seconds(length, 1)} lost`, x(at) - 5, 10);
		}
		ctx.restore();
	}

	/** The same in words. */
	text() {
		if (!this.samples) return 'Nothing has been heard yet.';
		const parts = this.segments.map(({ from, to }) => `from ${seconds(from)} ${to === null ? 'on' : `to ${seconds(to)}`}`);
		const lost = this.gaps.map(({ at, length }) => ` ${seconds(length, 1)} were lost at ${seconds(at, 1)}.`);
		return `${seconds(this.samples / this.rate, 1)} heard. Segments of speech in the last 20 seconds: ${parts.join('; ') || 'none'}.${lost.join('')}`;
	}
}
