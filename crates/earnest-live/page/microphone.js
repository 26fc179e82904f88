// The microphone, as it is: no echo cancellation, no noise suppression, no automatic gain, at its own rate.

const FRAME_SECONDS = 0.1;

export class Microphone {
	/** Asks for the microphone. */
	static async open() {
		const stream = await navigator.mediaDevices.getUserMedia({
			audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: { ideal: 1 } },
		});
		const microphone = new Microphone();
		microphone.stream = stream;
		try {
			microphone.context = new AudioContext({ latencyHint: 'interactive' });
			await microphone.context.audioWorklet.addModule(new URL('recorder.js', import.meta.url));
			await microphone.context.resume();
		} catch (error) {
			microphone.release();
			throw error;
		}
		return microphone;
	}

	get rate() {
		return this.context.sampleRate;
	}

	get track() {
		return this.stream.getAudioTracks()[0];
	}

	/** What the browser does to the sound although it was asked not to. */
	get meddling() {
		const settings = this.track.getSettings();
		const names = { echoCancellation: 'echo cancellation', noiseSuppression: 'noise suppression', autoGainControl: 'automatic gain' };
		return Object.keys(names).filter((name) => settings[name]).map((name) => names[name]);
	}

	/**
	 * Begins to hand over frames (Float32Array). Calls `onEnded` when the microphone goes away, `onRunning` with false
	 * when the browser pauses the sound (for a telephone call, say) and with true when it goes on.
	 */
	start(onFrame, onEnded, onRunning) {
		this.context.addEventListener('statechange', () => {
			if (!this.released) onRunning(this.context.state === 'running');
		});
		this.track.addEventListener('ended', () => { if (!this.released) onEnded(); });
		this.source = this.context.createMediaStreamSource(this.stream);
		this.node = new AudioWorkletNode(this.context, 'recorder', {
			channelCount: 1, channelCountMode: 'explicit', // several channels are mixed
			processorOptions: { size: Math.round(this.rate * FRAME_SECONDS) },
		});
		this.node.port.onmessage = ({ data }) => {
			if (data?.length) onFrame(data);
			else if (!data) this.flushed();
		};
		this.source.connect(this.node).connect(this.context.destination);
		if (this.track.readyState === 'ended') onEnded();
	}

	/** Hands over the last, shorter frame and lets the microphone go. */
	async stop() {
		if (this.released) return;
		if (this.node) {
			const flushed = new Promise((resolve) => { this.flushed = resolve; });
			this.node.port.postMessage('stop');
			await Promise.race([flushed, new Promise((resolve) => setTimeout(resolve, 500))]);
		}
		this.release();
	}

	release() {
		this.released = true;
		this.source?.disconnect();
		this.node?.disconnect();
		for (const track of this.stream.getTracks()) track.stop();
		if (this.context && this.context.state !== 'closed') this.context.close();
	}
}

const REASONS = {
	NotAllowedError: 'The browser did not give permission to use the microphone. Allow it in the browser’s settings for this page, then start again.',
	NotFoundError: 'No microphone was found. Connect one, then start again; or choose a file.',
	AbortError: 'The recorder could not be loaded. The server may be gone.',
	NotReadableError: 'The microphone could not be opened. Another program may be using it.',
};

/** Why the microphone could not be opened, in a sentence that says what to do. */
export const whyNot = ({ name, message }) => REASONS[name] ?? `The microphone could not be started: ${message || name}.`;
