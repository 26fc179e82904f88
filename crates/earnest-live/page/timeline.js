// A whole file on a timeline, in lines like a score: speech with its answer, what is no speech with its reason.

import { make } from './dom.js';
import { range } from './emotions.js';
import { painted } from './palette.js';
import { and, clock, count, number, percent, reason, seconds } from './words.js';

const LINES = 10;
const STEPS = [5, 10, 15, 20, 30, 60, 120, 300, 600, 1200, 3600];

export class Timeline {
	constructor(lines, legend) {
		this.lines = lines;
		this.legend = legend;
	}

	show(segments, duration, model, styles) {
		Object.assign(this, { segments, duration, model, styles, span: 0 });
		const dimensional = model.task === 'dimensional';
		const used = model.outputs.filter((name) => dimensional || segments.some((s) => s.emotion === name));
		const items = used.map((name) => make('li', '', painted('swatch', styles.get(name)), name));
		if (segments.some((s) => !s.speech)) items.push(make('li', '', make('span', 'swatch'), 'none: no speech, with its reason'));
		items.push(make('li', '', dimensional
			? 'The height of a line is the value.'
			: 'The height is the probability of the answer. A dashed outline is an uncertain answer.'));
		this.legend.replaceChildren(...items);
		this.draw();
	}

	hide() {
		this.segments = null;
		this.lines.replaceChildren();
		this.legend.replaceChildren();
	}

	/** As many seconds on a line as leave room for words, but not more than ten lines. */
	draw() {
		if (!this.segments) return;
		const { segments, duration } = this;
		const fits = STEPS.findLast((step) => step <= this.lines.clientWidth / 28) ?? 5;
		const span = duration <= fits * 1.3 ? Math.max(0.5, duration)
			: Math.max(fits, STEPS.find((step) => duration / step <= LINES) ?? duration / LINES);
		if (span === this.span) return;
		this.span = span;
		const lines = [];
		for (let from = 0; from < duration - 1e-6; from += span) {
			const line = make('ol', 'line');
			const to = Math.min(duration, from + span);
			const seen = segments.filter(({ start, end }) => start < to && end > from);
			line.append(...seen.map((segment) => this.block(segment, from, to)));
			const step = STEPS.find((s) => (s / span) * this.lines.clientWidth >= 50) ?? span;
			for (let time = Math.ceil(from / step) * step; time < to; time += step) {
				const mark = make('li', 'time', clock(time));
				mark.setAttribute('aria-hidden', 'true');
				mark.style.left = `${(100 * (time - from)) / span}%`;
				line.append(mark);
			}
			lines.push(line);
		}
		this.lines.replaceChildren(...lines);
	}

	block(segment, from, to) {
		const { model, styles, span } = this;
		const words = describe(segment, model);
		const whole = `${seconds(segment.start)} to ${seconds(segment.end)}: ${segment.speech ? '' : 'none, '}${words}`;
		const block = make('li', segment.speech ? 'block' : 'block quiet', make('span', 'unseen', whole));
		block.title = whole;
		const start = Math.max(from, segment.start);
		block.style.left = `${(100 * (start - from)) / span}%`;
		block.style.width = `${(100 * (Math.min(to, segment.end) - start)) / span}%`;
		const label = make('span', 'label', words);
		label.setAttribute('aria-hidden', 'true');
		if (segment.start < from) block.setAttribute('aria-hidden', 'true'); // it goes on from the line before
		if (model.task === 'dimensional') {
			const [low, high] = range(model);
			for (const name of model.outputs) {
				if (segment.outputs?.[name] === undefined) continue;
				const line = painted('height', styles.get(name));
				line.style.bottom = `${(50 * (segment.outputs[name] - low)) / (high - low)}%`;
				block.append(line);
			}
		} else if (segment.speech && styles.has(segment.emotion)) {
			const bar = painted('fill', styles.get(segment.emotion));
			bar.style.height = `${60 * (segment.outputs?.[segment.emotion] ?? 1)}%`;
			block.style.setProperty('--tone', bar.style.getPropertyValue('--tone'));
			block.append(bar);
		}
		if (segment.certainty === 'uncertain') block.classList.add('uncertain');
		block.append(label);
		return block;
	}
}

function describe(segment, model) {
	if (!segment.speech) return reason(segment.reason);
	if (model.task === 'dimensional') {
		return model.outputs.map((name) => `${name} ${number(segment.outputs?.[name] ?? NaN)}`).join(', ');
	}
	const value = segment.outputs?.[segment.emotion];
	return `${segment.emotion ?? 'none'}${value === undefined ? '' : ` ${percent(value)}`}${segment.certainty === 'uncertain' ? ', uncertain' : ''}`;
}

/** What was found in a file, in a sentence. */
export function summary(segments, duration, model) {
	const speech = segments.filter((s) => s.speech);
	const length = `${seconds(duration, 1)} of sound`;
	if (!speech.length) {
		const reasons = [...new Set(segments.map((s) => reason(s.reason)))];
		return `${length}: none. There is no speech in it that could be answered for (${and(reasons)}).`;
	}
	const spoken = speech.reduce((sum, s) => sum + s.end - s.start, 0);
	const found = `${length}, with ${count(speech.length)} of speech (${seconds(spoken, 1)})`;
	if (model.task === 'dimensional') return `${found}.`;
	const times = new Map();
	for (const { emotion } of speech) times.set(emotion, (times.get(emotion) ?? 0) + 1);
	const parts = [...times].sort((a, b) => b[1] - a[1]).map(([name, many]) => `${many} ${name}`);
	const uncertain = speech.filter((s) => s.certainty === 'uncertain').length;
	return `${found}: ${and(parts)}.${uncertain ? ` ${uncertain === 1 ? 'One answer is' : `${uncertain} answers are`} uncertain.` : ''}`;
}
