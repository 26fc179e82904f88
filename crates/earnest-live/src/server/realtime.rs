//! The WebSocket: samples come, measurements go, both dated by the audio's own time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use earnest_recogniser::{Heard, RecogniserError, SegmentStream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::Server;
use super::guard::SUBPROTOCOL;
use super::metrics::add;
use super::protocol::{
    Config, FromClient, FromServer, Measurement, Place, Produced, Received, Session, Utterance, ms,
};
use super::refusal::{Refusal, new_id};
use super::work::compute;
use crate::record::FORMAT;

/// The longest message, bytes, and the longest frame of audio, seconds.
const LONGEST_MESSAGE: usize = 1 << 20;
const LONGEST_FRAME_S: f64 = 10.0;
/// Seconds of audio that may come at once, before a session's speed is heeded.
const BURST_S: f64 = 10.0;
/// How long a client may leave a message unread.
const UNREAD: Duration = Duration::from_secs(10);

/// Opens a session, if there is room. A browser's page cannot read the status of a refused upgrade, so who finds no room is told by a
/// message.
pub async fn realtime(State(server): State<Arc<Server>>, request: Request) -> Response {
    let socket = match WebSocketUpgrade::from_request(request, &server).await {
        Ok(socket) => socket,
        Err(_) => {
            return Refusal::new(
                StatusCode::UPGRADE_REQUIRED,
                "invalid_request",
                "a WebSocket is opened here: GET with the headers of an upgrade, as clients of WebSockets send them",
            )
            .into_response();
        }
    };
    let permit = Arc::clone(&server.sessions).try_acquire_owned();
    let socket = socket
        .protocols([SUBPROTOCOL])
        .max_message_size(LONGEST_MESSAGE)
        .max_frame_size(LONGEST_MESSAGE);
    match permit {
        Ok(permit) => socket.on_upgrade(move |socket| run(server, socket, permit)),
        Err(_) => {
            server.metrics.refuse("sessions");
            let most = server.service.limits.sessions;
            socket.on_upgrade(move |socket| turn_away(socket, most))
        }
    }
}

/// Says that there is no room.
async fn turn_away(mut socket: WebSocket, most: usize) {
    let message = FromServer::Error {
        code: "server_busy",
        message: format!(
            "{most} sessions are open, which is the most; try again when one has ended, or start the server with a larger --sessions"
        ),
        retryable: false,
    };
    let text = serde_json::to_string(&message).unwrap_or_default();
    let close = Message::Close(Some(CloseFrame {
        code: close_code::AGAIN,
        reason: "server_busy".into(),
    }));
    let _ = timeout(UNREAD, async {
        socket.send(Message::Text(text.into())).await?;
        socket.send(close).await
    })
    .await;
}

