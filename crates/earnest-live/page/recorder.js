// The AudioWorklet processor: collects the microphone's samples into frames and hands each over.

class Recorder extends AudioWorkletProcessor {
	running = true;
	filled = 0;

	constructor({ processorOptions }) {
		super();
		this.frame = new Float32Array(processorOptions.size);
		this.port.onmessage = () => { // "stop": the rest, then nothing more
			this.running = false;
			this.port.postMessage(this.frame.slice(0, this.filled));
			this.port.postMessage(null);
		};
	}

	process([[samples = []]]) {
		for (const sample of this.running ? samples : []) {
			this.frame[this.filled++] = sample;
			if (this.filled === this.frame.length) {
				this.port.postMessage(this.frame); // a copy
				this.filled = 0;
			}
		}
		return this.running; // the output stays silent: nobody hears themselves
	}
}

registerProcessor('recorder', Recorder);
