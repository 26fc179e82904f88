// The plane of arousal and valence, for models that have both as outputs. It is never derived from classes.

import { colours, pen, stroke } from './canvas.js';
import { write } from './dom.js';
import { range } from './emotions.js';
import { count, number } from './words.js';

const KEPT = 60;

/** Whether the model measures arousal and valence. */
export const hasPlane = (model) => model.outputs.includes('arousal') && model.outputs.includes('valence');

export class Plane {
	constructor(canvas) {
		this.canvas = canvas;
		this.points = [];
		this.numbered = false;
	}

	begin(model, numbered = false) {
		this.model = model;
		this.points = [];
		this.numbered = numbered;
		write('plane-text', 'Nothing has been measured yet.');
	}

	/** `outputs` of a measurement or a segment; `ended` where it is the whole segment. */
	add(outputs, ended) {
		if (typeof outputs?.arousal !== 'number' || typeof outputs?.valence !== 'number') return;
		this.points.push({ outputs: { arousal: outputs.arousal, valence: outputs.valence }, ended });
		if (!this.numbered && this.points.length > KEPT) this.points.shift();
		write('plane-text', this.numbered
			? `${count(this.points.length)} of the file, numbered in order.`
			: `Arousal ${number(outputs.arousal)}, valence ${number(outputs.valence)}${ended ? ', for a whole segment' : ', so far'}.`);
	}

	draw() {
		if (!this.model || !hasPlane(this.model)) return;
		const { ctx, width, height } = pen(this.canvas);
		const { ink, muted, line, accent, paper } = colours();
		const [low, high] = range(this.model);
		const [left, right, top, bottom] = [32, width - 14, 14, height - 26];
		const x = (value) => left + ((value - low) / (high - low)) * (right - left);
		const y = (value) => bottom - ((value - low) / (high - low)) * (bottom - top);
		const [across, up] = [(left + right) / 2, (top + bottom) / 2];
		stroke(ctx, line, 1, left, top, right, top, right, bottom, left, bottom, left, top);
		ctx.setLineDash([3, 4]);
		stroke(ctx, line, 1, across, top, across, bottom);
		stroke(ctx, line, 1, left, up, right, up);
		ctx.setLineDash([]);
		ctx.fillStyle = muted;
		ctx.textAlign = 'left';
		ctx.fillText(number(low), left, bottom + 14);
		ctx.textAlign = 'right';
		ctx.fillText(number(high), right, bottom + 14);
		ctx.textAlign = 'center';
		ctx.fillText('valence →', across, bottom + 14);
		ctx.save();
		ctx.translate(10, up);
		ctx.rotate(-Math.PI / 2);
		ctx.fillText('arousal →', 0, 0);
		ctx.restore();

		const { points } = this;
		if (!this.numbered) {
			for (let index = 1; index < points.length; index++) {
				if (points[index - 1].ended) continue; // another segment: no line between the two
				ctx.globalAlpha = Math.max(0.15, 1 - (points.length - index) / 30);
				const [a, b] = [points[index - 1].outputs, points[index].outputs];
				stroke(ctx, accent, 1.5, x(a.valence), y(a.arousal), x(b.valence), y(b.arousal));
			}
		}
		points.forEach(({ outputs, ended }, index) => {
			const newest = index === points.length - 1 && !this.numbered;
			const [a, b] = [x(outputs.valence), y(outputs.arousal)];
			ctx.globalAlpha = this.numbered || newest ? 1 : Math.max(0.25, 1 - (points.length - index) / 30);
			ctx.beginPath();
			ctx.arc(a, b, this.numbered ? 10 : newest ? 8 : ended ? 4.5 : 2.5, 0, 2 * Math.PI);
			ctx.fillStyle = this.numbered ? paper : newest ? ink : accent;
			ctx.fill();
			if (this.numbered) {
				ctx.strokeStyle = accent;
				ctx.lineWidth = 1.5;
				ctx.stroke();
				ctx.fillStyle = ink;
				ctx.fillText(String(index + 1), a, b);
			}
		});
		ctx.globalAlpha = 1;
	}
}
