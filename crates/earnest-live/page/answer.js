// The answer now, large, with a bar for each output, and the same for screen readers when it changes.

import { element, make, write } from './dom.js';
import { range } from './emotions.js';
import { painted } from './palette.js';
import { and, number, percent, seconds } from './words.js';

const HELD_MS = 2000; // how long a segment's answer stays after its end

const large = element('answer');
const certain = element('certainty');

export class Answer {
	said = ''; // of the segment that is open
	last = ''; // of the one before, in a sentence

	setModel(model, styles) {
		this.model = model;
		this.dimensional = model.task === 'dimensional';
		this.rows = new Map();
		const { uncertain_below: below } = model;
		const threshold = !this.dimensional && typeof below === 'number';
		element('bars').replaceChildren(...model.outputs.map((name) => {
			const bar = painted('bar', styles.get(name));
			const track = make('span', 'track', bar);
			if (threshold) {
				const tick = make('span', 'tick');
				tick.style.left = `${100 * below}%`;
				track.append(tick);
			}
			const value = make('span', 'value');
			const row = make('li', '', make('span', 'name', painted('swatch', styles.get(name)), name), track, value);
			this.rows.set(name, { row, bar, value });
			return row;
		}));
		write('bars-note', this.dimensional
			? 'The bars span three standard deviations about the means of the speech that trained the model.'
			: threshold ? `An answer below ${percent(below)} (the thin mark) is called uncertain.` : 'This model does not say when it is uncertain.');
		this.over();
	}

	/** There is no answer, and why. */
	none(reason) {
		clearTimeout(this.later);
		large.textContent = 'none';
		large.className = 'emotion none';
		certain.hidden = true;
		write('answer-about', reason);
		this.fill(null, null);
	}

	fill(outputs, emotion) {
		if (!this.model) return;
		const [low, high] = range(this.model);
		for (const [name, { row, bar, value }] of this.rows) {
			const given = outputs?.[name];
			const known = typeof given === 'number';
			bar.style.width = known ? `${(100 * (Math.min(high, Math.max(low, given)) - low)) / (high - low)}%` : '0';
			value.textContent = !known ? '–' : this.dimensional ? number(given) : percent(given);
			row.classList.toggle('top', name === emotion);
		}
	}

	begin() {
		this.said = this.last = '';
		this.none('No speech so far.');
	}

	segmentBegins(start) {
		this.none(`Speech began at ${seconds(start, 1)}. The first answer is on its way.`);
	}

	measured({ outputs, emotion, certainty, audio_start_ms: from, audio_end_ms: to, trigger }) {
		clearTimeout(this.later);
		const [start, end] = [from / 1000, to / 1000];
		const none = this.dimensional ? !outputs : (emotion ?? 'none') === 'none';
		let words = [emotion ?? 'none', certainty].filter(Boolean).join(', ');
		large.className = none ? 'emotion none' : 'emotion';
		large.textContent = emotion ?? 'none';
		if (this.dimensional && outputs) {
			const lines = this.model.outputs.map((name) => `${name} ${number(outputs[name])}`);
			words = and(lines);
			large.className = 'emotion dimensions';
			large.replaceChildren(...lines.map((line) => make('span', '', line)));
		}
		certain.hidden = !certainty;
		certain.textContent = certainty ?? '';
		certain.className = `certainty ${certainty}`;
		this.fill(outputs, emotion);
		if (trigger === 'speech_ended') {
			write('answer-about', `for the segment from ${seconds(start)} to ${seconds(end)}`);
			write('announcement', `Segment from ${seconds(start, 1)} to ${seconds(end, 1)}: ${words}.`);
		} else {
			write('answer-about', `so far, for the speech since ${seconds(start)}`);
			if (!this.dimensional && words !== this.said) write('announcement', words);
		}
		this.said = words;
	}

	segmentEnds(start, end) {
		this.last = `Last answer: ${this.said || 'none'} (${seconds(start, 1)} to ${seconds(end, 1)}).`;
		this.said = '';
		clearTimeout(this.later);
		this.later = setTimeout(() => this.none(`No speech is heard. ${this.last}`), HELD_MS);
	}

	over() {
		this.none(`The microphone is off. ${this.last}`);
	}
}
