// A session with the server over a WebSocket: sends frames, receives what was heard.
//
// Events, with their `detail`: created, updated and message (the message), sent (the frame), lost (how many seconds),
// over ({how, reason, message, error}; exactly once, and nothing follows).

const BACKLOG_SECONDS = 2;      // more than this waits to be sent: stop sending
const BEHIND_SECONDS = 5;       // more than this was sent and not heard by the server: stop sending
const BEFORE_READY_SECONDS = 5; // kept until the server is ready for audio
const CREATED_WITHIN_MS = 10000;
const CLOSED_WITHIN_MS = 15000;

export class Session extends EventTarget {
	samples = 0; // sent
	lostSamples = 0;
	heard = 0; // seconds, by the server
	ready = false; // for audio
	early = []; // frames until then
	times = []; // {end: audio time in ms, at: performance.now() of sending}

	constructor({ url, protocols, rate }) {
		super();
		this.rate = rate;
		this.socket = new WebSocket(url, protocols);
		this.socket.onmessage = ({ data }) => this.receive(JSON.parse(data));
		this.socket.onclose = () => this.over(this.created ? 'gone' : 'refused');
		this.timer = setTimeout(() => this.over('silent'), CREATED_WITHIN_MS);
	}

	tell(type, detail) {
		this.dispatchEvent(new CustomEvent(type, { detail }));
	}

	receive(message) {
		if (this.ended) return;
		switch (message.type) {
			case 'session.created':
				this.created = true;
				this.tell('created', message);
				this.socket.send(JSON.stringify({
					type: 'session.update',
					audio: { type: 'audio/pcm', encoding: 'f32le', sample_rate: this.rate, channels: 1 },
					measurement_timer_ms: 500,
					voice_activity_ms: 100,
				}));
				break;
			case 'session.updated':
				clearTimeout(this.timer);
				this.ready = true;
				this.tell('updated', message);
				for (const frame of this.early.splice(0)) this.send(frame);
				if (this.asked) this.askForEnd();
				break;
			case 'session.closed':
				this.over('closed', message.reason, message);
				break;
			default:
				if (message.type === 'error') this.error = message;
				if (message.type === 'voice.activity') this.heard = message.audio_end_ms / 1000;
				this.tell('message', message);
		}
	}

	/** How many seconds of audio wait in the browser to be sent. */
	get backlog() {
		return this.socket.bufferedAmount / (4 * this.rate);
	}

	/** How many seconds were sent and not heard by the server: they wait where the browser does not count. */
	get behind() {
		return this.heard && Math.max(0, this.samples / this.rate - this.heard);
	}

	get lostSeconds() {
		return this.lostSamples / this.rate;
	}

	/** Sends a frame, or keeps it until the server is ready. Where neither can be done it is counted as lost. */
	send(frame) {
		if (this.ended) return;
		if (!this.ready) {
			const kept = this.early.reduce((sum, { length }) => sum + length, 0);
			if (kept > BEFORE_READY_SECONDS * this.rate) this.lose(frame);
			else this.early.push(frame);
			return;
		}
		const allowed = this.held ? 0.5 : 1; // having stopped, go on when half of it is gone
		this.held = this.backlog > BACKLOG_SECONDS * allowed || this.behind > BEHIND_SECONDS * allowed;
		if (this.held || this.socket.readyState !== WebSocket.OPEN) {
			this.lose(frame);
			return;
		}
		this.socket.send(frame);
		this.samples += frame.length;
		this.times.push({ end: (this.samples / this.rate) * 1000, at: performance.now() });
		if (this.times.length > 1200) this.times.splice(0, 600);
		this.tell('sent', frame);
	}

	lose(frame) {
		this.lostSamples += frame.length;
		this.tell('lost', frame.length / this.rate);
	}

	/** Milliseconds since the sample at audio time `end` (ms) was sent, or null where that is not known any more. */
	since(end) {
		const at = this.times.findLastIndex((time) => time.end < end - 1e-6) + 1;
		const forgotten = at === 0 && this.times[0]?.end > 1000;
		return forgotten || !this.times[at] ? null : performance.now() - this.times[at].at;
	}

	/** Asks the server to finish what is open and to close. */
	close() {
		if (this.ended || this.asked) return;
		this.asked = true;
		if (this.ready) this.askForEnd();
		else if (!this.created) this.over('closed', 'client_request');
	}

	askForEnd() {
		this.timer = setTimeout(() => this.over('unfinished'), CLOSED_WITHIN_MS);
		if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type: 'session.close' }));
	}

	over(how, reason, message) {
		if (this.ended) return;
		this.ended = true;
		clearTimeout(this.timer);
		this.socket.close();
		this.tell('over', { how, reason, message, error: this.error });
	}
}
