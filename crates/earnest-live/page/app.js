// Brings the parts together: the microphone, the session, the drawings, the list, files.

import { Answer } from './answer.js';
import { forgetColours, isCalm } from './canvas.js';
import { AudioClock } from './clock.js';
import { element, press, write } from './dom.js';
import { Emotions } from './emotions.js';
import { Files } from './file.js';
import { resetLevel, showLevel } from './level.js';
import { Microphone, whyNot } from './microphone.js';
import { notice, withdraw } from './notices.js';
import { palette } from './palette.js';
import { hasPlane, Plane } from './plane.js';
import { Segments } from './segments.js';
import * as server from './server.js';
import { Session } from './session.js';
import { summary, Timeline } from './timeline.js';
import { Waveform } from './waveform.js';
import { and, count, kilohertz, milliseconds, seconds } from './words.js';

const listen = element('listen');
const clock = new AudioClock();
const waveform = new Waveform(element('waveform'));
const emotions = new Emotions(element('emotions'));
const plane = new Plane(element('plane'));
const timeline = new Timeline(element('timeline'), element('timeline-legend'));
const answer = new Answer();
const segments = new Segments();

let model = null;
let attempt = 0;        // counts starts: what belongs to an earlier one is let go
let sessions = 0;
let state = 'off';      // off, asking, connecting, listening, finishing
let microphone = null;
let session = null;
let open = null;        // when the segment began that has not ended
let final = null;       // its last measurement
let blocked = false;    // there can be no microphone
let silentSince = null;
let latencies = {};

// The model

function useModel(given) {
	if (JSON.stringify(model) === JSON.stringify(given)) return;
	model = given;
	const { id, title, outputs, task } = model;
	const styles = palette(outputs);
	answer.setModel(model, styles);
	emotions.setModel(model, styles);
	plane.begin(model);
	element('plane-section').hidden = !hasPlane(model);
	const name = title && title !== id ? `“${title}” (${id})` : `“${id}”`;
	const dimensional = task === 'dimensional';
	write('model', `Model ${name}, which ${dimensional ? `measures ${and(outputs)}` : `answers with ${and(outputs, 'or')}`}.`);
	write('over-note', `a lane for each ${dimensional ? 'output of the model' : 'answer: its probability, filled where it is the answer'}`);
	draw();
}

async function askForModels() {
	withdraw('server');
	try {
		const [first] = await server.models();
		element('token-form').hidden = true;
		if (first && state === 'off') useModel(first);
		return true;
	} catch (error) {
		if (error.status === 401) wantToken();
		else {
			if (!model) write('model', 'The server’s model is not known yet.');
			notice('server', 'error', error.message, { label: 'Try again', run: askForModels });
		}
		return false;
	}
}

// The token

let tokenGiven = false;

function wantToken() {
	if (!model) write('model', 'This server tells its model to those who have a token.');
	element('token-form').hidden = false;
	if (tokenGiven) notice('token', 'error', 'The server did not accept this token.');
	element('token').focus();
}

element('token-form').addEventListener('submit', async (event) => {
	event.preventDefault();
	tokenGiven = true;
	withdraw('token');
	server.setToken(element('token').value.trim());
	if (await askForModels()) {
		element('token').value = '';
		listen.focus();
	}
});

// The microphone and the session

const LABELS = {
	off: 'Start the microphone', asking: 'Cancel', connecting: 'Cancel', listening: 'Stop the microphone', finishing: 'Finishing …',
};

function become(next, words) {
	state = next;
	listen.textContent = LABELS[state];
	listen.classList.toggle('live', state === 'listening');
	listen.setAttribute('aria-disabled', state === 'finishing' || blocked);
	write('status', words);
}

async function start() {
	if (blocked || state !== 'off') return;
	const mine = ++attempt;
	withdraw('microphone', 'session', 'lost', 'silent', 'settings', 'paused', 'segment');
	become('asking', 'Waiting for the permission to use the microphone.');
	let opened;
	try {
		opened = await Microphone.open();
	} catch (error) {
		if (mine !== attempt) return;
		become('off', 'The microphone is off.');
		notice('microphone', 'error', whyNot(error), { label: 'Try again', run: start });
		return;
	}
	if (mine !== attempt) {
		opened.release();
		return;
	}
	microphone = opened;
	become('connecting', 'Connecting to the server.');
	begin();
	const { meddling } = microphone;
	if (meddling.length) notice('settings', 'note', `This browser changes the sound, although asked not to: ${and(meddling)}. The answers may be worse for it.`);
	session = connect();
	microphone.start(take, unplugged, (running) => {
		if (running) withdraw('paused');
		else if (state === 'listening') notice('paused', 'error', 'The browser has paused the sound. Nothing is heard meanwhile.');
	});
	animate();
}

