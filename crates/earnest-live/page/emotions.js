// The model's outputs over time: a lane for each, with its name and its value now. Filled where it is the answer.

import { colours, gutters, pen, stroke, timeAxis, view } from './canvas.js';
import { number, percent, seconds } from './words.js';

const KEPT_SECONDS = 310;

/** The range of a model's outputs: probabilities, or three standard deviations about the means of the speech that trained it. */
export function range(model) {
	if (model.task !== 'dimensional') return [0, 1];
	const ends = (sign) => model.mean.map((mean, i) => mean + sign * 3 * model.deviation[i]);
	return [Math.min(...ends(-1)), Math.max(...ends(1))];
}

export class Emotions {
	constructor(canvas) {
		this.canvas = canvas;
		this.span = 20;
		this.points = [];
	}

	setModel(model, styles) {
		this.begin();
		this.model = model;
		this.styles = styles;
		this.canvas.style.height = `${model.outputs.length * 46 + 24}px`;
	}

	begin() {
		this.points = [];
	}

	add({ utterance_id: segment, audio_start_ms: start, audio_end_ms: end, outputs, emotion }) {
		if (!outputs) return;
		const to = end / 1000;
		const { points } = this;
		// The whole segment ends before the silence after it: what was measured into that silence is replaced.
		while (points.at(-1)?.segment === segment && points.at(-1).to >= to) points.pop();
		const last = points.at(-1)?.segment === segment ? points.at(-1) : { to: start / 1000, outputs };
		points.push({ segment, from: last.to, before: last.outputs, to, outputs, emotion });
		if (points[0].to < to - KEPT_SECONDS) points.shift();
	}

	draw(now, open) {
		const { model, styles, points, span } = this;
		if (!model) return;
		const { ctx, width, height } = pen(this.canvas);
		const { ink, muted, line, tones, paper } = colours();
		const { left, right: room, narrow } = gutters(width);
		const right = width - room;
		const seen = view(now, span);
		const x = (time) => left + ((time - seen.from) / span) * (right - left);
		const lane = (height - 24) / model.outputs.length;
		const [low, high] = range(model);
		timeAxis(ctx, seen, left, right, height - 24, height - 8);
		const visible = points.filter(({ to, from }) => to >= seen.from && from <= seen.to);
		const current = open ? points.at(-1) : null;

		model.outputs.forEach((name, index) => {
			const tone = tones[styles.get(name).tone];
			const ground = Math.round((index + 1) * lane) - 0.5;
			const reach = lane - (narrow ? 20 : 10);
			const y = (value) => ground - ((Math.min(high, Math.max(low, value)) - low) / (high - low)) * reach;
			stroke(ctx, line, 1, 0, ground, width, ground);
			ctx.save();
			ctx.beginPath();
			ctx.rect(left, index * lane, right - left, lane);
			ctx.clip();
			ctx.fillStyle = tone;
			for (const { from, before, to, outputs, emotion } of visible) {
				const [begin, first] = [x(from), y(before[name])];
				const [end, second] = [Math.max(begin + 1, x(to)), y(outputs[name])];
				ctx.globalAlpha = emotion === name ? 0.6 : 0.08;
				ctx.beginPath();
				ctx.moveTo(begin, ground);
				ctx.lineTo(begin, first);
				ctx.lineTo(end, second);
				ctx.lineTo(end, ground);
				ctx.fill();
				ctx.globalAlpha = 1;
				stroke(ctx, tone, 2, begin, first, end, second);
				if (span <= 20) ctx.fillRect(end - 2, second - 2, 4, 4);
			}
			ctx.restore();

			const text = narrow ? index * lane + 10 : ground - lane / 2 + 2;
			if (narrow) { // so that the name is read above a curve
				ctx.fillStyle = paper;
				ctx.fillRect(0, text - 8, ctx.measureText(name).width + 26, 16);
			}
			ctx.fillStyle = tone;
			ctx.fillRect(0, text - 6, 12, 12);
			ctx.fillStyle = current?.emotion === name ? ink : muted;
			ctx.textAlign = 'left';
			ctx.fillText(name, 20, text, narrow ? width - 80 : left - 26);
			ctx.textAlign = 'right';
			if (current) ctx.fillText(this.write(current.outputs[name]), width - 1, text);
		});
	}

	write(value) {
		return this.model.task === 'dimensional' ? number(value) : percent(value);
	}

	/** The same in words. */
	text(now) {
		if (!this.points.length) return 'Nothing has been measured yet.';
		const recent = this.points.filter(({ to }) => to >= now - this.span);
		if (!recent.length) return 'Nothing was measured in the time that is shown.';
		const parts = this.model.outputs.map((name) => {
			const values = recent.map(({ outputs }) => outputs[name]);
			const [least, most, last] = [Math.min(...values), Math.max(...values), values.at(-1)].map((value) => this.write(value));
			return `${name} between ${least} and ${most}, last ${last}`;
		});
		return `Measured ${recent.length} times, last at ${seconds(recent.at(-1).to, 1)}: ${parts.join('; ')}.`;
	}
}
