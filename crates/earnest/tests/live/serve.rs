//! `earnest serve`, by clients that are written here: raw HTTP, and a WebSocket of others. Hume's and Hugging Face's clients, a browser
//! and hours of load are in `.ci/live`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest as _;
use tungstenite::{Message, WebSocket};

use crate::{earnest, lines, noise, printed, run, segments_of, spoken, stderr, talk};

const TOKEN: &str = "0123456789abcdefghij";

/// A server that ends with its test.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = earnest(folder)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .env("TOKEN", TOKEN)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = said.find_map(|line| {
            let line = line.unwrap();
            let at = line.split("http://").nth(1)?;
            Some(at.split(' ').next().unwrap().to_owned())
        });
        // Somebody reads what else it says.
        std::thread::spawn(move || said.for_each(drop));
        Self {
            child,
            address: address.unwrap(),
        }
    }

    /// Status and body of a request with these headers.
    fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> (u16, Value) {
        let host = match headers.to_lowercase().contains("host:") {
            true => String::new(),
            false => format!("Host: {}\r\n", self.address),
        };
        let head = format!(
            "{method} {path} HTTP/1.1\r\n{host}{headers}Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        // Who is refused may be so before all is sent.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let text = String::from_utf8_lossy(&answer).into_owned();
        let status = text
            .split(' ')
            .nth(1)
            .and_then(|s| s.parse().ok())
            .unwrap_or(0);
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (
            status,
            serde_json::from_str(body).unwrap_or(Value::String(body.to_owned())),
        )
    }

    fn socket(&self, headers: &[(&'static str, &str)]) -> Result<WebSocket<TcpStream>, u16> {
        let url = format!("ws://{}/v1/expression/audio/realtime", self.address);
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(&self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        match tungstenite::client(request, stream) {
            Ok((socket, _)) => Ok(socket),
            Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(answer))) => {
                Err(answer.status().as_u16())
            }
            Err(other) => panic!("{other}"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The next message in words.
fn next(socket: &mut WebSocket<TcpStream>) -> Value {
    loop {
        if let Message::Text(text) = socket.read().unwrap() {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

fn say(socket: &mut WebSocket<TcpStream>, message: &Value) {
    socket
        .send(Message::Text(message.to_string().into()))
        .unwrap();
}

/// All messages until the session is closed.
fn rest(socket: &mut WebSocket<TcpStream>) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        all.push(next(socket));
        if all.last().unwrap()["type"] == "session.closed" {
            return all;
        }
    }
}

/// What a form with a file is.
fn form(bytes: &[u8], config: &str) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    body.extend(b"--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"talk.wav\"\r\nContent-Type: audio/wav\r\n\r\n");
    body.extend(bytes);
    body.extend(b"\r\n--XX\r\nContent-Disposition: form-data; name=\"config\"\r\n\r\n");
    body.extend(config.as_bytes());
    body.extend(b"\r\n--XX--\r\n");
    (
        "Content-Type: multipart/form-data; boundary=XX\r\n".to_owned(),
        body,
    )
}

#[test]
fn a_clip_and_a_file_are_answered_as_predict_answers() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(talk(dir.path())).unwrap();
    let expected = lines(&printed(&run(
        dir.path(),
        &["predict", "--json", "talk.wav"],
    )));
    let server = Server::start(dir.path(), &[]);
    // A body as it is, and in JSON.
    let inputs = json!({"inputs": STANDARD.encode(&bytes), "parameters": {"top_k": 2}});
    let (status, answer) = server.ask("POST", "/predict", "", &bytes);
    assert_eq!(status, 200, "{answer}");
    let labels = answer.as_array().unwrap();
    assert_eq!(labels.len(), 4);
    for label in labels {
        assert_eq!(
            label["score"],
            expected[0]["outputs"][label["label"].as_str().unwrap()]
        );
    }
    assert_eq!(labels[0]["label"], expected[0]["emotion"]);
    let kind = "Content-Type: application/json\r\n";
    let (status, two) = server.ask("POST", "/predict", kind, inputs.to_string().as_bytes());
    assert_eq!((status, &two.as_array().unwrap()[..]), (200, &labels[..2]));
    // A file's segments.
    let (kind, body) = form(&bytes, r#"{"measurement_timer_ms":500}"#);
    let (status, answer) = server.ask("POST", "/v1/expression/audio/file", &kind, &body);
    assert_eq!(status, 200, "{answer}");
    let mut expected = segments_of(dir.path(), "talk.wav");
    for segment in &mut expected {
        segment.as_object_mut().unwrap().remove("file");
    }
    assert_eq!(answer["segments"], Value::Array(expected));
    assert_eq!(answer["utterances"].as_array().unwrap().len(), 2);
    let measurements = answer["measurements"].as_array().unwrap();
    assert!(measurements.iter().any(|m| m["trigger"] == "interval"));
    // Nobody speaks.
    crate::wav(&dir.path().join("noise.wav"), noise(2.0));
    let noise = std::fs::read(dir.path().join("noise.wav")).unwrap();
    let (_, answer) = server.ask("POST", "/predict", "", &noise);
    assert_eq!(
        answer,
        json!([{"label": "none", "score": 1.0, "reason": "noise"}])
    );
}

#[test]
fn a_session_hears_the_segments_that_predict_finds_at_any_rate_and_encoding() {
    let dir = tempfile::tempdir().unwrap();
    let samples = earnest_audio::read(talk(dir.path()))
        .unwrap()
        .into_samples();
    let expected = spoken(segments_of(dir.path(), "talk.wav"));
    let server = Server::start(dir.path(), &["--speed", "1000"]);
    let s16: Vec<u8> = (samples.iter())
        .flat_map(|x| ((x * 32_768.0).round() as i16).to_le_bytes())
        .collect();
    let f32: Vec<u8> = samples
        .iter()
        .flat_map(|x| [*x, *x])
        .flat_map(f32::to_le_bytes)
        .collect();
    let two = json!({"type": "session.update", "audio": {"encoding": "f32le", "channels": 2}, "measurement_timer_ms": 500, "voice_activity_ms": 96});
    for (bytes, update) in [(s16, None), (f32, Some(two))] {
        let mut socket = server.socket(&[]).unwrap();
        assert_eq!(next(&mut socket)["type"], "session.created");
        if let Some(update) = &update {
            say(&mut socket, update);
            assert_eq!(next(&mut socket)["measurement_timer_ms"], 500);
        }
        for frame in bytes.chunks(3200) {
            socket.send(Message::Binary(frame.to_vec().into())).unwrap();
        }
        say(&mut socket, &json!({"type": "session.close"}));
        let messages = rest(&mut socket);
        let of = |kind: &str| {
            messages
                .iter()
                .filter(|m| m["type"] == kind)
                .collect::<Vec<_>>()
        };
        let last: Vec<_> = (of("measurement.result").into_iter())
            .filter(|m| m["trigger"] == "speech_ended")
            .collect();
        assert_eq!(last.len(), expected.len());
        for (m, segment) in last.iter().zip(&expected) {
            assert_eq!(
                (&m["outputs"], &m["emotion"]),
                (&segment["outputs"], &segment["emotion"])
            );
            let ms = |s: &Value| (s.as_f64().unwrap() * 1000.0).round();
            assert_eq!(m["audio_start_ms"].as_f64(), Some(ms(&segment["start"])));
            assert_eq!(m["audio_end_ms"].as_f64(), Some(ms(&segment["end"])));
            assert_eq!((&m["arousal"], &m["valence"]), (&Value::Null, &Value::Null));
        }
        assert_eq!(of("utterance.start").len(), expected.len());
        assert_eq!(of("utterance.end").len(), expected.len());
        assert_eq!(of("voice.activity").is_empty(), update.is_none());
        let closed = messages.last().unwrap();
        assert_eq!(closed["reason"], "client_request");
        let ms = (samples.len() as f64 / 16.0).round();
        assert_eq!(closed["received"]["audio_duration_ms"].as_f64(), Some(ms));
    }
}

#[test]
fn what_makes_no_sense_is_told_and_what_can_go_on_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path(), &[]);
    let mut socket = server.socket(&[]).unwrap();
    next(&mut socket);
    let frame = |bytes: Vec<u8>| Message::Binary(bytes.into());
    for (message, code) in [
        (Message::Text("{".into()), "message_invalid"),
        (
            Message::Text("{\"type\":\"dance\"}".into()),
            "message_invalid",
        ),
        (frame(vec![]), "invalid_audio_frame"),
        (frame(vec![0; 3]), "invalid_audio_frame"),
        (frame(vec![0; 400_000]), "invalid_audio_frame"),
    ] {
        socket.send(message).unwrap();
        let error = next(&mut socket);
        assert_eq!(
            (&error["code"], &error["retryable"]),
            (&code.into(), &true.into())
        );
    }
    socket.send(frame(vec![0; 3200])).unwrap();
    say(&mut socket, &json!({"type": "session.update"}));
    let error = next(&mut socket);
    assert_eq!(
        (&error["code"], &error["retryable"]),
        (&"config_invalid".into(), &false.into())
    );
    assert_eq!(next(&mut socket)["reason"], "error");

    // Samples that are no numbers.
    let mut socket = server.socket(&[]).unwrap();
    next(&mut socket);
    say(
        &mut socket,
        &json!({"type": "session.update", "audio": {"encoding": "f32le"}}),
    );
    next(&mut socket);
    for x in [f32::NAN, f32::INFINITY] {
        socket
            .send(frame(
                [0.0, x].iter().flat_map(|x| x.to_le_bytes()).collect(),
            ))
            .unwrap();
        assert_eq!(next(&mut socket)["code"], "invalid_audio_frame");
    }
    say(&mut socket, &json!({"type": "session.close"}));
    let closed = next(&mut socket);
    assert_eq!(
        (&closed["reason"], &closed["received"]["frames"]),
        (&"client_request".into(), &0.into())
    );

    // Requests.
    for (method, path, body, status, code) in [
        (
            "POST",
            "/predict",
            b"hello".to_vec(),
            415,
            "unsupported_media_type",
        ),
        ("POST", "/predict", Vec::new(), 400, "audio_decode_failed"),
        ("GET", "/predict", Vec::new(), 405, "method_not_allowed"),
        ("GET", "/nothing", Vec::new(), 404, "not_found"),
        (
            "POST",
            "/v1/expression/audio/file",
            b"hello".to_vec(),
            400,
            "message_invalid",
        ),
    ] {
        let (got, answer) = server.ask(method, path, "", &body);
        assert_eq!(
            (got, &answer["code"]),
            (status, &code.into()),
            "{path}: {answer}"
        );
    }
    let (kind, body) = form(b"hello", r#"{"timer":1}"#);
    let (status, answer) = server.ask("POST", "/v1/expression/audio/file", &kind, &body);
    assert_eq!((status, &answer["code"]), (400, &"config_invalid".into()));
    let (status, text) = server.ask("GET", "/metrics", "", &[]);
    assert_eq!(status, 200);
    assert!(
        text.as_str()
            .unwrap()
            .contains("earnest_refused_total{reason=\"frame\"} 5"),
        "{text}"
    );
}

#[test]
fn pages_of_others_and_who_has_no_token_are_kept_out() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(
        dir.path(),
        &["--token-env", "TOKEN", "--allow-host", "robot.lab"],
    );
    let bearer = format!("Authorization: Bearer {TOKEN}\r\n");
    let hume = format!("X-Hume-Api-Key: {TOKEN}\r\n");
    for (headers, status) in [
        (bearer.clone(), 200),
        (hume, 200),
        (String::new(), 401),
        (
            "Authorization: Bearer 0123456789abcdefghik\r\n".to_owned(),
            401,
        ),
        (format!("{bearer}Origin: http://evil.example\r\n"), 403),
        (format!("{bearer}Host: evil.example\r\n"), 403),
        (
            format!("{bearer}Host: robot.lab\r\nOrigin: https://robot.lab\r\n"),
            200,
        ),
        (
            format!("{bearer}Host: robot.lab\r\nOrigin: https://evil.example\r\n"),
            403,
        ),
    ] {
        assert_eq!(
            server.ask("GET", "/v1/models", &headers, &[]).0,
            status,
            "{headers}"
        );
    }
    // The page and whether the server lives need no token, but a name of its own.
    for path in ["/", "/app.js", "/health", "/openapi.json"] {
        assert_eq!(server.ask("GET", path, "", &[]).0, 200, "{path}");
        assert_eq!(
            server.ask("GET", path, "Host: evil.example\r\n", &[]).0,
            403,
            "{path}"
        );
    }
    assert_eq!(server.socket(&[]).err(), Some(401));
    let offered = format!(
        "earnest.v1, earnest.token.{}",
        URL_SAFE_NO_PAD.encode(TOKEN)
    );
    let own = format!("http://{}", server.address);
    let page = [
        ("sec-websocket-protocol", offered.as_str()),
        ("origin", own.as_str()),
    ];
    assert_eq!(
        next(&mut server.socket(&page).unwrap())["type"],
        "session.created"
    );
    let foreign = [
        ("sec-websocket-protocol", offered.as_str()),
        ("origin", "http://evil.example"),
    ];
    assert_eq!(server.socket(&foreign).err(), Some(403));
}

#[test]
fn nobody_beyond_this_machine_may_ask_without_a_token() {
    let dir = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (vec!["--listen", "0.0.0.0:0"], "so a token is needed"),
        (vec!["--token-env", "NO_SUCH_VARIABLE"], "is not set"),
        (
            vec!["--allow-host", "https://robot.lab"],
            "give a name alone",
        ),
        (
            vec!["--sessions", "0"],
            "sessions at a time (--sessions) cannot be at most 0",
        ),
        (vec!["--speed", "0.5"], "cannot follow anybody who speaks"),
        (vec!["--hang-over", "-1"], "hang-over of -1 s"),
        (vec!["--listen", "here"], "as in 127.0.0.1:8765"),
        (vec!["--allow-host", ""], "give a name alone"),
    ] {
        let output = run(dir.path(), &[&["serve"][..], &arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
}

#[test]
fn who_finds_no_room_is_told_and_bounds_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let limits = [
        "--sessions",
        "1",
        "--body-bytes",
        "1000",
        "--session-seconds",
        "1",
        "--idle",
        "1",
    ];
    let server = Server::start(dir.path(), &limits);
    let mut first = server.socket(&[]).unwrap();
    assert_eq!(next(&mut first)["type"], "session.created");
    assert_eq!(
        next(&mut server.socket(&[]).unwrap())["code"],
        "server_busy"
    );
    for _ in 0..11 {
        first.send(Message::Binary(vec![0; 3200].into())).unwrap();
    }
    assert_eq!(next(&mut first)["code"], "session_too_long");
    drop(first);
    let (status, answer) = server.ask("POST", "/predict", "", &[0; 2000]);
    assert_eq!((status, &answer["code"]), (413, &"audio_too_long".into()));
    // Who says nothing is left after a while.
    let mut idle = loop {
        let mut socket = server.socket(&[]).unwrap();
        if next(&mut socket)["type"] == "session.created" {
            break socket;
        }
    };
    assert_eq!(next(&mut idle)["reason"], "idle_timeout");
}

#[cfg(unix)]
#[test]
fn a_server_that_is_asked_to_end_finishes_what_is_open() {
    let dir = tempfile::tempdir().unwrap();
    let samples = crate::speech();
    let mut server = Server::start(dir.path(), &[]);
    let mut socket = server.socket(&[]).unwrap();
    next(&mut socket);
    let bytes: Vec<u8> = (samples.iter())
        .flat_map(|x| ((x * 32_768.0).round() as i16).to_le_bytes())
        .collect();
    socket.send(Message::Binary(bytes.into())).unwrap();
    while next(&mut socket)["type"] != "utterance.start" {}
    let id = server.child.id().to_string();
    std::process::Command::new("kill")
        .args(["-TERM", &id])
        .status()
        .unwrap();
    let messages = rest(&mut socket);
    assert!(
        messages.iter().any(|m| m["trigger"] == "speech_ended"),
        "{messages:?}"
    );
    assert!(messages.iter().any(|m| m["type"] == "utterance.end"));
    assert_eq!(messages.last().unwrap()["reason"], "server_shutdown");
    drop(socket);
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}
