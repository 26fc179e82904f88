// The list of segments, and its downloads as CSV and JSON.

import { element, make, press, write } from './dom.js';
import { count, number, reason, seconds } from './words.js';

const FIXED = ['file', 'start', 'end', 'speech', 'emotion', 'reason', 'certainty'];

const region = element('table-region');
const head = element('table').tHead;
const body = element('table').tBodies[0];
const buttons = ['download-csv', 'download-json', 'clear'].map(element);

export class Segments {
	constructor() {
		this.clear();
		press('download-csv', () => save('csv', 'text/csv', this.csv()));
		press('download-json', () => save('json', 'application/json', `${JSON.stringify(this.rows, null, 1)}\n`));
		press('clear', () => {
			this.clear();
			element('segments-heading').focus();
		});
	}

	/** Adds segments of one source and shows them: the newest live, the first of a file. */
	add(file, segments, model) {
		const atEnd = region.scrollTop + region.clientHeight >= region.scrollHeight - 40;
		const first = this.rows.length;
		this.rows.push(...segments.map((segment) => ({ file, ...segment })));
		const fresh = model.outputs.filter((name) => !this.outputs.includes(name));
		this.outputs.push(...fresh);
		if (fresh.length) { // more columns: all rows anew
			head.replaceChildren(this.header());
			body.replaceChildren();
		}
		body.append(...this.rows.slice(body.rows.length).map((row) => this.line(row)));
		this.update();
		if (atEnd && segments.length) region.scrollTop = body.rows[first].offsetTop - head.offsetHeight;
	}

	clear() {
		this.rows = [];
		this.outputs = [];
		head.replaceChildren();
		body.replaceChildren();
		this.update();
	}

	update() {
		const { length } = this.rows;
		for (const button of buttons) button.disabled = length === 0;
		region.hidden = length === 0;
		write('segments-count', length
			? `${count(length)}, ${this.rows.filter(({ speech }) => speech).length} of them speech`
			: 'None yet. A segment is listed when its speech has ended.');
	}

	// The roles are said because style.css makes cards of rows on a narrow screen.
	row(tag, role, cells) {
		const row = make('tr');
		row.role = 'row';
		for (const [label, words, className] of cells) {
			const cell = make(tag, className, words);
			cell.role = role;
			cell.dataset.label = label;
			row.append(cell);
		}
		return row;
	}

	header() {
		const words = ['Source', 'Start', 'End', 'Answer', 'Certainty or reason', ...this.outputs];
		return this.row('th', 'columnheader', words.map((name, at) => [name, name, [0, 3, 4].includes(at) ? '' : 'number']));
	}

	line(segment) {
		const { file, start, end, speech, emotion, certainty, outputs } = segment;
		const row = this.row('td', 'cell', [
			['Source', file, 'source'],
			['Start', seconds(start), 'number'],
			['End', seconds(end), 'number'],
			['Answer', emotion ?? (speech ? 'measured' : 'none'), 'answered'],
			['', speech ? certainty ?? '–' : reason(segment.reason), 'why'],
			...this.outputs.map((name) => {
				const value = outputs?.[name];
				if (typeof value !== 'number') return [name, '–', 'number output empty'];
				return [name, number(value), `number output ${name === emotion ? 'top' : ''}`];
			}),
		]);
		if (!speech) row.className = 'quiet';
		return row;
	}

	csv() {
		const line = (values) => `${values.map((value) => {
			const text = String(value ?? '');
			return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
		}).join(',')}\n`;
		return line([...FIXED, ...this.outputs]) + this.rows.map((row) => line(
			[...FIXED.map((name) => row[name]), ...this.outputs.map((name) => row.outputs?.[name])],
		)).join('');
	}
}

function save(kind, type, text) {
	const link = make('a');
	link.href = URL.createObjectURL(new Blob([text], { type }));
	link.download = `earnest-segments.${kind}`;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