function begin() {
	clock.reset();
	waveform.begin(microphone.rate);
	emotions.begin();
	plane.begin(model);
	answer.begin();
	open = final = silentSince = null;
	latencies = { interval: [], speech_ended: [] };
	element('file-section').hidden = true;
	write('rate', kilohertz(microphone.rate));
	write('interval', '–');
	write('speech_ended', '–');
}

function connect() {
	const made = new Session({ ...server.socket(), rate: microphone.rate });
	const on = (type, run) => made.addEventListener(type, ({ detail }) => run(detail));
	on('created', (message) => {
		useModel(message.model);
		answer.begin();
	});
	on('updated', () => {
		sessions++;
		if (state === 'connecting') become('listening', 'Listening.');
	});
	on('sent', (frame) => {
		clock.advance(frame.length / made.rate);
		waveform.push(frame);
	});
	on('lost', (length) => {
		waveform.gap(made.samples / made.rate, length);
		notice('lost', 'error', 'Sound was lost: it was not taken fast enough. “Lost” says how much, a dashed line in the waveform where.');
	});
	on('message', heard);
	on('over', (end) => over(made, end));
	return made;
}

function take(frame) {
	if (showLevel(frame)) {
		silentSince = null;
		withdraw('silent');
	} else {
		silentSince ??= performance.now();
		if (performance.now() - silentSince > 3000) notice('silent', 'note', 'The microphone is on but gives no sound at all. It may be muted, or another one may be meant.');
	}
	session.send(frame);
}

function showLatency(trigger, latency) {
	const list = latencies[trigger];
	if (!list || latency === null) return;
	list.push(latency);
	if (list.length > 50) list.shift();
	const median = [...list].sort((a, b) => a - b)[list.length >> 1];
	write(trigger, `${milliseconds(latency)}${list.length > 1 ? `, median ${milliseconds(median)}` : ''}`);
}

function heard(message) {
	const { type, utterance_id: id, trigger } = message;
	const start = message.audio_start_ms / 1000;
	const end = message.audio_end_ms / 1000;
	if (type === 'voice.activity') waveform.hear(end, message.probability);
	else if (type === 'utterance.start') {
		open = { start };
		final = null;
		waveform.segmentBegins(id, start);
		answer.segmentBegins(start);
	} else if (type === 'measurement.result') {
		showLatency(trigger, session.since(message.audio_end_ms));
		emotions.add(message);
		plane.add(message.outputs, trigger === 'speech_ended');
		answer.measured(message);
		if (trigger === 'speech_ended') final = message;
	} else if (type === 'utterance.end') {
		open = null;
		waveform.segmentEnds(id, start, end);
		segments.add(`microphone ${sessions}`, [row(start, end)], model);
		answer.segmentEnds(start, end);
		describe();
	} else if (type === 'error') notice('session', 'error', `The server says: ${message.message}`);
}

/** A live segment with the same names as the server gives to those of a file. */
function row(start, end) {
	const made = { start, end, speech: true };
	if (model.task !== 'dimensional') made.emotion = final?.emotion ?? 'none';
	return { ...made, certainty: final?.certainty ?? null, outputs: final?.outputs ?? null };
}

async function stop(words = 'The microphone is off. The server finishes what it has heard.') {
	if (state === 'asking') {
		attempt++;
		become('off', 'The microphone is off.');
	} else if (state === 'listening' || state === 'connecting') {
		become('finishing', words);
		const ending = session;
		await microphone.stop();
		withdraw('silent');
		resetLevel();
		ending.close();
	}
}

function unplugged() {
	notice('microphone', 'error', 'The microphone went away: it was unplugged, or its permission was taken back.', { label: 'Try again', run: start });
	stop('The microphone went away. The server finishes what it has heard.');
}

const ENDS = {
	server_shutdown: 'The server is being stopped and ended the session.',
	idle_timeout: 'The server ended the session because nothing came for some time.',
	unfinished: 'The server did not finish the session in time. Its last answer may be missing.',
	silent: 'The server took the connection but began no session.',
};

