//! `POST /predict`: one answer to a clip, in the shape of Hugging Face's inference of audio classification.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use earnest_audio::{ResampleStream, SAMPLE_RATE};
use earnest_model::{Channels, Task};
use earnest_recogniser::{ChannelListeners, Heard, NoAnswer, RecogniserError, SegmentStream};
use serde::Serialize;

use super::Server;
use super::clip::{Hearer, Turn, in_time};
use super::fields::{self, Fields};
use super::refusal::{Refusal, too_large};
use crate::record::NONE;

/// A class and its probability, or a scale and the value on it.
#[derive(Debug, Serialize)]
struct Label {
    label: String,
    score: f64,
    /// Why there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// Answers to a clip as `earnest predict` answers to a file, unless nobody speaks in it.
pub async fn predict(
    State(server): State<Arc<Server>>,
    request: Request,
) -> Result<Response, Refusal> {
    let (turn, request) = Turn::take(&server, request).await?;
    let headers = request.headers().clone();
    let body = in_time(Bytes::from_request(request, &server)).await?;
    let body = body.map_err(|e: BytesRejection| match e.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(server.service.limits.body_bytes),
        _ => Refusal::invalid(format!("the body cannot be read: {}", e.body_text())),
    })?;
    let (bytes, top_k) = asked(&headers, body).map_err(Refusal::invalid)?;
    let clip = Clip {
        server: Arc::clone(&server),
        tracks: Vec::new(),
        stream: None,
        spoken: None,
    };
    let (answer, _) = turn.hear("clip".to_owned(), bytes, clip).await?;
    let about = server.service.scribe.about();
    let mut labels: Vec<Label> = match answer {
        Ok(values) => (about.outputs.iter().zip(values))
            .map(|(label, score)| Label {
                label: label.clone(),
                score: score.into(),
                reason: None,
            })
            .collect(),
        Err(why) => vec![Label {
            label: NONE.to_owned(),
            score: 1.0,
            reason: Some(why.name()),
        }],
    };
    if about.task == Task::Categorical.name() {
        labels.sort_by(|a, b| b.score.total_cmp(&a.score));
    }
    labels.truncate(top_k.unwrap_or(usize::MAX));
    Ok(Json(labels).into_response())
}

/// The file in a body: all of it, or what JSON holds in base64; and how many labels are wanted.
fn asked(headers: &HeaderMap, body: Bytes) -> Result<(Vec<u8>, Option<usize>), String> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let is_json = kind.is_some_and(|kind| kind.trim_start().starts_with("application/json"));
    if !is_json {
        return Ok((body.into(), None));
    }
    let value = fields::read("the body", &body)?;
    let asked = Fields::of("the body", &value, &["inputs", "parameters"])?;
    let inputs = asked
        .text("inputs")?
        .ok_or("the body has no field inputs, with the audio in base64")?;
    let bytes = STANDARD
        .decode(inputs.trim())
        .map_err(|_| "inputs in the body is no base64".to_owned())?;
    let Some(parameters) = asked.part("parameters", &["top_k", "function_to_apply"])? else {
        return Ok((bytes, None));
    };
    if let Some(function) = parameters
        .text("function_to_apply")?
        .filter(|f| *f != "softmax")
    {
        return Err(format!(
            "function_to_apply in parameters is {function:?}; the scores are probabilities, as after softmax, and nothing else can be had"
        ));
    }
    const MOST: u64 = 1 << 20;
    let top_k = parameters.whole("top_k", 1..=MOST)?;
    Ok((bytes, top_k.map(|k| k as usize)))
}

/// A clip at 16 kHz, and whether somebody speaks in it.
struct Clip {
    server: Arc<Server>,
    /// The mean of the channels, or each.
    tracks: Vec<(ResampleStream, Vec<f32>)>,
    stream: Option<SegmentStream>,
    /// What there is to say of it so far: speech, or why there is none.
    spoken: Option<Result<(), NoAnswer>>,
}

impl Clip {
    fn channels(&self) -> Channels {
        self.server.service.recogniser.description().recipe.channels
    }

    /// Speech counts more than too little of it, and that more than noise, and that more than silence.
    fn note(spoken: &mut Option<Result<(), NoAnswer>>, heard: Heard) {
        let Heard::Segment(segment) = heard else {
            return;
        };
        let rank = |s: &Result<(), NoAnswer>| match s {
            Ok(()) => 3,
            Err(NoAnswer::TooLittleSpeech) => 2,
            Err(NoAnswer::Noise) => 1,
            Err(NoAnswer::Silence) => 0,
        };
        let new = segment.answer.map(drop);
        if spoken.as_ref().is_none_or(|old| rank(&new) > rank(old)) {
            *spoken = Some(new);
        }
    }
}

impl Hearer for Clip {
    /// The answer, or why there is none.
    type Answer = Result<Vec<f32>, NoAnswer>;

    fn hear(&mut self, frames: &[f32], channels: usize, rate: u32) -> Result<(), RecogniserError> {
        let how = self.channels();
        if self.tracks.is_empty() {
            let tracks = match how {
                Channels::Mean => 1,
                Channels::Each => channels,
            };
            for _ in 0..tracks {
                self.tracks
                    .push((ResampleStream::new(rate, SAMPLE_RATE)?, Vec::new()));
            }
        }
        let mut own = Vec::with_capacity(frames.len() / channels.max(1));
        for (i, (resampler, samples)) in self.tracks.iter_mut().enumerate() {
            own.clear();
            own.extend(frames.chunks_exact(channels).map(|frame| match how {
                Channels::Mean => earnest_audio::mean(frame),
                Channels::Each => frame[i],
            }));
            resampler.push(&own, &mut |block| samples.extend_from_slice(block))?;
        }
        let service = &self.server.service;
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => none.insert((service.recogniser).segments(
                rate,
                channels,
                how,
                &service.speech,
                None,
            )?),
        };
        let spoken = &mut self.spoken;
        stream.push(frames, &mut |heard| Self::note(spoken, heard))
    }

    fn finish(mut self) -> Result<Self::Answer, RecogniserError> {
        let Some(mut stream) = self.stream.take() else {
            return Ok(Err(NoAnswer::Silence));
        };
        let spoken = &mut self.spoken;
        stream.finish(&mut |heard| Self::note(spoken, heard))?;
        for (resampler, samples) in &mut self.tracks {
            resampler.finish(&mut |block| samples.extend_from_slice(block))?;
        }
        match self.spoken {
            Some(Ok(())) => {}
            Some(Err(why)) => return Ok(Err(why)),
            None => return Ok(Err(NoAnswer::Silence)),
        }
        let tracks: Vec<&[f32]> = (self.tracks.iter())
            .map(|(_, samples)| samples.as_slice())
            .collect();
        let recogniser = &self.server.service.recogniser;
        let answer = recogniser.answer_of_tracks(&mut ChannelListeners::new(), &tracks)?;
        Ok(answer.ok_or(NoAnswer::TooLittleSpeech))
    }
}
