//! `POST /v1/expression/audio/file`: the segments of a file.

use std::sync::Arc;

use axum::Json;
use axum::extract::multipart::{Multipart, MultipartError, MultipartRejection};
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use earnest_recogniser::{Heard, RecogniserError, SegmentStream};
use serde::Serialize;

use super::Server;
use super::clip::{Hearer, Turn, in_time};
use super::fields::{self, Fields};
use super::protocol::{Measurement, Place, TIMER_MS, Utterance, ms};
use super::refusal::{Refusal, new_id, too_large};
use crate::record::{AboutModel, FORMAT, Scribe, SegmentRecord};

#[derive(Debug, Serialize)]
struct FileAnswer<'a> {
    request_id: String,
    run_id: String,
    format: u32,
    model: &'a AboutModel,
    received: ReceivedFile,
    utterances: Vec<Utterance>,
    measurements: Vec<Measurement>,
    segments: Vec<SegmentRecord>,
}

#[derive(Debug, Serialize)]
struct ReceivedFile {
    audio_duration_ms: u64,
}

/// What a request brought.
struct Brought {
    name: String,
    bytes: Vec<u8>,
    /// Seconds of speech from one running answer to the next.
    running_s: Option<f64>,
}

/// Hears a file, and answers with its utterances, measurements and segments.
pub async fn file(
    State(server): State<Arc<Server>>,
    request: Request,
) -> Result<Response, Refusal> {
    let (turn, request) = Turn::take(&server, request).await?;
    let parts = Multipart::from_request(request, &server).await;
    let parts = parts.map_err(|_: MultipartRejection| {
        Refusal::invalid(
            "the body is no multipart form; send the audio as its part `file`, as `curl -F file=@speech.wav` does",
        )
    })?;
    let brought = in_time(bring(parts, server.service.limits.body_bytes)).await??;
    let running_s = brought.running_s;
    let hearer = Segments {
        server: Arc::clone(&server),
        running_s,
        stream: None,
        heard: Vec::new(),
    };
    let (heard, seconds): (Vec<Heard>, f64) =
        turn.hear(brought.name, brought.bytes, hearer).await?;
    let scribe = &server.service.scribe;
    let (utterances, measurements, segments) = in_order(scribe, &heard);
    Ok(Json(FileAnswer {
        request_id: new_id("request"),
        run_id: new_id("run"),
        format: FORMAT,
        model: scribe.about(),
        received: ReceivedFile {
            audio_duration_ms: ms(seconds),
        },
        utterances,
        measurements,
        segments,
    })
    .into_response())
}

/// The parts of a form.
async fn bring(mut parts: Multipart, most: usize) -> Result<Brought, Refusal> {
    let wrong = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(most),
        _ => Refusal::invalid(format!("the form cannot be read: {}", error.body_text())),
    };
    let (mut file, mut config) = (None, None);
    while let Some(part) = parts.next_field().await.map_err(wrong)? {
        match part.name() {
            Some("file") if file.is_none() => {
                let name = part.file_name().unwrap_or("upload").to_owned();
                file = Some((name, part.bytes().await.map_err(wrong)?));
            }
            Some("config") if config.is_none() => {
                let text = part.bytes().await.map_err(wrong)?;
                config =
                    Some(running_s(&text).map_err(|why| {
                        Refusal::new(StatusCode::BAD_REQUEST, "config_invalid", why)
                    })?);
            }
            other => {
                let name = other.unwrap_or_default();
                return Err(Refusal::invalid(format!(
                    "the form has a part {name:?}; it has one part file, and may have one part config"
                )));
            }
        }
    }
    let (name, bytes) = file.ok_or_else(|| Refusal::invalid("the form has no part file"))?;
    Ok(Brought {
        name,
        bytes: bytes.into(),
        running_s: config.flatten(),
    })
}

/// What the part config says: every how many seconds of speech there is a running answer.
fn running_s(text: &[u8]) -> Result<Option<f64>, String> {
    let value = fields::read("the part config", text)?;
    if value.is_null() {
        return Ok(None);
    }
    let config = Fields::of("the part config", &value, &["measurement_timer_ms"])?;
    let timer = config.whole("measurement_timer_ms", TIMER_MS)?;
    Ok(timer.map(|ms| ms as f64 / 1000.0))
}

/// Finds segments.
struct Segments {
    server: Arc<Server>,
    running_s: Option<f64>,
    stream: Option<SegmentStream>,
    heard: Vec<Heard>,
}

impl Hearer for Segments {
    type Answer = Vec<Heard>;

    fn hear(&mut self, frames: &[f32], channels: usize, rate: u32) -> Result<(), RecogniserError> {
        let service = &self.server.service;
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => none.insert(service.recogniser.segments(
                rate,
                channels,
                service.recogniser.description().recipe.channels,
                &service.speech,
                self.running_s,
            )?),
        };
        let heard = &mut self.heard;
        stream.push(frames, &mut |h| keep(heard, h))
    }

    fn finish(mut self) -> Result<Vec<Heard>, RecogniserError> {
        let heard = &mut self.heard;
        if let Some(stream) = &mut self.stream {
            stream.finish(&mut |h| keep(heard, h))?;
        }
        Ok(self.heard)
    }
}

fn keep(heard: &mut Vec<Heard>, h: Heard) {
    if matches!(h, Heard::Running(_) | Heard::Segment(_)) {
        heard.push(h);
    }
}

/// What was heard, in the order of a file's answer.
fn in_order(
    scribe: &Scribe,
    heard: &[Heard],
) -> (Vec<Utterance>, Vec<Measurement>, Vec<SegmentRecord>) {
    let (mut utterances, mut measurements, mut segments) = (Vec::new(), Vec::new(), Vec::new());
    for heard in heard {
        let place = |start_s: f64,
                     end_s: f64,
                     trigger: &'static str,
                     measurements: &[Measurement],
                     utterances: &[Utterance]| Place {
            measurement_id: measurements.len() as u64,
            utterance_id: utterances.len() as u64,
            start_s,
            end_s,
            trigger,
        };
        match heard {
            Heard::Running(answer) => {
                let place = place(
                    answer.start_s,
                    answer.end_s,
                    "interval",
                    &measurements,
                    &utterances,
                );
                measurements.push(Measurement::of(
                    scribe,
                    place,
                    scribe.answer(&answer.values),
                ));
            }
            Heard::Segment(segment) => {
                let record = scribe.segment(segment);
                if segment.answer.is_ok() {
                    let place = place(
                        segment.start_s,
                        segment.end_s,
                        "speech_ended",
                        &measurements,
                        &utterances,
                    );
                    measurements.push(Measurement::of_segment(scribe, place, record.clone()));
                    utterances.push(Utterance {
                        utterance_id: utterances.len() as u64,
                        audio_start_ms: ms(segment.start_s),
                        audio_end_ms: ms(segment.end_s),
                    });
                }
                segments.push(record);
            }
            _ => {}
        }
    }
    (utterances, measurements, segments)
}