function over(which, { how, reason, message, error }) {
	if (which !== session) return;
	const sent = which.samples / which.rate;
	const bad = (words) => notice('session', 'error', words, { label: 'Reconnect', run: start });
	microphone.release();
	resetLevel();
	clock.stop();
	if (open) {
		waveform.segmentEnds(null, open.start, sent);
		notice('segment', 'error', `The segment that began at ${seconds(open.start)} was not finished. It is not in the list.`);
		open = null;
	}
	if (how === 'closed' && reason === 'client_request') {
		const received = (message?.received?.audio_duration_ms ?? sent * 1000) / 1000;
		if (Math.abs(received - sent) > 0.1) notice('session', 'error', `The server counted ${seconds(received)} of sound, but ${seconds(sent)} were sent.`);
	} else if (how !== 'unfinished' && error) bad(`The server ended the session: ${error.message}`);
	else if (how === 'closed') bad(ENDS[reason] ?? `The server ended the session (${reason}).`);
	else if (how === 'refused') diagnose(bad);
	else bad(ENDS[how] ?? `The connection to the server broke off after ${seconds(sent, 1)} of sound.`);
	const many = message?.produced?.utterances;
	const found = typeof many === 'number' ? ` and ${count(many)} of speech` : '';
	become('off', `The microphone is off.${sent ? ` The session heard ${seconds(sent, 1)} of sound${found}.` : ''}`);
	answer.over();
	describe();
	draw();
}

// A browser does not tell why a WebSocket was refused: a plain request does.
async function diagnose(bad) {
	try {
		await server.models();
		bad('The server is there but accepted no session. It may be serving as many as it can.');
	} catch (error) {
		if (error.status === 401) wantToken();
		else bad(error.message);
	}
}

press('listen', () => { if (state === 'off') start(); else stop(); });

// Drawing

let lastDrawn = 0;
let lastDescribed = 0;

function draw() {
	const now = clock.now();
	waveform.draw(now);
	emotions.draw(now, open);
	plane.draw();
}

function describe() {
	lastDescribed = performance.now();
	write('waveform-text', waveform.text());
	write('emotions-text', emotions.text(clock.heard));
}

function animate() {
	if (state === 'off') return;
	requestAnimationFrame(animate);
	const time = performance.now();
	if (time - lastDrawn < (isCalm() ? 480 : 30)) return;
	lastDrawn = time;
	draw();
	write('heard', seconds(clock.heard, 1));
	write('backlog', `${seconds(session.backlog, 1)} here, ${seconds(session.behind, 1)} at the server`);
	write('lost', seconds(session.lostSeconds, 1));
	element('lost').classList.toggle('alarm', session.lostSamples > 0);
	if (time - lastDescribed > 2000) describe();
}

new ResizeObserver(() => { draw(); timeline.draw(); }).observe(element('main'));
addEventListener('theme', () => { forgetColours(); draw(); });
element('span').addEventListener('change', ({ target }) => {
	emotions.span = Number(target.value);
	draw();
	describe();
});

// Files

new Files({
	began(file) {
		withdraw(`file ${file.name}`);
		element('file-section').hidden = false;
		write('file-heading', file.name);
		write('file-summary', 'The server is analysing it …');
		timeline.hide();
	},
	done(file, result) {
		const duration = result.received.audio_duration_ms / 1000;
		write('file-summary', summary(result.segments, duration, result.model));
		timeline.show(result.segments, duration, result.model, palette(result.model.outputs));
		segments.add(file.name, result.segments, result.model);
		if (state !== 'off') return;
		useModel(result.model);
		plane.begin(model, true);
		for (const { speech, outputs } of result.segments) if (speech) plane.add(outputs, true);
		plane.draw();
	},
	failed(file, error) {
		const cancelled = error.name === 'AbortError';
		write('file-summary', cancelled ? 'The analysis was cancelled.' : 'The file was not analysed.');
		if (!cancelled) notice(`file ${file.name}`, 'error', `${file.name}: ${error.message}`);
		if (error.status === 401) wantToken();
	},
});

// At the beginning

function block(words) {
	blocked = true;
	write('listen-reason', `${words} Files can be analysed all the same.`);
	element('listen-reason').hidden = false;
	listen.setAttribute('aria-disabled', true);
}

if (!isSecureContext) block(`Browsers give a microphone only to pages that come over HTTPS or from localhost. This one came over plain HTTP from ${location.hostname}, so the microphone stays off.`);
else if (!navigator.mediaDevices?.getUserMedia || !window.AudioWorkletNode) block('This browser gives pages no microphone, or cannot process its sound (AudioWorklet).');
draw();
describe();
resetLevel();
askForModels();
