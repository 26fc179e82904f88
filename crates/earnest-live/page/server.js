// The server that this page came from: its addresses, its token, its model, its refusals.

let token = ''; // in memory only

export const setToken = (given) => { token = given; };

const address = (path) => new URL(path, document.baseURI);

// The token's UTF-8, a letter for each byte: what headers and btoa take.
const bytes = () => String.fromCharCode(...new TextEncoder().encode(token));

const base64url = (text) => btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/** Where the WebSocket is, and the subprotocols to offer it. */
export function socket() {
	const url = address('v1/expression/audio/realtime');
	url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
	return { url, protocols: token ? ['earnest.v1', `earnest.token.${base64url(bytes())}`] : ['earnest.v1'] };
}

/** An error whose `status` is that of HTTP, or 0 where there was no answer at all. */
const refusal = (status, words) => Object.assign(new Error(words), { status });

async function ask(path, options) {
	const headers = token ? { Authorization: `Bearer ${bytes()}` } : {};
	let answer;
	try {
		answer = await fetch(address(path), { ...options, cache: 'no-store', headers });
	} catch (error) {
		if (error.name === 'AbortError') throw error;
		throw refusal(0, 'The server does not answer. It may have been stopped, or the network is down.');
	}
	const text = await answer.text();
	let body = null;
	try {
		body = JSON.parse(text);
	} catch { /* not JSON: told below */ }
	if (!answer.ok) throw refusal(answer.status, body?.message ?? (text.slice(0, 300) || answer.statusText));
	if (!body) throw refusal(answer.status, 'The server’s answer could not be read.');
	return body;
}

/** The models that the server has. */
export async function models() {
	return (await ask('v1/models')).data ?? [];
}

/** Analyses a file. */
export function analyse(file, signal) {
	const form = new FormData();
	form.append('file', file, file.name);
	form.append('config', JSON.stringify({ measurement_timer_ms: 1000 }));
	return ask('v1/expression/audio/file', { method: 'POST', body: form, signal });
}