/// Why a session ends.
enum End {
    /// The client asked, or the server stops, or nothing came: it is told.
    Told(&'static str),
    /// Something is wrong: that is told first.
    Wrong(&'static str, String),
    /// Nobody is there any more.
    Gone,
}

/// A session under way.
struct Live {
    server: Arc<Server>,
    socket: WebSocket,
    id: String,
    config: Config,
    /// None before the first audio, and while it computes.
    stream: Option<Box<SegmentStream>>,
    received: Received,
    seconds: f64,
    produced: Produced,
    /// The utterance that is open.
    open: Option<(u64, f64)>,
    activity: Activity,
    pace: Pace,
}

async fn run(server: Arc<Server>, socket: WebSocket, permit: OwnedSemaphorePermit) {
    add(&server.metrics.sessions);
    let mut live = Live {
        pace: Pace::new(server.service.limits.speed),
        server,
        socket,
        id: new_id("session"),
        config: Config::default(),
        stream: None,
        received: Received::default(),
        seconds: 0.0,
        produced: Produced::default(),
        open: None,
        activity: Activity::default(),
    };
    let end = match live.tell_session(false).await {
        Ok(()) => live.listen().await,
        Err(end) => end,
    };
    live.end(end).await;
    drop(permit);
}

impl Live {
    /// Hears messages until there is a reason to end.
    async fn listen(&mut self) -> End {
        let idle = Duration::from_secs_f64(self.server.service.limits.idle_s);
        let server = Arc::clone(&self.server);
        loop {
            let next = tokio::select! {
                () = server.is_stopping() => return End::Told("server_shutdown"),
                next = timeout(idle, self.socket.recv()) => next,
            };
            let message = match next {
                Err(_) => return End::Told("idle_timeout"),
                Ok(None) => return End::Gone,
                Ok(Some(Err(error))) => return lost(&error),
                Ok(Some(Ok(message))) => message,
            };
            let done = match message {
                Message::Binary(bytes) => self.hear(bytes).await,
                Message::Text(text) => self.obey(&text).await,
                Message::Close(_) => Err(End::Gone),
                Message::Ping(_) | Message::Pong(_) => Ok(()),
            };
            if let Err(end) = done {
                return end;
            }
            // Who brings audio faster than it is spoken waits: their next message stays where it is.
            tokio::select! {
                () = server.is_stopping() => return End::Told("server_shutdown"),
                () = self.pace.wait() => {}
            }
        }
    }

    /// A message in words.
    async fn obey(&mut self, text: &str) -> Result<(), End> {
        let message = match FromClient::read(text) {
            Ok(message) => message,
            Err(why) => {
                self.server.metrics.refuse("message");
                return self.refuse("message_invalid", why).await;
            }
        };
        match message {
            FromClient::Close => Err(End::Told("client_request")),
            FromClient::Update(_) if self.stream.is_some() => Err(End::Wrong(
                "config_invalid",
                "session.update came after the first audio; send it before".to_owned(),
            )),
            FromClient::Update(config) => match config {
                Ok(config) => {
                    self.config = config;
                    self.tell_session(true).await
                }
                Err(why) => Err(End::Wrong("config_invalid", why)),
            },
        }
    }

    /// A frame of audio.
    async fn hear(&mut self, bytes: Bytes) -> Result<(), End> {
        let came = Instant::now();
        let format = self.config.audio;
        let seconds = format.seconds(bytes.len());
        let wrong = if bytes.is_empty() {
            Some("a frame of audio is empty".to_owned())
        } else if !bytes.len().is_multiple_of(format.frame_bytes()) {
            Some(format!(
                "a frame of audio has {} bytes, which are no whole samples of {} in {} channels",
                bytes.len(),
                format.encoding.name(),
                format.channels
            ))
        } else if seconds > LONGEST_FRAME_S {
            Some(format!(
                "a frame of audio lasts {seconds:.1} s; {LONGEST_FRAME_S} s are the most"
            ))
        } else {
            None
        };
        if let Some(why) = wrong {
            self.server.metrics.refuse("frame");
            return self.refuse("invalid_audio_frame", why).await;
        }
        let limit = self.server.service.limits.session_s;
        if self.seconds + seconds > limit {
            return Err(End::Wrong(
                "session_too_long",
                format!("a session has at most {limit} s of audio; open another one"),
            ));
        }
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => Box::new(
                self.open_stream()
                    .map_err(|e| End::Wrong("internal_error", e.to_string()))?,
            ),
        };
        let computed = compute(move || {
            let (mut samples, mut heard) = (Vec::new(), Vec::new());
            format.encoding.decode(&bytes, &mut samples);
            let pushed = stream.push(&samples, &mut |h| heard.push(h));
            (stream, pushed, heard)
        })
        .await;
        let Ok((stream, pushed, heard)) = computed else {
            return Err(End::Wrong(
                "internal_error",
                "the model failed on this audio".to_owned(),
            ));
        };
        self.stream = Some(stream);
        match pushed {
            Ok(()) => {}
            // Nothing of the frame was heard.
            Err(RecogniserError::Samples(why)) => {
                self.server.metrics.refuse("frame");
                return self.refuse("invalid_audio_frame", why).await;
            }
            Err(error) => return Err(End::Wrong("internal_error", error.to_string())),
        }
        self.seconds += seconds;
        self.received.frames += 1;
        self.received.audio_duration_ms = ms(self.seconds);
        add(&self.server.metrics.frames);
        self.server.metrics.hear(seconds);
        self.pace.spend(seconds);
        self.tell_heard(heard, came).await
    }

    fn open_stream(&self) -> Result<SegmentStream, RecogniserError> {
        let service = &self.server.service;
        let (audio, running_s) = (
            self.config.audio,
            f64::from(self.config.measurement_timer_ms) / 1000.0,
        );
        service.recogniser.segments(
            audio.sample_rate,
            audio.channels,
            service.recogniser.description().recipe.channels,
            &service.speech,
            Some(running_s),
        )
    }

    /// Tells what was heard.
    async fn tell_heard(&mut self, heard: Vec<Heard>, came: Instant) -> Result<(), End> {
        for heard in heard {
            match heard {
                Heard::Window {
                    end_s,
                    probability,
                    level_db,
                } => {
                    let every = self.config.voice_activity_ms;
                    if let Some(activity) = self.activity.add(every, probability, level_db) {
                        let speech =
                            activity.0 >= self.server.service.speech.above || self.open.is_some();
                        self.tell(&FromServer::Activity {
                            audio_end_ms: ms(end_s),
                            speech,
                            probability: activity.0,
                            level_db: activity.1,
                        })
                        .await?;
                    }
                }
                Heard::Started { start_s } => {
                    let utterance_id = self.produced.utterances;
                    self.produced.utterances += 1;
                    self.open = Some((utterance_id, start_s));
                    self.tell(&FromServer::Start {
                        utterance_id,
                        audio_start_ms: ms(start_s),
                    })
                    .await?;
                }
                Heard::Running(answer) => {
                    let Some((utterance_id, _)) = self.open else {
                        continue;
                    };
                    let place = self.place(utterance_id, answer.start_s, answer.end_s, "interval");
                    let scribe = &self.server.service.scribe;
                    let measurement = Measurement::of(scribe, place, scribe.answer(&answer.values));
                    self.measure(measurement, came).await?;
                }
                Heard::Segment(segment) => {
                    // What is no speech, or too little, was never begun.
                    let begun = self.open.filter(|(_, start_s)| *start_s == segment.start_s);
                    let Some((utterance_id, _)) = begun else {
                        continue;
                    };
                    self.open = None;
                    let place =
                        self.place(utterance_id, segment.start_s, segment.end_s, "speech_ended");
                    let scribe = &self.server.service.scribe;
                    let measurement =
                        Measurement::of_segment(scribe, place, scribe.segment(&segment));
                    let end = FromServer::End(Utterance {
                        utterance_id,
                        audio_start_ms: measurement.audio_start_ms,
                        audio_end_ms: measurement.audio_end_ms,
                    });
                    self.measure(measurement, came).await?;
                    add(&self.server.metrics.utterances);
                    self.tell(&end).await?;
                }
                // The enumeration may grow.
                _ => {}
            }
        }
        Ok(())
    }

    fn place(
        &mut self,
        utterance_id: u64,
        start_s: f64,
        end_s: f64,
        trigger: &'static str,
    ) -> Place {
        let measurement_id = self.produced.measurements;
        self.produced.measurements += 1;
        Place {
            measurement_id,
            utterance_id,
            start_s,
            end_s,
            trigger,
        }
    }

    async fn measure(&mut self, measurement: Measurement, came: Instant) -> Result<(), End> {
        self.server.metrics.measure(came.elapsed());
        self.tell(&FromServer::Measurement(measurement)).await
    }

    async fn tell_session(&mut self, updated: bool) -> Result<(), End> {
        let server = Arc::clone(&self.server);
        let id = self.id.clone();
        let session = Session {
            session_id: &id,
            audio: self.config.audio.into(),
            measurement_timer_ms: self.config.measurement_timer_ms,
            voice_activity_ms: self.config.voice_activity_ms,
            format: FORMAT,
            model: server.service.scribe.about(),
        };
        let message = match updated {
            true => FromServer::Updated(session),
            false => FromServer::Created(session),
        };
        self.tell(&message).await
    }

    /// Says that something was wrong; the session goes on.
    async fn refuse(&mut self, code: &'static str, message: String) -> Result<(), End> {
        self.tell(&FromServer::Error {
            code,
            message,
            retryable: true,
        })
        .await
    }

    async fn tell(&mut self, message: &FromServer<'_>) -> Result<(), End> {
        let text = serde_json::to_string(message)
            .map_err(|e| End::Wrong("internal_error", e.to_string()))?;
        self.send(Message::Text(text.into())).await
    }

    /// Sends, unless the client does not read.
    async fn send(&mut self, message: Message) -> Result<(), End> {
        match timeout(UNREAD, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => {
                self.server.metrics.refuse("unread");
                Err(End::Gone)
            }
        }
    }

    /// Tells what is open, and why the session ends.
    async fn end(mut self, end: End) {
        let (reason, wrong) = match end {
            End::Gone => return,
            End::Told(reason) => (reason, None),
            End::Wrong(code, message) => ("error", Some((code, message))),
        };
        // After an error nobody knows what was meant: nothing more is heard.
        let told = match wrong {
            Some((code, message)) => {
                self.tell(&FromServer::Error {
                    code,
                    message,
                    retryable: false,
                })
                .await
            }
            None => self.finish().await,
        };
        if told.is_err() {
            return;
        }
        let (id, received, produced) = (self.id.clone(), self.received, self.produced);
        let closed = FromServer::Closed {
            session_id: &id,
            reason,
            received,
            produced,
        };
        if self.tell(&closed).await.is_ok() {
            let code = match reason {
                "server_shutdown" => close_code::AWAY,
                "error" => close_code::POLICY,
                _ => close_code::NORMAL,
            };
            let frame = CloseFrame {
                code,
                reason: reason.into(),
            };
            let _ = self.send(Message::Close(Some(frame))).await;
        }
    }

    /// Ends the utterance that is open.
    async fn finish(&mut self) -> Result<(), End> {
        let Some(mut stream) = self.stream.take() else {
            return Ok(());
        };
        let came = Instant::now();
        let computed = compute(move || {
            let mut heard = Vec::new();
            let finished = stream.finish(&mut |h| heard.push(h));
            (finished, heard)
        })
        .await;
        match computed {
            Ok((Ok(()), heard)) => self.tell_heard(heard, came).await,
            _ => Ok(()),
        }
    }
}

/// What a socket's error means.
fn lost(error: &axum::Error) -> End {
    let text = error.to_string();
    match text.contains("too long") || text.contains("too large") || text.contains("Space limit") {
        true => End::Wrong(
            "message_too_large",
            format!("a message is longer than {LONGEST_MESSAGE} bytes; send frames of some 100 ms"),
        ),
        false => End::Gone,
    }
}

/// Voice activity since it was told last.
#[derive(Default)]
struct Activity {
    windows: u32,
    most: f32,
    power: f64,
}

impl Activity {
    /// Adds a window; the greatest probability and the level, dB, if it is time to tell.
    fn add(&mut self, every_ms: u32, probability: f32, level_db: f32) -> Option<(f32, f32)> {
        const WINDOW_MS: f64 = 32.0;
        if every_ms == 0 {
            return None;
        }
        self.windows += 1;
        self.most = self.most.max(probability);
        self.power += 10_f64.powf(f64::from(level_db) / 10.0);
        let due = (f64::from(every_ms) / WINDOW_MS).round().max(1.0) as u32;
        if self.windows < due {
            return None;
        }
        let level = 10.0 * (self.power / f64::from(self.windows)).log10();
        let told = (self.most, level.max(-120.0) as f32);
        *self = Self::default();
        Some(told)
    }
}

/// How much audio may come: as a bucket that is filled with time.
struct Pace {
    speed: f64,
    left_s: f64,
    at: Instant,
}

impl Pace {
    fn new(speed: f64) -> Self {
        Self {
            speed,
            left_s: BURST_S,
            at: Instant::now(),
        }
    }

    fn spend(&mut self, seconds: f64) {
        let now = Instant::now();
        let filled = now.duration_since(self.at).as_secs_f64() * self.speed;
        self.left_s = (self.left_s + filled).min(BURST_S) - seconds;
        self.at = now;
    }

    /// Waits until there is something left.
    async fn wait(&self) {
        if self.left_s < 0.0 {
            tokio::time::sleep(Duration::from_secs_f64(-self.left_s / self.speed)).await;
        }
    }
}
