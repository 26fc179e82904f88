// The session's audio time: how much has been given to the server, moved on smoothly between two frames.

export class AudioClock {
	heard = 0; // seconds
	running = false;

	reset() {
		this.heard = this.frame = this.at = 0;
		this.running = true;
	}

	advance(seconds) {
		this.heard += seconds;
		this.frame = seconds;
		this.at = performance.now();
	}

	stop() {
		this.running = false;
	}

	now() {
		if (!this.running) return this.heard;
		const since = (performance.now() - this.at) / 1000;
		return Math.max(0, this.heard - Math.max(0, this.frame - since));
	}
}
