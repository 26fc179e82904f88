// Files to analyse: chosen or dropped, one after the other.

import { element, press } from './dom.js';
import { analyse } from './server.js';

export class Files {
	/** `began(file)`, `done(file, result)` and `failed(file, error)` are told about each. */
	constructor({ began, done, failed }) {
		this.queue = [];
		this.busy = false;
		Object.assign(this, { began, done, failed });
		const input = element('file');
		press('choose', () => input.click());
		input.addEventListener('change', () => {
			this.take(input.files);
			input.value = ''; // the same file can be chosen again
		});
		press('file-cancel', () => this.cancel());
		this.listenForDrops();
	}

	listenForDrops() {
		const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes('Files');
		const mark = (on) => document.body.classList.toggle('dropping', on);
		addEventListener('dragover', (event) => {
			if (!carriesFiles(event)) return;
			event.preventDefault();
			mark(true);
		});
		addEventListener('dragleave', ({ relatedTarget }) => { if (!relatedTarget) mark(false); });
		addEventListener('drop', (event) => {
			if (!carriesFiles(event)) return;
			event.preventDefault();
			mark(false);
			this.take(event.dataTransfer.files);
		});
	}

	async take(files) {
		this.queue.push(...files);
		if (this.busy) return;
		this.busy = true;
		while (this.queue.length) {
			const file = this.queue.shift();
			this.aborter = new AbortController();
			element('file-cancel').hidden = false;
			this.began(file);
			try {
				this.done(file, await analyse(file, this.aborter.signal));
			} catch (error) {
				this.failed(file, error);
			}
		}
		this.busy = false;
		element('file-cancel').hidden = true;
	}

	cancel() {
		this.queue = [];
		element('file-heading').focus({ preventScroll: true });
		this.aborter?.abort();
	}
}
